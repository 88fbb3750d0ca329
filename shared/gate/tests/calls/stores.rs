//! Stores that fail.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use store::{Commit, Committed, Keys, Snapshot, Store, StoreError};
use store_suite::Interpose;

/// A store that fails as it is told, and counts how often it was asked.
pub(crate) struct Faulty {
    pub(crate) failure: Option<StoreError>,
    pub(crate) asked: Arc<AtomicUsize>,
}

#[async_trait]
impl Interpose for Faulty {
    async fn admit(&self) -> Result<(), StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match &self.failure {
            Some(error) => Err(error.clone()),
            None => std::future::pending().await,
        }
    }
}

/// A store that refuses the first commits for now, as DynamoDB does when many write the same rows.
pub(crate) struct Crowded {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) refusals: AtomicUsize,
}

#[async_trait]
impl Interpose for Crowded {
    fn store(&self) -> &dyn Store {
        &*self.inner
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
impl Interpose for Torn {
    fn store(&self) -> &dyn Store {
        &*self.inner
    }

    async fn look_up(&self, keys: &Keys) -> Result<Snapshot, StoreError> {
        let mut snapshot = self.inner.look_up(keys).await?;
        if self.torn.swap(false, Ordering::SeqCst) {
            snapshot.call = None;
        }
        Ok(snapshot)
    }
}
