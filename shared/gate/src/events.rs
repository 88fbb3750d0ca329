//! What rules want said about a call, into the outbox: once for each call and answer.

use claims::{ApplicantKey, CallKey, Decision, Hash, SignUp};
use policy::{Came, Verdict};
use store::{
    CallRecord, Commit, Committed, Effect, EntryId, Keys, Left, OutboxEntry, Receiver, Request, RequestId, Snapshot,
    Store, StoreError, Timestamp, Write,
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
}

impl Ruled<'_> {
    /// Whether any answer at all is told.
    pub(crate) fn is_to_be_told(&self) -> bool {
        !self.verdict.events.is_empty()
    }

    /// Says the events of a call that looks at nobody's request.
    pub(crate) async fn alone(&self, decision: &Decision) -> Result<(), StoreError> {
        let Some(store) = self.parts.store.as_ref().filter(|_| self.is_told(decision)) else {
            return Ok(());
        };
        let keys = Keys {
            call: Some(self.call_key),
            ..Keys::default()
        };
        for _ in 0..MOST_RACES {
            let snapshot = store.look_up(&keys).await?;
            if self.beside(&snapshot, decision, store.as_ref()).await? {
                return Ok(());
            }
        }
        Err(lost())
    }

    /// Says the events of a call that changes no request; false if somebody else said something about the same call.
    pub(crate) async fn beside(
        &self,
        snapshot: &Snapshot,
        decision: &Decision,
        store: &dyn Store,
    ) -> Result<bool, StoreError> {
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
        if before.is_some_and(|call| now < call.until() && call.answer == *decision && call.left == left) {
            return Ok(true);
        }
        let record = CallRecord {
            key: self.call_key,
            at: now,
            answer: decision.clone(),
            left,
        };
        let replaces = before.map(|call| call.at);
        let mut writes = self.writes(self.came(decision), about, now);
        writes.push(Write::Call { record, replaces });
        match store.commit(&Commit { writes }).await {
            Ok(committed) => Ok(committed == Committed::Applied),
            // Too many at the same rows: one of them is writing the answer.
            Err(StoreError::Busy(_)) => Ok(false),
            Err(error) => Err(error),
        }
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

    fn is_told(&self, decision: &Decision) -> bool {
        let came = self.came(decision);
        self.verdict.events.iter().any(|event| event.is_said(came))
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

/// A call that others were always faster than.
pub(crate) fn lost() -> StoreError {
    StoreError::Busy(format!("lost {MOST_RACES} races for the same rows"))
}
