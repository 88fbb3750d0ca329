use crate::common::*;

#[test]
fn what_a_step_cannot_express_is_refused() {
    let rule = |step: &str, what: &str| refused(&format!("[[rules]]\nname = \"r\"\nstep = \"{step}\"\n{what}"));
    let require = "require = { claim = \"city\" }\n";
    for (step, what, wanted) in [
        (
            "post-federation-signup",
            format!("{require}otherwise = \"ask-again\""),
            "only `post-attribute-collection` can ask again",
        ),
        (
            "pre-token-issuance",
            format!("{require}otherwise = \"ask-again\""),
            "only `post-attribute-collection` can ask again",
        ),
        (
            "pre-token-issuance",
            format!("{require}otherwise = \"block\""),
            "the token step cannot block",
        ),
        (
            "pre-token-issuance",
            "block = true".into(),
            "the token step cannot block",
        ),
        ("pre-token-issuance", require.into(), "say `otherwise = \"error\"`"),
        (
            "post-federation-signup",
            "hold = true".into(),
            "only `post-attribute-collection` can hold",
        ),
        (
            "pre-token-issuance",
            "hold = true".into(),
            "only `post-attribute-collection` can hold",
        ),
        (
            "post-attribute-collection",
            "error = true".into(),
            "`error = true` is for `pre-token-issuance` only",
        ),
        (
            "post-attribute-collection",
            "set = { claim = \"email\", to = \"x\" }".into(),
            "does not let an answer set this claim",
        ),
        (
            "post-attribute-collection",
            "set = { claim = \"identities\", to = \"x\" }".into(),
            "does not let an answer set",
        ),
        (
            "pre-token-issuance",
            "set = { claim = \"objectId\", to = \"x\" }".into(),
            "does not let an answer set this claim",
        ),
        (
            "post-attribute-collection",
            "normalise = { claims = [\"email\"], with = [\"trim\"] }".into(),
            "does not let an answer set",
        ),
    ] {
        let said = rule(step, &what);
        assert!(said.contains(wanted), "{step}, {what}: {said}");
    }
    let token = "[steps.pre-token-issuance]\notherwise = \"block\"";
    assert!(mistakes(token).contains("the token step cannot block"));
    policy(
        "[[rules]]\nname = \"r\"\nstep = \"pre-token-issuance\"\nrequire = { claim = \"city\" }\notherwise = \"error\"",
    );
}

#[test]
fn every_mistake_is_reported_with_its_place() {
    let said = mistakes(
        "languages = [\"en\"]\n\
         [steps.post-atribute-collection]\notherwise = \"continue\"\n\
         [steps.post-federation-signup]\n\
         [[rules]]\nname = \"one\"\nstep = \"post-federation-signup\"\nalow = { domains = [\"x\"] }\n\
         [[rules]]\nname = \"two\"\nstep = \"post-federation-signup\"\ndeny = { domains = \"partner\" }\notherwise = { blok = \"x\" }\n\
         [lists]\npartners = [\"a b\"]\n",
    );
    for wanted in [
        "2:8: `post-atribute-collection` is no step",
        "did you mean `post-attribute-collection`?",
        "4:8: `post-federation-signup` does not say `otherwise`",
        "did you mean `allow`?",
        "no list is called `partner`",
        "did you mean `partners`?",
        "`blok` means nothing here; did you mean `block`?",
    ] {
        assert!(said.contains(wanted), "{wanted} is missing in\n{said}");
    }
}

#[test]
fn files_that_are_none_are_refused() {
    assert!(mistakes("").contains("no `[steps]`"));
    assert!(mistakes("steps = 1").contains("a table is wanted here"));
    assert!(mistakes("[steps").contains("1:"));
    assert!(
        refused("[[rules]]\nname = \"a\"\nstep = \"pre-token-issuance\"\nset = { claim = \"Tier\", to = 1 }")
            .contains("`extension_Tier`")
    );
    assert!(refused("[messages.blocked]\nen = \"<b>No</b>\"").contains("one line without control characters"));
    assert!(refused(&format!("[messages.blocked]\nen = \"{}\"", "x".repeat(251))).contains("251 characters"));
    assert!(refused("[approvals]\ncool_down = \"soon\"").contains("`\"30 days\"`"));
    assert!(refused("[[rules]]\nname = \"a\"\nstep = \"pre-token-issuance\"\nset = { claim = \"city\", to = \"x\" }\nhold = true")
        .contains("a rule does one thing"));
}
