//! Histories that prove themselves: what was altered, left out or cut off is found.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::time::Duration;

use approvals::{
    AuditKey, Decide, Decider, Fault, Held, Reviewer, Ruling, Submission, Terms, Transition, Wish, decide, submit,
    verify,
};
use claims::{Changes, Claims, Hash, Locales, Value};
use store::{AccountBy, Actor, Event, HistoryEntry, Request, Review, State, TimeOut, Timestamp, Write};

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn key() -> AuditKey {
    AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
}

fn jane(city: &str) -> Submission {
    let claims = Claims::from_iter([("city".to_owned(), Value::Text(city.to_owned()))]);
    Submission {
        applicant: Hash::of(&["jane"]),
        proven: true,
        kept: claims.clone(),
        received: claims.clone(),
        reviewed: claims,
        changes: Changes::none(),
        identities: Vec::new(),
        app: None,
        locales: Locales::default(),
        addresses: Vec::new(),
        invitation: None,
        wish: Wish::Hold(Held::by_anybody()),
        rule: "hold".to_owned(),
    }
}

/// What a store keeps of one applicant.
#[derive(Clone, Default)]
struct Kept {
    latest: Option<Request>,
    archived: Vec<Request>,
    history: Vec<HistoryEntry>,
}

impl Kept {
    fn commit(&mut self, transition: Transition) {
        for write in transition.commit(None, &[], &key().seal().unwrap()).writes {
            match write {
                Write::Request { request, .. } => self.latest = Some(*request),
                Write::Archive { request, .. } => self.archived.push(*request),
                Write::History(entry) => self.history.push(*entry),
                _ => {}
            }
        }
    }

    fn submit(&mut self, city: &str, after: u64) {
        let now = START.plus(Duration::from_secs(after));
        let (_, changed) = submit(self.latest.as_ref(), &[], &jane(city), now, &Terms::default());
        self.commit(changed.unwrap());
    }

    fn decide(&mut self, ruling: Ruling, after: u64) {
        let rita = Decider::Reviewer(Reviewer::named("rita", Vec::new()));
        let now = START.plus(Duration::from_secs(after));
        let request = self.latest.clone().unwrap();
        let decided = decide(&request, &Decide::new(ruling, rita), now, &Terms::default());
        self.commit(decided.transition.unwrap());
    }

    fn of(&self, round: u32) -> (Request, Vec<HistoryEntry>) {
        let all = self.archived.iter().chain(&self.latest);
        let request = all.clone().find(|request| request.id.round == round).unwrap().clone();
        let history = self.history.iter().filter(|entry| entry.request == request.id);
        let history = history.cloned().collect();
        (request, history)
    }
}

/// Opened, changed and withdrawn; then opened again and approved.
fn story() -> Kept {
    let mut kept = Kept::default();
    kept.submit("Wien", 0);
    kept.submit("Graz", 100);
    kept.decide(Ruling::Withdraw, 200);
    kept.submit("Linz", 300);
    kept.decide(Ruling::Approve, 400);
    kept
}

#[test]
fn what_was_written_is_found_as_it_was() {
    let kept = story();
    for (round, entries) in [(1, 3), (2, 2)] {
        let (request, history) = kept.of(round);
        assert_eq!(history.len(), entries);
        assert_eq!(verify(&key(), &request, &history), []);
        assert_eq!(request.head, Some(history[entries - 1].mac));
    }
}

#[test]
fn a_request_that_time_ended_is_archived_with_its_own_chain() {
    let mut kept = Kept::default();
    kept.submit("Wien", 0);
    kept.submit("Graz", 91 * 24 * 60 * 60);
    let (first, history) = kept.of(1);
    assert!(matches!(first.state, State::Expired { .. }));
    assert_eq!(history.last().unwrap().event, Event::Expired);
    assert_eq!(verify(&key(), &first, &history), []);
    let (second, history) = kept.of(2);
    assert_eq!(verify(&key(), &second, &history), []);
}

#[test]
fn whatever_is_altered_in_an_entry_is_found() {
    let (request, history) = story().of(1);
    let changes: [fn(&mut HistoryEntry); 6] = [
        |entry| entry.at = entry.at.plus(Duration::from_millis(1)),
        |entry| entry.by = Actor::Reviewer("eve".to_owned()),
        |entry| entry.from = Some(store::StateName::Approved),
        |entry| entry.event = Event::Admitted,
        |entry| entry.mac = Hash::of(&["forged"]),
        |entry| entry.request.round += 1,
    ];
    for place in 1..history.len() {
        for (n, change) in changes.iter().enumerate() {
            let mut altered = history.clone();
            change(&mut altered[place]);
            let faults = verify(&key(), &request, &altered);
            assert!(
                faults.contains(&Fault::Altered(altered[place].version)),
                "{place} {n}: {faults:?}"
            );
        }
    }
}

#[test]
fn entries_that_are_left_out_or_cut_off_are_found() {
    let (request, history) = story().of(1);
    let without = |place: usize| {
        let mut history = history.clone();
        history.remove(place);
        verify(&key(), &request, &history)
    };
    assert!(without(0).contains(&Fault::Missing(1)), "{:?}", without(0));
    assert!(without(1).contains(&Fault::Missing(2)), "{:?}", without(1));
    assert_eq!(without(2), [Fault::Truncated]);
    assert_eq!(verify(&key(), &request, &[]), [Fault::Truncated]);
}

#[test]
fn a_history_of_somebody_else_s_making_is_found() {
    let (request, mut history) = story().of(1);
    let other = AuditKey::parse(&"fedcba9876543210".repeat(4)).unwrap();
    assert!(verify(&other, &request, &history).contains(&Fault::Altered(1)));
    // Its entries in another order of time are none either.
    history.swap(1, 2);
    assert!(!verify(&key(), &request, &history).is_empty());
}

