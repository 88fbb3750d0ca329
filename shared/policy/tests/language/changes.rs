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

/// What goes out, by a rule of the second step.
fn going_out(what: &str, body: &str) -> Vec<(String, String)> {
    let policy = policy(&rule(what));
    let sign_up = sign_up(body);
    reply_claims(&policy.decide(&sign_up, NOW))
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn a_copy_is_what_the_other_claim_is() {
    let copy = "set = { claim = \"extension_Mail\", copy = \"email\" }";
    for (value, wanted) in [
        ("\"Jane@contoso.com\"", "\"Jane@contoso.com\""),
        ("7.10", "7.10"),
        ("true", "true"),
        ("[\"a\",\"b\"]", "[\"a\",\"b\"]"),
        ("null", "\"\""),
        ("\"\"", "\"\""),
    ] {
        let body = format!("{{\"email\":{value}}}");
        assert_eq!(going_out(copy, &body), [pair("extension_Mail", wanted)], "{value}");
    }
    assert_eq!(going_out(copy, "{}"), [pair("extension_Mail", "\"\"")]);
    let key = "extension_0123456789abcdef0123456789abcdef_Mail";
    let body = format!(r#"{{"{key}":"forged","email":"a@a.test"}}"#);
    assert_eq!(
        going_out(copy, &body),
        [pair(key, "\"a@a.test\"")],
        "what was typed there does not stay"
    );
}

#[test]
fn a_template_is_filled_with_the_claims_as_they_are() {
    let template = |text: &str| format!("set = {{ claim = \"displayName\", template = \"{text}\" }}");
    let body =
        r#"{"givenName":" Jane ","lastName":"Roe","extension_Age":42,"extension_Langs":["en","de"],"state":{"a":1}}"#;
    for (text, wanted) in [
        ("{givenName} {surname}", "Jane Roe"),
        ("{surname}, {givenName} ({extension_Age})", "Roe, Jane (42)"),
        ("{city} {givenName} {city}", "Jane"),
        ("{extension_Langs}", "en, de"),
        ("{state}{surname}", "Roe"),
        ("{{{surname}}}", "{Roe}"),
    ] {
        let wanted = format!("\"{wanted}\"");
        assert_eq!(
            going_out(&template(text), body),
            [pair("displayName", &wanted)],
            "{text}"
        );
    }
    assert_eq!(going_out(&template("{city}"), body), [pair("displayName", "\"\"")]);
    let typed = r#"{"givenName":"{surname}","surname":"x"}"#;
    let wanted = [pair("displayName", "\"{surname}\"")];
    assert_eq!(
        going_out(&template("{givenName}"), typed),
        wanted,
        "what was typed is no template"
    );
}

#[test]
fn dropped_claims_go_out_blank_if_they_came() {
    let drop = "drop = [\"extension_Code\", \"jobTitle\"]";
    let key = "extension_0123456789abcdef0123456789abcdef_Code";
    assert_eq!(going_out(drop, &format!("{{\"{key}\":true}}")), [pair(key, "\"\"")]);
    assert_eq!(going_out(drop, r#"{"jobTitle":{"a":1}}"#), [pair("jobTitle", "\"\"")]);
    assert_eq!(going_out(drop, r#"{"jobTitle":""}"#), []);
    assert_eq!(going_out(drop, "{}"), []);
}

#[test]
fn a_claim_that_was_dropped_is_absent_for_later_rules() {
    let text = format!(
        "{}{}",
        named("one", "drop = [\"city\"]"),
        named("two", "when = { claim = \"city\", present = false }\nblock = true")
    );
    assert_eq!(outcome(&policy(&text), r#"{"city":"Wien"}"#), BLOCKED);
}
