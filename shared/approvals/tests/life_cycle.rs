//! The life cycle, state by state and step by step, and what holds on every way through it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::time::Duration;

use approvals::{
    Answer, AuditKey, Decide, Decider, Held, MOST_ADDRESSES, Notice, Refusal, Reviewer, Ruling, Submission, Terms,
    Transition, Wish, check, decide, submit, turned_away,
};
use claims::{Changes, Claims, Hash, Identity};
use proptest::prelude::*;
use store::{Actor, Commit, Denial, Event, Request, State, StateName, Timestamp, Write};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn terms() -> Terms {
    Terms::default()
}

/// Any key.
fn audit_key() -> AuditKey {
    AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
}

/// Everybody waits for whoever reviews.
fn hold() -> Wish {
    Wish::Hold(Held::by_anybody())
}

fn at(after: Duration) -> Timestamp {
    START.plus(after)
}

fn claims(json: &str) -> Claims {
    claims::parse(claims::Step::PostAttributeCollection, json.as_bytes())
        .unwrap()
        .claims
}

fn changes(json: &str) -> Changes {
    let mut changes = Changes::none();
    claims(json)
        .iter()
        .for_each(|(key, value)| changes.set(key, value.clone()));
    changes
}

const JANE: &str = r#"{"email":"jane@example.com","displayName":"jane roe","extension_Age":41}"#;

/// Jane submits; the policy spells her name properly.
fn jane(wish: Wish) -> Submission {
    Submission {
        applicant: Hash::of(&["jane"]),
        proven: true,
        kept: claims(JANE),
        received: claims(JANE),
        reviewed: claims(&JANE.replace("jane roe", "Jane Roe")),
        changes: changes(r#"{"displayName":"Jane Roe"}"#),
        identities: vec![Identity {
            sign_in_type: None,
            issuer: Some("google.com".into()),
            issuer_assigned_id: Some("1".into()),
        }],
        app: None,
        locales: claims::Locales::default(),
        addresses: vec![Hash::of_address("jane@example.com")],
        wish,
        rule: "hold".into(),
    }
}

fn with_claims(submission: Submission, json: &str) -> Submission {
    Submission {
        kept: claims(json),
        received: claims(json),
        reviewed: claims(json),
        changes: Changes::none(),
        ..submission
    }
}

fn pending() -> Request {
    let (answer, transition) = submit(None, &[], &jane(hold()), START, &terms());
    assert_eq!(answer, Answer::Notice(Notice::Waiting));
    transition.unwrap().request
}

fn decided(ruling: Ruling, request: &Request, now: Timestamp) -> Transition {
    let by = Decide {
        reason: Some("known".into()),
        ..Decide::new(ruling, rita())
    };
    decide(request, &by, now, &terms()).transition.unwrap()
}

fn rita() -> Decider {
    Decider::Reviewer(Reviewer::named("rita", Vec::new()))
}

fn approved() -> Request {
    decided(Ruling::Approve, &pending(), at(DAY)).request
}

fn denied() -> Request {
    decided(Ruling::Deny, &pending(), at(DAY)).request
}

fn first_step(request: &Request, after: Duration) -> Option<Notice> {
    check(Some(request), &[], at(after), &terms())
}

fn second_step(request: &Request, wish: Wish, after: Duration) -> (Answer, Option<Transition>) {
    submit(Some(request), &[], &jane(wish), at(after), &terms())
}

fn notice(answer: (Answer, Option<Transition>)) -> (Notice, bool) {
    match answer {
        (Answer::Notice(notice), transition) => (notice, transition.is_some()),
        other => panic!("expected a notice: {other:?}"),
    }
}

fn denials(commit: &Commit) -> Vec<Denial> {
    let denial = |write: &Write| match write {
        Write::Denial { denial, .. } => Some(denial.clone()),
        _ => None,
    };
    commit.writes.iter().filter_map(denial).collect()
}

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
    assert!(matches!(updated.entries[0].event, Event::Updated { .. }));
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
            .any(|write| matches!(write, Write::Archive(old) if **old == request))
    );
    assert!(commit.writes.iter().any(
        |write| matches!(write, Write::Request { request: new, replaces: Some(2) }
        if new.id.round == 2 && new.version == 3)
    ));
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

/// What may happen to one applicant, in any order and at any pace.
#[derive(Clone, Debug)]
enum Step {
    Submit(Wish, u8),
    Decide(Ruling),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let wish = prop::sample::select(vec![Wish::Pass, Wish::Admit, hold(), Wish::Correct]);
    let ruling = prop::sample::select(vec![Ruling::Approve, Ruling::Deny, Ruling::Withdraw]);
    prop_oneof![
        (wish, 0_u8..3).prop_map(|(wish, claims)| Step::Submit(wish, claims)),
        ruling.prop_map(Step::Decide),
        prop::sample::select(vec![1, 59, 61, 3_599, 3_601, 2_591_999, 2_592_001]).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn every_way_through_keeps_the_promises(steps in prop::collection::vec(step(), 1..40)) {
        let (mut request, mut now): (Option<Request>, _) = (None, START);
        for step in steps {
            let before = request.clone();
            let transition = match step {
                Step::Wait(seconds) => { now = now.plus(Duration::from_secs(seconds)); None }
                Step::Submit(wish, claims) => {
                    let body = format!(r#"{{"email":"jane@example.com","city":"{claims}"}}"#);
                    let submission = with_claims(jane(wish.clone()), &body);
                    let (answer, transition) = submit(before.as_ref(), &[], &submission, now, &terms());
                    let next = transition.as_ref().map(|t| t.request.clone()).or(before.clone());
                    // The same call at the same moment changes nothing more; who was let in is let in again.
                    let (again, more) = submit(next.as_ref(), &[], &submission, now, &terms());
                    prop_assert_eq!(more, None);
                    prop_assert_eq!(matches!(again, Answer::Continue(_)), matches!(answer, Answer::Continue(_)));
                    if matches!(answer, Answer::Continue(_)) && !matches!(wish, Wish::Pass | Wish::Admit) {
                        prop_assert!(before.as_ref().is_some_and(|b| matches!(b.state.name(), StateName::Approved | StateName::Admitted)));
                    }
                    transition
                }
                Step::Decide(ruling) => before.as_ref().and_then(|request| {
                    decide(request, &Decide::new(ruling, rita()), now, &terms()).transition
                }),
            };
            if let Some(transition) = transition {
                let mut version = before.as_ref().map_or(0, |before| before.version);
                for entry in &transition.entries {
                    version += 1;
                    prop_assert_eq!(entry.version, version);
                }
                prop_assert_eq!(transition.request.version, version);
                if let Some(before) = &before {
                    let same_round = before.id == transition.request.id;
                    let ended = matches!(before.state.name(), StateName::Denied | StateName::Withdrawn | StateName::Admitted);
                    prop_assert!(!(ended && same_round), "what ended stays ended");
                }
                request = Some(transition.request);
            }
        }
    }
}
