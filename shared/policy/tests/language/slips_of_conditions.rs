use crate::common::*;

#[test]
fn apps_that_are_none_are_refused() {
    let wanted = "is no app: write its client id";
    assert_refused(&[
        ("when = { app = \"portal\" }\nblock = true", wanted, "\"portal\""),
        (
            "when = { app = \"partner\" }\nblock = true",
            "did you mean `partners`?",
            "\"partner\"",
        ),
        ("deny = { apps = [\"portal\"] }", wanted, "\"portal\""),
        ("allow = { apps = \"issuers\" }", wanted, "\"google.com\""),
        ("when = { app = [] }\nblock = true", "this list is empty", "[]"),
    ]);
    assert_taken(&["allow = { apps = [\"9F2C0B6E-4c4f-4f0f-9d3b-0a4a4d1f3e11\"] }"]);
}

#[test]
fn a_condition_says_one_thing_that_exists() {
    assert_refused(&[
        ("when = {}\nblock = true", "a condition says one of `all`", "{}"),
        (
            "when = { domian = \"a.test\" }\nblock = true",
            "`domian` means nothing here; did you mean `domain`?",
            "domian",
        ),
        (
            "when = { domain = \"a.test\", issuer = \"mail\" }\nblock = true",
            "put `issuer` into `all = [ … ]`",
            "\"mail\"",
        ),
        (
            "when = \"always\"\nblock = true",
            "a table is wanted here",
            "\"always\"",
        ),
        (
            "when = { all = { issuer = \"mail\" } }\nblock = true",
            "written as `[ { … }, { … } ]`",
            "{ issuer",
        ),
        (
            "when = { claim = \"city\" }\nblock = true",
            "a condition on a claim says `present`, or",
            "{ claim",
        ),
        (
            "when = { claim = \"city\", present = true, is = \"x\" }\nblock = true",
            "a condition on a claim says `present`, or",
            "{ claim",
        ),
        (
            "when = { claim = \"city\", min_lenght = 2 }\nblock = true",
            "did you mean `min_length`?",
            "min_lenght",
        ),
        (
            "when = { claim = \"city\", present = 1 }\nblock = true",
            "`true` or `false` is wanted",
            "1",
        ),
        (
            "when = { claim = \"City\", present = true }\nblock = true",
            "write `city`",
            "\"City\"",
        ),
        (
            "when = { claim = \"step\", present = true }\nblock = true",
            "part of the call",
            "\"step\"",
        ),
    ]);
}

#[test]
fn languages_steps_and_networks_that_are_none_are_refused() {
    let when = |what: &str| format!("when = {{ {what} }}\nblock = true");
    for (what, wanted, place) in [
        ("locale = \"d e\"", "`d e` is no language tag", "\"d e\""),
        ("locale = [\"de\", \"\"]", "is no language tag", "\"\"]"),
        ("locale = []", "this list is empty", "[]"),
        ("locale = 7", "a list in brackets is wanted", "7"),
        (
            "step = \"post-federation-sigup\"",
            "did you mean `post-federation-signup`?",
            "\"post-",
        ),
        ("step = []", "this list is empty", "[]"),
        ("sign_in_type = []", "this list is empty", "[]"),
        ("sign_in_type = \" \"", "this text is empty", "\" \""),
        ("sign_in_type = [\"a\", \"A\"]", "twice", "\"A\""),
        (
            "client_address = \"192.0.2.1/24\"",
            "without bits behind the prefix",
            "\"192",
        ),
        (
            "client_address = [\"192.0.2.0/33\"]",
            "no IP address and no network",
            "\"192",
        ),
        ("client_address = \"home\"", "no IP address and no network", "\"home\""),
        ("client_address = [\"::1\", \"::1\"]", "twice", "\"::1\"]"),
    ] {
        assert_refused(&[(&when(what), wanted, place)]);
    }
}

#[test]
fn times_that_are_none_are_refused() {
    for (time, wanted, place) in [
        ("{}", "a time says `from`, `to`, `days`", "{}"),
        ("{ offset = \"Z\" }", "a time says `from`, `to`, `days`", "{ offset"),
        ("\"10:00\"", "a table is wanted", "\"10:00\""),
        (
            "{ from = \"8:00\" }",
            "a time such as `\"08:30\"` is wanted here, the text `8:00` came",
            "\"8:00\"",
        ),
        ("{ from = 10:00:00 }", "a time such as", "10:00:00"),
        ("{ to = \"25:00\" }", "a time such as", "\"25:00\""),
        (
            "{ from = \"10:00\", to = \"10:00\" }",
            "this time has no length",
            "{ from",
        ),
        ("{ from = \"24:00\" }", "this time has no length", "{ from"),
        (
            "{ days = [\"monday\"] }",
            "`monday` is no day; there are `mon`",
            "\"monday\"",
        ),
        ("{ days = [\"tues\"] }", "did you mean `tue`?", "\"tues\""),
        ("{ days = [] }", "this list is empty", "[]"),
        ("{ days = [\"mon\", \"mon\"] }", "twice", "\"mon\"]"),
        ("{ days = \"mon\" }", "a list in brackets is wanted", "\"mon\""),
        (
            "{ from = \"08:00\", offset = \"1:00\" }",
            "a distance from UTC such as",
            "\"1:00\"",
        ),
        (
            "{ from = \"08:00\", offset = \"+15:00\" }",
            "a distance from UTC such as",
            "\"+15:00\"",
        ),
        (
            "{ from = \"08:00\", zone = \"Z\" }",
            "`zone` means nothing here",
            "zone",
        ),
        ("{ form = \"08:00\" }", "did you mean `from`?", "form"),
    ] {
        let text = format!("when = {{ time = {time} }}\nblock = true");
        assert_refused(&[(&text, wanted, place)]);
    }
}
