use crate::common::*;

#[test]
fn messages_speak_the_applicants_language() {
    let policy = Policy::parse(
        "languages = [\"en\", \"de\", \"pt-BR\"]\n[steps.post-attribute-collection]\notherwise = \"block\"\n"
            .to_owned()
            .as_str(),
    );
    let missing = policy.unwrap_err().to_string();
    assert!(
        missing.contains("`[messages.blocked]` has to be written") && missing.contains("`pt-br`"),
        "{missing}"
    );
    let policy = Policy::parse(&format!("languages = [\"en\", \"de\"]\n{STEPS}")).unwrap();
    let text = |locales: &str| {
        policy
            .message(&MessageName::DENIED, &Locales::parse(locales), &Claims::default())
            .as_str()
            .to_owned()
    };
    assert_eq!(text("fr-FR de-AT en"), "Ihre Anfrage wurde abgelehnt.");
    assert_eq!(text("fr"), "Your request was denied.");
    assert_eq!(text(""), "Your request was denied.");
}
