//! Somebody who has read and worked out what to write, and has not written it yet.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, RwLock},
};

use approvals::{Answer, Notice, Refusal};
use claims::Decision;
use store::{Request, StateName, Timestamp, Write};

use crate::{
    cast::Cast,
    errand::Errand,
    promises::{Broken, Promise},
    rules::Rules,
    table::{Row, Snapshot},
};

/// A request is not reminded of, escalated and passed on more often than this.
const MOST_TICKS: usize = 20;

/// What somebody is about: the errand, what they have read and when, and what that comes to.
#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) errand: Errand,
    pub(crate) snapshot: Snapshot,
    /// When it was worked out.
    pub(crate) at: Timestamp,
    fingerprint: u64,
    /// What is to be written, if anything is.
    pub(crate) writes: Option<Vec<Row>>,
    /// What an applicant is answered.
    pub(crate) answer: Option<Decision>,
    /// Why a decision changes nothing.
    pub(crate) refused: Option<Refusal>,
    /// What is wrong with what was worked out, if it is written.
    pub(crate) broken: Broken,
}

impl Flight {
    fn new(
        errand: Errand,
        snapshot: Snapshot,
        now: Timestamp,
        fingerprint: u64,
        cast: &Cast,
        rules: &impl Rules,
    ) -> Self {
        let outcome = errand.outcome(&snapshot, now, cast, rules);
        let mut broken = Broken::default();
        broken.expect(steps_agree(errand, &snapshot, now, cast, rules), Promise::StepsAgree);
        let writes = outcome.commit.map(Row::all);
        let requests = writes.iter().flatten().filter_map(|row| match &row.write {
            Write::Request { request, .. } => Some(request),
            _ => None,
        });
        for request in requests {
            broken.expect(ends(request, cast, rules), Promise::ItEnds);
        }
        Flight {
            errand,
            snapshot,
            at: now,
            fingerprint,
            writes,
            answer: outcome.answer,
            refused: outcome.refused,
            broken,
        }
    }

    /// Equal flights have the same.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}

impl PartialEq for Flight {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Eq for Flight {}

impl Hash for Flight {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.fingerprint.hash(hasher);
    }
}

/// What was worked out before: the functions are pure, and the same rows are met in many states.
#[derive(Default)]
pub(crate) struct WorkedOut(RwLock<HashMap<u64, Arc<Flight>>>);

impl WorkedOut {
    /// What an errand comes to, by what was read and at this time.
    pub(crate) fn flight(
        &self,
        errand: Errand,
        snapshot: Snapshot,
        now: Timestamp,
        cast: &Cast,
        rules: &impl Rules,
    ) -> Arc<Flight> {
        let mut hasher = DefaultHasher::new();
        (errand, &snapshot, now).hash(&mut hasher);
        let key = hasher.finish();
        if let Some(known) = self.0.read().unwrap().get(&key) {
            return known.clone();
        }
        let flight = Arc::new(Flight::new(errand, snapshot, now, key, cast, rules));
        self.0.write().unwrap().entry(key).or_insert(flight).clone()
    }
}

/// The first step says what the second will, wherever it says anything.
fn steps_agree(errand: Errand, snapshot: &Snapshot, now: Timestamp, cast: &Cast, rules: &impl Rules) -> bool {
    let Errand::Submit { who, version } = errand else {
        return true;
    };
    let (request, denials) = (snapshot.request.as_deref(), snapshot.denials());
    let first = rules.check(request, &denials, now, &cast.terms);
    let (second, _) = rules.submit(request, &denials, &cast.submissions[who][version], now, &cast.terms);
    match (first, second) {
        (Some(first), Answer::Notice(second)) => first == second,
        (Some(_), Answer::Continue(_) | Answer::Correct) => false,
        (None, Answer::Notice(second)) => matches!(second, Notice::Waiting | Notice::OtherAddress),
        (None, Answer::Continue(_) | Answer::Correct) => true,
    }
}

/// Whether the clock alone ends a request, if nobody does anything any more.
fn ends(request: &Request, cast: &Cast, rules: &impl Rules) -> bool {
    let mut request = request.clone();
    let mut now = request.changed_at;
    for _ in 0..MOST_TICKS {
        let Some(due) = request.due() else {
            return !matches!(request.state.name(), StateName::Pending | StateName::Approved);
        };
        now = now.max(due);
        match rules.tick(&request, now, &cast.terms) {
            Some(transition) => request = transition.request,
            None => return false,
        }
    }
    false
}
