//! The store in one file: SQLite, embedded.
//!
//! The file is in WAL mode, and several processes may have it open: `cargo lambda watch` runs one per function.
//! Writing transactions begin as such (`BEGIN IMMEDIATE`), so that none ever finds that what it read has changed, and
//! every commit is on the disk before it is answered (`synchronous = FULL`).

mod controls;
mod copies;
mod count;
mod error;
mod file_system;
mod invitations;
mod kept;
mod ledger;
mod list;
mod lists;
mod open;
mod outbox;
mod presence;
mod read;
mod traces;
mod write;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use claims::Hash;
use rusqlite::Connection;
use store::{
    Checkpoint, Commit, Committed, Counts, DuePage, DuePlace, EntryId, Filed, HistoryEntry, JournalPage, JournalPlace,
    Keys, Lane, Ledger, ListCopies, ListCopy, ListEditor, ListEntry, ListName, ListPlace, ListQuestion, Listed,
    Listing, Lists, Looking, Numbered, Outbox, OutboxEntry, OverduePage, OverduePlace, Page, ParkedPage, ParkedPlace,
    Position, Presence, Pruning, Receiver, Request, RequestId, RollPage, Snapshot, StateName, Store, StoreError,
    Timestamp, Traces, Undelivered,
};
use tokio::sync::Mutex;

pub use open::OpenError;

/// How many entries of a list are changed in one transaction. It keeps other writers out, and takes some milliseconds.
const ENTRIES_AT_ONCE: usize = 500;

/// How often a part of an edit is tried while the file is busy, each time as long as a statement waits.
const MOST_REFUSED_EDITS: u32 = 20;

/// A store in one SQLite file.
pub struct SqliteStore {
    /// One connection writes and one reads, so that in WAL mode neither waits for the other. Calls wait for their
    /// turn here, not on a blocking thread each.
    writer: Arc<Mutex<Connection>>,
    reader: Arc<Mutex<Connection>>,
}

impl SqliteStore {
    /// Opens the file, and makes it and its folders if they are not there. Only its owner may read it: it holds
    /// personal data.
    ///
    /// # Errors
    /// [`OpenError`], which says what is wrong with the place or the file and what to do.
    pub fn open(path: impl AsRef<Path>) -> Result<SqliteStore, OpenError> {
        let (writer, reader) = open::open(path.as_ref())?;
        Ok(SqliteStore {
            writer: Arc::new(Mutex::new(writer)),
            reader: Arc::new(Mutex::new(reader)),
        })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn look_up(&self, keys: &Keys) -> Result<Snapshot, StoreError> {
        let keys = keys.clone();
        run(&self.reader, move |connection| read::look_up(connection, &keys)).await
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        let id = *id;
        run(&self.reader, move |connection| read::request(connection, &id)).await
    }

    async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
        let id = *id;
        run(&self.reader, move |connection| read::history(connection, &id)).await
    }

    async fn earlier(&self, id: &RequestId, limit: usize) -> Result<Vec<Request>, StoreError> {
        let id = *id;
        run(&self.reader, move |connection| list::earlier(connection, &id, limit)).await
    }

    async fn list(&self, listing: &Listing) -> Result<Page, StoreError> {
        let listing = listing.clone();
        run(&self.reader, move |connection| list::list(connection, &listing)).await
    }

    async fn overdue(
        &self,
        now: Timestamp,
        after: Option<&OverduePlace>,
        limit: usize,
    ) -> Result<OverduePage, StoreError> {
        let after = after.copied();
        run(&self.reader, move |connection| {
            list::overdue(connection, now, after.as_ref(), limit)
        })
        .await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        run(&self.reader, count::counts).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        commit.check()?;
        let commit = commit.clone();
        run(&self.writer, move |connection| write::commit(connection, &commit)).await
    }
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn due(
        &self,
        receiver: Receiver,
        now: Timestamp,
        after: Option<&DuePlace>,
        limit: usize,
    ) -> Result<DuePage, StoreError> {
        let after = after.copied();
        run(&self.reader, move |connection| {
            outbox::due(connection, receiver, now, after.as_ref(), limit)
        })
        .await
    }

