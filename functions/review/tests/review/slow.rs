//! A store whose commits take their time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use store::{
    Commit, Committed, Counts, HistoryEntry, Keys, Listing, OverduePage, OverduePlace, Page, Request, RequestId,
    Snapshot, Store, StoreError, Timestamp,
};

pub(crate) struct Slow {
    store: Arc<dyn Store>,
    takes: Duration,
    /// So many commits are as fast as ever.
    fast: AtomicUsize,
    under_way: AtomicUsize,
    /// The most commits that were under way at once.
    most: Arc<AtomicUsize>,
}

impl Slow {
    pub(crate) fn new(store: Arc<dyn Store>, takes: Duration, most: Arc<AtomicUsize>) -> Slow {
        Slow {
            store,
            takes,
            fast: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
            most,
        }
    }

    pub(crate) fn but_first(self, commits: usize) -> Slow {
        self.fast.store(commits, Ordering::SeqCst);
        self
    }
}

#[async_trait]
impl Store for Slow {
    async fn look_up(&self, keys: &Keys) -> Result<Snapshot, StoreError> {
        self.store.look_up(keys).await
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.store.request(id).await
    }

    async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.store.history(id).await
    }

    async fn earlier(&self, id: &RequestId, limit: usize) -> Result<Vec<Request>, StoreError> {
        self.store.earlier(id, limit).await
    }

    async fn list(&self, listing: &Listing) -> Result<Page, StoreError> {
        self.store.list(listing).await
    }

    async fn overdue(
        &self,
        now: Timestamp,
        after: Option<&OverduePlace>,
        limit: usize,
    ) -> Result<OverduePage, StoreError> {
        self.store.overdue(now, after, limit).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.store.counts().await
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let fast = self
            .fast
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if fast.is_err() {
            self.most
                .fetch_max(self.under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(self.takes).await;
            self.under_way.fetch_sub(1, Ordering::SeqCst);
        }
        self.store.commit(commit).await
    }
}
