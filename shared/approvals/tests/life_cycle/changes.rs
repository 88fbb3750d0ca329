//! What befalls a pending request besides votes and time: new claims, other reviewers, a later rule.

use approvals::{Decider, Refusal, Ruling, reassign, refuse, submit};
use store::{Actor, Asked, Event, Occasion, Person, Request, Stage, StateName};

use crate::cast::*;

fn two_of(asked: Asked) -> Stage {
    Stage {
        approve: 2,
        ..stage("two", asked)
    }
}

fn updated(request: &Request, wish: approvals::Wish) -> approvals::Transition {
    let changed = with_claims(jane(wish), r#"{"email":"jane@example.com","city":"Wien"}"#);
    submit(Some(request), &[], &changed, at(DAY), &telling()).1.unwrap()
}

#[test]
fn new_claims_begin_the_review_anew_and_those_who_voted_are_asked_again() {
    let stages = [stage("one", Asked::Anybody), two_of(Asked::Anybody)];
    let wish = || by(&plan(&stages));
    let (rita, bob) = (reviewer("rita", &[]), reviewer("bob", &[]));
    let voted = ruled(&held(&plan(&stages)), Ruling::Approve, &rita, HOUR);
    let voted = ruled(&voted, Ruling::Approve, &bob, HOUR);
    let again = updated(&voted, wish());
    assert_eq!(occasions(&again), [Occasion::Asked]);
    assert!(matches!(&again.entries[..], [entry] if entry.by == Actor::Applicant
        && entry.event == Event::Updated
        && entry.submitted.as_ref().is_some_and(|claims| claims.received.at_key("city").is_some())));
    let review = again.request.review().unwrap();
    assert_eq!((review.stage, review.votes.len(), review.since), (0, 0, at(DAY)));
    assert_eq!(
        again.request.version,
        voted.version + 1,
        "what the others said stays in the history"
    );
    let once_more = rule(&again.request, Ruling::Approve, &rita, DAY);
    assert_eq!(once_more.refused, None);
    let unseen = updated(
        &held(&plan(&[two_of(Asked::Anybody)])),
        by(&plan(&[two_of(Asked::Anybody)])),
    );
    assert!(
        occasions(&unseen).is_empty(),
        "who has not answered finds the new claims"
    );
}

#[test]
fn new_claims_may_ask_others() {
    let front = plan(&[two_of(Asked::Group("front".to_owned()))]);
    let back = plan(&[two_of(Asked::Group("back".to_owned()))]);
    let moved = updated(&held(&front), by(&back));
    assert_eq!(occasions(&moved), [Occasion::Asked]);
    assert_eq!(moved.request.review().map(|review| &review.plan), Some(&back));
    let kept = updated(&held(&front), approvals::Wish::Pass);
    assert_eq!(
        kept.request.review().map(|review| &review.plan),
        Some(&front),
        "no rule says otherwise"
    );
}

#[test]
fn somebody_else_can_be_asked_and_votes_and_time_go_on() {
    let request = held(&plan(&[two_of(Asked::Group("front".to_owned()))]));
    let voted = ruled(&request, Ruling::Approve, &reviewer("rita", &["front"]), HOUR);
    let (to, by) = (Asked::Person(Person::of("Bob")), reviewer("rita", &["front"]));
    let moved = reassign(&voted, &to, &by, Some("on holiday"), at(DAY), &telling());
    let moved = moved.transition.filter(|_| moved.refused.is_none()).unwrap();
    assert!(matches!(&moved.entries[0].event, Event::Reassigned { to: whom, .. } if *whom == to));
    assert_eq!(occasions(&moved), [Occasion::Asked]);
    let (before, after) = (voted.review().unwrap(), moved.request.review().unwrap());
    assert_eq!(
        (&after.votes, after.since, &after.stage().asked),
        (&before.votes, before.since, &to)
    );
    assert_eq!(
        refused(&moved.request, Ruling::Approve, &reviewer("eve", &["front"])),
        Some(Refusal::NotAsked)
    );
    assert_eq!(
        ruled(&moved.request, Ruling::Approve, &reviewer("bob", &[]), DAY)
            .state
            .name(),
        StateName::Approved
    );
}

#[test]
fn a_request_is_handed_on_by_those_it_asks_and_to_people_who_can_decide_it() {
    let front: Vec<_> = ["rita", "eve"].map(Person::of).into();
    let back: Vec<_> = ["bob", "jane@example.com"].map(Person::of).into();
    let groups = [("front".to_owned(), front), ("back".to_owned(), back)];
    let terms = approvals::Terms {
        groups: groups.into_iter().collect(),
        ..terms()
    };
    let request = held(&plan(&[two_of(Asked::Group("front".to_owned()))]));
    let voted = ruled(&request, Ruling::Approve, &reviewer("rita", &["front"]), HOUR);
    let group = |name: &str| Asked::Group(name.to_owned());
    let person = |name| Asked::Person(Person::of(name));
    let (rita, bob) = (reviewer("rita", &["front"]), reviewer("bob", &["back"]));
    let (owner, root) = (
        reviewer("jane@example.com", &["front"]),
        Decider::Override("root".to_owned()),
    );
    for (request, to, by, expected) in [
        (&voted, person("bob"), &rita, None),
        (&voted, group("back"), &rita, None),
        (&voted, group("front"), &rita, None),
        (&voted, person("bob"), &bob, Some(Refusal::NotAsked)),
        (&voted, Asked::Anybody, &rita, Some(Refusal::NotAsked)),
        (&voted, Asked::Anybody, &root, None),
        (&voted, person("bob"), &owner, Some(Refusal::OnThemselves)),
        (&voted, group("nobody"), &root, Some(Refusal::NoSuchGroup)),
        (&voted, person("rita"), &root, Some(Refusal::TooFew)),
        (&voted, person("jane@example.com"), &root, Some(Refusal::TooFew)),
        // One has voted already, and one is the applicant.
        (&request, person("bob"), &rita, Some(Refusal::TooFew)),
        (&request, group("back"), &rita, Some(Refusal::TooFew)),
    ] {
        let came = reassign(request, &to, by, None, at(DAY), &terms);
        assert_eq!(came.refused, expected, "{to:?} {by:?}");
        let changes = expected.is_none() && to != group("front");
        assert_eq!(came.transition.is_some(), changes, "{to:?} {by:?}");
    }
}

#[test]
fn a_stage_that_wants_some_of_a_group_is_not_handed_to_others() {
    let share = store::Share {
        group: "leads".to_owned(),
        at_least: 1,
    };
    let leads = vec![Person::of("lea")];
    let terms = approvals::Terms {
        groups: [("leads".to_owned(), leads)].into_iter().collect(),
        ..terms()
    };
    let request = held(&plan(&[Stage {
        among: vec![share],
        ..stage("one", Asked::Anybody)
    }]));
    let root = Decider::Override("root".to_owned());
    let to = |name| reassign(&request, &Asked::Person(Person::of(name)), &root, None, at(DAY), &terms).refused;
    assert_eq!((to("lea"), to("bob")), (None, Some(Refusal::TooFew)));
}

#[test]
fn a_later_rule_turns_away_who_waits() {
    let denied = refuse(&pending(), "no-competitors", "ops", at(DAY), &terms())
        .transition
        .unwrap();
    assert_eq!(
        (denied.request.state.name(), &denied.entries[0].by),
        (StateName::Denied, &Actor::Policy)
    );
    assert!(
        matches!(&denied.entries[0].event, Event::Denied { reason: Some(reason), .. } if reason == "the rule `no-competitors`, applied by ops")
    );
    assert_eq!(
        denials(&denied.commit(None, &[], &audit_key().seal().unwrap())).len(),
        1
    );
}

#[test]
fn what_is_over_is_neither_reassigned_nor_refused() {
    let by = Decider::Override("root".to_owned());
    for request in [approved(), denied()] {
        for came in [
            reassign(&request, &Asked::Anybody, &by, None, at(2 * DAY), &terms()),
            refuse(&request, "rule", "ops", at(2 * DAY), &terms()),
        ] {
            assert_eq!((came.transition, came.refused), (None, Some(Refusal::NotPending)));
        }
    }
    let late = held(&plan(&[stage("only", Asked::Anybody)]));
    for came in [
        reassign(&late, &Asked::Anybody, &by, None, at(10 * DAY), &terms()),
        refuse(&late, "rule", "ops", at(10 * DAY), &terms()),
    ] {
        assert_eq!(came.refused, Some(Refusal::NotPending));
        assert_eq!(
            came.transition.map(|over| over.request.state.name()),
            Some(StateName::Expired)
        );
    }
}

#[test]
fn a_withdrawal_needs_no_quorum() {
    let by = reviewer("rita", &[]);
    let request = held(&plan(&[two_of(Asked::Anybody)]));
    assert_eq!(
        ruled(&request, Ruling::Withdraw, &by, HOUR).state.name(),
        StateName::Withdrawn
    );
    assert!(matches!(by, Decider::Reviewer(_)));
}
