//! The store in one file: SQLite, embedded.
//!
//! The file is in WAL mode, and several processes may have it open: `cargo lambda watch` runs one per function.
//! Writing transactions begin as such (`BEGIN IMMEDIATE`), so that none ever finds that what it read has changed, and
//! every commit is on the disk before it is answered (`synchronous = FULL`).

mod error;
mod file_system;
mod open;
mod outbox;
mod read;
mod write;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use rusqlite::Connection;
use store::{
    Commit, Committed, DuePage, DuePlace, EntryId, HistoryEntry, Keys, Lane, Listing, Outbox, OutboxEntry, Page,
    ParkedPage, ParkedPlace, Receiver, Request, RequestId, Snapshot, Store, StoreError, Timestamp,
};
use tokio::sync::Mutex;

pub use open::OpenError;

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

    async fn list(&self, listing: &Listing) -> Result<Page, StoreError> {
        let listing = listing.clone();
        run(&self.reader, move |connection| read::list(connection, &listing)).await
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
