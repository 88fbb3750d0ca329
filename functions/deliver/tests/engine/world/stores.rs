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
    Commit, Committed, DuePage, DuePlace, EntryId, Lane, Outbox, OutboxEntry, ParkedPage, ParkedPlace, Receiver,
    Request, RequestId, Store, StoreError, Timestamp,
};
use store_sqlite::SqliteStore;
use store_suite::Interpose;
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
impl Interpose for Failing {
    fn store(&self) -> &dyn Store {
        &*self.inner
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

/// Its requests.
pub(super) struct SparingRequests(pub(super) Arc<Sparing>);

#[async_trait]
impl Interpose for SparingRequests {
    fn store(&self) -> &dyn Store {
        &*self.0.inner
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.0.both.wait().await;
        self.0.inner.request(id).await
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
