//! What a store keeps and promises: the rows as types, and one trait that SQLite and DynamoDB implement.
//!
//! Nothing is ever checked first and written afterwards: a [`Commit`] is a list of writes, each with the condition
//! under which it holds, and either all of them happen or none.

mod checkpoint;
mod code;
mod commit;
mod controls;
mod copies;
mod count;
mod effect;
mod entry_id;
mod history;
mod invitation;
mod items;
mod kept;
mod ledger;
mod listing;
mod lists;
mod outbox;
pub mod parking;
mod presence;
mod pruning;
mod request;
mod review;
mod tally;
mod timestamp;
mod traces;

use async_trait::async_trait;
use claims::{CallKey, Hash};

pub use checkpoint::{Checkpoint, MOST_SEALED, Pruned, Sealed};
pub use code::{InvitationCode, invitation_code};
pub use commit::{CALL_RECORD_LIFE, CallRecord, Commit, Committed, Denial, Left, MAX_WRITES, Once, Write};
pub use controls::Controls;
pub use copies::{Filling, KeptCopy, ListCopies};
pub use count::{Counter, Counts, count};
pub use effect::{Effect, News, Occasion, Receiver};
pub use entry_id::{BadEntryId, EntryId, Lane, MOST_FURTHER};
pub use history::{Actor, Event, HistoryEntry, Kept};
pub use invitation::{
    Becomes, Bound, HeldInvitation, INVITATION_KEPT, Invitation, InvitationUse, Invitations, LONGEST_INVITATION,
    MOST_USES, end_use,
};
pub use items::{Item, ItemEditor, MAX_ITEM, NotAnItem, item_key};
pub use kept::{CheckOutcome, CheckProgress, KeptResult, LOST_RESULT_LIFE};
pub use ledger::{Filed, JournalPage, JournalPlace, Leaf, Ledger, MOST_CHECKPOINTS, MOST_ON_ROLL, Numbered, RollPage};
pub use listing::{
    Filter, Listing, MOST_LISTED, MOST_LOOKED_AT, Order, OverduePage, OverduePlace, Page, Position, Which,
};
pub use lists::{ListCopy, ListEditor, ListEntry, ListName, ListPlace, ListQuestion, Listed, Lists, MAX_ENTRY, Origin};
pub use outbox::{DuePage, DuePlace, Outbox, OutboxEntry, Progress, Unreadable};
pub use parking::{ParkedPage, ParkedPlace};
pub use presence::{LOOKING_LIFE, Looking, MOST_LOOKING, Presence};
pub use pruning::Pruning;
pub use request::{AccountBy, BadRequestId, Request, RequestId, RouteName, Seen, State, StateName};
pub use review::{Asked, Block, Escalate, Person, Plan, Reasons, Review, Share, Stage, TimeOut, Vote};
pub use tally::Tally;
pub use timestamp::{Clock, NotATime, SystemClock, Timestamp};
pub use traces::{Traces, Undelivered};

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

    /// The applicant's requests before this one, the newest first, at most so many and never more than [`MOST_LISTED`].
    ///
    /// # Errors
    /// As [`look_up`](Self::look_up).
    async fn earlier(&self, id: &RequestId, limit: usize) -> Result<Vec<Request>, StoreError>;

    /// A page of a list. May lag behind the latest commits. What it costs does not depend on how long the list is.
    ///
    /// # Errors
    /// As [`look_up`](Self::look_up).
    async fn list(&self, listing: &Listing) -> Result<Page, StoreError>;

    /// A page of the requests that [are due](Request::due), those that wait longest first, after a place that the page
    /// before named. May lag behind the latest commits. It looks at no more than `limit` rows and never at more than
    /// [`MOST_LISTED`], so that a page may hold fewer, even none, while others follow.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer. A row that cannot be read is no error.
    async fn overdue(
        &self,
        now: Timestamp,
        after: Option<&OverduePlace>,
        limit: usize,
    ) -> Result<OverduePage, StoreError>;

    /// How many requests there are, by what was [counted](Write::Count) so far.
    ///
    /// # Errors
    /// As [`look_up`](Self::look_up).
    async fn counts(&self) -> Result<Counts, StoreError>;

    /// Carries out all writes of a commit, or none.
    ///
    /// # Errors
    /// [`StoreError`]; the writes may have happened all the same when it is [`StoreError::Unavailable`]. A condition
    /// that does not hold is no error but [`Committed::Conflict`].
    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError>;
}

/// Everything that a store keeps.
pub trait Rows: Store + Outbox + ListEditor + Ledger + Presence + Traces + ItemEditor + Invitations {}

impl<S: Store + Outbox + ListEditor + Ledger + Presence + Traces + ItemEditor + Invitations> Rows for S {}

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
