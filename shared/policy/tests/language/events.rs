//! `emit`, and what a file is warned about.

use crate::common::*;

#[test]
fn an_event_has_the_claims_of_its_rule_as_the_policy_left_them() {
    let text = [
        named(
            "say",
            "emit = { event = \"sign-up\", claims = [\"city\", \"state\"], on = [\"continue\", \"block\"] }",
        ),
        named("tidy", "normalise = { claims = [\"city\"], with = [\"trim\"] }"),
        named("last", "when = { claim = \"state\", present = true }\nblock = true"),
    ];
    let policy = policy(&text.concat());
    assert!(policy.emits(SECOND) && !policy.emits(Step::PreTokenIssuance));
    for (body, wanted) in [
        (r#"{"city":" Wien ","country":"AT"}"#, r#"{"city":"Wien"}"#),
        (r#"{"state":"x"}"#, r#"{"state":"x"}"#),
    ] {
        let sign_up = sign_up(body);
        let verdict = policy.decide(&sign_up, NOW);
        let [event] = verdict.events.as_slice() else {
            panic!("{:?}", verdict.events)
        };
        assert_eq!((event.name, event.claims.canonical().as_str()), ("sign-up", wanted));
        let said: Vec<_> = policy::Came::ALL
            .into_iter()
            .filter(|came| event.is_said(*came))
            .collect();
        assert_eq!(said, [policy::Came::Continue, policy::Came::Block]);
    }
}

#[test]
fn a_rule_that_does_not_apply_or_only_observes_says_nothing() {
    let emit = "emit = { event = \"e\", on = \"continue\" }";
    for what in [
        format!("when = {{ claim = \"city\", present = true }}\n{emit}"),
        format!("mode = \"observe\"\n{emit}"),
    ] {
        let policy = policy(&rule(&what));
        assert!(policy.decide(&sign_up("{}"), NOW).events.is_empty(), "{what}");
    }
}

#[test]
fn events_that_are_none_are_refused() {
    assert_refused(&[
        (
            "emit = { event = \"e\" }",
            "`emit` says which `event`, and `on`",
            "{ event",
        ),
        (
            "emit = { on = [\"block\"] }",
            "`emit` says which `event`, and `on`",
            "{ on",
        ),
        (
            "emit = { event = \"e\", on = [\"admit\"] }",
            "`admit` is no answer",
            "\"admit\"",
        ),
        (
            "emit = { event = \"e\", on = [\"blok\"] }",
            "did you mean `block`?",
            "\"blok\"",
        ),
        (
            "emit = { event = \"e\", on = [\"error\"] }",
            "no call of this step comes to `error`",
            "\"error\"",
        ),
        ("emit = { event = \"e\", on = [] }", "this list is empty", "[]"),
        (
            "emit = { event = \" \", on = [\"block\"] }",
            "one line of 1 to 80 characters",
            "\" \"",
        ),
        (
            "emit = { event = \"e\", on = [\"block\"], claims = [\"City\"] }",
            "write `city`",
            "\"City\"",
        ),
        (
            "emit = { event = \"e\", on = [\"block\"], claim = [\"city\"] }",
            "did you mean `claims`?",
            "claim",
        ),
    ]);
}

#[test]
fn a_file_is_warned_about_what_is_no_mistake() {
    let first = "[[rules]]\nname = \"r\"\nstep = \"post-federation-signup\"\nset = { claim = \"city\", to = \"x\" }\n";
    let again = named("s", "set = { claim = \"city\", to = \"\" }");
    for (text, wanted) in [
        (
            rule("allow = { domains = [\"a.test\"] }"),
            "by an address that nobody proved",
        ),
        (
            rule("hold = { approve_when = { domain = \"a.test\" } }"),
            "by an address that nobody proved",
        ),
        (
            rule("hold = { approve_when = { any = [{ issuer = \"mail\" }, { domain = \"a.test\" }] } }"),
            "by an address that nobody proved",
        ),
        (
            rule("deny = { addresses = [\"a@a.test\"] }\notherwise = { block = \"denied\" }"),
            "learns which are listed",
        ),
        (first.to_owned(), "`city` is set at the first step only"),
        (
            "[messages.own]\nen = \"You already have an account.\"".to_owned(),
            "may reveal that an account",
        ),
    ] {
        let policy = policy(&text);
        let warnings: Vec<_> = policy.warnings().iter().map(|warning| warning.what.as_str()).collect();
        assert!(
            warnings.len() == 1 && warnings[0].contains(wanted),
            "{text}: {warnings:?}"
        );
        assert!(policy.warnings()[0].line > 1);
    }
    for text in [
        rule("when = { issuer = \"mail\" }\nallow = { domains = [\"a.test\"] }"),
        rule("hold = { approve_when = { all = [{ issuer = \"mail\" }, { domain = \"a.test\" }] } }"),
        rule("deny = { addresses = [\"a@a.test\"] }"),
        format!("{first}{again}"),
    ] {
        assert!(policy(&text).warnings().is_empty(), "{text}");
    }
}

#[test]
fn events_are_few_and_do_not_fail() {
    let emit = |n: usize| {
        format!(
            "[[rules]]\nname = \"e{n}\"\nstep = \"post-attribute-collection\"\nemit = {{ event = \"e\", on = [\"continue\"] }}\n"
        )
    };
    let rules = |count: usize| (0..count).map(emit).collect::<String>();
    assert!(read(&rules(8)).is_ok());
    assert!(refused(&rules(9)).contains("at most 8 rules of a step say events"));
    let lists = "[lists]\nx = { stored = \"domains\" }\n";
    for what in [
        "when = { domain = \"x\" }\nemit = { event = \"e\", on = [\"continue\"] }",
        "mode = \"observe\"\ndeny = { domains = \"x\" }",
    ] {
        let said = refused(&format!("{lists}{}", rule(&format!("on_failure = \"block\"\n{what}"))));
        assert!(said.contains("leave `on_failure` out"), "{said}");
    }
    let odd = policy(&rule(
        "when = { domain = [\"x.test\"] }\nemit = { event = \"e\", on = [\"continue\"] }",
    ));
    assert_eq!(
        outcome(&odd, &from("a@b@c.test")),
        Outcome::Continue,
        "an event turns nobody away"
    );
}
