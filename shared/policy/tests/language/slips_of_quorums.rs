//! Quorums that could never be met.

use crate::{common::*, routes::GROUPS};

fn read_route(route: &str) -> Result<Policy, String> {
    read(&format!("{}{GROUPS}{route}", rule("hold = \"x\"")))
}

fn assert_never(cases: &[(&str, &str)]) {
    for (route, wanted) in cases {
        let said = read_route(&format!("[routes.x]\n{route}")).err().unwrap_or_default();
        assert!(said.contains(wanted), "{route}: {said}");
    }
}

#[test]
fn a_quorum_is_a_number_of_people_who_are_there() {
    assert_never(&[
        (
            "ask = \"hr\"\napprove = 0",
            "a number of people, from 1, is wanted here",
        ),
        ("ask = \"hr\"\ndeny = 0", "a number of people, from 1, is wanted here"),
        (
            "ask = \"hr\"\nwith = { security = 0 }",
            "a number of people, from 1, is wanted here",
        ),
        ("ask = \"hr\"\napprove = 4294967296", "a number of people"),
        ("ask = \"hr\"\nwith = {}", "`with` says how many"),
        ("ask = \"hr\"\nwith = { secrity = 1 }", "did you mean `security`?"),
        (
            "ask = \"hr\"\napprove = 3",
            "where the group `hr` is asked, the stage wants 3 approvals from 2 people",
        ),
        (
            "ask = \"hr\"\ndeny = 3",
            "where the group `hr` is asked, the stage wants 3 denials from 2 people",
        ),
        (
            "ask = { person = \"ada\" }\napprove = 2",
            "where this `person` is asked, the stage wants 2 approvals from one person",
        ),
        (
            "ask = [{ group = \"boss\", when = { claim = \"city\", present = true } }, \"hr\"]\napprove = 2",
            "where the group `boss` is asked, the stage wants 2 approvals from one person",
        ),
        (
            "ask = \"boss\"\nwith = { security = 1 }",
            "where the group `boss` is asked, the stage wants 1 approval of the group `security` from nobody",
        ),
        (
            "ask = \"hr\"\nwith = { security = 2 }",
            "where the group `hr` is asked, the stage wants 2 approvals of the group `security` from one person",
        ),
        (
            "ask = \"anybody\"\nwith = { boss = 2 }",
            "where `anybody` is asked, the stage wants 2 approvals of the group `boss` from one person",
        ),
    ]);
    for route in [
        "ask = \"hr\"\napprove = 2\ndeny = 2",
        "ask = \"anybody\"\napprove = 9",
        "ask = \"nobody\"\napprove = 9",
        "ask = \"hr\"\napprove = 2\nwith = { security = 1 }",
        "ask = \"boss\"\nwith = { nobody = 1 }",
        "ask = \"hr\"\nescalate = { after = \"1 day\", ask = \"boss\" }",
        "ask = \"hr\"\napprove = 2\nescalate = { after = \"1 day\", ask = \"security\" }",
        "ask = \"anybody\"\napprove = 3\nescalate = { after = \"1 day\", ask = \"anybody\" }",
    ] {
        assert_eq!(read_route(&format!("[routes.x]\n{route}")).err(), None, "{route}");
    }
}

/// How many people a claim brings, nobody knows.
#[test]
fn a_group_by_claim_may_be_of_any_size() {
    let claimed = "[groups]\nhr = { people = [\"rita\"], claim = \"hr\" }\nboss = [\"ada\"]\n";
    let read = |route: &str| read(&format!("{}{claimed}[routes.x]\n{route}", rule("hold = \"x\""))).err();
    for route in [
        "ask = \"hr\"\napprove = 3\ndeny = 3",
        "ask = \"hr\"\nwith = { boss = 1 }",
        "ask = \"boss\"\nwith = { hr = 1 }",
        "ask = \"anybody\"\nwith = { hr = 9 }",
        "ask = \"boss\"\nescalate = { after = \"1 day\", ask = \"hr\" }",
    ] {
        assert_eq!(read(route), None, "{route}");
    }
    let said = read("ask = \"hr\"\nwith = { boss = 2 }").unwrap_or_default();
    assert!(
        said.contains("2 approvals of the group `boss` from one person"),
        "{said}"
    );
}

