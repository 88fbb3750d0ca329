//! Groups to which people belong by what their log-in claims: of whom nobody knows before they log in.

use approvals::{Decider, Group, GroupClaim, Groups, Refusal, Reviewer, Ruling, Terms, reassign};
use store::{Asked, Person, Request, Share, Stage, StateName};

use crate::cast::*;

fn claim(text: &str) -> GroupClaim {
    GroupClaim::parse(text).unwrap()
}

/// `open` by name or by claim, `claimed` by claim alone, `leads` and `solo` by name.
fn groups() -> Groups {
    let people = |names: &[&str]| names.iter().copied().map(Person::of).collect::<Vec<_>>();
    let group = |names: &[&str], claims: &[&str]| Group {
        people: people(names),
        claims: claims.iter().copied().map(claim).collect(),
    };
    let groups = [
        ("claimed", group(&[], &["hr"])),
        ("leads", group(&["lea"], &[])),
        ("open", group(&["bob"], &["it", "admins"])),
        ("solo", group(&["jane@example.com"], &[])),
    ];
    groups
        .map(|(name, group)| (name.to_owned(), group))
        .into_iter()
        .collect()
}

fn group(name: &str) -> Asked {
    Asked::Group(name.to_owned())
}

/// Why an operator cannot hand a request on.
fn refusal(request: &Request, to: Asked, groups: Groups) -> Option<Refusal> {
    let terms = Terms { groups, ..terms() };
    let root = Decider::Override("root".to_owned());
    reassign(request, &to, &root, None, at(DAY), &terms).refused
}

/// Two have to approve, some of them of a group.
fn wanting(among: &str, at_least: u32) -> Request {
    let share = Share {
        group: among.to_owned(),
        at_least,
    };
    held(&plan(&[Stage {
        approve: 2,
        among: vec![share],
        ..stage("one", Asked::Anybody)
    }]))
}

#[test]
fn a_group_that_somebody_may_claim_is_not_too_small() {
    for (request, to, expected) in [
        (wanting("claimed", 2), group("claimed"), None),
        (wanting("open", 2), group("open"), None),
        (wanting("leads", 1), group("open"), None),
        (wanting("solo", 1), group("open"), Some(Refusal::TooFew)),
        (wanting("leads", 2), group("open"), Some(Refusal::TooFew)),
        (wanting("open", 1), group("leads"), Some(Refusal::TooFew)),
        (wanting("open", 1), group("gone"), Some(Refusal::NoSuchGroup)),
    ] {
        assert_eq!(refusal(&request, to.clone(), groups()), expected, "{to:?}");
    }
    let alone = held(&plan(&[Stage {
        among: wanting("open", 1).review().unwrap().stage().among.clone(),
        ..stage("one", Asked::Anybody)
    }]));
    assert_eq!(
        refusal(&alone, Asked::Person(Person::of("lea")), groups()),
        None,
        "she may claim it"
    );
}

#[test]
fn where_all_log_ins_are_known_they_are_all_there_are() {
    let (hr, it, none) = ([claim("hr")], [claim("it"), claim("sales")], []);
    let log_ins: [(&str, &[GroupClaim]); 3] = [("Rita", &hr), ("Tom", &it), ("lea", &none)];
    let known = groups().among(log_ins.into_iter());
    let people = |name: &str| known.people(name).iter().map(Person::as_str).collect::<Vec<_>>();
    assert_eq!(
        (people("claimed"), people("open")),
        (vec!["rita"], vec!["tom"]),
        "bob cannot log in"
    );
    assert_eq!((people("leads"), people("solo")), (vec!["lea"], vec![]));
    assert_eq!(known.of("TOM", &[]), ["open"]);
    assert!(!known.is_open("open") && known.has("solo"));
    let two = wanting("claimed", 1);
    assert_eq!(
        refusal(&two, group("claimed"), known),
        Some(Refusal::TooFew),
        "rita is alone"
    );
}

/// What somebody is in counts as it was when they voted, and they count once.
#[test]
fn a_vote_keeps_the_groups_of_its_time() {
    let request = wanting("claimed", 1);
    let logged_in = |name, claims: &[GroupClaim]| Decider::Reviewer(Reviewer::named(name, groups().of(name, claims)));
    let rita = logged_in("rita", &[claim("hr")]);
    let voted = ruled(&request, Ruling::Approve, &rita, HOUR);
    assert_eq!(voted.review().unwrap().votes[0].groups, ["claimed"]);
    let again = logged_in("RITA", &[claim("it")]);
    assert_eq!(refused(&voted, Ruling::Approve, &again), Some(Refusal::Voted));
    let bob = logged_in("bob", &[]);
    assert_eq!(
        ruled(&voted, Ruling::Approve, &bob, DAY).state.name(),
        StateName::Approved
    );
}
