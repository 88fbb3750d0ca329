//! What rules want said about a call, into the outbox: once for each call and answer.

use std::collections::BTreeSet;

use approvals::Invited;
use claims::{ApplicantKey, CallKey, Decision, Hash, SignUp};
use policy::{Came, Verdict};
use store::{
    CallRecord, Commit, Committed, Effect, EntryId, Keys, Left, Once, OutboxEntry, Receiver, Request, RequestId,
    Snapshot, Store, StoreError, Tally, Timestamp, Write,
};

use crate::Parts;

/// How often a call that lost a race asks again. Each time somebody else was first, so that one of n racing calls is
/// done after each round; the deadline ends it earlier.
pub(crate) const MOST_RACES: usize = 20;

/// A call on which the rules have spoken.
pub(crate) struct Ruled<'c> {
    pub(crate) parts: &'c Parts,
    pub(crate) sign_up: &'c SignUp,
    pub(crate) verdict: &'c Verdict<'c>,
    pub(crate) call_key: CallKey,
    /// The invitation that a rule accepted.
    pub(crate) invited: Option<Invited>,
}

/// Why a call has no decision.
pub(crate) enum Undecided {
    /// Somebody else took what a rule said was free: the rules are asked again.
    Overtaken,
    Failed(StoreError),
}

impl From<StoreError> for Undecided {
    fn from(error: StoreError) -> Undecided {
        Undecided::Failed(error)
    }
}

