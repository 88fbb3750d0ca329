//! Everything that happened to any request, in the order of time, and what proves it.

use async_trait::async_trait;
use claims::Hash;
use serde::{Deserialize, Serialize};

use crate::{Checkpoint, HistoryEntry, Position, Pruning, RequestId, StateName, StoreError, Timestamp};

/// The most requests on one page of a [roll](Ledger::roll). Only keys are read.
pub const MOST_ON_ROLL: usize = 500;

/// What whoever proves histories, or removes them, asks a store. Checkpoints come in by commits.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// A page of the entries of all histories that were written before a time, the oldest first, after a place that the
    /// page before named; at most `limit`, and never more than [`MOST_SEALED`](crate::MOST_SEALED). May lag behind the
    /// latest commits. What it costs does not depend on how many entries there are. No row is read, so that none which
    /// cannot be read stands in the way.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer, or answers what cannot be read.
    async fn journal(
        &self,
        after: Option<&JournalPlace>,
        until: Timestamp,
        limit: usize,
    ) -> Result<JournalPage, StoreError>;

    /// The checkpoints after a number, in order, at most so many and never more than [`MOST_CHECKPOINTS`]. What stands
    /// between them and has no number comes with them and does not count: the last number says where to go on.
    ///
    /// # Errors
    /// As [`journal`](Self::journal); but what cannot be read is no error.
    async fn checkpoints(&self, after: u64, limit: usize) -> Result<Vec<Numbered>, StoreError>;

    /// The one with the highest number, as of the latest commit.
    ///
    /// # Errors
    /// As [`journal`](Self::journal).
    async fn latest_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError>;

    /// A page of the places that requests have in the list of a state, those that were opened first come first, after a
    /// place that the page before named; at most `limit`, and never more than [`MOST_ON_ROLL`]. May lag behind. As with the
    /// journal, no row is read.
    ///
    /// # Errors
    /// As [`journal`](Self::journal).
    async fn roll(&self, state: StateName, after: Option<&Position>, limit: usize) -> Result<RollPage, StoreError>;

    /// Where a request stands, as of the latest commit, and by what lists, the clock and commits find it.
    ///
    /// # Errors
    /// As [`journal`](Self::journal).
    async fn filed(&self, id: &RequestId) -> Result<Filed, StoreError>;

    /// How far removing has come; nothing if nobody ever began.
    ///
    /// # Errors
    /// As [`journal`](Self::journal).
    async fn pruning(&self) -> Result<Option<Pruning>, StoreError>;
}

/// The most checkpoints that are read at once.
pub const MOST_CHECKPOINTS: usize = 10;

/// The place of an entry of a history among those of all requests: they are sorted by time, then by request and version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JournalPlace {
    /// When it happened.
    pub at: Timestamp,
    /// To which request.
    pub request: RequestId,
    /// The version that the request got by it.
    pub version: u64,
}

/// An entry of a history by what proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Which one.
    pub place: JournalPlace,
    /// Proof of it and of all before it.
    pub mac: Hash,
}

impl Leaf {
    /// Of an entry.
    pub fn of(entry: &HistoryEntry) -> Leaf {
        let HistoryEntry {
            request,
            version,
            at,
            mac,
            ..
        } = *entry;
        let place = JournalPlace { at, request, version };
        Leaf { place, mac }
    }
}

/// Part of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalPage {
    /// The entries, in order.
    pub leaves: Vec<Leaf>,
    /// What stands on it and is no place, each by what can be named of it.
    pub bad: Vec<String>,
    /// Where to go on; nothing when this was the last page.
    pub next: Option<JournalPlace>,
}

/// Part of the roll of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollPage {
    /// The places, in order.
    pub places: Vec<Position>,
    /// What stands on it and is no place, each by what can be named of it.
    pub bad: Vec<String>,
    /// Where to go on; nothing when this was the last page.
    pub next: Option<Position>,
}

/// How a request is filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filed {
    /// Whether its applicant's latest request is this one or a later one, as far as that can be read.
    pub in_order: bool,
    /// Whether all that it is found by says what the request says.
    pub as_written: bool,
}

impl Filed {
    /// How it is filed, by the round of its applicant's latest request and by what was found of it.
    pub fn new(id: &RequestId, latest: Option<Result<u32, StoreError>>, as_written: bool) -> Filed {
        let in_order = latest.is_some_and(|latest| latest.is_err() || latest.is_ok_and(|round| round >= id.round));
        Filed { in_order, as_written }
    }
}

/// What is stored in the place of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// The number of its place; nothing if that is none that a checkpoint is written to.
    pub number: Option<u64>,
    /// The checkpoint, or why it cannot be read: nothing personal.
    pub checkpoint: Result<Checkpoint, String>,
}
