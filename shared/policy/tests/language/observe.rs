//! `mode = "observe"`.

use crate::common::*;

fn watched(what: &str) -> Policy {
    policy(&rule(&format!("mode = \"observe\"\n{what}")))
}

#[test]
fn what_is_no_address_is_not_turned_away_for_a_rule_that_only_observes() {
    let watched = watched("when = { domain = [\"evil.test\"] }\nblock = true");
    let verdict_of = |body: &str| outcome(&watched, body);
    assert_eq!(verdict_of(&from("a@b@evil.test")), Outcome::Continue);
    assert_eq!(verdict_of(&from("a@evil.test")), Outcome::Continue);
}

#[test]
fn a_rule_that_observes_says_what_it_would_do_and_does_not() {
    for (what, would) in [
        ("block = true", "block"),
        ("require = { claim = \"city\" }", "ask-again"),
        ("require = { claim = \"city\" }\notherwise = \"hold\"", "hold"),
        ("deny = { domains = [\"contoso.com\"] }", "block"),
        ("allow = { domains = [\"evil.test\"] }", "block"),
        ("allow = { domains = [\"contoso.com\"] }", "allow"),
        ("hold = true", "hold"),
        ("hold = { approve_when = { domain = \"contoso.com\" } }", "admit"),
        ("hold = { deny_when = { domain = \"contoso.com\" } }", "block"),
        ("set = { claim = \"city\", to = \"Wien\" }", "change"),
        ("drop = [\"displayName\"]", "change"),
        (
            "normalise = { claims = [\"displayName\"], with = [\"trim\"] }",
            "change",
        ),
    ] {
        let watched = watched(what);
        let sign_up = sign_up(r#"{"email":"jane@contoso.com","displayName":"Jane "}"#);
        let verdict = watched.decide(&sign_up, NOW);
        let observed: Vec<_> = verdict.observed.iter().map(|o| (o.rule, o.would)).collect();
        assert_eq!(observed, [("r", would)], "{what}");
        assert_eq!((verdict.outcome, verdict.rule), (Outcome::Continue, None), "{what}");
        assert!(verdict.changes.is_empty(), "{what}");
        assert_eq!(verdict.claims.canonical(), sign_up.claims.canonical(), "{what}");
        assert!(!watched.holds(), "{what}: no request is looked up");
    }
}

#[test]
fn a_rule_that_would_do_nothing_is_not_reported() {
    for what in [
        "require = { claim = \"displayName\" }",
        "normalise = { claims = [\"displayName\"], with = [\"trim\"] }",
        "drop = [\"city\"]",
        "when = { claim = \"city\", present = true }\nblock = true",
        "deny = { domains = [\"evil.test\"] }",
    ] {
        let watched = watched(what);
        let sign_up = sign_up(r#"{"email":"jane@contoso.com","displayName":"Jane"}"#);
        assert!(watched.decide(&sign_up, NOW).observed.is_empty(), "{what}");
    }
}

#[test]
fn rules_after_one_that_observes_see_what_came() {
    let text = [
        named("one", "mode = \"observe\"\nset = { claim = \"city\", to = \"Wien\" }"),
        named("two", "mode = \"observe\"\nallow = { domains = [\"contoso.com\"] }"),
        named("three", "when = { claim = \"city\", present = true }\nblock = true"),
    ];
    assert_eq!(outcome(&policy(&text.concat()), "{}"), Outcome::Continue);
    let only = closed(&named(
        "two",
        "mode = \"observe\"\nallow = { domains = [\"contoso.com\"] }",
    ));
    assert_eq!(
        outcome(&only, &from("a@contoso.com")),
        BLOCKED,
        "nobody is let in by watching"
    );
}
