use crate::common::*;

#[test]
fn comparing_with_nothing_is_refused() {
    let present = "write `present = false` in a condition";
    let optional = "`optional = true` in a requirement";
    assert_refused(&[
        ("when = { claim = \"city\", is = \"\" }\nblock = true", present, "\"\""),
        (
            "when = { claim = \"city\", is = \" \u{200b}\" }\nblock = true",
            present,
            "\" ",
        ),
        ("when = { claim = \"city\", is = [] }\nblock = true", present, "[]"),
        (
            "when = { claim = \"city\", is = [\"x\", \"\"] }\nblock = true",
            present,
            "[\"x\"",
        ),
        (
            "when = { claim = \"city\", one_of = [\"x\", \"\"] }\nblock = true",
            present,
            "\"\"]",
        ),
        ("require = { claim = \"city\", one_of = [\"\"] }", optional, "\"\"]"),
        ("require = { claim = \"city\", one_of = \"blank\" }", optional, "\" \"]"),
    ]);
    assert_taken(&[
        "when = { claim = \"city\", is = [\"x\", \"y\"] }\nblock = true",
        "when = { claim = \"city\", is = 0 }\nblock = true",
        "when = { claim = \"city\", is = false }\nblock = true",
    ]);
}

#[test]
fn patterns_that_are_none_are_refused() {
    let pattern = |text: &str| format!("require = {{ claim = \"city\", pattern = '{text}' }}");
    for (text, wanted) in [
        ("(?x) a # the first", "a comment cannot end it"),
        ("a)|(?:b", "unopened group"),
        (r"(?:\pL{1000}){1000}", "too large"),
        ("[a&&b]", "nothing can match"),
        (&"a".repeat(1025), "at most 1024 bytes, this one 1025"),
        ("", "only an empty value"),
    ] {
        assert_refused(&[(&pattern(text), wanted, &format!("'{text}'"))]);
    }
}

#[test]
fn requirements_that_require_nothing_are_refused() {
    assert_refused(&[
        (
            "require = { claim = \"city\", max_length = 0 }",
            "a whole number from 1 is wanted here, the number `0` came",
            "0",
        ),
        (
            "require = { claim = \"city\", min_length = 0 }",
            "a whole number from 1",
            "0",
        ),
        (
            "require = { claim = \"city\", optional = true }",
            "nothing is required",
            "{ claim",
        ),
        (
            "require = { claim = \"city\", characters = [\"Letters\"] }",
            "did you mean `letters`?",
            "\"Letters\"",
        ),
        (
            "require = { claim = \"city\", characters = [\"letters\", \"0-9\"] }",
            "not a range",
            "\"0-9\"",
        ),
        (
            "require = { claim = \"city\", characters = [\"\"] }",
            "no character stands here",
            "\"\"",
        ),
    ]);
    assert_taken(&[
        "require = { claim = \"city\" }",
        "require = { claim = \"city\", optional = true, max_length = 1 }",
        "require = { claim = \"city\", characters = [\"ABCDEF\", \"digits\", \"'’.-\", \"-\"] }",
    ]);
}

#[test]
fn an_approval_that_ends_at_once_is_refused() {
    let said = read("[approvals]\nunused = \"0 days\"").err().unwrap();
    assert!(said.contains("cannot be used for any time"), "{said}");
    assert!(read("[approvals]\ncool_down = \"0 days\"\nunused = \"1 minute\"").is_ok());
}

#[test]
fn what_happened_is_kept_for_a_day_or_longer() {
    for keep in ["0 days", "23 hours"] {
        let said = read(&format!("[approvals]\nkeep = \"{keep}\"")).err().unwrap();
        assert!(said.contains("for a day at least"), "{said}");
    }
    let said = read("[approvals]\nkeep = \"36526 days\"").err().unwrap();
    assert!(said.contains("a time such as"), "{said}");
    assert!(read("[approvals]\nkeep = \"36525 days\"").is_ok());
}

#[test]
fn a_claim_cannot_be_set_to_a_list_of_nothing() {
    let wanted = "`\"\"` takes the claim away";
    assert_refused(&[
        ("set = { claim = \"city\", to = [] }", wanted, "[]"),
        ("set = { claim = \"city\", to = [\"\"] }", wanted, "[\"\"]"),
    ]);
    assert_taken(&[
        "set = { claim = \"city\", to = \"\" }",
        "set = { claim = \"city\", to = [\"a\"] }",
    ]);
}

#[test]
fn issuers_that_are_none_are_refused() {
    assert_refused(&[
        (
            "when = { issuer = \"issuerz\" }\nblock = true",
            "did you mean `issuers`?",
            "\"issuerz\"",
        ),
        (
            "when = { issuer = [\"gogle\"] }\nblock = true",
            "did you mean `google`?",
            "\"gogle\"",
        ),
        (
            "when = { issuer = \"Facebok\" }\nblock = true",
            "did you mean `facebook`?",
            "\"Facebok\"",
        ),
        (
            "when = { issuer = \"wrong\" }\nblock = true",
            "did you mean `mail`?",
            "\"maill\"",
        ),
        (
            "when = { issuer = \"entra\" }\nblock = true",
            "`entra` is no issuer",
            "\"entra\"",
        ),
        ("when = { issuer = \"\" }\nblock = true", "is no issuer", "\"\""),
        (
            "when = { issuer = \"google.com, facebook.com\" }\nblock = true",
            "is no issuer",
            "\"google",
        ),
        (
            "when = { issuer = \"jane@contoso.com\" }\nblock = true",
            "is no issuer",
            "\"jane",
        ),
    ]);
    assert_taken(&[
        "when = { issuer = \"issuers\" }\nblock = true",
        "when = { issuer = [\"Google\", \"facebook\", \"mail\", \"https://sts.windows.net/x/\", \"contoso.onmicrosoft.com\"] }\nblock = true",
    ]);
}
