//! `vestibule policy explain`: which part of a rule was missed.

use crate::place::Place;

const STEPS: &str = "[steps.post-attribute-collection]\notherwise = \"block\"\n";
const MAIL: &str = r#""identities":[{"issuer":"mail","issuerAssignedId":"jane@contoso.com"}]"#;

/// What is printed of the one rule, but for its name and its time: a line each, with one space between words.
fn told(rule: &str, body: &str, more: &[&str]) -> Vec<String> {
    let place = Place::new();
    let rule = format!("{STEPS}[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\n{rule}\n");
    place.write("policy.toml", rule);
    let step = ["explain", "policy.toml", "--step", "post-attribute-collection"];
    let arguments = [&step[..], &["--body", "-", "--now", "2026-11-23T12:00:00Z"], more].concat();
    let explained = place.run_with(&arguments, body, &[]);
    assert_eq!((explained.code, &*explained.stderr), (0, ""));
    let part = explained.stdout.split("\n\n").nth(1).unwrap();
    let calm = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    part.lines().skip(1).map(calm).collect()
}

fn assert_missed(when: &str, body: &str, wanted: &[&str]) {
    let told = told(&format!("when = {when}\nblock = true"), body, &[]);
    assert_eq!(told, wanted, "{when}");
}

#[test]
fn the_part_of_a_condition_on_account_of_which_a_rule_does_not_apply_is_named() {
    let germany = r#"{"country":"Germany","city":"Berlin","displayName":"  "}"#;
    for (when, wanted) in [
        (
            r#"{ claim = "country", is = "Norway" }"#,
            &["saw country text, 7 characters", "missed `country` does not meet `is`"][..],
        ),
        (
            r#"{ claim = "city", min_length = 2, max_length = 4 }"#,
            &[
                "saw city text, 6 characters",
                "missed `city` does not meet `max_length`",
            ],
        ),
        (
            r#"{ claim = "state", is = "x" }"#,
            &["saw state absent", "missed `state` is not there"],
        ),
        (
            r#"{ claim = "displayName", is = "x" }"#,
            &[
                "saw displayName blank text, 2 characters",
                "missed `displayName` shows nothing",
            ],
        ),
        (
            r#"{ claim = "city", present = false }"#,
            &["saw city text, 6 characters", "missed `city` is there"],
        ),
        (
            r#"{ not = { claim = "city", present = true } }"#,
            &["saw city text, 6 characters", "missed `not`, `city` is there"],
        ),
        (r#"{ not = { claim = "city", present = false } }"#, &[]),
        (
            r#"{ all = [{ claim = "city", present = true }, { issuer = "mail" }, { claim = "country", is = "Norway" }] }"#,
            &[
                "saw issuer absent",
                "country text, 7 characters",
                "missed 2nd of `all`, `issuer` does not hold",
                "3rd of `all`, `country` does not meet `is`",
            ],
        ),
        (
            r#"{ any = [{ domain = ["a.test"] }, { all = [{ claim = "city", present = true }, { locale = "de" }] }] }"#,
            &[
                "saw address absent",
                "locale absent",
                "missed 1st of `any`, `domain` does not hold",
                "2nd of `any`, 2nd of `all`, `locale` does not hold",
            ],
        ),
        (
            r#"{ not = { any = [{ app = "2f1c0b6e-4c4f-4f0f-9d3b-0a4a4d1f3e11" }, { claim = "city", is = "Berlin" }] } }"#,
            &[
                "saw city text, 6 characters",
                "missed `not`, 2nd of `any`, `city` is as it says",
            ],
        ),
        (
            r#"{ all = [{ not = { step = "post-attribute-collection" } }, { time = { to = "06:00" } }] }"#,
            &[
                "missed 1st of `all`, `not`, `step` holds",
                "2nd of `all`, `time` does not hold",
            ],
        ),
    ] {
        match wanted {
            // It applies.
            [] => assert!(told(&format!("when = {when}\nblock = true"), germany, &[])[0].starts_with("saw city")),
            wanted => assert_missed(when, germany, wanted),
        }
    }
}

#[test]
fn what_is_required_and_missed_is_named() {
    let name = r#"require = { claim = "displayName", min_length = 2, characters = ["letters"], max_length = 5 }"#;
    for (value, wanted) in [
        ("\"J4ne\"", "missed `displayName` does not meet `characters`"),
        ("\"Janine\"", "missed `displayName` does not meet `max_length`"),
        ("\" \"", "missed `displayName` shows nothing"),
        ("null", "missed `displayName` is not there"),
    ] {
        let body = format!(r#"{{"displayName":{value}}}"#);
        let lines = told(name, &body, &[]);
        assert_eq!(lines[1], wanted, "{value}");
        assert!(lines[2].starts_with("did asks again"), "{value}: {lines:?}");
    }
    let met = told(name, r#"{"displayName":"Jane"}"#, &[]);
    assert_eq!(met, ["saw displayName text, 4 characters", "did nothing: as required"]);
}

#[test]
fn why_a_hold_was_not_approved_and_nobody_let_in_is_named() {
    let hold = r#"hold = { approve_when = { all = [{ domain = ["contoso.com"] }, { issuer = "mail" }] } }"#;
    let said = |body: &str| {
        told(hold, body, &[])
            .into_iter()
            .filter(|line| !line.contains("address"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        said(r#"{"email":"jane@contoso.com"}"#),
        [
            "issuer absent",
            "missed 2nd of `all`, `issuer` does not hold",
            "did holds"
        ]
    );
    assert_eq!(
        said(&format!(r#"{{"email":"jane@contoso.com",{MAIL}}}"#)),
        ["issuer mail", "did approves at once"]
    );

    let both = format!(r#"{{"email":"jane@other.test",{MAIL}}}"#);
    let allow = "when = { domain = [\"contoso.com\"] }\nallow = { issuers = [\"mail\"] }";
    let lines = told(allow, &both, &[]);
    assert!(
        lines.contains(&"missed `domain` does not hold".to_owned())
            && lines.contains(&"did nothing: its `when` does not hold of everything that the call gives".to_owned()),
        "{lines:?}"
    );
    let stranger = told(
        "allow = { issuers = [\"mail\"] }",
        r#"{"email":"jane@other.test"}"#,
        &[],
    );
    assert_eq!(stranger, ["saw issuer absent", "did nothing: nobody on its list"]);
}

#[test]
fn values_of_what_was_missed_are_masked_unless_they_are_asked_for() {
    let when = "when = { all = [{ domain = [\"contoso.com\"] }, { claim = \"city\", is = \"Berlin\" }] }\nblock = true";
    let body = r#"{"email":"jane@larsen.example","city":"Oslo"}"#;
    let masked = told(when, body, &[]).join("\n").to_lowercase();
    for part in ["jane", "larsen", "oslo", "berlin", "contoso"] {
        assert!(!masked.contains(part), "{part}: {masked}");
    }
    let shown = told(when, body, &["--show-values"]);
    assert_eq!(shown[..2], ["saw address \"jane@larsen.example\"", "city \"Oslo\""]);
}
