//! A store whose user ends, or is held, at some operation.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use claims::Hash;
use store::{
    ListCopies, ListCopy, ListEditor, ListEntry, ListName, ListPlace, ListQuestion, Listed, Lists, StoreError,
};
use tokio::sync::{Notify, Semaphore};

/// Where whoever uses the store stops.
#[derive(Clone)]
pub(crate) enum Ending {
    Never,
    /// For ever, at one of the moments before and after each operation.
    Killed(usize, Arc<Notify>),
    /// Before each operation of this name, until somebody opens it.
    Held(&'static str, Arc<Hold>),
}

/// Where somebody waits.
pub(crate) struct Hold {
    reached: Notify,
    opened: Semaphore,
}

impl Hold {
    pub(crate) fn new() -> Arc<Hold> {
        Arc::new(Hold {
            reached: Notify::new(),
            opened: Semaphore::new(0),
        })
    }

    /// Waits until somebody is held.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets whoever is held go on to the next operation of this name.
    pub(crate) fn open_once(&self) {
        self.opened.add_permits(1);
    }

    /// Lets everybody go on.
    pub(crate) fn open(&self) {
        self.opened.add_permits(1000);
    }
}

pub(crate) struct Unsteady {
    inner: Arc<dyn ListEditor>,
    versions: Arc<Mutex<BTreeSet<u64>>>,
    ending: Ending,
    moments: AtomicUsize,
}

impl Unsteady {
    pub(crate) fn new(inner: Arc<dyn ListEditor>, versions: Arc<Mutex<BTreeSet<u64>>>, ending: Ending) -> Unsteady {
        Unsteady {
            inner,
            versions,
            ending,
            moments: AtomicUsize::new(0),
        }
    }

    async fn around<T>(&self, operation: &'static str, work: impl Future<Output = T>) -> T {
        if let Ending::Held(at, hold) = &self.ending
            && *at == operation
        {
            hold.reached.notify_one();
            hold.opened.acquire().await.unwrap().forget();
        }
        self.moment().await;
        let done = work.await;
        self.moment().await;
        done
    }

    async fn moment(&self) {
        let now = self.moments.fetch_add(1, Ordering::SeqCst);
        if let Ending::Killed(at, killed) = &self.ending
            && now >= *at
        {
            killed.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Lists for Unsteady {
    async fn listed(&self, questions: &[ListQuestion]) -> Result<Vec<Listed>, StoreError> {
        self.inner.listed(questions).await
    }
}

#[async_trait]
impl ListEditor for Unsteady {
    async fn add(&self, place: &ListPlace, entries: &[ListEntry]) -> Result<usize, StoreError> {
        self.versions.lock().unwrap().extend(place.version);
        self.around("add", self.inner.add(place, entries)).await
    }

    async fn remove(&self, list: &ListName, entries: &[Hash]) -> Result<usize, StoreError> {
        self.inner.remove(list, entries).await
    }

    async fn page(&self, place: &ListPlace, after: Option<&Hash>, limit: usize) -> Result<Vec<ListEntry>, StoreError> {
        self.inner.page(place, after, limit).await
    }

    async fn copy(&self, list: &ListName) -> Result<Option<ListCopy>, StoreError> {
        self.around("copy", self.inner.copy(list)).await
    }

    async fn publish(&self, list: &ListName, copy: &ListCopy, replaces: Option<u64>) -> Result<bool, StoreError> {
        self.around("publish", self.inner.publish(list, copy, replaces)).await
    }

    async fn clear(&self, list: &ListName, version: u64, limit: usize) -> Result<usize, StoreError> {
        self.around("clear", self.inner.clear(list, version, limit)).await
    }

    async fn copies(&self, list: &ListName) -> Result<ListCopies, StoreError> {
        self.around("copies", self.inner.copies(list)).await
    }

    async fn set_copies(&self, list: &ListName, copies: &ListCopies) -> Result<bool, StoreError> {
        self.around("set_copies", self.inner.set_copies(list, copies)).await
    }
}
