//! A store with trouble of every kind before, in and after what it does.

use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use store::{
    Commit, Committed, Counts, DuePage, DuePlace, EntryId, HistoryEntry, Keys, Lane, Listing, Outbox, OutboxEntry,
    OverduePage, OverduePlace, Page, ParkedPage, ParkedPlace, Receiver, Request, RequestId, Rows, Snapshot, Store,
    StoreError, Timestamp,
};

/// Whatever is asked of it, every third time or so it refuses, is not reached, loses the reply to what it did, or is slow.
pub struct Unsteady {
    inner: Arc<dyn Rows>,
    random: Mutex<fastrand::Rng>,
}

enum Trouble {
    /// Throttled: nothing happens.
    Refuses,
    /// Nothing happens, and nobody knows.
    IsNotReached,
    /// It happens, and nobody knows.
    LosesTheReply,
    /// The answer takes its time, in which others act.
    IsSlow(Duration),
}

impl Unsteady {
    /// A store whose trouble comes from a seed.
    pub fn new(inner: Arc<dyn Rows>, seed: u64) -> Unsteady {
        Unsteady {
            inner,
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
        }
    }

    async fn troubled<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        match self.trouble() {
            None => work.await,
            Some(Trouble::Refuses) => Err(StoreError::Busy("throttled".to_owned())),
            Some(Trouble::IsNotReached) => Err(StoreError::Unavailable("not reached".to_owned())),
            Some(Trouble::LosesTheReply) => {
                work.await?;
                Err(StoreError::Unavailable("the reply is lost".to_owned()))
            }
            Some(Trouble::IsSlow(time)) => {
                tokio::time::sleep(time).await;
                let answer = work.await;
                tokio::time::sleep(time).await;
                answer
            }
        }
    }

    fn trouble(&self) -> Option<Trouble> {
        let mut random = self.random.lock().unwrap();
        match random.u8(..20) {
            0 => Some(Trouble::Refuses),
            1 => Some(Trouble::IsNotReached),
            2..=4 => Some(Trouble::LosesTheReply),
            5 | 6 => Some(Trouble::IsSlow(Duration::from_millis(random.u64(..10)))),
            _ => None,
        }
    }
}

#[async_trait]
impl Store for Unsteady {
    async fn look_up(&self, keys: &Keys) -> Result<Snapshot, StoreError> {
        self.troubled(self.inner.look_up(keys)).await
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.troubled(self.inner.request(id)).await
    }

    async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.troubled(self.inner.history(id)).await
    }

    async fn earlier(&self, id: &RequestId, limit: usize) -> Result<Vec<Request>, StoreError> {
        self.troubled(self.inner.earlier(id, limit)).await
    }

    async fn list(&self, listing: &Listing) -> Result<Page, StoreError> {
        self.troubled(self.inner.list(listing)).await
    }

    async fn overdue(
        &self,
        now: Timestamp,
        after: Option<&OverduePlace>,
        limit: usize,
    ) -> Result<OverduePage, StoreError> {
        self.troubled(self.inner.overdue(now, after, limit)).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.troubled(self.inner.counts()).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        self.troubled(self.inner.commit(commit)).await
    }
}

#[async_trait]
impl Outbox for Unsteady {
    async fn due(
        &self,
        receiver: Receiver,
        now: Timestamp,
        after: Option<&DuePlace>,
        limit: usize,
    ) -> Result<DuePage, StoreError> {
        self.troubled(self.inner.due(receiver, now, after, limit)).await
    }

    async fn first_in(&self, lane: &Lane) -> Result<Option<OutboxEntry>, StoreError> {
        self.troubled(self.inner.first_in(lane)).await
    }

    async fn entry(&self, id: &EntryId) -> Result<Option<OutboxEntry>, StoreError> {
        self.troubled(self.inner.entry(id)).await
    }

    async fn parked(&self, after: Option<&ParkedPlace>, limit: usize) -> Result<ParkedPage, StoreError> {
        self.troubled(self.inner.parked(after, limit)).await
    }
}