#[test]
fn claims_that_are_not_those_that_came_are_found() {
    let (request, history) = story().of(1);
    let forged = Claims::from_iter([("city".to_owned(), Value::Text("Rom".to_owned()))]);
    let mut altered = history.clone();
    altered[1].kept.as_mut().unwrap().reviewed = forged.clone();
    assert!(verify(&key(), &request, &altered).contains(&Fault::Claims(2)));
    let promoted = Request {
        reviewed: forged,
        ..request.clone()
    };
    assert_eq!(verify(&key(), &promoted, &history), [Fault::Request]);
    let admitted = Request {
        state: State::Admitted { at: START },
        ..request
    };
    assert_eq!(verify(&key(), &admitted, &history), [Fault::Request]);
}

#[test]
fn claims_that_nobody_forgot_are_missed() {
    let (request, mut history) = story().of(1);
    let commitments: Vec<_> = history.iter().map(|entry| entry.commitment).collect();
    assert!(commitments[0].is_some() && commitments[0] != commitments[1]);
    history.iter_mut().for_each(|entry| entry.kept = None);
    assert_eq!(verify(&key(), &request, &history), [Fault::Claims(1), Fault::Claims(2)]);
}

#[test]
fn nobody_vouches_for_a_row_that_was_written_behind_our_back() {
    let mut kept = Kept::default();
    kept.submit("Wien", 0);
    let pending = kept.latest.clone().unwrap();
    assert!(key().vouches_for(&pending));
    let other = AuditKey::parse(&"fedcba9876543210".repeat(4)).unwrap();
    assert!(!other.vouches_for(&pending));
    let review = |change: fn(&mut Review)| {
        let mut review = pending.review().unwrap().clone();
        change(&mut review);
        State::Pending(Box::new(review))
    };
    let mut role = Changes::none();
    role.set("extension_Role", Value::Text("admin".to_owned()));
    for forged in [
        Request {
            state: State::Admitted { at: START },
            ..pending.clone()
        },
        Request {
            state: review(|review| review.plan.stages[0].then = TimeOut::Approve),
            ..pending.clone()
        },
        Request {
            state: review(|review| review.stage = 1),
            ..pending.clone()
        },
        Request {
            changes: role,
            ..pending.clone()
        },
        Request {
            proven: false,
            ..pending.clone()
        },
        Request {
            addresses: vec![Hash::of(&["a"])],
            ..pending.clone()
        },
        Request {
            version: 7,
            ..pending.clone()
        },
        Request {
            proof: None,
            ..pending.clone()
        },
    ] {
        assert!(!key().vouches_for(&forged), "{forged:?}");
        assert!(!verify(&key(), &forged, &kept.history).is_empty(), "{forged:?}");
    }
}

/// What comes after it makes no truth of a forged row: the history says from which state to which it went.
#[test]
fn a_forged_state_is_found_behind_what_came_afterwards() {
    let mut kept = Kept::default();
    kept.submit("Wien", 0);
    let approved = State::Approved {
        at: START,
        by: Actor::Reviewer("rita".to_owned()),
        reason: None,
        until: START.plus(Duration::from_secs(1_000_000)),
        account: AccountBy::Flow,
    };
    kept.latest.as_mut().unwrap().state = approved;
    kept.submit("Wien", 100);
    let (request, history) = kept.of(1);
    assert!(
        matches!(request.state, State::Admitted { .. }),
        "nobody asked whether the row is as it was written"
    );
    assert_eq!(verify(&key(), &request, &history), [Fault::Altered(2)]);
}

#[test]
fn the_same_claims_have_another_proof_each_time() {
    let (mut one, mut two) = (Kept::default(), Kept::default());
    one.submit("Wien", 0);
    two.submit("Wien", 0);
    assert_ne!(one.history[0].commitment, two.history[0].commitment);
}

#[test]
fn a_key_has_256_bits_that_nobody_made_up() {
    for text in [
        "",
        "abc",
        &"00".repeat(32),
        &"5e".repeat(32),
        &"0123456789abcdeg".repeat(4),
    ] {
        assert_eq!(AuditKey::parse(text), None, "{text}");
    }
    let text = "0123456789abcdef".repeat(4);
    assert_eq!(AuditKey::parse(&format!(" {text}\n")), AuditKey::parse(&text));
    assert_eq!(format!("{:?}", key()), "AuditKey(..)");
}

#[test]
fn an_entry_of_another_history_of_the_same_request_is_found() {
    let (mut one, mut two) = (Kept::default(), Kept::default());
    one.submit("Wien", 0);
    two.submit("Linz", 0);
    one.decide(Ruling::Approve, 100);
    two.decide(Ruling::Approve, 100);
    // Both are of version 2, and proved by the same key.
    let spliced = [one.history[0].clone(), two.history[1].clone()];
    assert!(verify(&key(), &one.of(1).0, &spliced).contains(&Fault::Altered(2)));
}

#[test]
fn claims_with_a_proof_of_their_own_are_found() {
    let (request, mut history) = story().of(1);
    let kept = history[1].kept.as_mut().unwrap();
    kept.reviewed = Claims::from_iter([("city".to_owned(), Value::Text("Rom".to_owned()))]);
    history[1].commitment = Some(kept.commitment());
    assert!(verify(&key(), &request, &history).contains(&Fault::Altered(2)));
}

#[test]
fn a_request_that_was_put_back_to_what_it_was_is_found() {
    let mut kept = Kept::default();
    kept.submit("Wien", 0);
    let before = kept.latest.clone().unwrap();
    kept.decide(Ruling::Deny, 100);
    assert!(key().vouches_for(&before));
    assert_eq!(verify(&key(), &before, &kept.history), [Fault::Request]);
}
