//! `normalise`.

use crate::common::*;

/// What becomes of the state, if it is normalised so; the country is Austria.
fn normalised(with: &str, state: &str) -> Option<String> {
    let policy = policy(&rule(&format!("normalise = {{ claims = [\"state\"], {with} }}")));
    let sign_up = sign_up(&format!("{{\"country\":\"Austria\",\"state\":{state}}}"));
    let verdict = policy.decide(&sign_up, NOW);
    verdict.changes.get("state").map(Value::to_json)
}

#[test]
fn each_normaliser_changes_its_own_and_leaves_the_rest() {
    for (with, came, wanted) in [
        ("with = [\"trim\"]", "\"  a  b \"", "\"a  b\""),
        ("with = [\"collapse-spaces\"]", "\" a \\t b\"", "\" a b\""),
        ("with = [\"nfc\"]", "\"Jose\u{301}\"", "\"José\""),
        ("with = [\"name-case\"]", "\"JANE roe\"", "\"Jane Roe\""),
        (
            "with = [\"lower-email\"]",
            "\" Jane@Contoso.COM \"",
            "\"jane@contoso.com\"",
        ),
        ("with = [\"country-iso\"]", "\"Österreich\"", "\"AT\""),
        ("with = [\"phone-e164\"]", "\"0664 1234567\"", "\"+436641234567\""),
        (
            "with = [\"phone-e164\"], country = \"DE\"",
            "\"030 123456\"",
            "\"+4930123456\"",
        ),
        (
            "with = [\"phone-e164\"], country = { claim = \"state\" }",
            "\"+49 (0)30 123456\"",
            "\"+4930123456\"",
        ),
        ("with = [\"trim\"]", "[\" a\",\"b\"]", "[\"a\",\"b\"]"),
        ("with = [\"trim\"]", "\"  \"", "\"\""),
        ("with = [\"trim\", \"country-iso\"]", "\"  deutschland \"", "\"DE\""),
    ] {
        assert_eq!(normalised(with, came).as_deref(), Some(wanted), "{with} {came}");
    }
    for (with, same) in [
        ("with = [\"trim\"]", "\"a\""),
        ("with = [\"trim\"]", "7"),
        ("with = [\"trim\"]", "{\"a\":\" \"}"),
        ("with = [\"trim\"]", "null"),
        ("with = [\"lower-email\"]", "\"Jane @Contoso.COM\""),
        ("with = [\"lower-email\"]", "\"A@B@contoso.com\""),
        ("with = [\"country-iso\"]", "\"Atlantis\""),
        ("with = [\"phone-e164\"]", "\"call me\""),
        ("with = [\"phone-e164\"]", "\"0664 1234567 ext. 5\""),
        (
            "with = [\"phone-e164\"], country = { claim = \"city\" }",
            "\"0664 1234567\"",
        ),
    ] {
        assert_eq!(normalised(with, same), None, "{with} {same}");
    }
}

#[test]
fn names_get_capitals_only_where_they_have_none_or_nothing_else() {
    for (came, wanted) in [
        ("JANE ROE", "Jane Roe"),
        ("jane roe", "Jane Roe"),
        ("JOSÉ-MARÍA", "José-María"),
        ("o'neil", "O'Neil"),
        ("O’NEIL", "O’Neil"),
        ("jan van der BERG", "Jan van der Berg"),
        ("j.r.r. tolkien", "J.R.R. Tolkien"),
        ("ΓΙΩΡΓΟΣ", "Γιωργος"),
        ("иван ПЕТРОВ", "Иван Петров"),
        ("VAN DER BERG", "Van Der Berg"),
        ("STRASSE", "Strasse"),
        ("ßeta", "ßeta"),
        ("d'artagnan", "D'Artagnan"),
        ("(JANE)", "(Jane)"),
    ] {
        let said = normalised("with = [\"name-case\"]", &format!("\"{came}\""));
        let wanted = (came != wanted).then(|| format!("\"{wanted}\""));
        assert_eq!(said, wanted, "{came}");
    }
    for kept in [
        "McDonald",
        "O'Neil",
        "Jan van der Berg",
        "Ludwig van Beethoven",
        "DeShawn",
        "José-María",
        "Q",
        "J. R. R.",
        "李小龍",
        "de la Cruz",
    ] {
        assert_eq!(
            normalised("with = [\"name-case\"]", &format!("\"{kept}\"")),
            None,
            "{kept}"
        );
    }
}

#[test]
fn a_rule_sees_what_the_rules_before_it_wrote() {
    let text = [
        named(
            "one",
            "normalise = { claims = [\"country\"], with = [\"country-iso\"] }",
        ),
        named(
            "two",
            "normalise = { claims = [\"phoneNumber\"], with = [\"phone-e164\"] }",
        ),
        named("three", "require = { claim = \"phoneNumber\", phone = true }"),
        named("four", "require = { claim = \"country\", one_of = [\"DE\"] }"),
    ];
    let body = r#"{"country":"Deutschland","phoneNumber":"030/123456"}"#;
    assert_eq!(outcome(&policy(&text.concat()), body), Outcome::Continue);
    let reversed: Vec<_> = text.iter().rev().cloned().collect();
    assert_eq!(outcome(&policy(&reversed.concat()), body), CHECK_INPUT);
}
