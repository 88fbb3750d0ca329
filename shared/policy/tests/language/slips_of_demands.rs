use crate::common::*;

fn require(what: &str) -> String {
    format!("require = {{ claim = \"city\", {what} }}")
}

#[test]
fn demands_that_are_none_are_refused() {
    for (what, wanted, place) in [
        (
            "minimum = \"18\"",
            "a number, or `{ claim = \"…\" }` is wanted here, the text `18` came",
            "\"18\"",
        ),
        ("minimum = inf", "a number, or", "inf"),
        ("minimum = nan", "a number, or", "nan"),
        ("maximum = 0x10", "a number, or", "0x10"),
        ("maximum = true", "a number, or", "true"),
        ("minimum = {}", "which `claim`?", "{}"),
        ("minimum = { claim = \"City\" }", "write `city`", "\"City\""),
        (
            "minimum = { claim = \"state\", plus = 1 }",
            "`plus` means nothing here",
            "plus",
        ),
        (
            "minimum = 2, maximum = 1",
            "`minimum` is greater than `maximum`",
            "{ claim",
        ),
        (
            "min_length = 2, max_length = 1",
            "`min_length` is greater than `max_length`",
            "{ claim",
        ),
        (
            "not_before = \"2026-02-02\", not_after = \"2026-02-01\"",
            "`not_before` is greater than `not_after`",
            "{ claim",
        ),
        (
            "not_before = \"18 years\"",
            "a day such as `\"2026-01-31\"`",
            "\"18 years\"",
        ),
        ("not_before = \"tomorrow\"", "a day such as", "\"tomorrow\""),
        ("not_before = \"2026-02-30\"", "a day such as", "\"2026-02-30\""),
        ("not_after = 2026-01-31T10:00:00Z", "a day such as", "2026-01-31T"),
        ("not_after = 10:00:00", "a day such as", "10:00:00"),
        ("not_after = 18", "a day such as", "18"),
        ("email = false", "`email = false` asks nothing", "false"),
        ("email = {}", "`email` is `true`, or", "{}"),
        ("email = \"yes\"", "a table is wanted", "\"yes\""),
        ("email = { allow = [] }", "this list is empty", "[]"),
        (
            "email = { allow = [\"quotes\"] }",
            "did you mean `quoted`?",
            "\"quotes\"",
        ),
        ("email = { alow = [\"quoted\"] }", "did you mean `allow`?", "alow"),
        ("phone = false", "`phone = false` asks nothing", "false"),
        ("phone = \"DE\"", "`true` or `false` is wanted", "\"DE\""),
        ("postal_code = true", "a country such as `\"DE\"`", "true"),
        (
            "postal_code = \"Atlantis\"",
            "a country such as `\"DE\"`",
            "\"Atlantis\"",
        ),
        ("postal_code = { country = \"DE\" }", "which `claim`?", "{ country"),
        ("same_as = true", "a text in quotes is wanted", "true"),
        ("same_as = \"mail\"", "write `extension_mail`", "\"mail\""),
        (
            "differs_from = [\"state\"]",
            "a text in quotes is wanted",
            "[\"state\"]",
        ),
        ("same_az = \"state\"", "did you mean `same_as`?", "same_az"),
        ("maximun = 3", "did you mean `maximum`?", "maximun"),
    ] {
        assert_refused(&[(&require(what), wanted, place)]);
    }
    assert_refused(&[
        ("require = { min_length = 2 }", "which `claim`?", "{ min_length"),
        ("require = \"city\"", "a table is wanted", "\"city\""),
        ("require = { claim = 7 }", "a text in quotes is wanted", "7"),
    ]);
}

#[test]
fn demands_as_they_are_written_are_taken() {
    for what in [
        "minimum = 1_000",
        "minimum = -1.5e3",
        "maximum = { claim = \"state\" }",
        "not_before = 2026-01-31",
        "not_before = \"1 year ago\", not_after = \"today\"",
        "not_after = { claim = \"extension_End\" }",
        "email = { allow = [\"dotless\", \"quoted\", \"ip-literal\"] }",
        "postal_code = \"Österreich\"",
        "postal_code = { claim = \"country\" }",
        "optional = true, same_as = \"email\"",
        "differs_from = \"email\"",
    ] {
        assert_taken(&[&require(what)]);
    }
}

#[test]
fn endings_that_are_none_are_refused() {
    for (otherwise, wanted, place) in [
        ("\"blok\"", "did you mean `block`?", "\"blok\""),
        ("\"continue\"", "`continue` is no `otherwise` of a rule", "\"continue\""),
        ("{ blok = \"x\" }", "did you mean `block`?", "blok"),
        ("{}", "write `{ block = \"message\" }`", "{}"),
        (
            "{ block = \"blocked\", ask_again = \"blocked\" }",
            "write `{ block = \"message\" }`",
            "{ block",
        ),
        ("{ block = \"bloked\" }", "did you mean `blocked`?", "\"bloked\""),
        ("true", "a table is wanted", "true"),
        ("\"error\"", "`error` is for `pre-token-issuance` only", "\"error\""),
    ] {
        let text = format!("{}\notherwise = {otherwise}", require("min_length = 1"));
        assert_refused(&[(&text, wanted, place)]);
    }
    for kind in [
        "set = { claim = \"city\", to = 1 }",
        "hold = true",
        "block = true",
        "drop = [\"city\"]",
    ] {
        let text = format!("{kind}\notherwise = \"block\"");
        assert_refused(&[(&text, "has no `otherwise`", "\"block\"")]);
    }
}
