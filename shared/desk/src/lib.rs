//! Where requests are read and changed by everybody but the applicant: reviewers, operators and time.
//!
//! The rules are those of `approvals`, which knows no store. Here is the way of a change into one: the request is read,
//! somebody vouches for it, the rule says what changes, and it is committed on the condition that the request still is as it
//! was read. Whoever loses a race reads again, until there is nothing left to do.

mod file;
mod forget;

use std::sync::Arc;

use approvals::{AuditKey, Decide, Decided, Decider, Refusal, Terms};
use store::{Asked, Clock, Commit, Committed, Event, Keys, Request, RequestId, Snapshot, Store, StoreError, Timestamp};

pub use file::{Decision, File};
pub use forget::Forgotten;

/// How often a change that lost a race is tried again. Nearly every race is lost to something after which there is nothing
/// left to do; only an applicant who keeps changing claims gets further.
const MOST_RACES: usize = 20;

/// Where requests are read and changed.
#[derive(Clone)]
pub struct Desk {
    /// Where they are kept.
    pub store: Arc<dyn Store>,
    /// What the policy says about approvals.
    pub terms: Terms,
    /// What proves their histories.
    pub audit: AuditKey,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What happened to the request, in order: by the change, or by the time that was over before it came.
    pub events: Vec<Event>,
    /// Why the change itself changed nothing; nothing if it was made, or was there before.
    pub refused: Option<Refusal>,
}

impl Done {
    /// Whether it is the change that was asked for that happened.
    pub fn applied(&self) -> bool {
        self.refused.is_none() && !self.events.is_empty()
    }
}

/// Why nothing came of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// There is no such request.
    Unknown,
    /// The applicant changed the request after it was seen.
    Changed,
    /// The request went on to others after it was seen.
    Moved,
    /// Somebody changed the request in the store behind our back, or the audit key is another one: nobody acts on it.
    NotAsWritten,
    /// The system has no random numbers.
    NoRandom,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> NotDone {
        NotDone::Store(error)
    }
}

impl Desk {
    /// A request and what happened to it.
    ///
    /// # Errors
    /// [`NotDone::Unknown`], [`NotDone::Store`].
    pub async fn read(&self, id: &RequestId) -> Result<File, NotDone> {
        let request = self.store.request(id).await?.ok_or(NotDone::Unknown)?;
        let mut history = self.store.history(id).await?;
        // What happened between the two reads would contradict the state shown.
        history.retain(|entry| entry.version <= request.version);
        let as_written = Some(self.audit.vouches_for(&request));
        Ok(File {
            request,
            history,
            as_written,
        })
    }

    /// Somebody decides. `seen` is the version that they looked at, where they say so. The first outcome stands: whoever comes
    /// second changes nothing and is [refused](Done::refused).
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn decide(&self, id: &RequestId, decision: &Decide, seen: Option<u64>) -> Result<Done, NotDone> {
        let rule = |request: &Request, now| approvals::decide(request, decision, now, &self.terms);
        self.change(id, seen, rule).await
    }

    /// Somebody has others asked.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn reassign(
        &self,
        id: &RequestId,
        to: &Asked,
        by: &Decider,
        reason: Option<&str>,
        seen: Option<u64>,
    ) -> Result<Done, NotDone> {
        let rule = |request: &Request, now| approvals::reassign(request, to, by, reason, now, &self.terms);
        self.change(id, seen, rule).await
    }

    /// A rule that came after a request turns its applicant away. `by` had it applied.
    ///
    /// # Errors
    /// [`NotDone`]; [`NotDone::Changed`] unless the request has the version that the rule saw.
    pub async fn refuse(&self, id: &RequestId, rule: &str, by: &str, seen: u64) -> Result<Done, NotDone> {
        let refuse = |request: &Request, now| approvals::refuse(request, rule, by, now, &self.terms);
        self.change(id, Some(seen), refuse).await
    }

    /// What time changes next, if anything is due.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn tick(&self, id: &RequestId) -> Result<Done, NotDone> {
        let rule = |request: &Request, now| Decided {
            transition: approvals::tick(request, now, &self.terms),
            refused: None,
        };
        self.change(id, None, rule).await
    }

    /// Makes a change, again whenever a race was lost.
    async fn change(
        &self,
        id: &RequestId,
        seen: Option<u64>,
        rule: impl Fn(&Request, Timestamp) -> Decided,
    ) -> Result<Done, NotDone> {
        let seal = self.audit.seal().map_err(|_| NotDone::NoRandom)?;
        for _ in 0..MOST_RACES {
            let request = self.store.request(id).await?.ok_or(NotDone::Unknown)?;
            if !seal.vouches_for(&request) {
                return Err(NotDone::NotAsWritten);
            }
            let Decided { transition, refused } = rule(&request, self.clock.now());
            let Some(transition) = transition else {
                // Who is not asked any more is to learn why.
                if let Some(seen) = seen.filter(|_| refused == Some(Refusal::NotAsked)) {
                    self.unchanged_since(&request, seen).await?;
                }
                let events = Vec::new();
                return Ok(Done { events, refused });
            };
            if let Some(seen) = seen.filter(|seen| refused.is_none() && *seen != request.version) {
                self.unchanged_since(&request, seen).await?;
            }
            let events = transition.entries.iter().map(|entry| entry.event.clone()).collect();
            // The denials, and proof that this is still the applicant's latest request: no other can change.
            let Snapshot {
                request: latest,
                denials,
                ..
            } = self.store.look_up(&keys(&request)).await?;
            if latest.as_ref() != Some(&request) {
                continue;
            }
            if self.commit(&transition.commit(None, &denials, &seal)).await? {
                return Ok(Done { events, refused });
            }
        }
        Err(StoreError::Busy(format!("lost {MOST_RACES} races for the same request")).into())
    }

    async fn commit(&self, commit: &Commit) -> Result<bool, StoreError> {
        Ok(self.store.commit(commit).await? == Committed::Applied)
    }

    /// Others' votes and reminders are no news to a decision. What the applicant changed is, and who is asked now.
    async fn unchanged_since(&self, request: &Request, seen: u64) -> Result<(), NotDone> {
        let history = self.store.history(&request.id).await?;
        let since: Vec<_> = history.iter().filter(|entry| entry.version > seen).collect();
        let any = |is: fn(&Event) -> bool| since.iter().any(|entry| is(&entry.event));
        if seen > request.version || any(|event| matches!(event, Event::Opened | Event::Updated)) {
            return Err(NotDone::Changed);
        }
        let moved = |event: &Event| {
            matches!(
                event,
                Event::Passed { .. } | Event::Escalated { .. } | Event::Reassigned { .. }
            )
        };
        match any(moved) {
            true => Err(NotDone::Moved),
            false => Ok(()),
        }
    }
}

fn keys(request: &Request) -> Keys {
    Keys {
        applicant: Some(request.id.applicant),
        addresses: request.addresses.clone(),
        call: None,
    }
}
