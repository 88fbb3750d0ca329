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
