//! Policies that could be read and would mean nothing, or not what is written: each is refused where it stands.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use policy::Policy;

const HEAD: &str = r#"
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "continue"
[steps.pre-token-issuance]
otherwise = "error"
[lists]
partners = ["contoso.com", "*.contoso.com", "CONTOSO.com"]
countries = ["Germany", "France"]
issuers = ["google.com", "facebook"]
empty = []
blank = ["x", " "]
wrong = ["a b", "maill"]
"#;

/// The file with this text behind what every file here has.
fn read(text: &str) -> Result<Policy, String> {
    Policy::parse(&format!("{HEAD}{text}")).map_err(|mistakes| mistakes.to_string())
}

fn rule(what: &str) -> String {
    format!("[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\n{what}")
}

/// Each text is refused, the mistake says this and points here: the mark stands under the first character of the
/// place.
fn assert_refused(cases: &[(&str, &str, &str)]) {
    for (text, wanted, place) in cases {
        let said = match read(&rule(text)) {
            Ok(_) => panic!("this was accepted: {text}"),
            Err(said) => said,
        };
        let lines: Vec<_> = said.lines().collect();
        let marks = |three: &[&str]| {
            let column = three[2].chars().take_while(|c| *c == ' ').count();
            let marked: String = three[1].chars().skip(column).collect();
            three[0].contains(wanted) && three[2].trim() == "^" && marked.starts_with(place)
        };
        assert!(
            lines.chunks(3).any(marks),
            "{text}: wanted {wanted:?} at {place:?}, came\n{said}"
        );
    }
}

fn assert_taken(texts: &[&str]) {
    for text in texts {
        if let Err(said) = read(&rule(text)) {
            panic!("{text}: {said}");
        }
    }
}

#[test]
fn empty_lists_are_refused_but_for_allow() {
    let wanted = "this list is empty";
    assert_refused(&[
        ("when = { all = [] }\nblock = true", wanted, "[]"),
        ("when = { any = [] }\nblock = true", wanted, "[]"),
        (
            "when = { not = { any = [{ all = [] }] } }\nblock = true",
            wanted,
            "[] }",
        ),
        ("when = { domain = [] }\nblock = true", wanted, "[]"),
        ("when = { address = [] }\nblock = true", wanted, "[]"),
        ("when = { issuer = [] }\nblock = true", wanted, "[]"),
        ("when = { claim = \"city\", one_of = [] }\nblock = true", wanted, "[]"),
        ("when = { domain = \"empty\" }\nblock = true", wanted, "\"empty\""),
        ("when = { address = \"empty\" }\nblock = true", wanted, "\"empty\""),
        ("when = { issuer = \"empty\" }\nblock = true", wanted, "\"empty\""),
        ("hold = { approve_when = { any = [] } }", wanted, "[]"),
        ("deny = { domains = [] }", wanted, "[]"),
        ("deny = { addresses = [] }", wanted, "[]"),
        (
            "deny = { addresses = \"empty\", domains = [\"evil.test\"] }",
            wanted,
            "\"empty\"",
        ),
        ("require = { claim = \"city\", one_of = [] }", wanted, "[]"),
        (
            "require = { claim = \"city\", one_of = \"empty\" }",
            wanted,
            "\"empty\"",
        ),
        ("require = { claim = \"city\", characters = [] }", wanted, "[]"),
        ("normalise = { claims = [], with = [\"trim\"] }", wanted, "[]"),
        ("normalise = { claims = [\"city\"], with = [] }", wanted, "[]"),
        (
            "block = true\n[[rules]]\nname = \"s\"\nstep = []\nblock = true",
            wanted,
            "[]",
        ),
        ("hold = {}", "`hold` is `true`, or a table", "{}"),
    ]);
    assert_taken(&[
        "allow = { domains = [] }",
        "allow = { domains = \"empty\" }",
        "allow = { addresses = [], domains = \"partners\" }",
    ]);
    let said = |file: &str| Policy::parse(file).unwrap_err().to_string();
    assert!(said("[steps]").contains("no `[steps]`"));
    assert!(said("rules = []\n[steps.post-attribute-collection]\notherwise = \"block\"").contains(wanted));
}

