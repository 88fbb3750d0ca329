use std::{collections::HashSet, time::Duration};

use claims::{CallKey, Decision, Hash};
use serde::{Deserialize, Serialize};

use crate::{
    Checkpoint, Counter, EntryId, HistoryEntry, Invitation, InvitationUse, KeptResult, Leaf, ListEntry, ListName,
    OutboxEntry, Pruning, Request, RequestId, StoreError, Tally, Timestamp,
};

/// The most writes a commit may hold: what stays well inside one DynamoDB transaction of 1 MB.
pub const MAX_WRITES: usize = 20;

/// How long the answer to a call is given again.
pub const CALL_RECORD_LIFE: Duration = Duration::from_secs(600);

/// Writes that happen together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// At most [`MAX_WRITES`], no two of the same row.
    pub writes: Vec<Write>,
}

impl Commit {
    /// Checks what every store refuses alike. No writes at all are fine: there is nothing to do.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for more than [`MAX_WRITES`], or for two of the same row.
    pub fn check(&self) -> Result<(), StoreError> {
        let count = self.writes.len();
        if count > MAX_WRITES {
            return Err(StoreError::Broken(format!(
                "a commit of {count} writes, at most {MAX_WRITES} are possible"
            )));
        }
        let rows: HashSet<Row> = self.writes.iter().map(Row::of).collect();
        if rows.len() < count {
            return Err(StoreError::Broken("a commit writes one row twice".to_owned()));
        }
        Ok(())
    }
}

/// One write, with the condition under which it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Makes this the applicant's latest request.
    Request {
        /// The row.
        request: Box<Request>,
        /// The version that the stored one must have; nothing if there must be none.
        replaces: Option<u64>,
    },
    /// Keeps an earlier request of an applicant: one that the same commit replaces, or one that is kept already and changes.
    Archive {
        /// The row.
        request: Box<Request>,
        /// The version that the stored one must have; nothing if it must not be kept yet.
        replaces: Option<u64>,
    },
    /// Adds to the history of a request. The request must not have an entry for this version yet.
    History(Box<HistoryEntry>),
    /// Replaces an entry of a history by the same one without its claims. It must be there.
    Redact(Box<HistoryEntry>),
    /// Stores the answer to a call.
    Call {
        /// The row.
        record: CallRecord,
        /// When the stored answer, past its time or overtaken, was given; nothing if there must be none.
        replaces: Option<Timestamp>,
    },
    /// Turns an address away.
    Denial {
        /// The row.
        denial: Denial,
        /// Until when the stored row turns it away; nothing if there must be none.
        replaces: Option<Timestamp>,
    },
    /// Adds an entry to a list that people edit. One that is there stays as it is.
    Listed {
        /// The list.
        list: ListName,
        /// The row.
        entry: Box<ListEntry>,
    },
    /// Puts an effect into the outbox, or changes it there.
    Effect {
        /// The row.
        entry: Box<OutboxEntry>,
        /// The revision that the stored one must have; nothing if there must be none.
        replaces: Option<u64>,
    },
    /// Takes an effect out of the outbox.
    Delivered {
        /// Which one.
        id: EntryId,
        /// The revision that it must have.
        revision: u64,
    },
    /// Adds a checkpoint. There must be none with its number.
    Checkpoint(Box<Checkpoint>),
    /// Says how far removing has come. The stored row must have the revision before.
    Pruning(Box<Pruning>),
    /// Removes a request for good.
    RemoveRequest {
        /// Which one.
        id: RequestId,
        /// The version that it must have.
        version: u64,
        /// When it must have been opened: who comes back after a removal has the same ids and versions again.
        opened_at: Timestamp,
        /// Whether it is the applicant's latest; an earlier one otherwise.
        latest: bool,
    },
    /// Removes this entry of a history for good, if it is there. There must be no other one in its place.
    RemoveHistory(Leaf),
    /// Makes an invitation. There must be none with its code.
    Invitation(Box<Invitation>),
    /// Makes an invitation void for everybody who does not hold it. It must be there and not be void.
    RevokeInvitation {
        /// The code, by its hash.
        code: Hash,
        /// Since when.
        at: Timestamp,
    },
    /// Takes one use of an invitation, which must be [open](Invitation::is_open) then, for somebody who has none. It may be
    /// used up at once.
    TakeInvitation(Box<InvitationUse>),
    /// Has somebody hold since now what they hold: whoever gives back what they held before finds that overtaken. They must
    /// hold it, and since then.
    HoldInvitation {
        /// The code, by its hash.
        code: Hash,
        /// Who, by the hash of their key.
        applicant: Hash,
        /// Since when they hold it.
        since: Timestamp,
        /// Since when they hold it from now on.
        at: Timestamp,
    },
    /// Uses up what somebody holds, whatever since. They must hold it.
    SpendInvitation {
        /// The code, by its hash.
        code: Hash,
        /// Who, by the hash of their key.
        applicant: Hash,
        /// Since when.
        at: Timestamp,
    },
    /// Gives back what somebody holds: somebody else may have it. They must hold it, and since then.
    ReturnInvitation {
        /// The code, by its hash.
        code: Hash,
        /// Who, by the hash of their key.
        applicant: Hash,
        /// Since when they hold it.
        since: Timestamp,
    },
    /// Counts something once more, in its window. Many may do so at once without waiting for one another.
    Tally(Tally),
    /// Says how far a check is that is made once.
    Keep {
        /// The row.
        result: KeptResult,
        /// The revision that the stored one must have; nothing if there must be none.
        replaces: Option<u64>,
    },
    /// Adds to a counter, whatever it says. Many may do so at once without waiting for one another: the store spreads a
    /// counter over several rows. What must count once goes with a write whose condition holds once.
    Count {
        /// Which one.
        counter: Counter,
        /// How many more; fewer if negative.
        by: i64,
    },
}

