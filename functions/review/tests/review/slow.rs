//! A store whose commits take their time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use store::{Commit, Committed, Store, StoreError};
use store_suite::Interpose;

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
impl Interpose for Slow {
    fn store(&self) -> &dyn Store {
        &*self.store
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
