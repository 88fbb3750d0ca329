//! What stays of a request when its applicant is forgotten.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::time::Duration;

use approvals::{
    AuditKey, Decide, Decider, Held, Ruling, Submission, Terms, Transition, Wish, decide, forget, submit, verify,
};
use claims::{Changes, Claims, Hash, Identity, Locales, Value};
use store::{Actor, Commit, Effect, HistoryEntry, News, Plan, Request, Stage, StateName, TimeOut, Timestamp, Write};

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn what_is_personal_goes_and_the_fact_stays() {
    let pending = opened(Plan::anybody());
    assert_eq!(pending.0.dropped, ["extension_token"]);
    let forgotten = forget(&pending.0, "ops", at(1), &terms()).unwrap();
    let request = forgotten.request.clone();
    let row = serde_json::to_string(&request).unwrap();
    assert!(
        !row.contains("dropped"),
        "as a row was written before there was such a field: {row}"
    );
    assert_eq!((request.id, request.rule), (pending.0.id, pending.0.rule.clone()));
    assert_eq!((request.opened_at, request.version), (START, 3));
    assert_eq!(request.received, Claims::default());
    assert_eq!(request.reviewed, Claims::default());
    assert_eq!(request.changes, Changes::none());
    assert_eq!((request.identities.len(), request.addresses.len()), (0, 0));
    assert_eq!(
        (request.recent.len(), request.app, request.locales),
        (0, None, Locales::default())
    );
    assert_eq!(
        forget(&forgotten.request, "ops", at(2), &terms()),
        None,
        "once is enough"
    );
}

#[test]
fn what_waits_or_may_be_used_is_withdrawn_first() {
    let pending = opened(Plan::anybody());
    let (approved, _) = ruled(&pending, Ruling::Approve);
    let (denied, _) = ruled(&pending, Ruling::Deny);
    for (request, state, events) in [
        (&pending.0, StateName::Withdrawn, ["withdrawn", "forgotten"].as_slice()),
        (&approved, StateName::Withdrawn, &["withdrawn", "forgotten"]),
        (&denied, StateName::Denied, &["forgotten"]),
    ] {
        let forgotten = forget(request, "ops", at(1), &terms()).unwrap();
        assert_eq!(forgotten.request.state.name(), state);
        let came: Vec<_> = forgotten.entries.iter().map(|entry| entry.event.name()).collect();
        assert_eq!(came, events);
        let by = Actor::Override("ops".to_owned());
        assert!(forgotten.entries.iter().all(|entry| entry.by == by));
        assert!(forgotten.entries.iter().all(|entry| entry.submitted.is_none()));
    }
}

#[test]
fn time_that_is_over_ends_it_as_it_said() {
    let plan = Plan {
        stages: vec![Stage {
            lasts: DAY,
            then: TimeOut::Deny,
            ..Plan::anybody().stages.remove(0)
        }],
        ..Plan::anybody()
    };
    let pending = opened(plan);
    let forgotten = forget(&pending.0, "ops", at(2), &terms()).unwrap();
    assert_eq!(forgotten.request.state.name(), StateName::Denied);
    let commit = committed(forgotten);
    let denials = commit
        .writes
        .iter()
        .filter(|write| matches!(write, Write::Denial { .. }));
    assert_eq!(denials.count(), 1, "the address is turned away all the same");
    assert!(mails(&commit).is_empty(), "nobody is told");
}

#[test]
fn nothing_follows_but_a_count() {
    let pending = opened(Plan::anybody());
    let commit = committed(forget(&pending.0, "ops", at(1), &terms()).unwrap());
    assert!(commit.check().is_ok());
    let effects = commit.writes.iter().filter_map(|write| match write {
        Write::Effect { entry, .. } => Some(entry.effect.clone()),
        _ => None,
    });
    let effects: Vec<_> = effects.collect();
    assert!(
        matches!(&effects[..], [Effect::Count { to, .. }] if to.state == StateName::Withdrawn),
        "{effects:?}"
    );
}

