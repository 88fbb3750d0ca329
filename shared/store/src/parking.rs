//! Effects that were given up: nobody tries to deliver them until an operator says what becomes of them.
//!
//! An operator acts on an entry as they saw it. Whoever comes second changes nothing and learns so.

use std::fmt;

use crate::{Commit, Committed, EntryId, Outbox, OutboxEntry, Store, StoreError, Timestamp, Write};

/// One entry, parked or not.
///
/// # Errors
/// [`NotDone::Unknown`] if there is none, [`NotDone::Store`] if the store failed.
pub async fn find(outbox: &dyn Outbox, id: &EntryId) -> Result<OutboxEntry, NotDone> {
    outbox.entry(id).await?.ok_or(NotDone::Unknown)
}

/// Has a parked effect tried again, by the whole schedule. Gives the entry as it is now.
///
/// # Errors
/// [`NotDone::NotParked`], [`NotDone::Overtaken`] if it is not as it was seen any more, [`NotDone::Store`].
pub async fn retry(store: &dyn Store, seen: &OutboxEntry, now: Timestamp) -> Result<OutboxEntry, NotDone> {
    let released = seen.released(now).ok_or(NotDone::NotParked)?;
    let write = Write::Effect {
        entry: Box::new(released.clone()),
        replaces: Some(seen.revision),
    };
    commit(store, write).await?;
    Ok(released)
}

/// Takes a parked effect out of the outbox: it is never delivered.
///
/// # Errors
/// As [`retry`].
pub async fn drop(store: &dyn Store, seen: &OutboxEntry) -> Result<(), NotDone> {
    let (id, revision) = (seen.id, seen.revision);
    seen.parked_at().ok_or(NotDone::NotParked)?;
    commit(store, Write::Delivered { id, revision }).await
}

/// Why an operator's wish changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// There is no such effect.
    Unknown,
    /// The effect is still tried.
    NotParked,
    /// Somebody else was first.
    Overtaken,
    /// The store failed. A write may have happened.
    Store(StoreError),
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> NotDone {
        NotDone::Store(error)
    }
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotDone::Unknown => "there is no such effect: it was delivered or dropped, or never was",
            NotDone::NotParked => "the effect is not parked: it is still tried, and nothing has to be done",
            NotDone::Overtaken => "somebody else was first: look at the effect again",
            NotDone::Store(error) => return error.fmt(f),
        })
    }
}

impl std::error::Error for NotDone {}

/// A place in the list of parked entries: they are sorted by the time they were parked, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParkedPlace {
    /// When the entry was parked.
    pub parked_at: Timestamp,
    /// Which one.
    pub id: EntryId,
}

impl ParkedPlace {
    /// The place of an entry; nothing if it is not parked.
    pub fn of(entry: &OutboxEntry) -> Option<ParkedPlace> {
        let (parked_at, id) = (entry.parked_at()?, entry.id);
        Some(ParkedPlace { parked_at, id })
    }
}

/// Part of the list of parked entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedPage {
    /// The entries, in order.
    pub entries: Vec<OutboxEntry>,
    /// Where to go on; nothing when this was the last page.
    pub next: Option<ParkedPlace>,
}

async fn commit(store: &dyn Store, write: Write) -> Result<(), NotDone> {
    let writes = vec![write];
    match store.commit(&Commit { writes }).await? {
        Committed::Applied => Ok(()),
        Committed::Conflict => Err(NotDone::Overtaken),
    }
}
