//! Whom a denial turns away, and for how long.

use approvals::*;
use claims::Hash;
use std::time::Duration;
use store::{Denial, Request, State, Write};

use crate::cast::*;

#[test]
fn denied_blocks_both_steps_until_the_cool_down_is_over() {
    let request = denied();
    for wish in [hold(), Wish::Pass, Wish::Admit, Wish::Correct] {
        assert_eq!(
            notice(second_step(&request, wish.clone(), 2 * DAY)),
            (Notice::Denied, false),
            "{wish:?}"
        );
    }
    assert_eq!(
        first_step(&request, 31 * DAY - Duration::from_millis(1)),
        Some(Notice::Denied)
    );
    assert_eq!(first_step(&request, 31 * DAY), None);
    let (answer, transition) = second_step(&request, hold(), 31 * DAY);
    assert_eq!(answer, Answer::Notice(Notice::Waiting));
    let commit = transition.unwrap().commit(None, &[], &audit_key().seal().unwrap());
    assert!(
        commit
            .writes
            .iter()
            .any(|write| matches!(write, Write::Archive { request: old, replaces: None } if **old == request))
    );
    assert!(commit.writes.iter().any(
        |write| matches!(write, Write::Request { request: new, replaces: Some(2) }
        if new.id.round == 2 && new.version == 3)
    ));
}

#[test]
fn a_denial_turns_its_address_away_from_every_applicant_but_not_against_a_later_approval() {
    let commit = decided(Ruling::Deny, &pending(), at(DAY)).commit(None, &[], &audit_key().seal().unwrap());
    let denials = denials(&commit);
    assert_eq!(
        denials.iter().map(|d| d.address).collect::<Vec<_>>(),
        [Hash::of_address("JANE@example.com ")]
    );
    let other = |request: Option<&Request>, after| turned_away(request, &denials, at(after));
    assert!(other(None, 2 * DAY) && other(Some(&pending()), 2 * DAY));
    assert!(!other(None, 31 * DAY), "the cool-down is over");
    assert_eq!(check(None, &denials, at(2 * DAY), &terms()), Some(Notice::Denied));
    let answer = submit(None, &denials, &jane(hold()), at(2 * DAY), &terms());
    assert_eq!(notice(answer), (Notice::Denied, false));
    let before = decided(Ruling::Approve, &pending(), at(DAY / 2)).request;
    let after = decided(Ruling::Approve, &pending(), at(2 * DAY)).request;
    assert!(other(Some(&before), 3 * DAY) && !other(Some(&after), 3 * DAY));
}

#[test]
fn a_denial_turns_every_address_away_that_the_request_has_carried() {
    let mut request = pending();
    let mut sent = vec![Hash::of_address("jane@example.com")];
    for n in 1..MOST_ADDRESSES + 3 {
        let email = format!("jane{n}@example.com");
        let submission = Submission {
            addresses: vec![Hash::of_address(&email)],
            ..with_claims(jane(hold()), &format!(r#"{{"email":"{email}"}}"#))
        };
        let (answer, transition) = submit(Some(&request), &[], &submission, at(DAY), &terms());
        assert_eq!(answer, Answer::Notice(Notice::Pending));
        assert_eq!(transition.is_some(), n < MOST_ADDRESSES, "address {n} beside the first");
        if let Some(transition) = transition {
            request = transition.request;
            sent.push(Hash::of_address(&email));
        }
    }
    let commit = decided(Ruling::Deny, &request, at(DAY)).commit(None, &[], &audit_key().seal().unwrap());
    let denied: Vec<_> = denials(&commit).iter().map(|denial| denial.address).collect();
    assert_eq!(denied, sent);
    assert!(commit.check().is_ok());
}

#[test]
fn how_long_an_approval_and_a_denial_last_are_two_settings() {
    let terms = Terms {
        cool_down: DAY,
        unused: 2 * DAY,
        ..terms()
    };
    let request = pending();
    let approved = decide(&request, &Decide::new(Ruling::Approve, rita()), START, &terms)
        .transition
        .unwrap()
        .request;
    let denied = decide(&request, &Decide::new(Ruling::Deny, rita()), START, &terms)
        .transition
        .unwrap()
        .request;
    assert!(matches!(approved.state, State::Approved { until, .. } if until == at(2 * DAY)));
    assert!(matches!(denied.state, State::Denied { until, .. } if until == at(DAY)));
}

#[test]
fn a_denial_under_shorter_terms_does_not_shorten_an_earlier_one() {
    let known = Denial {
        address: Hash::of_address("jane@example.com"),
        request: pending().id,
        at: START,
        until: at(300 * DAY),
    };
    let commit = decided(Ruling::Deny, &pending(), at(2 * DAY)).commit(
        None,
        std::slice::from_ref(&known),
        &audit_key().seal().unwrap(),
    );
    assert_eq!(denials(&commit).first().map(|denial| denial.until), Some(known.until));
}

#[test]
fn a_denial_replaces_the_one_that_the_store_has() {
    let known = Denial {
        address: Hash::of_address("jane@example.com"),
        request: pending().id,
        at: START,
        until: at(DAY),
    };
    let commit = decided(Ruling::Deny, &pending(), at(2 * DAY)).commit(
        None,
        std::slice::from_ref(&known),
        &audit_key().seal().unwrap(),
    );
    assert!(
        commit
            .writes
            .iter()
            .any(|write| matches!(write, Write::Denial { replaces: Some(until), .. } if *until == known.until))
    );
}
