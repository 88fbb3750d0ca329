use crate::common::*;

#[test]
fn changes_that_are_none_are_refused() {
    let what = "one of `to`, `copy` and `template`";
    assert_refused(&[
        ("set = { claim = \"city\" }", what, "{ claim"),
        (
            "set = { claim = \"city\", to = 1, template = \"{state}\" }",
            what,
            "{ claim",
        ),
        (
            "set = { claim = \"city\", copy = \"state\", template = \"{state}\" }",
            what,
            "{ claim",
        ),
        ("set = { claim = \"city\", to = 1, copy = \"state\" }", what, "{ claim"),
        ("set = { to = 1 }", "`set` says which `claim`", "{ to"),
        (
            "set = { claim = \"city\", copi = \"state\" }",
            "did you mean `copy`?",
            "copi",
        ),
        (
            "set = { claim = \"city\", copy = \"State\" }",
            "write `state`",
            "\"State\"",
        ),
        ("set = { claim = \"city\", to = 1.5 }", "a whole number", "1.5"),
        ("set = { claim = \"city\", to = 0x1f }", "a whole number", "0x1f"),
        (
            "set = { claim = \"city\", to = { a = 1 } }",
            "a claim's value is",
            "{ a",
        ),
        (
            "set = { claim = \"city\", template = \"x\" }",
            "this template names no claim",
            "\"x\"",
        ),
        (
            "set = { claim = \"city\", template = \"{state\" }",
            "stands alone",
            "\"{state\"",
        ),
        (
            "set = { claim = \"city\", template = \"{State}\" }",
            "write `state`",
            "\"{State}\"",
        ),
        (
            "set = { claim = \"city\", template = \"{step}\" }",
            "is no claim: this is part of the call",
            "\"{step}\"",
        ),
        ("set = { claim = \"Email\", to = \"x\" }", "write `email`", "\"Email\""),
        (
            "set = { claim = \"email\", copy = \"state\" }",
            "does not let an answer set",
            "\"email\"",
        ),
        ("drop = [\"email\"]", "does not let an answer set", "\"email\""),
        ("drop = []", "this list is empty", "[]"),
        ("drop = \"city\"", "a list in brackets is wanted", "\"city\""),
        ("drop = [\"city\", \"city\"]", "twice", "\"city\"]"),
        (
            "normalise = { claims = [\"city\"] }",
            "`normalise` says which `claims`",
            "{ claims",
        ),
        (
            "normalise = { claims = [\"city\"], with = [\"trimm\"] }",
            "`trimm` is no way to normalise",
            "\"trimm\"",
        ),
        (
            "normalise = { claims = [\"city\"], with = [\"phone-e146\"] }",
            "did you mean `phone-e164`?",
            "\"phone-e146\"",
        ),
        (
            "normalise = { claims = [\"city\"], with = [\"trim\"], country = \"DE\" }",
            "without `phone-e164` it means nothing here",
            "\"DE\"",
        ),
        (
            "normalise = { claims = [\"city\"], with = [\"phone-e164\"], country = \"D\" }",
            "a country such as",
            "\"D\"",
        ),
        (
            "normalize = { claims = [\"city\"], with = [\"trim\"] }",
            "did you mean `normalise`?",
            "normalize",
        ),
    ]);
}

#[test]
fn modes_and_lists_that_are_none_are_refused() {
    assert_refused(&[
        (
            "mode = \"observ\"\nblock = true",
            "did you mean `observe`?",
            "\"observ\"",
        ),
        (
            "mode = \"enforce\"\nblock = true",
            "leave it out and the rule is in force",
            "\"enforce\"",
        ),
        ("mode = true\nblock = true", "a text in quotes is wanted", "true"),
        ("modus = \"observe\"\nblock = true", "did you mean `mode`?", "modus"),
        ("allow = {}", "a list rule says one of `addresses`", "{}"),
        ("deny = { values = [\"x\"] }", "a list rule says one of", "{ values"),
        ("deny = { claim = \"city\" }", "write both", "{ claim"),
        (
            "deny = { values = [\"x\"], domains = [\"a.test\"] }",
            "write both",
            "{ values",
        ),
        (
            "deny = { claim = \"City\", values = [\"x\"] }",
            "write `city`",
            "\"City\"",
        ),
        ("deny = { claim = \"city\", values = [] }", "this list is empty", "[]"),
        (
            "deny = { claim = \"city\", values = \"countrys\" }",
            "did you mean `countries`?",
            "\"countrys\"",
        ),
        ("deny = { domain = [\"a.test\"] }", "did you mean `domains`?", "domain"),
        (
            "deny = { issuers = [\"gogle\"] }",
            "did you mean `google`?",
            "\"gogle\"",
        ),
        ("deny = true", "a table is wanted", "true"),
        (
            "error = true",
            "`error = true` is for `pre-token-issuance` only",
            "true",
        ),
        ("block = false", "a text in quotes is wanted", "false"),
        (
            "hold = false",
            "`hold` is `true`, the name of a route, or a table",
            "false",
        ),
        (
            "hold = { approve = { issuer = \"mail\" } }",
            "`approve` means nothing here",
            "approve",
        ),
    ]);
}
