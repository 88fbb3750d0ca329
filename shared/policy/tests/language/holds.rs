use crate::common::*;

#[test]
fn a_hold_is_decided_by_its_conditions_and_a_later_block_wins() {
    let policy = policy(
        r#"
        [[rules]]
        name = "ask a reviewer"
        step = "post-attribute-collection"
        hold = { approve_when = { claim = "country", is = "de" }, deny_when = { claim = "country", one_of = ["XX"] } }
        [[rules]]
        name = "not from there"
        step = "post-attribute-collection"
        when = { not = { claim = "city", present = true } }
        block = true
        "#,
    );
    let held = |body: &str| {
        (
            outcome(&policy, body),
            policy.decide(&sign_up(body), NOW).rule.map(str::to_owned),
        )
    };
    assert_eq!(
        held(r#"{"country":"FR","city":"x"}"#),
        (Outcome::Hold, Some("ask a reviewer".into()))
    );
    assert_eq!(held(r#"{"city":"x"}"#), (Outcome::Hold, Some("ask a reviewer".into())));
    assert_eq!(
        held(r#"{"country":" DE ","city":"x"}"#),
        (Outcome::Admit, Some("ask a reviewer".into()))
    );
    assert_eq!(
        held(r#"{"country":"xx","city":"x"}"#).0,
        Outcome::Block(MessageName::DENIED)
    );
    assert_eq!(held(r#"{"country":"DE"}"#), (BLOCKED, Some("not from there".into())));
    assert!(policy.holds());
}

#[test]
fn an_address_nobody_proved_is_not_admitted_by_somebody_elses_proof() {
    let policy = policy(
        r#"
        [[rules]]
        name = "hold"
        step = "post-attribute-collection"
        hold = { approve_when = { all = [{ domain = "contoso.com" }, { issuer = "mail" }] } }
        "#,
    );
    let from = |identities: &str| {
        outcome(
            &policy,
            &format!(r#"{{"email":"a@contoso.com","identities":[{identities}]}}"#),
        )
    };
    assert_eq!(
        from(r#"{"issuer":"mail","issuerAssignedId":"a@contoso.com"}"#),
        Outcome::Admit
    );
    assert_eq!(
        from(r#"{"issuer":"mail","issuerAssignedId":"evil@evil.test"}"#),
        Outcome::Hold
    );
    assert_eq!(from(r#"{"issuer":"mail"}"#), Outcome::Hold);
    let second = r#"{"issuer":"google","issuerAssignedId":"1"},{"issuer":"mail","issuerAssignedId":"a@contoso.com"}"#;
    assert_eq!(from(second), Outcome::Hold, "the first identity makes the key");
}

#[test]
fn a_rule_can_hold_whom_it_does_not_pass() {
    for what in [
        "allow = { domains = [\"contoso.com\"] }",
        "deny = { domains = [\"evil.test\"] }",
        "require = { claim = \"city\", one_of = [\"Wien\"] }",
    ] {
        let text = rule(&format!("{what}\notherwise = \"hold\""));
        for policy in [
            policy(&text),
            closed(&format!(
                "{text}{}",
                named("all", "allow = { domains = [\"contoso.com\"] }")
            )),
        ] {
            assert!(policy.holds(), "{what}");
            let passes = r#"{"email":"a@contoso.com","city":"Wien"}"#;
            assert_eq!(outcome(&policy, passes), Outcome::Continue, "{what}");
            let does_not = r#"{"email":"a@evil.test","city":"Graz"}"#;
            let verdict = policy.decide(&sign_up(does_not), NOW).rule.map(str::to_owned);
            assert_eq!(
                (outcome(&policy, does_not), verdict),
                (Outcome::Hold, Some("r".into())),
                "{what}"
            );
        }
    }
}

#[test]
fn who_is_held_is_still_turned_away_corrected_and_tidied_by_later_rules() {
    let text = |last: &str| {
        let hold = named("hold", "require = { claim = \"city\" }\notherwise = \"hold\"");
        policy(&format!("{hold}{}", named("last", last)))
    };
    assert_eq!(outcome(&text("block = true"), "{}"), BLOCKED);
    assert_eq!(outcome(&text("require = { claim = \"state\" }"), "{}"), CHECK_INPUT);
    let set = text("set = { claim = \"state\", to = \"x\" }");
    let sign_up = sign_up("{}");
    let verdict = set.decide(&sign_up, NOW);
    assert_eq!((verdict.outcome, verdict.rule), (Outcome::Hold, Some("hold")));
    assert_eq!(verdict.claims.canonical(), r#"{"state":"x"}"#);
}

#[test]
fn one_hold_without_an_approval_is_enough() {
    let approved = named("one", "hold = { approve_when = { claim = \"city\", present = true } }");
    let held = named("two", "hold = true");
    let body = r#"{"city":"Wien"}"#;
    for text in [format!("{approved}{held}"), format!("{held}{approved}")] {
        let policy = policy(&text);
        let sign_up = sign_up(body);
        let verdict = policy.decide(&sign_up, NOW);
        assert_eq!((verdict.outcome, verdict.rule), (Outcome::Hold, Some("two")), "{text}");
    }
    assert_eq!(outcome(&policy(&approved), body), Outcome::Admit);
}

#[test]
fn a_hold_that_does_not_apply_lets_nobody_into_a_closed_step() {
    let policy = closed(&rule("when = { claim = \"city\", present = true }\nhold = true"));
    assert_eq!(outcome(&policy, "{}"), BLOCKED);
    assert_eq!(outcome(&policy, r#"{"city":"Wien"}"#), Outcome::Hold);
}
