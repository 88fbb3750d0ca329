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

#[test]
fn no_spelling_of_an_address_gets_past_a_list() {
    let denied = policy(&rule("deny = { domains = [\"evil.test\", \"*.evil.test\"] }"));
    for address in [
        "a@EVIL.test",
        "a@evil.test.",
        "a@ｅvil.test",
        "a@evil\u{ff0e}test",
        "a@evil。test",
        "a@ev\u{ad}il.test",
        "a@ev\u{200b}il.test",
        "a@mail.evil.test",
        " a@evil.test ",
        "\u{2066}a@evil.test",
        "a@ok.test, a@evil.test",
        "<a@evil.test>",
        "a@evil.test (ok)",
        "a@evil.test@ok.test",
        "a%evil.test",
        "a",
    ] {
        assert_eq!(outcome(&denied, &from(address)), BLOCKED, "{address}");
    }
    let allowed = closed(&rule(
        "allow = { domains = [\"contoso.com\"], addresses = [\"boss@ok.test\"] }",
    ));
    for address in [
        "a@contoso.com.evil.test",
        "a@evil.test#@contoso.com,",
        "a@evil.test@contoso.com",
        "a,b@contoso.com",
        "\\\"a@evil.test\\\"@contoso.com",
        "a@соntoso.com",
        "a@contoso.comm",
        "a\u{200b}@contoso.com",
        "bоss@ok.test",
        "boss\u{ff20}ok.test@evil.test",
        "*@evil.test",
        "contoso.com",
        "@contoso.com",
    ] {
        assert_eq!(outcome(&allowed, &from(address)), BLOCKED, "{address}");
    }
}

#[test]
fn a_wrong_type_or_a_second_spelling_of_a_key_lets_nobody_in() {
    let allowed = closed(&rule(
        "allow = { domains = [\"contoso.com\"], claim = \"country\", values = [\"DE\"] }",
    ));
    for body in [
        r#"{"email":["a@contoso.com"]}"#,
        r#"{"email":{"value":"a@contoso.com"}}"#,
        r#"{"Email":"a@contoso.com"}"#,
        r#"{"email":"a@contoso.com","email":"a@evil.test"}"#,
        r#"{"email":"a@contoso.com","email":null}"#,
        r#"{"emails":"a@contoso.com"}"#,
        r#"{"identities":[{"issuer":"google.com","issuerAssignedId":"a@contoso.com"}]}"#,
        r#"{"email":"a@contoso.com","identities":[{"signInType":"emailAddress","issuerAssignedId":"a@evil.test"}]}"#,
        r#"{"email":"a@contoso.com","identities":[{"issuer":"mail","issuerAssignedId":"none"}]}"#,
        r#"{"country":["DE","XX"]}"#,
        r#"{"country":["DE",["DE"]]}"#,
        r#"{"country":"DE","country":"XX"}"#,
        r#"{"Country":"DE"}"#,
        r#"{"country":"DE\u0000"}"#,
    ] {
        assert_eq!(outcome(&allowed, body), BLOCKED, "{body}");
    }
    // Of a key that comes twice the last counts, as the service's own old example has it.
    assert_eq!(
        outcome(&allowed, r#"{"email":"x","email":"a@contoso.com"}"#),
        Outcome::Continue
    );
}

#[test]
fn not_is_true_of_whoever_says_nothing_and_of_addresses_only_if_all_agree() {
    let blocks = |when: &str, body: &str| selects(when, body);
    let outside = r#"{ not = { domain = "partners" } }"#;
    assert!(blocks(outside, "{}") && blocks(outside, &from("a@evil.test")));
    assert!(!blocks(outside, &from("a@contoso.com")));
    let two = r#"{"email":"a@contoso.com","identities":[{"issuer":"mail","issuerAssignedId":"a@evil.test"}]}"#;
    assert!(blocks(outside, two), "one address outside is enough");
    let elsewhere = r#"{ not = { claim = "country", one_of = "countries" } }"#;
    assert!(blocks(elsewhere, "{}") && blocks(elsewhere, r#"{"country":{"a":1}}"#));
    assert!(!blocks(elsewhere, r#"{"country":["France"]}"#));
    assert!(blocks(elsewhere, r#"{"country":["France","Atlantis"]}"#));
    assert!(blocks(&format!("{{ not = {{ not = {outside} }} }}"), two));
}

#[test]
fn the_order_of_rules_opens_no_closed_step() {
    let allow = named("allow", "allow = { domains = [\"contoso.com\"] }");
    let deny = named("deny", "deny = { addresses = [\"evil@contoso.com\"] }");
    let ask = named("ask", "require = { claim = \"city\" }");
    for text in [format!("{allow}{deny}{ask}"), format!("{ask}{deny}{allow}")] {
        let policy = closed(&text);
        let said = |address: &str| outcome(&policy, &body(&[("email", address), ("city", "Wien")]));
        assert_eq!(said("a@contoso.com"), Outcome::Continue);
        assert_eq!(said("evil@contoso.com"), BLOCKED);
        assert_eq!(said("a@evil.test"), BLOCKED);
        assert_eq!(outcome(&policy, &from("a@contoso.com")), CHECK_INPUT);
    }
}

#[test]
fn a_step_that_the_file_does_not_name_lets_nobody_in() {
    let policy = closed("");
    let at = |step| policy.decide(&parse(step, b"{}").unwrap(), NOW).outcome;
    assert_eq!(at(Step::PostFederationSignup), BLOCKED);
    assert!(!policy.serves(Step::PostFederationSignup) && policy.serves(SECOND));
    assert_eq!(at(SECOND), BLOCKED);
}

#[test]
fn an_allow_list_with_an_ending_of_its_own_reads_its_when_as_strictly() {
    let eve = r#"{"email":"eve@contoso.com","identities":[{"signInType":"federated","issuer":"mail","issuerAssignedId":"eve@evil.test"}]}"#;
    for ending in ["", "\notherwise = \"block\""] {
        let rules = rule(&format!(
            "when = {{ domain = [\"contoso.com\"] }}\nallow = {{ issuers = [\"mail\"] }}{ending}"
        ));
        assert_eq!(outcome(&closed(&rules), eve), BLOCKED, "{ending}");
        assert_eq!(
            outcome(&closed(&rules), &eve.replace("evil.test", "contoso.com")),
            Outcome::Continue,
            "{ending}"
        );
    }
}

#[test]
fn what_is_no_address_is_approved_by_no_pattern() {
    let policy = policy(&rule(
        r#"hold = { approve_when = { claim = "email", pattern = '.*@contoso\.com' } }"#,
    ));
    assert_eq!(outcome(&policy, &from("eve@evil.test@contoso.com")), BLOCKED);
    assert_eq!(outcome(&policy, &from("eve@contoso.com")), Outcome::Admit);
    assert!(!policy.warnings().is_empty(), "nobody proved the address");
}