    async fn first_in(&self, lane: &Lane) -> Result<Option<OutboxEntry>, StoreError> {
        let lane = *lane;
        run(&self.reader, move |connection| outbox::first_in(connection, &lane)).await
    }

    async fn entry(&self, id: &EntryId) -> Result<Option<OutboxEntry>, StoreError> {
        let id = *id;
        run(&self.reader, move |connection| outbox::entry(connection, &id)).await
    }

    async fn parked(&self, after: Option<&ParkedPlace>, limit: usize) -> Result<ParkedPage, StoreError> {
        let after = after.cloned();
        run(&self.reader, move |connection| {
            outbox::parked(connection, after.as_ref(), limit)
        })
        .await
    }
}

#[async_trait]
impl Ledger for SqliteStore {
    async fn journal(
        &self,
        after: Option<&JournalPlace>,
        until: Timestamp,
        limit: usize,
    ) -> Result<JournalPage, StoreError> {
        let after = after.copied();
        run(&self.reader, move |connection| {
            ledger::journal(connection, after.as_ref(), until, limit)
        })
        .await
    }

    async fn checkpoints(&self, after: u64, limit: usize) -> Result<Vec<Numbered>, StoreError> {
        run(&self.reader, move |connection| {
            ledger::checkpoints(connection, after, limit)
        })
        .await
    }

    async fn latest_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        run(&self.reader, ledger::latest).await
    }

    async fn roll(&self, state: StateName, after: Option<&Position>, limit: usize) -> Result<RollPage, StoreError> {
        let after = after.cloned();
        run(&self.reader, move |connection| {
            ledger::roll(connection, state, after.as_ref(), limit)
        })
        .await
    }

    async fn filed(&self, id: &RequestId) -> Result<Filed, StoreError> {
        let id = *id;
        run(&self.reader, move |connection| ledger::filed(connection, &id)).await
    }

    async fn pruning(&self) -> Result<Option<Pruning>, StoreError> {
        run(&self.reader, ledger::pruning).await
    }
}

#[async_trait]
impl Lists for SqliteStore {
    async fn listed(&self, questions: &[ListQuestion]) -> Result<Vec<Listed>, StoreError> {
        let questions = questions.to_vec();
        run(&self.reader, move |connection| lists::listed(connection, &questions)).await
    }
}

#[async_trait]
impl ListEditor for SqliteStore {
    async fn add(&self, place: &ListPlace, entries: &[ListEntry]) -> Result<usize, StoreError> {
        let keyed = ListEntry::by_key(entries)?.into_iter();
        let rows: Vec<_> = keyed.map(|(key, entry)| (key, entry.clone())).collect();
        let place = place.clone();
        self.in_parts(&rows, move |connection, rows| lists::add(connection, &place, rows))
            .await
    }

    async fn remove(&self, list: &ListName, entries: &[Hash]) -> Result<usize, StoreError> {
        let list = list.clone();
        self.in_parts(entries, move |connection, keys| lists::remove(connection, &list, keys))
            .await
    }

    async fn page(&self, place: &ListPlace, after: Option<&Hash>, limit: usize) -> Result<Vec<ListEntry>, StoreError> {
        let (place, after) = (place.clone(), after.copied());
        run(&self.reader, move |connection| {
            lists::page(connection, &place, after.as_ref(), limit)
        })
        .await
    }

    async fn copy(&self, list: &ListName) -> Result<Option<ListCopy>, StoreError> {
        let list = list.clone();
        run(&self.reader, move |connection| lists::copy(connection, &list)).await
    }

    async fn publish(&self, list: &ListName, copy: &ListCopy, replaces: Option<u64>) -> Result<bool, StoreError> {
        let (list, copy) = (list.clone(), copy.clone());
        run(&self.writer, move |connection| {
            lists::publish(connection, &list, &copy, replaces)
        })
        .await
    }

    async fn clear(&self, list: &ListName, version: u64, limit: usize) -> Result<usize, StoreError> {
        let list = list.clone();
        run(&self.writer, move |connection| {
            lists::clear(connection, &list, version, limit)
        })
        .await
    }

