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

const OWN: &str =
    "languages = [\"en\", \"de\"]\n[steps.post-attribute-collection]\notherwise = \"block\"\n[messages.blocked]\n";

/// What somebody reads whom a policy with this text in both languages turns away.
fn told(text: &str, body: &str) -> String {
    let file = format!("{OWN}en = \"{text}\"\nde = \"auf Deutsch: {text}\"");
    let policy = Policy::parse(&file).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let sign_up = sign_up(body);
    let verdict = policy.decide(&sign_up, NOW);
    let Outcome::Block(name) = &verdict.outcome else {
        panic!("{:?}", verdict.outcome)
    };
    policy
        .message(name, &sign_up.locales, &verdict.claims)
        .as_str()
        .to_owned()
}

#[test]
fn claims_stand_in_their_places() {
    let jane = r#"{"displayName":"Jane","ui_locales":"de-AT","extension_Age":42}"#;
    assert_eq!(told("Sorry, {displayName}.", jane), "auf Deutsch: Sorry, Jane.");
    assert_eq!(told("{extension_Age} {{x}}!", jane), "auf Deutsch: 42 {x}!");
    assert_eq!(told("Sorry {displayName}, no.", "{}"), "Sorry, no.");
    assert_eq!(
        told("Sorry, {city} {displayName}!", r#"{"displayName":"Jane"}"#),
        "Sorry, Jane!"
    );
}

#[test]
fn what_was_typed_cannot_break_a_text() {
    let typed = |value: &str| told("Sorry, {displayName}!", &format!("{{\"displayName\":{value}}}"));
    assert_eq!(typed(r#""<a href=x>Jane</a>\n\u0000""#), "Sorry, a href=xJane/a!");
    assert_eq!(typed(r#""{city}""#), "Sorry, {city}!");
    assert_eq!(typed(r#"{"a":1}"#), "Sorry, !");
    let long = typed(&format!("\"{}\"", "x".repeat(1000)));
    assert_eq!((long.chars().count(), long.ends_with("…!")), (250, true), "{long}");
}

#[test]
fn texts_that_cannot_be_shown_are_refused() {
    let long = "x".repeat(231);
    for (text, wanted) in [
        ("{displayname}", "write `displayName`"),
        ("Hi {Tier}", "write `extension_Tier`"),
        (
            "Hi {ui_locales}",
            "`{ui_locales}` is no placeholder: this is part of the call",
        ),
        ("Hi {}", "`{}` is no placeholder"),
        ("Hi {displayName", "a `{` or `}` stands alone"),
        ("Hi displayName}", "a `{` or `}` stands alone"),
        ("{displayName} {city}", "more than its placeholders"),
        (&format!("{long}{{city}}"), "leaves 19 characters for each placeholder"),
        (&"x".repeat(251), "251 characters"),
        ("a <b>", "one line without control characters"),
        ("two\\nlines", "one line without control characters"),
        (" ", "empty"),
    ] {
        let file = format!("{OWN}en = \"{text}\"\nde = \"x\"");
        let said = mistakes(&file);
        assert!(said.starts_with("5:6: ") && said.contains(wanted), "{text}: {said}");
    }
    assert!(Policy::parse(&format!("{OWN}en = \"{}{{city}}\"\nde = \"x\"", "x".repeat(230))).is_ok());
}

#[test]
fn a_text_is_missing_in_no_language() {
    assert!(mistakes(&format!("{OWN}en = \"x\"")).contains("the message `blocked` has no text in `de`"));
    let third = mistakes(&format!("{OWN}en = \"x\"\nde = \"x\"\nfr = \"x\""));
    assert!(
        third.starts_with("7:1: `fr` is not among the `languages` of this file"),
        "{third}"
    );
    let unknown = refused(&rule("block = \"nowhere\""));
    assert!(
        unknown.contains("no message is called `nowhere`; write `[messages.nowhere]`"),
        "{unknown}"
    );
}
