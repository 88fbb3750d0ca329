use crate::common::*;

#[test]
fn conditions_look_at_claims_addresses_and_issuers() {
    let holds = |when: &str, body: &str| {
        let rules =
            format!("[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\nwhen = {when}\nblock = true");
        outcome(&policy(&rules), body) != Outcome::Continue
    };
    let jane = r#"{"email":"jane@contoso.com","extension_Member":"true","extension_Age":42,"extension_Roles":["a","b"],
        "identities":[{"issuer":"Google","issuerAssignedId":"1"}]}"#;
    for (when, wanted) in [
        (r#"{ claim = "extension_Member", is = true }"#, true),
        (r#"{ claim = "extension_Age", is = 42 }"#, true),
        (r#"{ claim = "extension_Age", is = "41" }"#, false),
        (r#"{ claim = "extension_Roles", one_of = ["x", "b"] }"#, true),
        (r#"{ claim = "city", present = false }"#, true),
        (r#"{ domain = ["contoso.com"] }"#, true),
        (r#"{ address = ["JANE@contoso.com"] }"#, true),
        (r#"{ issuer = ["google.com"] }"#, true),
        (r#"{ issuer = ["mail"] }"#, false),
        (r#"{ issuer = "google" }"#, true),
        (r#"{ issuer = "google.com" }"#, true),
        (r#"{ domain = "contoso.com" }"#, true),
        (
            r#"{ all = [{ domain = ["contoso.com"] }, { issuer = ["mail"] }] }"#,
            false,
        ),
        (
            r#"{ any = [{ domain = ["contoso.com"] }, { issuer = ["mail"] }] }"#,
            true,
        ),
        (
            r#"{ not = { any = [{ issuer = "mail" }, { domain = "fabrikam.com" }] } }"#,
            true,
        ),
    ] {
        assert_eq!(holds(when, jane), wanted, "{when}");
    }
}

#[test]
fn an_issuer_is_the_same_in_each_of_its_spellings() {
    for (written, sent) in [
        ("facebook", "facebook.com"),
        ("facebook.com", "Facebook"),
        ("Facebook", "facebook"),
        ("google", "google.com"),
        ("Mail", "mail"),
        ("https://Sts.example/a/", "https://sts.example/a/"),
    ] {
        let policy = policy(&format!(
            "[lists]\nempty = []\n[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\nwhen = {{ issuer = \"{written}\" }}\nblock = true"
        ));
        let body = |issuer: &str| format!(r#"{{"identities":[{{"issuer":"{issuer}","issuerAssignedId":"1"}}]}}"#);
        assert!(
            matches!(outcome(&policy, &body(sent)), Outcome::Block(_)),
            "{written}: {sent}"
        );
        assert_eq!(outcome(&policy, &body("twitter.com")), Outcome::Continue, "{written}");
    }
}

#[test]
fn a_claim_that_shows_nothing_is_not_present() {
    let policy = policy(
        "[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\nwhen = { claim = \"city\", present = true }\nblock = true",
    );
    for city in [r#"" ""#, "\"\u{3164}\"", r#"["", " "]"#, r#"{"a":"x"}"#, "null"] {
        assert_eq!(
            outcome(&policy, &format!(r#"{{"city":{city}}}"#)),
            Outcome::Continue,
            "{city}"
        );
    }
    for city in [r#""Wien""#, r#"["", "Wien"]"#, "7", "false"] {
        assert!(
            matches!(outcome(&policy, &format!(r#"{{"city":{city}}}"#)), Outcome::Block(_)),
            "{city}"
        );
    }
}