    async fn copies(&self, list: &ListName) -> Result<ListCopies, StoreError> {
        let list = list.clone();
        run(&self.reader, move |connection| copies::copies(connection, &list)).await
    }

    async fn set_copies(&self, list: &ListName, copies: &ListCopies) -> Result<bool, StoreError> {
        let (list, copies) = (list.clone(), copies.clone());
        run(&self.writer, move |connection| copies::set(connection, &list, &copies)).await
    }
}

#[async_trait]
impl Traces for SqliteStore {
    async fn undelivered(&self, applicant: &Hash) -> Result<Undelivered, StoreError> {
        let applicant = *applicant;
        run(&self.reader, move |connection| outbox::of(connection, &applicant)).await
    }

    async fn wipe(&self, applicant: &Hash) -> Result<(), StoreError> {
        self.patiently(&[*applicant], &|connection: &mut Connection, applicants: &[Hash]| {
            traces::wipe(connection, applicants).map(|()| 0)
        })
        .await
        .map(drop)
    }
}

#[async_trait]
impl Presence for SqliteStore {
    async fn look(&self, id: &RequestId, name: &str, now: Timestamp) -> Result<(), StoreError> {
        let (id, name) = (*id, name.to_owned());
        run(&self.writer, move |connection| {
            presence::look(connection, &id, &name, now)
        })
        .await
    }

    async fn look_away(&self, id: &RequestId, name: &str) -> Result<(), StoreError> {
        let (id, name) = (*id, name.to_owned());
        run(&self.writer, move |connection| {
            presence::look_away(connection, &id, &name)
        })
        .await
    }

    async fn looking(&self, id: &RequestId, now: Timestamp) -> Result<Vec<Looking>, StoreError> {
        let id = *id;
        run(&self.reader, move |connection| presence::looking(connection, &id, now)).await
    }
}

impl SqliteStore {
    /// Changes rows part by part and adds up how many were changed. Other processes only ask now and then whether the
    /// file is free: between two parts it stays so for as long as the one before took.
    async fn in_parts<T: Clone + Send + Sync + 'static>(
        &self,
        rows: &[T],
        work: impl Fn(&mut Connection, &[T]) -> Result<usize, StoreError> + Clone + Send + 'static,
    ) -> Result<usize, StoreError> {
        let (mut changed, mut pause) = (0, Duration::ZERO);
        for part in rows.chunks(ENTRIES_AT_ONCE) {
            tokio::time::sleep(pause).await;
            let begun = Instant::now();
            changed += self.patiently(part, &work).await?;
            pause = begun.elapsed();
        }
        Ok(changed)
    }

    /// Changes a part, however busy other processes are for the next seconds: an edit has more time than a call.
    async fn patiently<T: Clone + Send + Sync + 'static>(
        &self,
        part: &[T],
        work: &(impl Fn(&mut Connection, &[T]) -> Result<usize, StoreError> + Clone + Send + 'static),
    ) -> Result<usize, StoreError> {
        for _ in 1..MOST_REFUSED_EDITS {
            match self.once(part, work).await {
                Err(StoreError::Busy(_)) => {}
                done => return done,
            }
        }
        self.once(part, work).await
    }

    async fn once<T: Clone + Send + Sync + 'static>(
        &self,
        part: &[T],
        work: &(impl Fn(&mut Connection, &[T]) -> Result<usize, StoreError> + Clone + Send + 'static),
    ) -> Result<usize, StoreError> {
        let (part, work) = (part.to_vec(), work.clone());
        run(&self.writer, move |connection| work(connection, &part)).await
    }
}

/// Waits for the connection and works with it on a thread that may block. Work that has begun ends even if nobody
/// waits for it any more.
async fn run<T: Send + 'static>(
    connection: &Arc<Mutex<Connection>>,
    work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let mut connection = Arc::clone(connection).lock_owned().await;
    tokio::task::spawn_blocking(move || work(&mut connection))
        .await
        .map_err(|_| StoreError::Unavailable("the process ends, or the work on the file panicked".to_owned()))?
}
