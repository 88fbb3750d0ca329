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
