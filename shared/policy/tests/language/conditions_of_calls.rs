//! Conditions on the call itself: who signs in how, to which app, in which language, when, from where.

use crate::common::*;

const APP: &str = "11111111-2222-3333-4444-555555555555";

#[test]
fn how_somebody_signs_in_is_any_of_their_identities() {
    let identities = |types: &str| format!("{{\"identities\":[{types}]}}");
    let (local, federated) = (
        r#"{"signInType":"EmailAddress","issuer":"x.onmicrosoft.com","issuerAssignedId":"a@a.test"}"#,
        r#"{"signInType":"federated","issuer":"google.com","issuerAssignedId":"1"}"#,
    );
    let one = r#"{ sign_in_type = "emailAddress" }"#;
    for (when, body, wanted) in [
        (one, identities(local), true),
        (one, identities(federated), false),
        (one, identities(&format!("{federated},{local}")), true),
        (one, identities("{}"), false),
        (one, identities("7"), false),
        (one, "{}".to_owned(), false),
        (one, r#"{"identities":"emailAddress"}"#.to_owned(), false),
        (
            r#"{ sign_in_type = ["userName", "federated"] }"#,
            identities(federated),
            true,
        ),
    ] {
        assert_eq!(selects(when, &body), wanted, "{when} {body}");
    }
}

#[test]
fn an_app_is_the_one_signed_in_to() {
    let when = format!("{{ app = \"{}\" }}", APP.to_uppercase());
    for (body, wanted) in [
        (format!("{{\"client_id\":\"{APP}\"}}"), true),
        (format!("{{\"clientId\":\"{APP}\"}}"), true),
        (
            "{\"client_id\":\"11111111-2222-3333-4444-000000000000\"}".to_owned(),
            false,
        ),
        ("{\"client_id\":7}".to_owned(), false),
        ("{}".to_owned(), false),
    ] {
        assert_eq!(selects(&when, &body), wanted, "{body}");
    }
    let several = format!("{{ app = [\"22222222-2222-3333-4444-555555555555\", \"{APP}\"] }}");
    assert!(selects(&several, &format!("{{\"client_id\":\"{APP}\"}}")));
}

#[test]
fn a_language_is_the_first_that_is_asked_for() {
    let german = r#"{ locale = "de" }"#;
    for (when, asked, wanted) in [
        (german, "de", true),
        (german, "de-AT", true),
        (german, "DE_de", true),
        (german, "en de", false),
        (german, "den", false),
        (german, "", false),
        (r#"{ locale = "de-AT" }"#, "de", false),
        (r#"{ locale = ["fr", "de-AT"] }"#, "de-at en", true),
    ] {
        assert_eq!(selects(when, &body(&[("ui_locales", asked)])), wanted, "{when} {asked}");
    }
    assert!(selects(german, r#"{"ui_locales":["de"]}"#) && !selects(german, r#"{"ui_locales":7}"#));
    assert!(!selects(german, "{}"));
}

#[test]
fn a_rule_of_several_steps_can_do_something_at_one() {
    let rules = "[[rules]]\nname = \"r\"\nstep = [\"post-federation-signup\", \"post-attribute-collection\"]\n\
        when = { step = \"post-federation-signup\" }\nblock = true";
    let policy = policy(rules);
    let at = |step| policy.decide(&parse(step, b"{}").unwrap(), NOW).outcome;
    assert_eq!(at(Step::PostFederationSignup), BLOCKED);
    assert_eq!(at(SECOND), Outcome::Continue);
    // What the body says of its step proves nothing.
    let claimed = parse(SECOND, br#"{"step":"PostFederationSignup"}"#).unwrap();
    assert_eq!(policy.decide(&claimed, NOW).outcome, Outcome::Continue);
}

#[test]
fn a_time_begins_with_its_first_minute_and_ends_before_its_last() {
    let at = |when: &str, minutes: i64| {
        let policy = read(&rule(&format!("when = {{ time = {when} }}\nblock = true"))).unwrap();
        let now = Timestamp::from_millis(NOW.as_secs() * 1000 + minutes * 60_000);
        policy.decide(&sign_up("{}"), now).outcome == BLOCKED
    };
    for (when, minutes, wanted) in [
        (r#"{ from = "10:00", to = "11:00" }"#, 0, true),
        (r#"{ from = "10:00", to = "11:00" }"#, -1, false),
        (r#"{ from = "10:00", to = "11:00" }"#, 59, true),
        (r#"{ from = "10:00", to = "11:00" }"#, 60, false),
        (r#"{ from = "11:00", to = "12:00", offset = "+01:00" }"#, 0, true),
        (r#"{ from = "10:00", to = "11:00", offset = "+01:00" }"#, 0, false),
        (r#"{ from = "04:30", to = "04:31", offset = "-05:30" }"#, 0, true),
        (r#"{ days = ["mon"] }"#, 0, true),
        (r#"{ days = ["tue", "sun"] }"#, 0, false),
        (r#"{ days = ["tue"] }"#, 14 * 60, true),
        (r#"{ from = "10:00" }"#, 13 * 60 + 59, true),
        (r#"{ from = "10:00" }"#, 14 * 60, false),
        (r#"{ to = "10:00" }"#, 0, false),
        (r#"{ from = "22:00", to = "10:01", days = ["sun"] }"#, 0, true),
        (r#"{ from = "22:00", to = "10:01", days = ["mon"] }"#, 0, false),
    ] {
        assert_eq!(at(when, minutes), wanted, "{when} {minutes}");
    }
}

#[test]
fn a_client_address_is_what_the_body_says() {
    let net = r#"{ client_address = ["192.0.2.0/24", "2001:db8::/32"] }"#;
    for (address, wanted) in [
        ("\"192.0.2.255\"", true),
        ("\" 192.0.2.0 \"", true),
        ("\"::ffff:192.0.2.7\"", true),
        ("\"2001:db8::1\"", true),
        ("\"192.0.3.0\"", false),
        ("\"2001:db9::1\"", false),
        ("\"192.0.2.1, 203.0.113.1\"", false),
        ("\"192.0.2.01\"", false),
        ("\"3221225985\"", false),
        ("3221225985", false),
        ("[\"192.0.2.1\"]", false),
        ("null", false),
    ] {
        assert_eq!(
            selects(net, &format!("{{\"ipAddress\":{address}}}")),
            wanted,
            "{address}"
        );
    }
    assert!(!selects(net, "{}") && !selects(net, r#"{"client_address":"192.0.2.1"}"#));
}

#[test]
fn a_condition_on_a_claim_can_demand_what_requirements_can() {
    for (demand, city, wanted) in [
        ("min_length = 5", "\"Wien\"", false),
        ("max_length = 5", "\"Wien\"", true),
        ("characters = [\"digits\"]", "\"12\"", true),
        ("pattern = \"W.*\"", "\"Wien\"", true),
        ("minimum = 3, maximum = 4", "3", true),
        ("minimum = 3, maximum = 4", "5", false),
        ("not_after = \"today\"", "\"2026-11-24\"", false),
        ("email = true", "\"a@b\"", false),
        ("phone = true", "\"+4930123456\"", true),
        ("postal_code = \"AT\"", "\"1010\"", true),
        ("same_as = \"state\"", "\"Wien\"", true),
        ("differs_from = \"state\"", "\"Wien\"", false),
        ("min_length = 1", "[\" \",\"Wien\"]", true),
        ("max_length = 5", "null", false),
        ("max_length = 5", "\" \"", false),
        ("differs_from = \"state\"", "{}", false),
    ] {
        let when = format!("{{ claim = \"city\", {demand} }}");
        let body = format!("{{\"state\":\"WIEN\",\"city\":{city}}}");
        assert_eq!(selects(&when, &body), wanted, "{demand} {city}");
    }
}