#[test]
fn a_history_verifies_before_its_claims_are_gone_and_afterwards() {
    let pending = opened(Plan::anybody());
    let (request, mut history) = after(&pending, committed(forget(&pending.0, "ops", at(1), &terms()).unwrap()));
    assert!(history[0].kept.is_some());
    assert_eq!(verify(&key(), &request, &history), []);
    history[0].kept = None;
    assert_eq!(verify(&key(), &request, &history), []);
    // Claims that somebody puts back into the row are no part of it.
    let put_back = Request {
        received: pending.0.received,
        ..request
    };
    assert_eq!(verify(&key(), &put_back, &history), [approvals::Fault::Request]);
}

#[test]
fn one_that_is_archived_changes_where_it_is() {
    let (denied, history) = ruled(&opened(Plan::anybody()), Ruling::Deny);
    let forgotten = forget(&denied, "ops", at(1), &terms()).unwrap();
    let commit = forgotten.commit_to_archive(&key().seal().unwrap());
    let [
        Write::Archive {
            request,
            replaces: Some(2),
        },
        Write::History(entry),
    ] = &commit.writes[..]
    else {
        panic!("{:?}", commit.writes.len());
    };
    let all: Vec<_> = history.into_iter().chain([(**entry).clone()]).collect();
    assert_eq!(verify(&key(), request, &all), []);
}

type File = (Request, Vec<HistoryEntry>);

fn opened(plan: Plan) -> File {
    let claims = Claims::from_iter([("email".to_owned(), Value::Text("jane@example.com".to_owned()))]);
    let received = [("extension_token".to_owned(), Value::Text("t-1".to_owned()))];
    let received = claims
        .iter()
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .chain(received);
    let submission = Submission {
        applicant: Hash::of(&["jane"]),
        proven: true,
        kept: claims.clone(),
        received: received.collect(),
        reviewed: claims,
        changes: Changes::none(),
        identities: vec![Identity {
            sign_in_type: None,
            issuer: Some("mail".to_owned()),
            issuer_assigned_id: Some("jane@example.com".to_owned()),
        }],
        app: Some("app".to_owned()),
        locales: Locales::default(),
        addresses: vec![Hash::of_address("jane@example.com")],
        invitation: None,
        wish: Wish::Hold(Held { route: None, plan }),
        rule: "hold".to_owned(),
    };
    let opened = submit(None, &[], &submission, START, &terms()).1.unwrap();
    let commit = committed(opened);
    let nothing = (request_of(&commit), Vec::new());
    after(&nothing, commit)
}

fn ruled(file: &File, ruling: Ruling) -> File {
    let by = Decider::Override("ops".to_owned());
    let decided = decide(&file.0, &Decide::new(ruling, by), START, &terms());
    after(file, committed(decided.transition.unwrap()))
}

fn after(file: &File, commit: Commit) -> File {
    let request = request_of(&commit);
    let mut history = file.1.clone();
    history.extend(commit.writes.into_iter().filter_map(|write| match write {
        Write::History(entry) => Some(*entry),
        _ => None,
    }));
    (request, history)
}

fn request_of(commit: &Commit) -> Request {
    let request = commit.writes.iter().find_map(|write| match write {
        Write::Request { request, .. } => Some((**request).clone()),
        _ => None,
    });
    request.unwrap()
}

fn mails(commit: &Commit) -> Vec<&Write> {
    let is_mail =
        |write: &&Write| matches!(write, Write::Effect { entry, .. } if !matches!(entry.effect, Effect::Count { .. }));
    commit.writes.iter().filter(is_mail).collect()
}

fn committed(transition: Transition) -> Commit {
    transition.commit(None, &[], &key().seal().unwrap())
}

fn terms() -> Terms {
    Terms {
        tell_applicants: News::ALL.to_vec(),
        ..Terms::default()
    }
}

fn at(days: u32) -> Timestamp {
    START.plus(days * DAY)
}

fn key() -> AuditKey {
    AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
}
