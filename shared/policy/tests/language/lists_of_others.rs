//! Lists of issuers, apps and values of claims, and lists of several kinds.

use crate::common::*;

const APP: &str = "11111111-2222-3333-4444-555555555555";

/// Each body and whether the list names whoever sends it: as an allow list, and as a deny list.
fn assert_listed(list: &str, cases: &[(&str, bool, bool)]) {
    let (allow, deny) = (
        closed(&rule(&format!("allow = {{ {list} }}"))),
        policy(&rule(&format!("deny = {{ {list} }}"))),
    );
    for (body, let_in, turned_away) in cases {
        let wanted = if *let_in { Outcome::Continue } else { BLOCKED };
        assert_eq!(outcome(&allow, body), wanted, "allow {list}: {body}");
        let wanted = if *turned_away { BLOCKED } else { Outcome::Continue };
        assert_eq!(outcome(&deny, body), wanted, "deny {list}: {body}");
    }
}

#[test]
fn issuers_are_those_of_the_identity_that_counts() {
    assert_listed(
        "issuers = [\"google\", \"mail\"]",
        &[
            (
                r#"{"identities":[{"issuer":"google.com","issuerAssignedId":"1"}]}"#,
                true,
                true,
            ),
            (
                r#"{"identities":[{"issuer":" Google ","issuerAssignedId":"1"}]}"#,
                true,
                true,
            ),
            (
                r#"{"identities":[{"issuer":"evil.test","issuerAssignedId":"1"},{"issuer":"google.com","issuerAssignedId":"1"}]}"#,
                false,
                false,
            ),
            (r#"{"identities":[{"issuer":"google.com"}]}"#, false, false),
            (
                r#"{"identities":[{"issuer":"google.com.evil.test","issuerAssignedId":"1"}]}"#,
                false,
                false,
            ),
            (r#"{"email":"a@google.com"}"#, false, false),
            (
                r#"{"identities":{"issuer":"google.com","issuerAssignedId":"1"}}"#,
                false,
                false,
            ),
            ("{}", false, false),
        ],
    );
}

#[test]
fn apps_are_the_one_signed_in_to() {
    assert_listed(
        &format!("apps = [\"{APP}\"]"),
        &[
            (&body(&[("client_id", APP)]), true, true),
            (&body(&[("client_id", "1")]), false, false),
            ("{}", false, false),
        ],
    );
}

#[test]
fn values_are_texts_of_a_claim() {
    assert_listed(
        "claim = \"country\", values = [\"Germany\", \"7\", \"true\"]",
        &[
            (r#"{"country":" GERMANY "}"#, true, true),
            (r#"{"country":"France"}"#, false, false),
            (r#"{"country":7}"#, true, true),
            (r#"{"country":true}"#, true, true),
            (r#"{"country":["Germany","7"]}"#, true, true),
            // Some listed: not enough to be let in, enough to be turned away.
            (r#"{"country":["Germany","France"]}"#, false, true),
            (r#"{"country":["Germany",1]}"#, false, false),
            (r#"{"country":{"name":"Germany"}}"#, false, false),
            (r#"{"country":[]}"#, false, false),
            (r#"{"country":"Germany\u200b"}"#, false, false),
            ("{}", false, false),
        ],
    );
    assert_listed(
        "claim = \"extension_Code\", values = [\"a\"]",
        &[(r#"{"extension_0123456789abcdef0123456789abcdef_Code":"A"}"#, true, true)],
    );
}

#[test]
fn who_is_in_one_list_of_several_is_listed() {
    assert_listed(
        &format!("domains = [\"contoso.com\"], apps = [\"{APP}\"], claim = \"country\", values = [\"DE\"]"),
        &[
            (r#"{"email":"a@contoso.com"}"#, true, true),
            (r#"{"email":"a@evil.test","country":"de"}"#, true, true),
            (&format!(r#"{{"email":"a@evil.test","client_id":"{APP}"}}"#), true, true),
            (r#"{"email":"a@evil.test","country":"FR"}"#, false, false),
            (r#"{"email":"a@b@contoso.com"}"#, false, true),
            ("{}", false, false),
        ],
    );
}

#[test]
fn what_is_no_address_matters_only_to_lists_of_addresses() {
    let denied = policy(&rule("deny = { issuers = [\"google.com\"] }"));
    assert_eq!(outcome(&denied, &from("a@b@evil.test")), Outcome::Continue);
}

#[test]
fn a_list_rule_ends_as_it_says() {
    let message = "[messages.own]\nen = \"Own.\"";
    let own = Outcome::Block(closed_message());
    for (ending, wanted) in [
        ("otherwise = { block = \"own\" }", own),
        ("otherwise = \"ask-again\"", CHECK_INPUT),
        ("otherwise = \"block\"", BLOCKED),
        ("otherwise = \"hold\"", Outcome::Hold),
    ] {
        for list in [
            "allow = { domains = [\"contoso.com\"] }",
            "deny = { domains = [\"evil.test\"] }",
        ] {
            let policy = policy(&format!("{}{message}", rule(&format!("{list}\n{ending}"))));
            assert_eq!(outcome(&policy, &from("a@evil.test")), wanted, "{list} {ending}");
            assert_eq!(
                outcome(&policy, &from("a@contoso.com")),
                Outcome::Continue,
                "{list} {ending}"
            );
        }
    }
}

/// The name of the message `own`.
fn closed_message() -> MessageName {
    let text = format!("{}[messages.own]\nen = \"Own.\"", rule("block = \"own\""));
    match outcome(&policy(&text), "{}") {
        Outcome::Block(name) => name,
        other => panic!("{other:?}"),
    }
}
