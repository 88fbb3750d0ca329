//! What a store keeps and promises: the rows as types, and one trait that SQLite and DynamoDB implement.
//!
//! Nothing is ever checked first and written afterwards: a [`Commit`] is a list of writes, each with the condition
//! under which it holds, and either all of them happen or none.

mod commit;
mod copies;
mod effect;
mod entry_id;
mod history;
mod lists;
mod outbox;
pub mod parking;
mod request;
mod review;
mod timestamp;

use async_trait::async_trait;
use claims::{CallKey, Hash};

pub use commit::{CALL_RECORD_LIFE, CallRecord, Commit, Committed, Denial, Left, MAX_WRITES, Write};
pub use copies::{Filling, KeptCopy, ListCopies};
pub use effect::{Effect, News, Occasion, Receiver};
pub use entry_id::{BadEntryId, EntryId, Lane, MOST_FURTHER};
pub use history::{Actor, Event, HistoryEntry, Kept};
pub use lists::{ListCopy, ListEditor, ListEntry, ListName, ListPlace, ListQuestion, Listed, Lists, MAX_ENTRY, Origin};
pub use outbox::{DuePage, DuePlace, Outbox, OutboxEntry, Progress, Unreadable};
pub use parking::{ParkedPage, ParkedPlace};
pub use request::{AccountBy, BadRequestId, Request, RequestId, RouteName, Seen, State, StateName};
pub use review::{Asked, Block, Escalate, Person, Plan, Reasons, Review, Share, Stage, TimeOut, Vote};
pub use timestamp::{Clock, SystemClock, Timestamp};

/// Where requests, their history and the answers of calls are kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// Everything a call needs to know, in one round trip and as of the latest commit.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer, or answers what cannot be read.
    async fn look_up(&self, keys: &Keys) -> Result<Snapshot, StoreError>;

    /// One request, the applicant's latest or an earlier one.
    ///
    /// # Errors
    /// As [`look_up`](Self::look_up).
    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError>;

    /// What happened to one request, oldest first.
    ///
    /// # Errors
    /// As [`look_up`](Self::look_up).
    async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, StoreError>;

    /// A page of the requests in one state, those that wait longest first. May lag behind the latest commits.
    ///
    /// # Errors
    /// As [`look_up`](Self::look_up).
    async fn list(&self, listing: &Listing) -> Result<Page, StoreError>;

    /// Carries out all writes of a commit, or none.
    ///
    /// # Errors
    /// [`StoreError`]; the writes may have happened all the same when it is [`StoreError::Unavailable`]. A condition
    /// that does not hold is no error but [`Committed::Conflict`].
    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError>;
}

/// Everything that a store keeps.
pub trait Rows: Store + Outbox + ListEditor {}

impl<S: Store + Outbox + ListEditor> Rows for S {}

/// What a call asks the store for.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// The applicant, by the hash of their key.
    pub applicant: Option<Hash>,
    /// The hashes of the addresses under which somebody may have been turned away.
    pub addresses: Vec<Hash>,
    /// The call, where an answer may have been stored for it.
    pub call: Option<CallKey>,
}

/// What the store knew when a call asked.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The applicant's latest request.
    pub request: Option<Request>,
    /// Denials of requests, of whatever applicant, with one of the addresses.
    pub denials: Vec<Denial>,
    /// The answer stored for this call; it may be past its time.
    pub call: Option<CallRecord>,
}

/// Which requests to list.
#[derive(Clone, Debug)]
pub struct Listing {
    /// In this state.
    pub state: StateName,
    /// After this place, which the page before named.
    pub after: Option<Position>,
    /// At most this many.
    pub limit: usize,
}

/// A place in a list of requests: they are sorted by the time they were opened, then by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// When the request was opened.
    pub opened_at: Timestamp,
    /// Which one.
    pub id: RequestId,
}

impl Position {
    /// The place of a request.
    pub fn of(request: &Request) -> Position {
        Position {
            opened_at: request.opened_at,
            id: request.id,
        }
    }
}

/// Part of a list of requests.
#[derive(Clone, Debug)]
pub struct Page {
    /// The requests, in order.
    pub requests: Vec<Request>,
    /// Where to go on; nothing when this was the last page.
    pub next: Option<Position>,
}

/// Why a store did not do what it was asked for. The text says what happened and holds nothing personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// It could not be reached or did not answer in time. A write may have happened.
    Unavailable(String),
    /// It refused for now: throttled, or too many at the same rows. Nothing was written.
    Busy(String),
    /// It will refuse again: no table, no right, a row that cannot be read. Nothing was written.
    Broken(String),
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (what, why) = match self {
            StoreError::Unavailable(why) => ("the store did not answer", why),
            StoreError::Busy(why) => ("the store refused for now", why),
            StoreError::Broken(why) => ("the store refused", why),
        };
        write!(f, "{what}: {why}")
    }
}

impl std::error::Error for StoreError {}
