//! Entries of lists in the store, given to `vestibule policy explain` and `vestibule policy test`.

use crate::place::{Finished, Place};

const POLICY: &str = r#"
[steps.post-attribute-collection]
otherwise = "continue"

[lists]
partners = { stored = "domains" }
people = { stored = "addresses" }
fetched = { url = "https://lists.example.com/unwanted.txt", holds = "domains", every = "6 hours" }
inline = ["contoso.com"]

[[rules]]
name = "people"
step = "post-attribute-collection"
deny = { addresses = "people" }
on_failure = "continue"

[[rules]]
name = "fetched"
step = "post-attribute-collection"
when = { not = { domain = "fetched" } }
set = { claim = "city", to = "new" }
on_failure = "continue"

[[rules]]
name = "partners"
step = "post-attribute-collection"
allow = { domains = "partners" }
"#;

fn place() -> Place {
    let place = Place::new();
    place.write("policy.toml", POLICY);
    place
}

fn explain(address: &str, lists: &[&str]) -> Finished {
    let place = place();
    place.write("body.json", format!(r#"{{"email":"{address}"}}"#));
    let step = ["explain", "--step", "post-attribute-collection", "--body", "body.json"];
    let lists = lists.iter().flat_map(|list| ["--list", list]);
    place.run(&step.into_iter().chain(lists).collect::<Vec<_>>())
}

#[test]
fn a_list_that_is_given_is_looked_up_and_one_that_is_not_gives_no_answer() {
    let none = explain("jane@eu.contoso.com", &[]);
    assert!(
        none.stdout
            .contains("outcome  block, by `partners`\nreason   the list `people`: it is in the store"),
        "{none:?}"
    );
    let lists = ["partners=CONTOSO.com", "partners=*.contoso.com", "people=", "fetched="];
    let let_in = explain("jane@eu.contoso.com", &lists);
    assert!(
        let_in.stdout.contains("outcome  continue, by the step's `otherwise`"),
        "{let_in:?}"
    );
    assert!(
        let_in.stdout.contains("changes city") && !let_in.stdout.contains("reason"),
        "{let_in:?}"
    );
    let stranger = explain("jane@contoso.com.evil.test", &lists);
    assert!(
        stranger.stdout.contains("outcome  block, by `partners`"),
        "{stranger:?}"
    );
    let denied = explain(
        "Jane@contoso.com",
        &[&lists[..], &["people= jane@CONTOSO.com "]].concat(),
    );
    assert!(denied.stdout.contains("outcome  block, by `people`"), "{denied:?}");
    let fetched = explain(
        "jane@contoso.com",
        &["partners=contoso.com", "people=", "fetched=contoso.com"],
    );
    assert!(fetched.stdout.contains("missed  `not`, `domain` holds"), "{fetched:?}");
}

#[test]
fn what_is_no_list_of_the_store_and_no_entry_of_it_is_refused() {
    for (list, code, says) in [
        (
            "partnres=contoso.com",
            1,
            "--list: the policy keeps no list `partnres` in the store",
        ),
        (
            "inline=contoso.com",
            1,
            "--list: the policy keeps no list `inline` in the store",
        ),
        (
            "partners=jane@contoso.com",
            1,
            "--list: the entry of the list `partners` is no domain",
        ),
        (
            "people=contoso.com",
            1,
            "--list: the entry of the list `people` is no e-mail address",
        ),
        ("partners", 2, "write the list's name, `=` and an entry"),
    ] {
        let refused = explain("a@b.test", &[list]);
        assert_eq!((refused.code, &*refused.stdout), (code, ""), "{list}");
        assert!(refused.stderr.contains(says), "{says}: {}", refused.stderr);
        assert!(!refused.stderr.contains("jane@"), "{}", refused.stderr);
    }
}

const CASES: &str = r#"
[[cases]]
name = "partners go on"
step = "post-attribute-collection"
body.email = "jane@contoso.com"
lists.partners = ["contoso.com"]
lists.people = []
lists.fetched = []
expect.outcome = "continue"
expect.claims = { city = "new" }

[[cases]]
name = "people do not"
step = "post-attribute-collection"
body.email = "jane@contoso.com"
lists = { partners = ["contoso.com"], people = ["Jane@contoso.com"] }
expect.outcome = "block"
expect.rule = "people"
"#;

fn tried(cases: &str) -> Finished {
    let place = place();
    place.write("cases/a.toml", cases);
    place.run(&["test", "cases"])
}

#[test]
fn cases_say_what_lists_in_the_store_hold() {
    let tried = tried(CASES);
    assert_eq!(
        (tried.code, &*tried.stdout, &*tried.stderr),
        (0, "2 cases, all as expected\n", "")
    );
}

#[test]
fn a_case_that_fails_for_want_of_a_list_says_so() {
    let told = tried(&CASES.replace("lists.partners = [\"contoso.com\"]\n", ""));
    assert_eq!(told.code, 1);
    assert!(
        told.stdout
            .contains("- outcome         continue\n  + outcome         block\n"),
        "{}",
        told.stdout
    );
    let why = "    reason          the list `partners`: it is in the store, which is not asked here, and none of its entries are given\n";
    assert!(told.stdout.contains(why), "{}", told.stdout);
}

#[test]
fn mistakes_in_the_lists_of_cases_are_told_with_their_place() {
    for (right, wrong, says) in [
        (
            "lists.people = []",
            "lists.peopel = []",
            "cases/a.toml:7:16: the policy keeps no list `peopel` in the store",
        ),
        (
            "lists.people = []",
            "lists.people = \"a\"",
            "cases/a.toml:7:16: a list is its entries in brackets",
        ),
        (
            "lists.people = []",
            "lists.people = [7]",
            "cases/a.toml:7:17: a text in quotes is wanted here",
        ),
        (
            "lists.people = []",
            "lists.people = [\"a@b.test\", \"b.test\"]",
            "cases/a.toml:7:29: the entry of the list `people` is no e-mail address",
        ),
        (
            "lists = { ",
            "lists = 7 #",
            "cases/a.toml:16:9: what lists in the store hold is a table",
        ),
    ] {
        let told = tried(&CASES.replacen(right, wrong, 1));
        assert_eq!((told.code, &*told.stdout), (1, ""), "{wrong}");
        assert!(told.stderr.contains(says), "{says}: {}", told.stderr);
    }
}

/// One rule of each kind that asks others.
const ASKING: &str = r#"
[look_ups.crm]
url = "https://crm.example.com/"
claims = { extension_Tier = "/tier" }
[look_ups.known]
item = "customers"
key = "{email}"
claims = { city = "/city" }
[checks.identity]
url = "https://id.example.com/"
outcome = "/outcome"
pass = "ok"
refer = "unsure"
fail = "no"
[[rules]]
name = "crm"
step = "post-attribute-collection"
look_up = "crm"
[[rules]]
name = "known"
step = "post-attribute-collection"
look_up = "known"
[[rules]]
name = "a=few"
step = "post-attribute-collection"
limit = { by = "all", at_most = 10, within = "1 day" }
[[rules]]
name = "invited"
step = "post-attribute-collection"
invitation = "extension_Code"
[[rules]]
name = "who it is"
step = "post-attribute-collection"
verify = "identity"
"#;

fn asking() -> Place {
    let place = Place::new();
    let steps = crate::samples::STEPS;
    place.write("policy.toml", format!("{steps}{ASKING}"));
    let body = r#"{"email":"jane@contoso.com","extension_Tier":"typed","city":"typed","extension_Code":"7ZK0M-3W2QF-9XJ4D-5TB6N"}"#;
    place.write("body.json", body);
    place
}

const ALL: [(&str, &str); 5] = [
    ("--look-up", "crm={\"tier\":\"gold\"}"),
    ("--look-up", "known={}"),
    ("--count", "a=few=9"),
    ("--invitation", "good"),
    ("--check", "identity=pass"),
];

/// With all answers but these, and those instead.
fn explained(without: &str, instead: &[&str]) -> Finished {
    let mut arguments = vec![
        "explain",
        "--step",
        "post-attribute-collection",
        "--body",
        "body.json",
        "--show-values",
    ];
    let given = ALL
        .iter()
        .filter(|(flag, value)| without.is_empty() || !format!("{flag} {value}").contains(without));
    given.for_each(|(flag, value)| arguments.extend([flag, value]));
    arguments.extend(instead);
    asking().run(&arguments)
}

#[test]
fn what_others_answer_can_be_given() {
    for (without, instead, says) in [
        (
            "",
            &[][..],
            "\"action\":\"Continue\",\"extension_Tier\":\"gold\",\"city\":\"\",\"extension_Code\":\"\"",
        ),
        ("", &[], "did     counts: there is room"),
        ("", &[], "did     lets in: the invitation is good"),
        ("--count", &["--count", "a=few=10"], "outcome  block, by `a=few`"),
        (
            "--invitation",
            &["--invitation", "bad"],
            "outcome  ask-again, by `invited`",
        ),
        (
            "--invitation",
            &["--invitation", "too-many-attempts"],
            "outcome  ask-again, by `invited`",
        ),
        (
            "--check",
            &["--check", "identity=refer"],
            "outcome  hold, by `who it is`",
        ),
        (
            "--check",
            &["--check", "identity=fail"],
            "outcome  block, by `who it is`",
        ),
    ] {
        let told = explained(without, instead);
        assert_eq!((told.code, &*told.stderr), (0, ""), "{instead:?}");
        assert!(told.stdout.contains(says), "{instead:?}: {says}\n{}", told.stdout);
    }
}

#[test]
fn what_is_not_given_fails_and_says_so() {
    for (without, says) in [
        (
            "crm=",
            "reason   the look-up `crm` is not asked here, and no answer is given",
        ),
        (
            "known=",
            "reason   the look-up `known` is not asked here, and no answer is given",
        ),
        (
            "--count",
            "reason   how many came before is not asked here, and no count of `a=few` is given",
        ),
        (
            "--invitation",
            "reason   invitations are in the store, which is not asked here",
        ),
        (
            "--check",
            "reason   the check `identity` is not asked here, and no answer is given",
        ),
    ] {
        let told = explained(without, &[]);
        assert!(told.stdout.contains(says), "{says}\n{}", told.stdout);
        assert!(told.stdout.contains("outcome  block"), "{}", told.stdout);
    }
}

#[test]
fn answers_to_what_nobody_asks_are_refused() {
    for (flag, value, code, says) in [
        (
            "--look-up",
            "crn={}",
            1,
            "--look-up: the policy has no look-up `crn` in use; did you mean `crm`?",
        ),
        (
            "--look-up",
            "crm={",
            1,
            "--look-up: the answer to the look-up `crm` is no JSON",
        ),
        ("--look-up", "crm", 2, "write the name, `=` and the answer"),
        (
            "--check",
            "identiti=pass",
            1,
            "--check: the policy has no check `identiti` in use",
        ),
        (
            "--check",
            "identity=yes",
            1,
            "--check: a check says `pass`, `refer` or `fail`, not `yes`",
        ),
        (
            "--count",
            "crm=1",
            1,
            "--count: the policy has no rule with a limit `crm` in use",
        ),
        ("--count", "a=few=x", 2, "a whole number is wanted behind the `=`"),
        ("--invitation", "well", 2, "good, bad, too-many-attempts"),
    ] {
        let told = explained("--invitation", &[flag, value]);
        assert_eq!((told.code, &*told.stdout), (code, ""), "{value}");
        assert!(told.stderr.contains(says), "{says}: {}", told.stderr);
    }
}

const ANSWERED: &str = r#"
[[cases]]
name = "all is well"
step = "post-attribute-collection"
body.email = "jane@contoso.com"
body.extension_Code = "7ZK0M-3W2QF-9XJ4D-5TB6N"
look_ups.crm = { tier = 7 }
look_ups.known = { city = ["a", "b"] }
checks.identity = "pass"
counts."a=few" = 9
invitation = "good"
expect.outcome = "continue"
expect.claims = { extension_Tier = 7, city = ["a", "b"], extension_Code = "" }
"#;

#[test]
fn cases_say_what_others_answer_and_mistakes_in_that_are_told_with_their_place() {
    let tried = |cases: &str| {
        let place = asking();
        place.write("cases/a.toml", cases);
        place.run(&["test", "cases"])
    };
    let told = tried(ANSWERED);
    assert_eq!(
        (told.code, &*told.stdout),
        (0, "1 cases, all as expected\n"),
        "{told:?}"
    );
    for (right, wrong, says) in [
        (
            "look_ups.crm",
            "look_ups.crn",
            "cases/a.toml:7:16: the policy has no look-up `crn` in use; did you mean `crm`?",
        ),
        (
            "\"pass\"",
            "\"yes\"",
            "cases/a.toml:9:19: a check says `pass`, `refer` or `fail`, not `yes`",
        ),
        (
            "= 9",
            "= \"9\"",
            "cases/a.toml:10:18: how many came before is a whole number",
        ),
        (
            "\"good\"",
            "\"fine\"",
            "cases/a.toml:11:14: `fine` is none of `good`, `bad`, `too-many-attempts`",
        ),
    ] {
        let told = tried(&ANSWERED.replacen(right, wrong, 1));
        assert_eq!((told.code, &*told.stdout), (1, ""), "{wrong}");
        assert!(told.stderr.contains(says), "{says}: {}", told.stderr);
    }
}
