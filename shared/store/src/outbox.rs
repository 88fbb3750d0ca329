use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Effect, EntryId, Lane, ParkedPage, ParkedPlace, Receiver, RequestId, StoreError, Timestamp};

/// What is to be delivered. Entries come in and go out by commits, with the changes of state that cause them.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// A page of a receiver's entries that are due, those that wait longest first, after a place that the page before
    /// named. May lag behind the latest commits. It looks at no more than `limit` rows, so that a page may hold fewer,
    /// even none, while others follow.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer. A row that cannot be read is no error.
    async fn due(
        &self,
        receiver: Receiver,
        now: Timestamp,
        after: Option<&DuePlace>,
        limit: usize,
    ) -> Result<DuePage, StoreError>;

    /// The first entry in a lane that is not parked, as of the latest commit. One that cannot be read holds up nothing:
    /// it counts as parked.
    ///
    /// # Errors
    /// As [`due`](Self::due).
    async fn first_in(&self, lane: &Lane) -> Result<Option<OutboxEntry>, StoreError>;

    /// One entry, as of the latest commit.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer, or answers what cannot be read.
    async fn entry(&self, id: &EntryId) -> Result<Option<OutboxEntry>, StoreError>;

    /// A page of the entries that nobody tries to deliver any more, the longest parked first, after a place that the
    /// page before named. May lag behind.
    ///
    /// # Errors
    /// As [`entry`](Self::entry).
    async fn parked(&self, after: Option<&ParkedPlace>, limit: usize) -> Result<ParkedPage, StoreError>;
}

/// An effect on its way to its receiver. It holds no claims but those that an event's rule chose: whoever delivers it
/// reads the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxEntry {
    /// Its place among those of the same applicant and receiver.
    pub id: EntryId,
    /// The request that it is about; of an event, the one that the applicant had, or round 0 without any.
    pub request: RequestId,
    /// What to do.
    pub effect: Effect,
    /// When it was written.
    pub written_at: Timestamp,
    /// How far delivering it has come.
    pub progress: Progress,
    /// How many attempts were begun, ever: by it a receiver knows that an earlier one may have been carried out.
    pub attempts: u32,
    /// How many came to nothing since it was written, or since somebody wanted it tried again: its place in the
    /// schedule.
    pub failures: u32,
    /// Goes up by one with every change.
    pub revision: u64,
    /// Why the last attempt came to nothing. Nothing personal.
    pub failure: Option<String>,
}

/// How far delivering an effect has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Progress {
    /// It waits for an attempt.
    Waits {
        /// When that may begin.
        until: Timestamp,
    },
    /// An attempt was begun, and somebody has it.
    UnderWay {
        /// When it counts as lost.
        until: Timestamp,
    },
    /// Nobody tries any more.
    Parked {
        /// Since when.
        since: Timestamp,
    },
}

impl OutboxEntry {
    /// An effect as it is written with what causes it: due at once.
    pub fn new(id: EntryId, request: RequestId, effect: Effect, now: Timestamp) -> OutboxEntry {
        OutboxEntry {
            id,
            request,
            effect,
            written_at: now,
            progress: Progress::Waits { until: now },
            attempts: 0,
            failures: 0,
            revision: 1,
            failure: None,
        }
    }

    /// When somebody may take it next: the time of the next attempt, or that at which the one under way counts as lost.
    /// Nothing if it is parked.
    pub fn due(&self) -> Option<Timestamp> {
        match self.progress {
            Progress::Waits { until } | Progress::UnderWay { until } => Some(until),
            Progress::Parked { .. } => None,
        }
    }

    /// Since when nobody tries any more; nothing if somebody does.
    pub fn parked_at(&self) -> Option<Timestamp> {
        match self.progress {
            Progress::Parked { since } => Some(since),
            Progress::Waits { .. } | Progress::UnderWay { .. } => None,
        }
    }

    /// A parked entry as it is when somebody wants it tried again: due now, with the whole schedule before it. How many
    /// attempts were begun stays known, and why the last one failed until the next one. Nothing if it is not parked.
    pub fn released(&self, now: Timestamp) -> Option<OutboxEntry> {
        self.parked_at().map(|_| OutboxEntry {
            progress: Progress::Waits { until: now },
            failures: 0,
            revision: self.revision + 1,
            ..self.clone()
        })
    }
}

/// A place in the list of what is due: entries are sorted by the time that they are due, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DuePlace {
    /// When the entry is due.
    pub due: Timestamp,
    /// Which one.
    pub id: EntryId,
}

/// Part of the list of what is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuePage {
    /// The entries, in order.
    pub entries: Vec<OutboxEntry>,
    /// What is due and cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// Where to go on; nothing when this was the last page.
    pub next: Option<DuePlace>,
}

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Which one.
    pub id: EntryId,
    /// What is wrong with it. Nothing personal.
    pub why: String,
}
