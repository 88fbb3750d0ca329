//! `vestibule policy test`

use std::path::Path;

use crate::place::{Finished, Place};

const GOOD: &str = r#"
[[cases]]
name = "a partner goes on"
step = "post-attribute-collection"
body = { email = "jane@contoso.com", displayName = "JANE ROE" }
now = 2026-11-23T12:00:00Z
expect = { outcome = "continue", claims = { displayName = "Jane Roe", extension_Tier = "gold" } }

[[cases]]
name = "others are asked for their city"
step = "post-attribute-collection"
now = "2026-11-23T12:00:00+01:00"
body = '{ "email": "jane@example.com", "city": null, "displayName": "Jane" }'
expect = { outcome = "ask-again", rule = "city", message = "city-needed", text = "Dear Jane, we only serve Berlin." }
"#;

fn tried(cases: &str) -> Finished {
    let place = Place::new();
    place.write("cases/a.toml", cases);
    place.run(&["test", "cases"])
}

#[test]
fn the_cases_of_this_projects_policy_come_out_as_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (folder, policy) = (root.join("policy-tests"), root.join("policy.toml"));
    let tried = Place::new().run(&["test", folder.to_str().unwrap(), "--policy", policy.to_str().unwrap()]);
    assert_eq!((tried.code, &*tried.stderr), (0, ""), "{}", tried.stdout);
    let count: usize = tried.stdout.split(' ').next().unwrap().parse().unwrap();
    assert!(
        count >= 22 && tried.stdout.ends_with(" cases, all as expected\n"),
        "{}",
        tried.stdout
    );
}

#[test]
fn the_cases_of_the_examples_come_out_as_expected() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut tried = 0;
    for folder in std::fs::read_dir(examples.join("cases")).unwrap() {
        let folder = folder.unwrap();
        let policy = examples.join(folder.file_name()).with_extension("toml");
        let arguments = [
            "test",
            folder.path().to_str().unwrap(),
            "--policy",
            policy.to_str().unwrap(),
        ]
        .map(str::to_owned);
        let told = Place::new().run(&arguments.each_ref().map(String::as_str));
        assert_eq!((told.code, &*told.stderr), (0, ""), "{}", told.stdout);
        assert!(told.stdout.ends_with(" cases, all as expected\n"), "{}", told.stdout);
        let checked = Place::new().run(&["check", policy.to_str().unwrap()]);
        assert_eq!(
            (checked.code, checked.stdout.contains("warning")),
            (0, false),
            "{checked:?}"
        );
        tried += 1;
    }
    assert_eq!(tried, 5);
}

#[test]
fn cases_that_hold_are_counted_and_their_policy_is_found_as_serve_finds_it() {
    let told = (0, "2 cases, all as expected\n", "");
    let all = tried(GOOD);
    assert_eq!((all.code, &*all.stdout, &*all.stderr), told);
    let place = Place::new();
    place.write("cases/a.toml", GOOD);
    place.write("cases/notes.txt", "no case");
    place.write("other.toml", crate::place::POLICY.replace("gold", "silver"));
    let by_setting = place.run_with(&["test", "cases"], "", &[("VESTIBULE_POLICY", "other.toml")]);
    assert_eq!(by_setting.code, 1, "{by_setting:?}");
    let flag = ["test", "cases", "--policy", "policy.toml"];
    let by_flag = place.run_with(&flag, "", &[("VESTIBULE_POLICY", "other.toml")]);
    assert_eq!((by_flag.code, &*by_flag.stdout, &*by_flag.stderr), told);
}

