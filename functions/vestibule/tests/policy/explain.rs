//! `vestibule policy explain`

use crate::place::{Finished, Place};

const NOON: &str = "2026-11-23T12:00:00Z";
const ANNA: &str = r#"{"email":"anna@larsen.example","displayName":"ANNA LARSEN","city":"Oslo","country":"Norway",
    "identities":[{"signInType":"federated","issuer":"google.com","issuerAssignedId":"104592837465019283746"}]}"#;

fn explain(body: &str, more: &[&str]) -> Finished {
    let step = ["explain", "policy.toml", "--step", "post-attribute-collection"];
    let arguments = [&step[..], &["--body", "-", "--now", NOON], more].concat();
    Place::new().run_with(&arguments, body, &[])
}

/// What is printed, with one space between words and without times.
fn calm(finished: &Finished) -> String {
    let lines = finished.stdout.lines().map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let time = words.iter().position(|word| *word == "µs");
        let kept = words
            .iter()
            .enumerate()
            .filter(|(at, _)| time.is_none_or(|time| *at + 1 != time && *at != time));
        kept.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_rule_is_told_with_what_it_saw_and_did_and_the_reply_as_it_is_sent() {
    let explained = explain(ANNA, &["--show-values"]);
    assert_eq!((explained.code, &*explained.stderr), (0, ""));
    let wanted = r#"post-attribute-collection at 2026-11-23T12:00:00Z

evening does not apply
missed `time` does not hold
tidy
saw displayName "ANNA LARSEN"
did changes displayName
displayName "Anna Larsen"
watched
saw city "Oslo"
displayName "Anna Larsen"
did nothing, it observes; in force: changes city
city "Bergen"
tier
did changes extension_Tier
extension_Tier "gold"
city
saw address "anna@larsen.example"
city "Oslo"
missed `city` does not meet `one_of`
did asks again with `city-needed`

outcome ask-again, by `city`
message city-needed

HTTP 400
{"version":"1.0.0","action":"ValidationError","status":400,"userMessage":"Dear ANNA LARSEN, we only serve Berlin."}"#;
    assert_eq!(calm(&explained), wanted);
    let timed = explained.stdout.lines().filter(|line| line.contains(" µs")).count();
    assert_eq!(timed, 5, "each rule says how long it took");
    let columns: Vec<_> = explained
        .stdout
        .lines()
        .filter_map(|line| line.find('"'))
        .take(3)
        .collect();
    assert!(
        columns.iter().all(|column| *column == columns[0]),
        "{}",
        explained.stdout
    );
}

#[test]
fn nothing_that_identifies_anybody_is_printed_unless_it_is_asked_for() {
    let explained = explain(ANNA, &[]);
    for part in ["anna", "larsen", "oslo", "1045", "norway", "example", "gold"] {
        assert!(
            !explained.stdout.to_lowercase().contains(part),
            "{part}: {}",
            explained.stdout
        );
    }
    for line in [
        "saw displayName text, 11 characters",
        "saw address address, 19 characters",
        "extension_Tier text, 4 characters",
        r#"{"version":"1.0.0","action":"ValidationError","status":400,"userMessage":"Dear (text, 11 characters), we only serve Berlin."}"#,
    ] {
        assert!(
            calm(&explained).lines().any(|said| said == line),
            "{line}: {}",
            explained.stdout
        );
    }
    let continues = explain(r#"{"email":"a@contoso.com","displayName":"JANE ROE"}"#, &[]);
    let sent = r#"{"version":"1.0.0","action":"Continue","displayName":"(text, 8 characters)","extension_Tier":"(text, 4 characters)"}"#;
    assert!(
        continues.stdout.ends_with(&format!("HTTP 200\n{sent}\n")),
        "{}",
        continues.stdout
    );
}

#[test]
fn a_value_is_told_by_its_type_as_the_rules_left_it() {
    for (city, said) in [
        ("", "city absent"),
        (r#","city":true"#, "city true or false"),
        (r#","city":7"#, "city number"),
        (r#","city":["a","b"]"#, "city list of texts, 2"),
        (r#","city":{"a":1}"#, "city JSON that no rule can read"),
        (r#","city":"  ""#, "city blank text, 2 characters"),
    ] {
        let explained = explain(&format!(r#"{{"email":"a@b.example","displayName":"x"{city}}}"#), &[]);
        assert!(
            calm(&explained).lines().any(|line| line == said),
            "{said}: {}",
            explained.stdout
        );
    }
}

#[test]
fn whoever_is_held_is_shown_what_a_new_applicant_reads() {
    let held = explain(r#"{"email":"a@contoso.com","displayName":"x","country":"Norway"}"#, &[]);
    let says = "outcome  hold, by `approval`\nmessage  waiting\n\nHTTP 200\n";
    assert!(held.stdout.contains(says), "{}", held.stdout);
    assert!(
        held.stdout
            .contains(r#""action":"ShowBlockPage","userMessage":"Thank you. Your request is waiting"#)
    );
    let nobody = explain(r#"{"displayName":"x","country":"Norway","city":"Berlin"}"#, &[]);
    assert!(
        nobody
            .stdout
            .contains("outcome  block, by `approval`\nreason   held, but"),
        "{}",
        nobody.stdout
    );
    let torn = explain(r#"{"email":"a@b@contoso.com"}"#, &[]);
    assert!(
        torn.stdout
            .contains("No rule is asked: what the call gives as an address is none"),
        "{}",
        torn.stdout
    );
    let elsewhere = explain(r#"{"step":"PreTokenIssuance"}"#, &[]);
    let why = "outcome  block\nreason   the body's own `step` names another one; no rule is asked\nmessage  failed\n";
    assert!(elsewhere.stdout.contains(why), "{}", elsewhere.stdout);
}

#[test]
fn the_time_of_the_call_can_be_chosen() {
    let place = Place::new();
    place.write("body.json", ANNA);
    let at = |now: &str| {
        let step = ["explain", "policy.toml", "--step", "post-attribute-collection"];
        place.run(&[&step[..], &["--body", "body.json", "--now", now]].concat())
    };
    assert!(
        at("2026-11-23T20:30:00+01:00")
            .stdout
            .contains("outcome  block, by `evening`")
    );
    assert!(at("2026-11-23T18:30:00+01:00").stdout.contains("outcome  ask-again"));
    let wrong = at("yesterday");
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("2026-11-23T10:00:00Z"), "{}", wrong.stderr);
}

#[test]
fn what_cannot_be_read_is_told_and_ends_with_1() {
    let place = Place::new();
    place.write("body.json", ANNA);
    place.write("bad.json", "{\"email\": }");
    place.write(
        "half.toml",
        "[steps.post-attribute-collection]\notherwise = \"block\"\n",
    );
    place.write(
        "wrong.toml",
        "[steps.post-attribute-collection]\notherwhise = \"block\"\n",
    );
    let second = "post-attribute-collection";
    for (policy, step, body, says) in [
        ("gone.toml", second, "body.json", "cannot read the policy gone.toml: "),
        ("policy.toml", second, "gone.json", "the body, gone.json: No such file"),
        (
            "policy.toml",
            second,
            "bad.json",
            "the body, bad.json: the body is not JSON, at column 11",
        ),
        (
            "policy.toml",
            second,
            "-",
            "the body, standard input: the body is empty",
        ),
        (
            "half.toml",
            "pre-token-issuance",
            "body.json",
            "no `[steps.pre-token-issuance]`",
        ),
        (
            "wrong.toml",
            second,
            "body.json",
            "\nwrong.toml:2:1: `otherwhise` means nothing here; did you mean `otherwise`?",
        ),
    ] {
        let refused = place.run(&["explain", policy, "--step", step, "--body", body]);
        assert_eq!((refused.code, &*refused.stdout), (1, ""), "{refused:?}");
        assert!(refused.stderr.contains(says), "{says}: {}", refused.stderr);
    }
}

#[test]
fn only_terminals_get_colours_and_only_if_nobody_minds() {
    let place = Place::new();
    place.write("body.json", ANNA);
    let arguments = [
        "explain",
        "policy.toml",
        "--step",
        "post-attribute-collection",
        "--body",
        "body.json",
        "--show-values",
    ];
    let escape = '\u{1b}';
    assert!(!place.run(&arguments).stdout.contains(escape));
    assert!(place.on_terminal(&arguments, &[]).contains("\u{1b}[1mtidy\u{1b}[0m"));
    assert!(place.on_terminal(&arguments, &[("NO_COLOR", "")]).contains(escape));
    let plain = place.on_terminal(&arguments, &[("NO_COLOR", "1")]);
    assert!(plain.contains("\ntidy ") && !plain.contains(escape), "{plain}");
    place.write("body.json", ANNA.replace("Oslo", r"\u001b[2J\u009b2J"));
    let moved = place.run(&arguments);
    assert!(
        !moved.stdout.contains(escape) && !moved.stdout.contains('\u{9b}'),
        "{}",
        moved.stdout
    );
}

const ROUTED: &str = r#"
[steps.post-attribute-collection]
otherwise = "continue"
[groups]
north = ["rita"]
[[routes.city.stages]]
name = "team"
ask = [{ group = "north", when = { claim = "city", is = "Oslo" } }, "anybody"]
[[routes.city.stages]]
name = "board"
ask = { person = "ada" }
[routes.city.messages]
waiting = "a-week"
[[rules]]
name = "everybody waits"
step = "post-attribute-collection"
hold = "city"
[messages.a-week]
en = "We look at it within a week."
"#;

#[test]
fn of_who_waits_it_is_told_whom_the_route_asks_and_what_they_read() {
    let place = Place::new();
    place.write("routed.toml", ROUTED);
    let step = ["--step", "post-attribute-collection", "--body", "-", "--now", NOON];
    let explained = place.run_with(&[&["explain", "routed.toml"], &step[..]].concat(), ANNA, &[]);
    let wanted = "post-attribute-collection at 2026-11-23T12:00:00Z\n\neverybody waits\nsaw city text, 4 characters\n\
        did holds by the route `city`: `team` asks the group `north`, `board` asks `ada`\n\n\
        outcome hold, by `everybody waits`\nmessage a-week\n\nHTTP 200";
    assert!(calm(&explained).starts_with(wanted), "{}", calm(&explained));
    assert!(
        explained.stdout.contains("We look at it within a week."),
        "{}",
        explained.stdout
    );
    let case = "[[cases]]\nname = \"they wait\"\nstep = \"post-attribute-collection\"\nbody = { city = \"Oslo\", email = \"a@b.example\" }\n\
        expect = { outcome = \"hold\", message = \"a-week\", text = \"We look at it within a week.\" }\n";
    place.write("cases/a.toml", case);
    let tried = place.run(&["test", "cases", "--policy", "routed.toml"]);
    assert_eq!((tried.code, &*tried.stdout), (0, "1 cases, all as expected\n"));
}