impl Ruled<'_> {
    /// Whether any answer at all is told, or counted.
    pub(crate) fn is_to_be_told(&self) -> bool {
        let verdict = self.verdict;
        !(verdict.events.is_empty() && verdict.counts.is_empty() && verdict.attempts.is_empty())
            || verdict.invitation.is_some()
    }

    /// Says the events of a call that looks at nobody's request, and counts it.
    pub(crate) async fn alone(&self, decision: &Decision, mut early: Option<Snapshot>) -> Result<(), Undecided> {
        let Some(store) = self.parts.store.as_ref().filter(|_| self.is_told(decision)) else {
            return Ok(());
        };
        let keys = Keys {
            call: Some(self.call_key),
            ..Keys::default()
        };
        for _ in 0..MOST_RACES {
            let snapshot = match early.take() {
                Some(snapshot) => snapshot,
                None => store.look_up(&keys).await?,
            };
            if self.beside(&snapshot, decision, store.as_ref()).await? {
                return Ok(());
            }
        }
        Err(lost().into())
    }

    /// Says the events of a call that changes no request, and counts it; false if somebody else said something about the
    /// same call.
    pub(crate) async fn beside(
        &self,
        snapshot: &Snapshot,
        decision: &Decision,
        store: &dyn Store,
    ) -> Result<bool, Undecided> {
        if !self.is_told(decision) {
            return Ok(true);
        }
        let now = self.parts.clock.now();
        let about = snapshot
            .request
            .as_ref()
            .map_or_else(|| self.nobodys(), |request| request.id);
        let left = snapshot.request.as_ref().and_then(|request| self.left(request));
        let before = snapshot.call.as_ref();
        let same = |call: &CallRecord| call.answer == *decision && call.left == left;
        if self.lately(before, now).is_some_and(same) {
            return Ok(true);
        }
        let came = self.came(decision);
        let record = CallRecord {
            key: self.call_key,
            at: now,
            answer: decision.clone(),
            left,
            once: self.once(came, before, now),
        };
        let replaces = before.map(|call| call.at);
        let mut writes = self.writes(came, about, now);
        writes.extend(self.attempts(before, now));
        writes.extend(self.counted(came, before, now));
        writes.extend(self.used_up(came, now));
        writes.push(Write::Call { record, replaces });
        match store.commit(&Commit { writes }).await {
            Ok(Committed::Applied) => Ok(true),
            Ok(Committed::Conflict) if self.invited.is_some() => Err(Undecided::Overtaken),
            // Too many at the same rows: one of them is writing the answer.
            Ok(Committed::Conflict) | Err(StoreError::Busy(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The wrong codes that the rules count. A call that tried them lately is not counted again.
    pub(crate) fn attempts(&self, before: Option<&CallRecord>, now: Timestamp) -> Vec<Write> {
        match self.lately(before, now) {
            Some(_) => Vec::new(),
            None => tallied(&self.verdict.attempts),
        }
    }

    /// What the rules count of whoever goes on or waits. A call that was counted lately is not counted again.
    pub(crate) fn counted(&self, came: Came, before: Option<&CallRecord>, now: Timestamp) -> Vec<Write> {
        match goes_on(came) && !self.was_counted(before, now) {
            true => tallied(&self.verdict.counts),
            false => Vec::new(),
        }
    }

    /// What the same call does not do again.
    pub(crate) fn once(&self, came: Came, before: Option<&CallRecord>, now: Timestamp) -> Once {
        Once {
            // Not where something failed; nor for people who cannot be told from one another.
            // Not what was wrong with a code: somebody may give it back, or make it.
            stands: self.verdict.failure.is_none()
                && self.verdict.refused.is_none()
                && self.parts.policy.remembers(self.sign_up.step)
                && ApplicantKey::of(self.sign_up).is_some(),
            counted: self.was_counted(before, now) || goes_on(came),
        }
    }

    fn was_counted(&self, before: Option<&CallRecord>, now: Timestamp) -> bool {
        self.lately(before, now).is_some_and(|call| call.once.counted)
    }

    /// What is known of the same call. People who cannot be told from one another make calls of their own.
    fn lately<'r>(&self, before: Option<&'r CallRecord>, now: Timestamp) -> Option<&'r CallRecord> {
        let somebody = ApplicantKey::of(self.sign_up).is_some();
        before.filter(|call| somebody && now < call.until())
    }

    /// What uses up the invitation of whoever goes on without a request that could hold it.
    fn used_up(&self, came: Came, now: Timestamp) -> Option<Write> {
        let applicant = ApplicantKey::of(self.sign_up)?;
        let invited = self.invited.as_ref().filter(|_| came == Came::Continue)?;
        invited.use_up(applicant.hash(), now)
    }

    /// The entries of the outbox for an answer.
    pub(crate) fn writes(&self, came: Came, about: RequestId, now: Timestamp) -> Vec<Write> {
        let said = self.verdict.events.iter().filter(|event| event.is_said(came));
        let write = |(index, event): (u64, &policy::Event<'_>)| {
            let effect = Effect::Publish {
                event: event.name.to_owned(),
                outcome: came.name().to_owned(),
                step: self.sign_up.step,
                claims: event.claims.clone(),
            };
            let id = EntryId::at(about.applicant, Receiver::Events, now, index);
            Write::Effect {
                entry: Box::new(OutboxEntry::new(id, about, effect, now)),
                replaces: None,
            }
        };
        (0..).zip(said).map(write).collect()
    }

    /// How the call leaves a request; nothing where something failed, so that the answer is never given again.
    pub(crate) fn left(&self, request: &Request) -> Option<Left> {
        self.verdict.failure.is_none().then_some(Left {
            request: request.id,
            version: request.version,
        })
    }

    /// What a decision is, as events tell it.
    pub(crate) fn came(&self, decision: &Decision) -> Came {
        match decision {
            Decision::Continue(_) => Came::Continue,
            Decision::Block(_) | Decision::AskAgain(_) if !self.sign_up.step.is_sign_up() => Came::Error,
            Decision::Block(_) => Came::Block,
            Decision::AskAgain(_) => Came::AskAgain,
        }
    }

    /// Whether an answer is told, or counted.
    fn is_told(&self, decision: &Decision) -> bool {
        let (came, verdict) = (self.came(decision), self.verdict);
        let counts = !verdict.counts.is_empty() && goes_on(came);
        let said = verdict.events.iter().any(|event| event.is_said(came));
        said || counts || !verdict.attempts.is_empty() || self.used_up(came, self.parts.clock.now()).is_some()
    }

    /// The first request of whoever calls without one, and perhaps without a name.
    fn nobodys(&self) -> RequestId {
        let applicant = ApplicantKey::of(self.sign_up).map(|key| key.hash());
        RequestId {
            applicant: applicant.unwrap_or_else(|| Hash::of(&["call", &self.call_key.to_string()])),
            round: 1,
        }
    }
}

/// Each once.
fn tallied(tallies: &[Tally]) -> Vec<Write> {
    let once: BTreeSet<_> = tallies.iter().collect();
    once.into_iter().cloned().map(Write::Tally).collect()
}

/// Whether whoever is answered so goes on, or waits.
fn goes_on(came: Came) -> bool {
    matches!(came, Came::Continue | Came::Hold)
}

/// A call that others were always faster than.
pub(crate) fn lost() -> StoreError {
    StoreError::Busy(format!("lost {MOST_RACES} races for the same rows"))
}