/// What came of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was written"]
pub enum Committed {
    /// Everything was written.
    Applied,
    /// A condition did not hold, and nothing was written: somebody else was first.
    Conflict,
}

/// The answer to a call that wrote something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The call.
    pub key: CallKey,
    /// When it was answered.
    pub at: Timestamp,
    /// The answer.
    pub answer: Decision,
    /// How the call left the applicant's request; nothing where there was none, or nobody looked.
    pub left: Option<Left>,
    /// What the same call does not do again.
    #[serde(skip_serializing_if = "Once::is_nothing", default)]
    pub once: Once,
}

/// What the same call does not do again, as long as its answer is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Once {
    /// The answer is given again though there is no request.
    pub stands: bool,
    /// The call was counted.
    pub counted: bool,
}

impl Once {
    fn is_nothing(&self) -> bool {
        *self == Once::default()
    }
}

impl CallRecord {
    /// Until when the answer is given again.
    pub fn until(&self) -> Timestamp {
        self.at.plus(CALL_RECORD_LIFE)
    }
}

/// A request as a call left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Which request.
    pub request: RequestId,
    /// Its version then.
    pub version: u64,
}

/// An address that is turned away because a request with it was denied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// The address, by its hash.
    pub address: Hash,
    /// The request that was denied.
    pub request: RequestId,
    /// When.
    pub at: Timestamp,
    /// When it may be used again.
    pub until: Timestamp,
}

/// What a write touches.
#[derive(PartialEq, Eq, Hash)]
enum Row {
    Request(Hash),
    Archive(RequestId),
    History(RequestId, u64),
    Call(CallKey),
    Denial(Hash),
    Listed(ListName, Hash),
    Effect(EntryId),
    Checkpoint(u64),
    Pruning,
    Count(Counter),
    Invitation(Hash),
    Tally(Tally),
    Kept(Hash),
}

impl Row {
    fn of(write: &Write) -> Row {
        match write {
            Write::Request { request, .. } => Row::Request(request.id.applicant),
            Write::Archive { request, .. } => Row::Archive(request.id),
            Write::History(entry) | Write::Redact(entry) => Row::History(entry.request, entry.version),
            Write::Call { record, .. } => Row::Call(record.key),
            Write::Denial { denial, .. } => Row::Denial(denial.address),
            Write::Listed { list, entry } => Row::Listed(list.clone(), ListEntry::key(&entry.text)),
            Write::Effect { entry, .. } => Row::Effect(entry.id),
            Write::Delivered { id, .. } => Row::Effect(*id),
            Write::Checkpoint(checkpoint) => Row::Checkpoint(checkpoint.number),
            Write::Pruning(_) => Row::Pruning,
            Write::RemoveRequest { id, latest: true, .. } => Row::Request(id.applicant),
            Write::RemoveRequest { id, latest: false, .. } => Row::Archive(*id),
            Write::RemoveHistory(Leaf { place, .. }) => Row::History(place.request, place.version),
            Write::Count { counter, .. } => Row::Count(counter.clone()),
            Write::Invitation(invitation) => Row::Invitation(invitation.code),
            Write::TakeInvitation(usage) => Row::Invitation(usage.code),
            Write::RevokeInvitation { code, .. }
            | Write::HoldInvitation { code, .. }
            | Write::SpendInvitation { code, .. }
            | Write::ReturnInvitation { code, .. } => Row::Invitation(*code),
            Write::Tally(tally) => Row::Tally(tally.clone()),
            Write::Keep { result, .. } => Row::Kept(result.key),
        }
    }
}
