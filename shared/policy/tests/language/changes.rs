use crate::common::*;

#[test]
fn normalisers_change_only_what_differs_and_answer_under_the_key_received() {
    let policy = policy(
        r#"
        [[rules]]
        name = "tidy"
        step = "post-attribute-collection"
        normalise = { claims = ["surname", "givenName", "extension_Nick"], with = ["trim", "collapse-spaces", "nfc", "name-case"] }
        "#,
    );
    let body = r#"{"lastName":"  VAN   DER  BERG ","givenName":"Jane","extension_0123456789abcdef0123456789abcdef_Nick":"jOE"}"#;
    let body = body.replace("jOE", "Jose\u{301}");
    let sign_up = sign_up(&body);
    let verdict = policy.decide(&sign_up, NOW);
    let key = "extension_0123456789abcdef0123456789abcdef_Nick";
    assert_eq!(
        reply_claims(&verdict),
        [
            ("lastName".to_owned(), "\"Van Der Berg\"".to_owned()),
            (key.to_owned(), "\"José\"".to_owned())
        ]
    );
}

#[test]
fn set_answers_always_and_new_claims_need_no_app_id() {
    let policy = policy(
        r#"
        [[rules]]
        name = "tier"
        step = "post-attribute-collection"
        set = { claim = "extension_Tier", to = 3 }
        [[rules]]
        name = "no title"
        step = "post-attribute-collection"
        set = { claim = "jobTitle", to = "" }
        "#,
    );
    let sign_up = sign_up(r#"{"extension_Tier":3,"jobTitle":"King"}"#);
    let verdict = policy.decide(&sign_up, NOW);
    assert_eq!(
        reply_claims(&verdict),
        [
            ("extension_Tier".to_owned(), "3".to_owned()),
            ("jobTitle".to_owned(), "\"\"".to_owned())
        ]
    );
    assert_eq!(verdict.claims.canonical(), r#"{"extension_Tier":3}"#);
}

#[test]
fn a_claim_that_is_taken_away_is_gone_under_each_of_its_keys() {
    let body = r#"{"surname":"Roe","lastName":"Doe","extension_Code":"1","extension_0123456789abcdef0123456789abcdef_Code":"2"}"#;
    let sign_up = sign_up(body);
    for what in [
        "drop = [\"surname\", \"extension_Code\"]".to_owned(),
        format!(
            "set = {{ claim = \"surname\", to = \"\" }}\n{}",
            named("s", "set = { claim = \"extension_Code\", to = \"\" }")
        ),
    ] {
        let policy = policy(&rule(&what));
        let verdict = policy.decide(&sign_up, NOW);
        let gone = reply_claims(&verdict);
        assert_eq!(gone.len(), 4, "{what}: {gone:?}");
        assert!(gone.iter().all(|(_, value)| value == "\"\""), "{what}: {gone:?}");
        assert_eq!(verdict.claims.canonical(), "{}", "{what}");
    }
}
