//! One applicant's effects for one receiver, one after the other.

use std::{panic::AssertUnwindSafe, time::Duration};

use effects::{Attempt, Why};
use futures_util::FutureExt;
use store::{Commit, Committed, Lane, OutboxEntry, StoreError, Timestamp, Write};

use crate::{Delivered, Parts, Receive, Report, record};

/// How much longer than an attempt a lease lasts: the time to record what came of it.
pub(crate) const MARGIN: Duration = Duration::from_secs(30);

/// What is needed to work through lanes.
pub(crate) struct Work<'w> {
    pub(crate) parts: &'w Parts,
    pub(crate) receiver: &'w dyn Receive,
    pub(crate) until: Timestamp,
}

/// What was done in a lane.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) report: Report,
    /// Whether anything is different now.
    pub(crate) changed: bool,
}

impl Work<'_> {
    /// Delivers what is due in a lane, in order. What waits for an earlier effect waits as long as that one does.
    pub(crate) async fn through(
        self,
        lane: Lane,
        waiting: impl Iterator<Item = &OutboxEntry>,
    ) -> Result<Done, StoreError> {
        let mut done = Done::default();
        let Parts { outbox, clock, .. } = self.parts;
        while clock.now() < self.until {
            let Some(first) = outbox.first_in(&lane).await? else {
                break;
            };
            if first.due > clock.now() {
                let behind = waiting.filter(|entry| entry.id.number > first.id.number);
                done.changed |= self.postpone(behind, first.due).await?;
                break;
            }
            let Some(leased) = self.lease(first).await? else { break };
            done.changed = true;
            self.deliver(leased, &mut done.report).await?;
        }
        Ok(done)
    }

    /// Takes an entry for as long as an attempt may last; nothing if somebody else has it.
    async fn lease(&self, entry: OutboxEntry) -> Result<Option<OutboxEntry>, StoreError> {
        let lease = self.receiver.time_limit() + MARGIN;
        let leased = OutboxEntry {
            due: self.parts.clock.now().plus(lease),
            attempts: entry.attempts.saturating_add(1),
            revision: entry.revision + 1,
            ..entry
        };
        Ok(self.replace(&leased).await?.then_some(leased))
    }

    async fn deliver(&self, entry: OutboxEntry, report: &mut Report) -> Result<(), StoreError> {
        let attempt = match self.parts.store.request(&entry.request).await {
            Ok(Some(request)) => self.attempt(&entry, &request).await,
            Ok(None) => Attempt::Never {
                why: Why::new("the request is not in the store"),
            },
            // A row that cannot be read is this entry's trouble alone, and a person has to see it in the end.
            Err(StoreError::Broken(why)) => Attempt::Later {
                why: Why::new(why),
                after: None,
            },
            Err(error) => return Err(error),
        };
        match attempt {
            Attempt::Done(delivered) => {
                record::delivered(self.parts, &entry, delivered).await?;
                log(&entry, "delivered", None);
                report.delivered += 1;
            }
            Attempt::Later { why, after } => match self.parts.schedule.after(entry.attempts, after) {
                Some(wait) => {
                    log(&entry, "failed", Some(&why));
                    report.failed += 1;
                    self.retry(entry, wait, &why).await?;
                }
                None => self.park(entry, &why, report).await?,
            },
            Attempt::Never { why } => self.park(entry, &why, report).await?,
        }
        Ok(())
    }

    /// One attempt, within its time, whatever the receiver does.
    async fn attempt(&self, entry: &OutboxEntry, request: &store::Request) -> Attempt<Delivered> {
        let later = |why| Attempt::Later {
            why: Why::new(why),
            after: None,
        };
        let attempt = AssertUnwindSafe(self.receiver.deliver(entry, request)).catch_unwind();
        match tokio::time::timeout(self.receiver.time_limit(), attempt).await {
            Ok(Ok(attempt)) => attempt,
            Ok(Err(_panic)) => later("the receiver's code panicked"),
            Err(_) => later("the receiver took too long"),
        }
    }

    async fn retry(&self, entry: OutboxEntry, wait: Duration, why: &Why) -> Result<(), StoreError> {
        let due = self.parts.clock.now().plus(wait);
        self.give_back(entry, why, due, None).await
    }

    async fn park(&self, entry: OutboxEntry, why: &Why, report: &mut Report) -> Result<(), StoreError> {
        log(&entry, "parked", Some(why));
        report.parked += 1;
        let now = self.parts.clock.now();
        self.give_back(entry, why, now, Some(now)).await
    }

    async fn give_back(
        &self,
        entry: OutboxEntry,
        why: &Why,
        due: Timestamp,
        parked_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let changed = OutboxEntry {
            due,
            revision: entry.revision + 1,
            failure: Some(why.to_string()),
            parked_at,
            ..entry
        };
        // If it is somebody else's by now, the lease was over, and they decide.
        self.replace(&changed).await.map(drop)
    }

    async fn postpone<'e>(
        &self,
        entries: impl Iterator<Item = &'e OutboxEntry>,
        due: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut changed = false;
        for entry in entries {
            let later = OutboxEntry {
                due,
                revision: entry.revision + 1,
                ..entry.clone()
            };
            changed |= self.replace(&later).await?;
        }
        Ok(changed)
    }

    /// Puts an entry in the place of the revision before; false if that is not there any more.
    async fn replace(&self, entry: &OutboxEntry) -> Result<bool, StoreError> {
        let write = Write::Effect {
            entry: Box::new(entry.clone()),
            replaces: Some(entry.revision - 1),
        };
        let committed = self.parts.store.commit(&Commit { writes: vec![write] }).await?;
        Ok(committed == Committed::Applied)
    }
}

/// One line for each attempt; an alarm counts those that were given up.
fn log(entry: &OutboxEntry, outcome: &str, why: Option<&Why>) {
    let (effect, attempt) = (entry.effect.name(), entry.attempts);
    let (id, request) = (
        tracing::field::display(&entry.id),
        tracing::field::display(&entry.request),
    );
    let reason = why.map(tracing::field::display);
    match outcome {
        "parked" => {
            tracing::error!(target: "vestibule", id, request, effect, attempt, reason, "effect {effect}: given up");
        }
        "failed" => {
            tracing::warn!(target: "vestibule", id, request, effect, attempt, reason, "effect {effect}: failed");
        }
        _ => tracing::info!(target: "vestibule", id, request, effect, attempt, "effect {effect}: delivered"),
    }
}
