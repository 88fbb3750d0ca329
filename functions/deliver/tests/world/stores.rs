//! Stores that do not do as usual.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use store::{
    Commit, Committed, Counts, DuePage, DuePlace, EntryId, HistoryEntry, Keys, Lane, Listing, Outbox, OutboxEntry,
    OverduePage, OverduePlace, Page, ParkedPage, ParkedPlace, Receiver, Request, RequestId, Snapshot, Store,
    StoreError, Timestamp,
};
use store_sqlite::SqliteStore;
use tokio::sync::Barrier;

/// A store that goes away after some commits.
pub(super) struct Failing {
    inner: Arc<SqliteStore>,
    commits_left: Arc<AtomicUsize>,
}

impl Failing {
    pub(super) fn new(inner: Arc<SqliteStore>, commits_left: Arc<AtomicUsize>) -> Failing {
        Failing { inner, commits_left }
    }
}

#[async_trait]
impl Store for Failing {
    async fn look_up(&self, keys: &Keys) -> Result<Snapshot, StoreError> {
        self.inner.look_up(keys).await
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.inner.request(id).await
    }

    async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.inner.history(id).await
    }

    async fn earlier(&self, id: &RequestId, limit: usize) -> Result<Vec<Request>, StoreError> {
        self.inner.earlier(id, limit).await
    }

    async fn list(&self, listing: &Listing) -> Result<Page, StoreError> {
        self.inner.list(listing).await
    }

    async fn overdue(
        &self,
        now: Timestamp,
        after: Option<&OverduePlace>,
        limit: usize,
    ) -> Result<OverduePage, StoreError> {
        self.inner.overdue(now, after, limit).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.inner.counts().await
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let one_less = |left: usize| left.checked_sub(1);
        match self
            .commits_left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
        {
            Ok(_) => self.inner.commit(commit).await,
            Err(_) => Err(StoreError::Unavailable("gone".to_owned())),
        }
    }
}

/// A store that does no more than it must: it answers what leads a lane only while somebody asks for a request, and the
/// reverse, and it lists what is due for a receiver once, as if the list lagged from then on.
pub(super) struct Sparing {
    inner: Arc<SqliteStore>,
    both: Barrier,
    listed: Mutex<HashSet<Receiver>>,
}

impl Sparing {
    pub(super) fn new(inner: Arc<SqliteStore>) -> Sparing {
        Sparing {
            inner,
            both: Barrier::new(2),
            listed: Mutex::default(),
        }
    }
}

#[async_trait]
impl Store for Sparing {
    async fn look_up(&self, keys: &Keys) -> Result<Snapshot, StoreError> {
        self.inner.look_up(keys).await
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.both.wait().await;
        self.inner.request(id).await
    }

    async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.inner.history(id).await
    }

    async fn earlier(&self, id: &RequestId, limit: usize) -> Result<Vec<Request>, StoreError> {
        self.inner.earlier(id, limit).await
    }

    async fn list(&self, listing: &Listing) -> Result<Page, StoreError> {
        self.inner.list(listing).await
    }

    async fn overdue(
        &self,
        now: Timestamp,
        after: Option<&OverduePlace>,
        limit: usize,
    ) -> Result<OverduePage, StoreError> {
        self.inner.overdue(now, after, limit).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.inner.counts().await
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        self.inner.commit(commit).await
    }
}

#[async_trait]
impl Outbox for Sparing {
    async fn due(
        &self,
        receiver: Receiver,
        now: Timestamp,
        after: Option<&DuePlace>,
        limit: usize,
    ) -> Result<DuePage, StoreError> {
        let is_new = self.listed.lock().unwrap().insert(receiver);
        let limit = if is_new { limit } else { 0 };
        self.inner.due(receiver, now, after, limit).await
    }

    async fn first_in(&self, lane: &Lane) -> Result<Option<OutboxEntry>, StoreError> {
        self.both.wait().await;
        self.inner.first_in(lane).await
    }

    async fn entry(&self, id: &EntryId) -> Result<Option<OutboxEntry>, StoreError> {
        self.inner.entry(id).await
    }

    async fn parked(&self, after: Option<&ParkedPlace>, limit: usize) -> Result<ParkedPage, StoreError> {
        self.inner.parked(after, limit).await
    }
}
