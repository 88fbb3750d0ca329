//! Stores that fail.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use store::{
    Commit, Committed, Counts, HistoryEntry, Keys, Listing, OverduePage, OverduePlace, Page, RequestId, Snapshot,
    Store, StoreError, Timestamp,
};

/// A store that fails as it is told, and counts how often it was asked.
pub(crate) struct Faulty {
    pub(crate) failure: Option<StoreError>,
    pub(crate) asked: Arc<AtomicUsize>,
}

impl Faulty {
    async fn fail<T>(&self) -> Result<T, StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match &self.failure {
            Some(error) => Err(error.clone()),
            None => std::future::pending().await,
        }
    }
}

#[async_trait]
impl Store for Faulty {
    async fn look_up(&self, _: &Keys) -> Result<Snapshot, StoreError> {
        self.fail().await
    }

    async fn request(&self, _: &RequestId) -> Result<Option<store::Request>, StoreError> {
        self.fail().await
    }

    async fn history(&self, _: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.fail().await
    }

    async fn earlier(&self, _: &RequestId, _: usize) -> Result<Vec<store::Request>, StoreError> {
        self.fail().await
    }

    async fn list(&self, _: &Listing) -> Result<Page, StoreError> {
        self.fail().await
    }

    async fn overdue(&self, _: Timestamp, _: Option<&OverduePlace>, _: usize) -> Result<OverduePage, StoreError> {
        self.fail().await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.fail().await
    }

    async fn commit(&self, _: &Commit) -> Result<Committed, StoreError> {
        self.fail().await
    }
}

/// A store that refuses the first commits for now, as DynamoDB does when many write the same rows.
pub(crate) struct Crowded {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) refusals: AtomicUsize,
}

#[async_trait]
impl Store for Crowded {
    async fn look_up(&self, keys: &Keys) -> Result<Snapshot, StoreError> {
        self.inner.look_up(keys).await
    }

    async fn request(&self, id: &RequestId) -> Result<Option<store::Request>, StoreError> {
        self.inner.request(id).await
    }

    async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.inner.history(id).await
    }

    async fn earlier(&self, id: &RequestId, limit: usize) -> Result<Vec<store::Request>, StoreError> {
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
        let more = |left: usize| left.checked_sub(1);
        if self
            .refusals
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more)
            .is_ok()
        {
            return Err(StoreError::Busy("others write the same items".into()));
        }
        self.inner.commit(commit).await
    }
}

/// A store that reads the rows of the first look-up one after the other, while somebody commits: the answers to calls
/// before, the requests after.
pub(crate) struct Torn {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) torn: AtomicBool,
}

#[async_trait]
impl Store for Torn {
    async fn look_up(&self, keys: &Keys) -> Result<Snapshot, StoreError> {
        let mut snapshot = self.inner.look_up(keys).await?;
        if self.torn.swap(false, Ordering::SeqCst) {
            snapshot.call = None;
        }
        Ok(snapshot)
    }

    async fn request(&self, id: &RequestId) -> Result<Option<store::Request>, StoreError> {
        self.inner.request(id).await
    }

    async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.inner.history(id).await
    }

    async fn earlier(&self, id: &RequestId, limit: usize) -> Result<Vec<store::Request>, StoreError> {
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
