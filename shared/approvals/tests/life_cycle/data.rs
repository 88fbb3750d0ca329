//! Claims that change, come again, or go out.

use approvals::*;
use claims::Identity;
use std::time::Duration;
use store::Event;

use crate::cast::*;

#[test]
fn pending_blocks_both_steps_and_takes_new_claims() {
    let request = pending();
    assert_eq!(first_step(&request, DAY), Some(Notice::Pending));
    for wish in [hold(), Wish::Pass, Wish::Admit] {
        assert_eq!(
            notice(second_step(&request, wish.clone(), DAY)),
            (Notice::Pending, false),
            "{wish:?}"
        );
    }
    let changed = with_claims(jane(hold()), r#"{"email":"jane@example.com","city":"Wien"}"#);
    let (answer, transition) = submit(Some(&request), &[], &changed, at(DAY), &terms());
    assert_eq!(answer, Answer::Notice(Notice::Pending));
    let updated = transition.unwrap();
    assert_eq!((updated.request.version, updated.request.id), (2, request.id));
    assert!(updated.request.received.at_key("city").is_some());
    assert!(matches!(updated.entries[0].event, Event::Updated));
}

#[test]
fn claims_a_request_already_had_change_nothing_for_a_minute() {
    let request = pending();
    let changed = with_claims(jane(hold()), r#"{"email":"jane@example.com","city":"Wien"}"#);
    let updated = submit(Some(&request), &[], &changed, at(Duration::from_secs(10)), &terms())
        .1
        .unwrap()
        .request;
    let late = |seconds| second_step(&updated, hold(), Duration::from_secs(seconds)).1;
    assert_eq!(late(59), None, "a late retry of the first submit");
    let back = late(60).unwrap().request;
    assert_eq!(
        back.received.canonical(),
        claims(JANE).canonical(),
        "the applicant changed their mind"
    );
}

#[test]
fn what_is_typed_differently_after_an_automatic_approval_is_put_back() {
    let request = submit(None, &[], &jane(Wish::Admit), START, &terms())
        .1
        .unwrap()
        .request;
    let (same, _) = second_step(&request, Wish::Admit, Duration::from_secs(5));
    assert_eq!(same, Answer::Continue(changes(r#"{"displayName":"Jane Roe"}"#)));
    let typed = r#"{"email":"jane@example.com","displayName":"jane roe","extension_Age":99,"jobTitle":"King"}"#;
    let (answer, _) = submit(
        Some(&request),
        &[],
        &with_claims(jane(hold()), typed),
        at(DAY / 48),
        &terms(),
    );
    let Answer::Continue(set) = answer else {
        panic!("{answer:?}")
    };
    let set: Vec<_> = set
        .iter()
        .map(|(key, value)| format!("{key}={}", value.to_json()))
        .collect();
    assert_eq!(set, ["displayName=\"Jane Roe\"", "extension_Age=41", "jobTitle=\"\""]);
}

#[test]
fn claims_can_be_changed_often_but_not_for_ever() {
    let mut request = pending();
    let mut changes = 0;
    for n in 0..200 {
        let submission = with_claims(jane(hold()), &format!(r#"{{"email":"jane@example.com","city":"{n}"}}"#));
        let (answer, transition) = submit(Some(&request), &[], &submission, at(DAY), &terms());
        assert_eq!(answer, Answer::Notice(Notice::Pending));
        if let Some(transition) = transition {
            request = transition.request;
            changes += 1;
        }
    }
    assert_eq!(changes, 50);
    assert!(
        request.recent.len() <= 16,
        "what is remembered for late retries is bounded too"
    );
}

#[test]
fn another_identity_or_app_is_news_to_reviewers() {
    let request = pending();
    let other_app = Submission {
        app: Some("2f1c".into()),
        changes: changes(r#"{"displayName":"J. Roe"}"#),
        ..jane(hold())
    };
    let mut other_identity = jane(hold());
    other_identity.identities.push(Identity {
        sign_in_type: Some("emailAddress".into()),
        issuer: Some("contoso.com".into()),
        issuer_assigned_id: Some("jane@contoso.com".into()),
    });
    for submission in [other_app, other_identity] {
        let (_, transition) = submit(Some(&request), &[], &submission, at(DAY), &terms());
        let updated = transition.unwrap().request;
        assert_eq!(
            (&updated.app, &updated.identities),
            (&submission.app, &submission.identities)
        );
        assert_eq!(updated.reviewed.canonical(), submission.reviewed.canonical());
        assert_eq!(updated.changes, submission.changes);
    }
}

#[test]
fn reviewed_claims_go_out_under_the_keys_of_the_day() {
    let app_id = "extension_0123456789abcdef0123456789abcdef_Tier";
    let first = format!(r#"{{"email":"jane@example.com","lastName":"Roe","{app_id}":"gold"}}"#);
    let (_, transition) = submit(None, &[], &with_claims(jane(hold()), &first), START, &terms());
    let approved = decided(Ruling::Approve, &transition.unwrap().request, START).request;
    let now = r#"{"email":"jane@example.com","surname":"Other","extension_Tier":"silver","city":"unseen"}"#;
    let now = with_claims(jane(hold()), now);
    let (answer, transition) = submit(Some(&approved), &[], &now, START, &terms());
    let wanted = changes(r#"{"surname":"Roe","extension_Tier":"gold"}"#);
    let same = |answer: &Answer| {
        let Answer::Continue(given) = answer else {
            panic!("{answer:?}")
        };
        let given: Vec<_> = given.iter().filter(|(key, _)| *key != "city").collect();
        assert_eq!(given, wanted.iter().collect::<Vec<_>>());
    };
    same(&answer);
    let Answer::Continue(given) = &answer else {
        panic!("{answer:?}")
    };
    assert_eq!(given.get("city"), Some(&claims::Value::blank()));
    same(&submit(Some(&transition.unwrap().request), &[], &now, START, &terms()).0);
}

#[test]
fn the_same_answer_within_the_hour_is_for_the_same_address_only() {
    let admitted = second_step(&approved(), hold(), 2 * DAY).1.unwrap().request;
    let other = with_claims(
        jane(hold()),
        r#"{"email":"jane2@example.com","displayName":"Jane Roe"}"#,
    );
    let answer = submit(Some(&admitted), &[], &other, at(2 * DAY), &terms());
    assert_eq!(notice(answer), (Notice::OtherAddress, false));
}
