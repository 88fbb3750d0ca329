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
