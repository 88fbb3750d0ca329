//! What a claim can be asked to be: numbers, days, addresses, telephone numbers, postal codes, other claims.

use crate::common::*;

/// Each case: what is required of the city, the whole body, whether it is as required.
fn assert_required_in(cases: &[(&str, &str, bool)]) {
    for (what, body, met) in cases {
        let wanted = if *met { Outcome::Continue } else { CHECK_INPUT };
        assert_eq!(required(what, body), wanted, "{what}: {body}");
    }
}

#[test]
fn numbers_have_bounds() {
    let (least, most) = ("minimum = 18", "maximum = 1.5");
    assert_required(&[
        (least, "18", true),
        (least, "\"18\"", true),
        (least, "17.999", false),
        (least, "1.8e1", true),
        (least, "\"018\"", true),
        (least, "[\"18\", \"99\"]", true),
        (least, "[\"18\", \"17\"]", false),
        (least, "\"18 years\"", false),
        (least, "\" 18\"", false),
        (least, "\"１８\"", false),
        (least, "\"0x12\"", false),
        (least, "\"inf\"", false),
        (least, "\"nan\"", false),
        (least, "1e999", false),
        (least, "true", false),
        (least, "[18]", false),
        (least, "{\"value\": 18}", false),
        (least, "null", false),
        (most, "1.5", true),
        (most, "\"1.50\"", true),
        (most, "1.51", false),
        (most, "-7", true),
        (most, "\"1,5\"", false),
        (most, "\"-inf\"", false),
        ("minimum = -5, maximum = 5", "-5", true),
        ("minimum = -5, maximum = 5", "5.0000001", false),
        ("optional = true, minimum = 1", "null", true),
        ("optional = true, minimum = 1", "0", false),
    ]);
}