/// After `escalate` others are asked instead: each of the two groups has to suffice alone.
#[test]
fn nobody_helps_out_those_who_are_asked_before_or_after() {
    let escalating = |says: &str, to: &str| format!("{says}\nescalate = {{ after = \"1 day\", ask = {to} }}");
    let few_at_first = escalating("ask = \"hr\"\napprove = 3", "\"boss\"");
    let one_at_last = escalating("ask = \"hr\"\napprove = 2", "\"boss\"");
    let denied_by_one = escalating("ask = \"hr\"\ndeny = 2", "{ person = \"ada\" }");
    let without_security = escalating("ask = \"hr\"\nwith = { security = 1 }", "\"boss\"");
    let anybody_first = escalating("ask = \"anybody\"\napprove = 2", "\"boss\"");
    let anybody_last = escalating("ask = \"boss\"\napprove = 2", "\"anybody\"");
    assert_never(&[
        (
            &few_at_first,
            "where the group `hr` is asked, the stage wants 3 approvals from 2 people; want fewer, or ask more people",
        ),
        (
            &one_at_last,
            "after `escalate` only the group `boss` is asked, and the stage still wants 2 approvals from one person; \
             want fewer, or escalate to more people",
        ),
        (
            &denied_by_one,
            "after `escalate` only this `person` is asked, and the stage still wants 2 denials from one person",
        ),
        (
            &without_security,
            "after `escalate` only the group `boss` is asked, and the stage still wants 1 approval of the group \
             `security` from nobody",
        ),
        (&anybody_first, "after `escalate` only the group `boss` is asked"),
        (&anybody_last, "where the group `boss` is asked"),
    ]);
    let team = "[groups]\ngermany = [\"a\", \"b\", \"c\"]\nmanager = [\"m\"]\n[routes.x]\n";
    let four = escalating("ask = \"germany\"\napprove = 4", "\"manager\"");
    let said = mistakes(&format!("{STEPS}{}{team}{four}", rule("hold = \"x\"")));
    for wanted in [
        "the stage wants 4 approvals from 3 people",
        "4 approvals from one person",
    ] {
        assert!(said.contains(wanted), "{said}");
    }
}

#[test]
fn people_count_once_in_all_stages() {
    let stages = |stages: &[&str]| {
        let stage = |(at, says): (usize, &&str)| format!("[[routes.x.stages]]\nname = \"s{at}\"\n{says}\n");
        stages.iter().enumerate().map(stage).collect::<String>()
    };
    for (never, wanted) in [
        (
            stages(&["ask = \"boss\"", "ask = \"boss\""]),
            "up to the stage `s1` this route wants 2 approvals from one person",
        ),
        (
            stages(&["ask = \"boss\"", "ask = { person = \"Ada\" }"]),
            "2 approvals from one person",
        ),
        (
            stages(&["ask = \"hr\"", "ask = \"hr\"\napprove = 2"]),
            "3 approvals from 2 people",
        ),
        (
            stages(&["ask = { person = \"rita\" }", "ask = \"hr\"\napprove = 2"]),
            "up to the stage `s1` this route wants 3 approvals from 2 people",
        ),
    ] {
        let said = read_route(&never).err().unwrap_or_default();
        assert!(said.contains(wanted), "{never}: {said}");
    }
    for met in [
        stages(&["ask = \"hr\"", "ask = \"hr\""]),
        stages(&["ask = \"boss\"", "ask = \"anybody\""]),
        stages(&["ask = \"security\"", "ask = \"hr\"\napprove = 2"]),
        stages(&["ask = \"boss\"\ntime_out = { then = \"approve\" }", "ask = \"boss\""]),
        stages(&[
            "ask = \"boss\"",
            "ask = \"boss\"\nescalate = { after = \"1 day\", ask = \"hr\" }",
        ]),
    ] {
        assert_eq!(read_route(&met).err(), None, "{met}");
    }
}

#[test]
fn a_group_is_told_by_mail_as_far_as_one_effect_reaches() {
    let file = |count: usize| {
        let people: Vec<_> = (0..count).map(|n| format!("\"r{n}@contoso.com\"")).collect();
        format!(
            "[groups]\nall = [\"rita\", {}]\n{STEPS}[mail]\nreviewers = \"asked\"\n",
            people.join(", ")
        )
    };
    let said = mistakes(&file(17));
    assert!(
        said.contains("the group `all` has 17 addresses; at most 16 can be told by mail"),
        "{said}"
    );
    assert!(Policy::parse(&file(16)).is_ok());
    // Of a group by claim some are not known: the usual ones are told too.
    let claimed = |count: usize| {
        let file = file(count)
            .replace("all = [", "all = { claim = \"all\", people = [")
            .replace("\"]\n", "\"] }\n");
        file.replace("\"asked\"", "[\"a@contoso.com\", \"b@contoso.com\"]")
    };
    let said = mistakes(&claimed(15));
    assert!(
        said.contains("the group `all` has 15 addresses, and these 2 are told with it; at most 16 can be told by mail"),
        "{said}"
    );
    assert_eq!(
        Policy::parse(&claimed(14)).err().map(|mistakes| mistakes.to_string()),
        None
    );
}
