//! How an entry goes on: each of these is one change of its row, which happens if nobody else was first.

use std::time::Duration;

use effects::Why;
use store::{Commit, Committed, OutboxEntry, Progress, StoreError, Timestamp, Write};

use crate::{Report, lane::Work, record};

impl Work<'_> {
    /// Takes an entry for as long as an attempt may last; nothing if somebody else has it.
    pub(crate) async fn lease(&self, entry: OutboxEntry, lease: Duration) -> Result<Option<OutboxEntry>, StoreError> {
        let leased = OutboxEntry {
            progress: Progress::UnderWay {
                until: self.parts.clock.now().plus(lease),
            },
            attempts: entry.attempts.saturating_add(1),
            revision: entry.revision + 1,
            ..entry
        };
        Ok(self.replace(&leased).await?.then_some(leased))
    }

    /// There is nothing to do any more.
    pub(crate) async fn over(&self, entry: &OutboxEntry) -> Result<bool, StoreError> {
        let is_gone = record::gone(self.parts, entry).await?;
        if is_gone {
            log(entry, "over", None);
        }
        Ok(is_gone)
    }

    /// Counts, with the commit that takes the entry out. Nothing outside the store happens, so that nobody has to lease the
    /// entry first: of two who try, one does it.
    pub(crate) async fn count(&self, writes: Vec<Write>) -> Result<bool, StoreError> {
        Ok(self.parts.store.commit(&Commit { writes }).await? == Committed::Applied)
    }

    /// Ends the use of an invitation, likewise. If that is a conflict and the entry is still there, nothing is held any more,
    /// and it goes alone.
    pub(crate) async fn end_use(&self, entry: &OutboxEntry, writes: [Write; 2]) -> Result<bool, StoreError> {
        Ok(self.count(writes.into()).await? || record::gone(self.parts, entry).await?)
    }

    /// An attempt was begun, and nobody said what came of it. That is a failure too: what ends its process every time
    /// must come to an end itself.
    pub(crate) async fn lost(
        &self,
        entry: OutboxEntry,
        at: Timestamp,
        report: &mut Report,
    ) -> Result<bool, StoreError> {
        let why = Why::new("the process ended, or the time of the lease was over");
        self.failed_at(entry, at, &why, None, report).await
    }

    pub(crate) async fn failed(
        &self,
        entry: OutboxEntry,
        why: &Why,
        asked: Option<Duration>,
        report: &mut Report,
    ) -> Result<bool, StoreError> {
        let now = self.parts.clock.now();
        self.failed_at(entry, now, why, asked, report).await
    }

    /// Tries again by the schedule, or gives up.
    async fn failed_at(
        &self,
        entry: OutboxEntry,
        at: Timestamp,
        why: &Why,
        asked: Option<Duration>,
        report: &mut Report,
    ) -> Result<bool, StoreError> {
        let entry = OutboxEntry {
            failures: entry.failures.saturating_add(1),
            ..entry
        };
        let Some(wait) = self.parts.schedule.after(entry.failures, asked) else {
            return self.park(entry, why, report).await;
        };
        let until = at.plus(wait);
        let changed = self.change(&entry, why, Progress::Waits { until }).await?;
        if changed {
            log(&entry, "failed", Some(why));
            report.failed += 1;
        }
        Ok(changed)
    }

    pub(crate) async fn park(&self, entry: OutboxEntry, why: &Why, report: &mut Report) -> Result<bool, StoreError> {
        let since = self.parts.clock.now();
        let changed = self.change(&entry, why, Progress::Parked { since }).await?;
        if changed {
            log(&entry, "parked", Some(why));
            report.parked += 1;
        }
        Ok(changed)
    }

    async fn change(&self, entry: &OutboxEntry, why: &Why, progress: Progress) -> Result<bool, StoreError> {
        let changed = OutboxEntry {
            progress,
            revision: entry.revision + 1,
            failure: Some(why.to_string()),
            ..entry.clone()
        };
        self.replace(&changed).await
    }

    pub(crate) async fn postpone(&self, entries: &[OutboxEntry], until: Timestamp) -> Result<bool, StoreError> {
        let mut changed = false;
        for entry in entries {
            let later = OutboxEntry {
                progress: Progress::Waits { until },
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
pub(crate) fn log(entry: &OutboxEntry, outcome: &str, why: Option<&Why>) {
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
        _ => tracing::info!(target: "vestibule", id, request, effect, attempt, "effect {effect}: {outcome}"),
    }
}