#[test]
fn what_stands_twice_in_a_list_is_refused() {
    let wanted = "this stands in the list twice";
    assert_refused(&[
        ("deny = { domains = [\"a.test\", \"A.test\"] }", wanted, "\"A.test\""),
        (
            "allow = { addresses = [\"a@a.test\", \"a@a.test\"] }",
            wanted,
            "\"a@a.test\"]",
        ),
        (
            "when = { issuer = [\"mail\", \"Mail\"] }\nblock = true",
            wanted,
            "\"Mail\"",
        ),
        (
            "require = { claim = \"city\", one_of = [\"Wien\", \"wien \"] }",
            wanted,
            "\"wien \"",
        ),
        (
            "require = { claim = \"city\", characters = [\"letters\", \"letters\"] }",
            wanted,
            "\"letters\"]",
        ),
        (
            "normalise = { claims = [\"city\", \"city\"], with = [\"trim\"] }",
            wanted,
            "\"city\"]",
        ),
        (
            "normalise = { claims = [\"city\"], with = [\"trim\", \"nfc\", \"trim\"] }",
            wanted,
            "\"trim\"]",
        ),
        (
            "block = true\n[[rules]]\nname = \"s\"\nstep = [\"post-federation-signup\", \"post-federation-signup\"]\nblock = true",
            wanted,
            "\"post-federation-signup\"]",
        ),
    ]);
    assert_taken(&[
        "deny = { domains = \"partners\" }",
        "require = { claim = \"city\", characters = [\"a\", \"A\"] }",
    ]);
    let file = "languages = [\"en\", \"EN\"]\n[steps.post-attribute-collection]\notherwise = \"block\"";
    assert!(
        Policy::parse(file)
            .unwrap_err()
            .to_string()
            .starts_with("1:20: this stands in the list twice")
    );
}

#[test]
fn domains_that_are_none_are_refused() {
    for text in [
        "*",
        "*contoso.com",
        "contoso.*",
        "a,b",
        "a b",
        "http://contoso.com",
        "a.test, b.test",
        "a_b.test",
        "",
        "*.",
        "*.*.test",
    ] {
        let quoted = format!("\"{text}\"");
        let wanted = format!("`{text}` is no domain");
        let deny = format!("deny = {{ domains = [{quoted}] }}");
        let when = format!("when = {{ domain = [{quoted}] }}\nblock = true");
        assert_refused(&[(&deny, &wanted, &quoted), (&when, &wanted, &quoted)]);
    }
    assert_refused(&[
        (
            "deny = { domains = [\"a@b.test\"] }",
            "an address belongs under `addresses`",
            "\"a@b.test\"",
        ),
        (
            "deny = { domains = [\"partners\"] }",
            "leave the brackets out",
            "\"partners\"",
        ),
        (
            "deny = { domains = [\"contoso\"] }",
            "`contoso` is no domain",
            "\"contoso\"",
        ),
        (
            "deny = { addresses = [\"partners\"] }",
            "leave the brackets out",
            "\"partners\"",
        ),
        (
            "deny = { addresses = [\"a,b@a.test\"] }",
            "no e-mail address",
            "\"a,b@a.test\"",
        ),
        (
            "deny = { domains = \"*contoso.com\" }",
            "is no domain",
            "\"*contoso.com\"",
        ),
    ]);
    assert_taken(&["deny = { domains = [\" *.Bücher.example\", \"a-b.test.\", \"*.test\"] }"]);
}

