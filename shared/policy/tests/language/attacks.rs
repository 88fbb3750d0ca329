use crate::common::*;

#[test]
fn what_is_no_address_slips_past_no_condition() {
    for what in [
        r#"when = { domain = ["evil.test"] }
        block = true"#,
        r#"hold = { approve_when = { not = { domain = ["evil.test"] } }, deny_when = { domain = ["evil.test"] } }"#,
    ] {
        let policy = policy(&format!(
            "[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\n{what}"
        ));
        for address in ["a@evil.test", "a@b@evil.test", "a@evil.test..", "a b@evil.test"] {
            assert!(
                matches!(outcome(&policy, &from(address)), Outcome::Block(_)),
                "{what}: {address}"
            );
        }
        let proven = r#"{"email":"a@ok.test","identities":[{"issuer":"mail","issuerAssignedId":"a@evil.test"}]}"#;
        assert!(matches!(outcome(&policy, proven), Outcome::Block(_)), "{what}");
        assert!(
            !matches!(outcome(&policy, &from("a@ok.test")), Outcome::Block(_)),
            "{what}"
        );
    }
}

#[test]
fn one_text_of_several_lets_nobody_in_at_once() {
    let roles = r#"hold = { approve_when = { claim = "extension_Roles", one_of = ["guest"] } }"#;
    let held = policy(&rule(roles));
    assert_eq!(outcome(&held, r#"{"extension_Roles":["guest"]}"#), Outcome::Admit);
    for roles in [r#"["guest","admin"]"#, r#"["guest",""]"#, "[]", r#"["guest",1]"#] {
        let body = format!(r#"{{"extension_Roles":{roles}}}"#);
        assert_eq!(outcome(&held, &body), Outcome::Hold, "{roles}");
    }
    let turned_away = policy(&rule(
        "when = { claim = \"extension_Roles\", one_of = [\"admin\"] }\nblock = true",
    ));
    assert_eq!(
        outcome(&turned_away, r#"{"extension_Roles":["guest","admin"]}"#),
        BLOCKED
    );
    let by_mail = r#"hold = { approve_when = { sign_in_type = "emailAddress" } }"#;
    let held = policy(&rule(by_mail));
    let body = |types: &str| format!(r#"{{"identities":[{types}]}}"#);
    let (local, other) = (r#"{"signInType":"emailAddress"}"#, r#"{"signInType":"userName"}"#);
    assert_eq!(outcome(&held, &body(local)), Outcome::Admit);
    for types in ["", &format!("{local},{other}"), &format!("{local},{{}}")] {
        assert_eq!(outcome(&held, &body(types)), Outcome::Hold, "{types}");
    }
}

#[test]
fn one_address_of_two_lets_nobody_in_by_the_when_of_a_rule() {
    let proven = |email: &str, id: &str| {
        format!(r#"{{"email":"{email}","identities":[{{"issuer":"mail","issuerAssignedId":"{id}"}}]}}"#)
    };
    let (jane, evil) = (
        proven("jane@contoso.com", "jane@contoso.com"),
        proven("jane@contoso.com", "evil@evil.test"),
    );
    let when = "when = { domain = \"contoso.com\" }\n";
    let allowed = closed(&rule(&format!("{when}allow = {{ issuers = [\"mail\"] }}")));
    assert_eq!(outcome(&allowed, &jane), Outcome::Continue);
    assert_eq!(outcome(&allowed, &evil), BLOCKED);
    let held = closed(&rule(&format!(
        "{when}hold = {{ approve_when = {{ issuer = \"mail\" }} }}"
    )));
    assert_eq!(outcome(&held, &jane), Outcome::Admit);
    assert_eq!(outcome(&held, &evil), Outcome::Hold);
    let only_these = policy(&rule(&format!(
        "{when}allow = {{ addresses = [\"jane@contoso.com\"] }}"
    )));
    assert_eq!(outcome(&only_these, &jane), Outcome::Continue);
    assert_eq!(
        outcome(&only_these, &evil),
        BLOCKED,
        "one address is enough to be asked"
    );
}