#[test]
fn a_number_that_another_claim_gives_has_to_be_there() {
    let (least, most) = (
        "minimum = { claim = \"extension_Least\" }",
        "maximum = { claim = \"extension_Most\" }",
    );
    assert_required_in(&[
        (least, r#"{"city":5,"extension_Least":"5"}"#, true),
        (least, r#"{"city":4,"extension_Least":5}"#, false),
        (least, r#"{"city":4}"#, false),
        (least, r#"{"city":4,"extension_Least":"low"}"#, false),
        (least, r#"{"city":4,"extension_Least":["1"]}"#, false),
        (
            most,
            r#"{"city":5,"extension_0123456789abcdef0123456789abcdef_Most":5}"#,
            true,
        ),
        (most, r#"{"city":6,"extension_Most":5}"#, false),
        (most, r#"{"city":6}"#, false),
    ]);
}

#[test]
fn days_have_bounds() {
    let (adult, later) = ("not_after = \"18 years ago\"", "not_before = \"today\"");
    assert_required(&[
        (adult, "\"2008-11-23\"", true),
        (adult, "\"2008-11-24\"", false),
        (adult, "\"2008-11-23T23:59:59Z\"", true),
        (adult, "\"2008-11-23 08:00\"", true),
        (adult, "\"2008-11-23 or so\"", false),
        (adult, "\"2008-11-31\"", false),
        (adult, "\"23.11.2000\"", false),
        (adult, "\"11/23/2000\"", false),
        (adult, "\"2000-1-1\"", false),
        (adult, "\"-2000-01-01\"", false),
        (adult, "\"２０００-01-01\"", false),
        (adult, "20001123", false),
        (adult, "[\"2000-01-01\",\"2020-01-01\"]", false),
        (adult, "null", false),
        (later, "\"2026-11-23\"", true),
        (later, "\"2026-11-22\"", false),
        ("not_after = \"in 30 days\"", "\"2026-12-23\"", true),
        ("not_after = \"in 30 days\"", "\"2026-12-24\"", false),
        ("not_after = \"in 1 month\"", "\"2026-12-24\"", false),
        ("not_before = \"2 weeks ago\"", "\"2026-11-09\"", true),
        ("not_before = \"2 weeks ago\"", "\"2026-11-08\"", false),
        ("not_before = 2026-01-31", "\"2026-01-31\"", true),
        ("not_before = 2026-01-31", "\"2026-01-30\"", false),
        (
            "not_before = \"2026-01-31\", not_after = \"2026-01-31\"",
            "\"2026-01-31\"",
            true,
        ),
        ("optional = true, not_before = \"today\"", "null", true),
    ]);
    let ends = "not_before = { claim = \"extension_From\" }";
    assert_required_in(&[
        (ends, r#"{"city":"2026-02-01","extension_From":"2026-02-01"}"#, true),
        (ends, r#"{"city":"2026-01-31","extension_From":"2026-02-01"}"#, false),
        (ends, r#"{"city":"2026-01-31"}"#, false),
        (ends, r#"{"city":"2026-01-31","extension_From":"soon"}"#, false),
    ]);
}

#[test]
fn addresses_have_a_plain_name_and_a_domain_with_a_dot() {
    let all = "email = { allow = [\"ip-literal\", \"dotless\", \"quoted\"] }";
    assert_required(&[
        ("email = true", "\"Jane@Contoso.com\"", true),
        ("email = true", "\"josé@bücher.example\"", true),
        ("email = true", "\"jane@localhost\"", false),
        ("email = true", "\"jane@[192.0.2.1]\"", false),
        ("email = true", r#""\"jane roe\"@contoso.com""#, false),
        ("email = true", "\"jane@contoso.com@evil.test\"", false),
        ("email = true", "\"jane@contoso.com, joe@contoso.com\"", false),
        ("email = true", "\"jane\u{200b}@contoso.com\"", false),
        ("email = true", "[\"a@contoso.com\",\"b\"]", false),
        ("email = true", "7", false),
        ("email = true", "null", false),
        ("email = { allow = [\"dotless\"] }", "\"jane@localhost\"", true),
        ("email = { allow = [\"dotless\"] }", "\"jane@[192.0.2.1]\"", false),
        ("email = { allow = [\"ip-literal\"] }", "\"jane@[IPv6:::1]\"", true),
        (
            "email = { allow = [\"quoted\"] }",
            r#""\"jane roe\"@contoso.com""#,
            true,
        ),
        (all, "\"jane@contoso.com@evil.test\"", false),
        (all, "\"jane\"", false),
    ]);
}

#[test]
fn telephone_numbers_are_in_e164() {
    assert_required(&[
        ("phone = true", "\"+4930123456\"", true),
        ("phone = true", "\"+49 30 123456\"", false),
        ("phone = true", "\"030123456\"", false),
        ("phone = true", "\"+49\"", false),
        ("phone = true", "\"+4930123456789012\"", false),
        ("phone = true", "\"＋4930123456\"", false),
        ("phone = true", "\"+4930123456x1\"", false),
        ("phone = true", "4930123456", false),
        ("phone = true", "null", false),
        ("optional = true, phone = true", "null", true),
    ]);
}

#[test]
fn postal_codes_have_the_shape_of_their_country() {
    let (german, own) = ("postal_code = \"DE\"", "postal_code = { claim = \"country\" }");
    assert_required_in(&[
        (german, r#"{"city":"10115"}"#, true),
        (german, r#"{"city":"D-10115"}"#, false),
        (german, r#"{"city":"1011"}"#, false),
        (german, r#"{"city":10115}"#, true),
        ("postal_code = \"Germany\"", r#"{"city":"1011"}"#, false),
        (own, r#"{"city":"SW1A 1AA","country":"United Kingdom"}"#, true),
        (own, r#"{"city":"10115","country":"United Kingdom"}"#, false),
        (own, r#"{"city":"1010","country":"Österreich"}"#, true),
        (own, r#"{"city":"anything 12"}"#, true),
        (own, r#"{"city":"<b>"}"#, false),
        (own, r#"{"city":"1010","country":"Atlantis"}"#, true),
        (own, r#"{"country":"AT"}"#, false),
    ]);
}

#[test]
fn a_claim_can_repeat_another_or_must_not() {
    let (same, other) = ("same_as = \"email\"", "differs_from = \"email\"");
    assert_required_in(&[
        (
            same,
            r#"{"city":" JANE@contoso.com ","email":"jane@Contoso.com"}"#,
            true,
        ),
        (same, r#"{"city":"joe@contoso.com","email":"jane@contoso.com"}"#, false),
        (
            same,
            r#"{"city":"jane\u200b@contoso.com","email":"jane@contoso.com"}"#,
            false,
        ),
        (same, r#"{"city":"jane@contoso.com"}"#, false),
        (same, r#"{"city":"7","email":7}"#, true),
        (same, r#"{"email":"jane@contoso.com"}"#, false),
        (same, r#"{}"#, false),
        (other, r#"{"city":"joe@contoso.com","email":"jane@contoso.com"}"#, true),
        (
            other,
            r#"{"city":"Jane@Contoso.com ","email":"jane@contoso.com"}"#,
            false,
        ),
        (other, r#"{"city":"Jose\u0301","email":"JOSÉ"}"#, false),
        (other, r#"{"city":"jane@contoso.com"}"#, true),
        (other, r#"{"city":["x","Jane"],"email":["jane","y"]}"#, false),
        (other, r#"{}"#, false),
    ]);
}

#[test]
fn all_that_is_demanded_counts() {
    let several = "min_length = 2, characters = [\"letters\"], one_of = [\"Wien\", \"W\", \"A1\"]";
    assert_required(&[
        (several, "\"Wien\"", true),
        (several, "\"W\"", false),
        (several, "\"A1\"", false),
        (several, "\"Graz\"", false),
    ]);
}