#[test]
fn a_mistake_in_a_named_list_is_told_once() {
    let said = read(&rule(
        "deny = { domains = \"wrong\" }\n[[rules]]\nname = \"s\"\nstep = \"post-federation-signup\"\ndeny = { domains = \"wrong\" }",
    ));
    assert_eq!(said.unwrap_err().matches("`a b` is no domain").count(), 1);
}

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
fn the_tables_of_what_follows_refuse_what_nobody_can_carry_out() {
    let id = "2f1c0b6e-4c4f-4f0f-9d3b-0a4a4d1f3e11";
    let groups = |id: &str| format!("[approvals]\naccount = \"graph\"\n[accounts]\ngroups = [\"{id}\"]");
    assert_taken(&[&format!("block = true\n{}", groups(id))]);
    let accounts = |line: &str| format!("[approvals]\naccount = \"graph\"\n[accounts]\n{line}");
    let object_id = "named by its object id";
    for (tables, wanted, place) in [
        (
            "[approvals]\naccount = \"grap\"".into(),
            "did you mean `graph`?",
            "\"grap\"",
        ),
        (
            "[approvals]\naccount = \"b2c\"".into(),
            "`b2c` creates no accounts; write `\"flow\"` or `\"graph\"`",
            "\"b2c\"",
        ),
        ("[approvals]\naccount = true".into(), "a text in quotes", "true"),
        (
            "[approvals]\ntrust_email = \"no\"".into(),
            "`true` or `false`",
            "\"no\"",
        ),
        ("[approvals]\ncool_down = \"soon\"".into(), "`soon`", "\"soon\""),
        (
            "[approvals]\nacount = \"graph\"".into(),
            "did you mean `account`?",
            "acount",
        ),
        (
            "[mail]\napplicants = [\"recieved\"]".into(),
            "did you mean `received`?",
            "\"recieved\"",
        ),
        (
            "[mail]\napplicants = [\"denied\", \"expired\"]".into(),
            "applicants are never told `expired`; there are",
            "\"expired\"",
        ),
        (
            "[mail]\napplicants = \"denied\"".into(),
            "a list in brackets",
            "\"denied\"",
        ),
        ("[mail]\nunproven = \"yes\"".into(), "`true` or `false`", "\"yes\""),
        ("[mail]\nreviewers = []".into(), "leave it out to tell nobody", "[]"),
        (
            "[mail]\nreviewers = [\"a@b.example\", \"rita\"]".into(),
            "no e-mail address",
            "\"rita\"",
        ),
        (
            "[mail]\nreviewers = [\"a@b@c.example\"]".into(),
            "exactly one `@`",
            "\"a@b@c",
        ),
        (
            "[mail]\nreviewer = [\"a@b.example\"]".into(),
            "did you mean `reviewers`?",
            "reviewer",
        ),
        (
            "[accounts]\ninvite_others = true".into(),
            "write `account = \"graph\"`",
            "[accounts]",
        ),
        (
            "[approvals]\naccount = \"flow\"\n[accounts]".into(),
            "`[accounts]` is for accounts that we create",
            "[accounts]",
        ),
        (accounts("invite_others = \"yes\""), "`true` or `false`", "\"yes\""),
        (
            accounts("invite_other = true"),
            "did you mean `invite_others`?",
            "invite_other",
        ),
        (accounts("groups = \"partners\""), "a list in brackets", "\"partners\""),
        (groups("partners"), object_id, "\"partners\""),
        (groups(&id.replace('f', "g")), object_id, "\"2g1c"),
        (groups(&id.replace('-', "")), object_id, "\"2f1c"),
        (groups(&id.replacen("2f", "2f1", 1)), object_id, "\"2f11c"),
        (groups(&format!("{id}-")), object_id, "\"2f1c"),
    ] {
        assert_refused(&[(&format!("block = true\n{tables}"), wanted, place)]);
    }
    for table in ["approvals", "mail", "accounts"] {
        let said = Policy::parse(&format!("{table} = 1\n{HEAD}"))
            .err()
            .unwrap()
            .to_string();
        assert!(said.contains("a table") && said.contains("the number `1`"), "{said}");
    }
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

#[test]
fn names_that_show_nothing_or_miss_are_refused() {
    for name in ["", " ", "a ", "\u{3164}"] {
        let said = read(&format!(
            "[[rules]]\nname = \"{name}\"\nstep = \"post-attribute-collection\"\nblock = true"
        ));
        assert!(said.err().unwrap().contains("a rule's name is one line"), "{name:?}");
    }
    let said = read("[messages.waitng]\nen = \"x\"").err().unwrap();
    assert!(
        said.contains("no rule shows the message `waitng`; did you mean `waiting`?"),
        "{said}"
    );
    assert!(read("[messages.waiting]\nen = \"x\"\n[messages.later]\nen = \"x\"").is_ok());
    assert!(read(&rule("block = \"waitng\"\n[messages.waitng]\nen = \"x\"")).is_ok());
}

#[test]
fn of_a_broken_syntax_the_first_mistake_is_told_and_no_other() {
    for (text, place) in [
        ("[[rules]\nname = \"a\nstep = [\nblock = = true\n", "1:"),
        ("a = 1\nb = \n[c\nd = = 2\n[[rules]]\nname = a b\n", "2:"),
        ("a = 1\na = 2\n]\nx x\n", "2:"),
    ] {
        let mistakes = Policy::parse(text).unwrap_err();
        assert!(
            mistakes.iter().count() == 1 && mistakes.to_string().starts_with(place),
            "{text}\n{mistakes}"
        );
    }
}

#[test]
fn a_message_of_a_rule_that_cannot_be_read_is_not_called_misnamed() {
    let message = "\n[messages.waitng]\nen = \"x\"";
    let rule = rule("");
    for (rule, mistake) in [
        (format!("{rule}blok = \"waitng\""), "the rule does nothing"),
        (
            format!("{rule}block = \"waitng\"\nhold = true"),
            "a rule does one thing",
        ),
        (
            format!("{rule}deny = {{ domains = [\"a.test\"] }}\notherwise = {{ blok = \"waitng\" }}"),
            "`blok` means nothing here",
        ),
        (
            rule.replace("[[rules]]", "[[rule]]") + "block = \"waitng\"",
            "`rule` means nothing here",
        ),
        (
            rule.replace("[[rules]]", "[rules]") + "block = \"waitng\"",
            "rules are written as `[[rules]]`",
        ),
    ] {
        let said = read(&format!("{rule}{message}")).unwrap_err();
        assert!(
            said.contains(mistake) && !said.contains("no rule shows"),
            "{rule}\n{said}"
        );
    }
    let elsewhere = format!("{rule}blok = true{message}\n[approvals]\nunused = \"soon\"");
    let said = read(&elsewhere).unwrap_err();
    for mistake in ["no rule shows the message `waitng`", "the rule does nothing", "`soon`"] {
        assert!(said.contains(mistake), "{mistake} is missing in\n{said}");
    }
}
