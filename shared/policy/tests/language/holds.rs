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
