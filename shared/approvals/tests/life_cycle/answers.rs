//! What each state answers at each step.

use approvals::*;
use std::time::Duration;
use store::{Actor, Event, Request, State, StateName};

use crate::cast::*;

#[test]
fn without_a_request_the_verdict_decides() {
    assert_eq!(check(None, &[], START, &terms()), None);
    let (answer, transition) = submit(None, &[], &jane(Wish::Pass), START, &terms());
    assert_eq!(
        (answer, transition),
        (Answer::Continue(changes(r#"{"displayName":"Jane Roe"}"#)), None)
    );
    let (answer, transition) = submit(None, &[], &jane(Wish::Correct), START, &terms());
    assert_eq!((answer, transition), (Answer::Correct, None));
    let request = pending();
    assert_eq!(
        (request.state.name(), request.version, request.id.round),
        (StateName::Pending, 1, 1)
    );
    assert_eq!(request.received.canonical(), claims(JANE).canonical());
}

#[test]
fn automatic_approval_is_recorded_as_admitted() {
    let (answer, transition) = submit(None, &[], &jane(Wish::Admit), START, &terms());
    let transition = transition.unwrap();
    assert_eq!(answer, Answer::Continue(changes(r#"{"displayName":"Jane Roe"}"#)));
    assert_eq!(transition.request.state, State::Admitted { at: START });
    assert_eq!(transition.entries.last().unwrap().by, Actor::Policy);
    assert!(
        !transition
            .entries
            .iter()
            .any(|entry| matches!(entry.event, Event::Approved { .. }))
    );
}

#[test]
fn approved_continues_with_every_reviewed_claim_and_nothing_else() {
    let request = approved();
    assert_eq!(first_step(&request, 2 * DAY), None);
    let typed = with_claims(
        jane(hold()),
        r#"{"email":"Jane@Example.com","displayName":"King","jobTitle":"King"}"#,
    );
    let (answer, transition) = submit(Some(&request), &[], &typed, at(2 * DAY), &terms());
    let Answer::Continue(set) = answer else {
        panic!("{answer:?}")
    };
    let set: Vec<_> = set
        .iter()
        .map(|(key, value)| format!("{key}={}", value.to_json()))
        .collect();
    assert_eq!(
        set,
        ["displayName=\"Jane Roe\"", "extension_Age=41", "jobTitle=\"\""],
        "no e-mail, types as they came"
    );
    assert_eq!(transition.unwrap().request.state, State::Admitted { at: at(2 * DAY) });
}

#[test]
fn an_approval_answers_whatever_the_rules_wish_but_block() {
    for wish in [hold(), Wish::Pass, Wish::Admit, Wish::Correct] {
        let (answer, transition) = second_step(&approved(), wish.clone(), 2 * DAY);
        assert!(
            matches!(answer, Answer::Continue(_)) && transition.is_some(),
            "{wish:?}"
        );
    }
}

#[test]
fn an_approval_that_nobody_used_runs_out() {
    let request = approved();
    assert!(matches!(
        second_step(&request, hold(), 31 * DAY - Duration::from_millis(1)).0,
        Answer::Continue(_)
    ));
    assert_eq!(
        second_step(&request, hold(), 31 * DAY).0,
        Answer::Notice(Notice::Waiting)
    );
}

#[test]
fn an_unproven_applicant_stays_blocked_after_approval_unless_the_policy_trusts_addresses() {
    let request = Request {
        proven: false,
        ..approved()
    };
    assert_eq!(first_step(&request, 2 * DAY), Some(Notice::Unproven));
    assert_eq!(
        notice(second_step(&request, hold(), 2 * DAY)),
        (Notice::Unproven, false)
    );
    let trusting = Terms {
        trust_email: true,
        ..terms()
    };
    assert_eq!(check(Some(&request), &[], at(2 * DAY), &trusting), None);
    let (answer, _) = submit(Some(&request), &[], &jane(hold()), at(2 * DAY), &trusting);
    assert!(matches!(answer, Answer::Continue(_)));
}

#[test]
fn an_approval_is_for_the_address_that_was_reviewed() {
    let other = with_claims(jane(hold()), r#"{"email":"boss@contoso.com"}"#);
    let answer = submit(Some(&approved()), &[], &other, at(2 * DAY), &terms());
    assert_eq!(notice(answer), (Notice::OtherAddress, false));
}

#[test]
fn admitted_gives_the_same_answer_within_the_hour_and_then_counts_as_none() {
    let hour = Duration::from_secs(3600);
    let (first, transition) = second_step(&approved(), hold(), 2 * DAY);
    let request = transition.unwrap().request;
    assert_eq!(
        second_step(&request, hold(), 2 * DAY + hour - Duration::from_millis(1)),
        (first, None)
    );
    assert_eq!(first_step(&request, 2 * DAY), None);
    assert_eq!(
        second_step(&request, hold(), 2 * DAY + hour).0,
        Answer::Notice(Notice::Waiting)
    );
}

#[test]
fn withdrawn_counts_as_none() {
    let request = decided(Ruling::Withdraw, &pending(), at(DAY)).request;
    assert_eq!(first_step(&request, DAY), None);
    assert_eq!(second_step(&request, hold(), DAY).0, Answer::Notice(Notice::Waiting));
}

#[test]
fn the_first_decision_stands() {
    for request in [
        approved(),
        denied(),
        decided(Ruling::Withdraw, &pending(), at(DAY)).request,
    ] {
        for ruling in [Ruling::Approve, Ruling::Deny, Ruling::Withdraw] {
            let bob = Decider::Reviewer(Reviewer::named("bob", Vec::new()));
            let second = decide(&request, &Decide::new(ruling, bob), at(2 * DAY), &terms());
            assert_eq!((second.transition, second.refused), (None, Some(Refusal::NotPending)));
        }
    }
}