#[test]
fn a_case_that_comes_out_otherwise_is_shown_line_by_line() {
    let wrong = GOOD
        .replace(
            r#"displayName = "Jane Roe", extension_Tier"#,
            r#"city = "Oslo", extension_Tier"#,
        )
        .replace(r#"message = "city-needed""#, r#"message = "blocked""#);
    let told = tried(&wrong);
    let wanted = r#"cases/a.toml:2  a partner goes on
    outcome         continue
  - city            "Oslo"
  + city            nothing
  - displayName     nothing
  + displayName     "Jane Roe"
    extension_Tier  "gold"

cases/a.toml:9  others are asked for their city
    outcome         ask-again
    rule            city
  - message         blocked
  + message         city-needed
    text            Dear Jane, we only serve Berlin.

- expected  + came
2 of 2 cases came out otherwise
"#;
    assert_eq!((told.code, &*told.stdout, &*told.stderr), (1, wanted, ""));
}

#[test]
fn each_expectation_can_fail() {
    for (right, wrong) in [
        (r#"outcome = "continue""#, r#"outcome = "admit""#),
        (r#"rule = "city""#, r#"rule = "tidy""#),
        (r#"message = "city-needed""#, r#"message = "check-input""#),
        ("we only serve Berlin", "we serve Berlin"),
        (r#"Tier = "gold""#, r#"Tier = "silver""#),
        (r#", extension_Tier = "gold""#, ""),
        ("2026-11-23T12:00:00Z", "2026-11-23T18:00:00Z"),
        (
            r#"body = { email = "jane@contoso.com""#,
            r#"body = { email = "jane@example.com""#,
        ),
        ("\"city\": null", "\"city\": \"Berlin\""),
    ] {
        let cases = GOOD.replace(right, wrong);
        assert_ne!(cases, GOOD);
        let told = tried(&cases);
        assert_eq!(told.code, 1, "{right}: {}", told.stdout);
        assert!(
            told.stdout.ends_with("1 of 2 cases came out otherwise\n"),
            "{right}: {}",
            told.stdout
        );
    }
}

/// The example's own page says who is asked.
#[test]
fn a_case_says_which_route_decides_and_whom_it_asks() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/approval-by-country-team.toml");
    let place = Place::new();
    let tried = |country: &str, expect: &str| {
        let case = format!(
            r#"
[[cases]]
name = "somebody"
step = "post-attribute-collection"
body = {{ email = "jane@contoso.com", displayName = "Jane Roe", country = "{country}" }}
lists.unwanted = []
expect = {{ outcome = "hold", {expect} }}
"#
        );
        place.write("cases/a.toml", case);
        place.run(&["test", "cases", "--policy", example.to_str().unwrap()])
    };
    let german = r#"route = "by-country", asked = ["group:germany", "group:security"]"#;
    let told = tried("DE", german);
    assert_eq!((told.code, &*told.stderr), (0, ""), "{}", told.stdout);
    let told = tried("FR", german);
    assert_eq!(told.code, 1, "{}", told.stdout);
    let lines = "  - asked           group:germany, then group:security\n  + asked           group:france, then group:security\n";
    assert!(told.stdout.contains(lines), "{}", told.stdout);
    assert_eq!(tried("DE", r#"route = "other""#).code, 1);
    let told = tried("DE", r#"asked = ["germany"]"#);
    assert!(
        told.code == 1 && told.stderr.contains("`group:NAME`"),
        "{}",
        told.stderr
    );
}

#[test]
fn mistakes_in_cases_are_told_with_their_place() {
    for (right, wrong, says) in [
        (
            "name = \"a",
            "nam = \"a",
            "cases/a.toml:3:1: `nam` means nothing here; did you mean `name`?",
        ),
        ("name = \"a", "nam = \"a", "cases/a.toml:2:1: this does not say `name`"),
        (
            "rule =",
            "rul =",
            "cases/a.toml:14:35: `rul` means nothing here; did you mean `rule`?",
        ),
        (
            "\"continue\"",
            "\"contineu\"",
            "`contineu` is none of `continue`, `admit`, `hold`, `block`, `ask-again`, `error`; did you mean `continue`?",
        ),
        (
            "step = \"post-attribute-collection\"",
            "step = \"post-attribute\"",
            "cases/a.toml:4:8: `post-attribute` is none of",
        ),
        (
            "\"city\": null",
            "\"city\": nul",
            "cases/a.toml:13:8: the body is not JSON",
        ),
        (
            "2026-11-23T12:00:00Z",
            "2026-11-23",
            "cases/a.toml:6:7: a time is written as",
        ),
        (
            "expect = { outcome = \"continue\", claims",
            "expect = { claims",
            "cases/a.toml:7:10: this does not say `outcome`",
        ),
        (
            "[[cases]]",
            "[[case]]",
            "`case` means nothing here; did you mean `cases`?",
        ),
        ("[[cases]]\nname = \"a", "[[cases]\nname = \"a", "cases/a.toml:2:"),
        ("rule = \"city\"", "rule = 7", "a text in quotes is wanted here"),
    ] {
        let cases = GOOD.replace(right, wrong);
        let told = tried(&cases);
        assert_eq!((told.code, &*told.stdout), (1, ""), "{wrong}");
        assert!(told.stderr.contains(says), "{says}: {}", told.stderr);
    }
}

#[test]
fn without_cases_nothing_is_tested_and_that_is_said() {
    let place = Place::new();
    place.write("empty/notes.txt", "none");
    place.write("headless/a.toml", "# none yet\n");
    place.write("binary/a.toml", b"\xff");
    for (folder, says) in [
        ("empty", "empty: there are no cases"),
        ("headless", "headless/a.toml:1:1: there is no case: write `[[cases]]`"),
        ("gone", "cannot read the cases gone: No such file"),
        ("binary", "cannot read the cases binary/a.toml: "),
    ] {
        let told = place.run(&["test", folder]);
        assert_eq!((told.code, &*told.stdout), (1, ""), "{told:?}");
        assert!(told.stderr.contains(says), "{says}: {}", told.stderr);
    }
}
