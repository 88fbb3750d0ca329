use async_trait::async_trait;
use store::{
    Commit, Committed, Counts, HistoryEntry, Keys, Listing, OverduePage, OverduePlace, Page, Request, RequestId,
    Snapshot, Store, StoreError, Timestamp,
};

/// What stands between a store and whoever uses it, and does some things otherwise. The rest goes through.
#[async_trait]
pub trait Interpose: Send + Sync {
    /// The store behind it. Nobody asks for it where everything [fails](Self::admit).
    fn store(&self) -> &dyn Store {
        unreachable!("nothing goes through")
    }

    /// What comes before everything: whether the store answers at all.
    async fn admit(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// In place of the store's own.
    async fn look_up(&self, keys: &Keys) -> Result<Snapshot, StoreError> {
        self.store().look_up(keys).await
    }

    /// In place of the store's own.
    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.store().request(id).await
    }

    /// In place of the store's own.
    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        self.store().commit(commit).await
    }
}

/// A store with something between.
pub struct Between<I>(pub I);

#[async_trait]
impl<I: Interpose> Store for Between<I> {
    async fn look_up(&self, keys: &Keys) -> Result<Snapshot, StoreError> {
        self.0.admit().await?;
        self.0.look_up(keys).await
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.0.admit().await?;
        self.0.request(id).await
    }

    async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.0.admit().await?;
        self.0.store().history(id).await
    }

    async fn earlier(&self, id: &RequestId, limit: usize) -> Result<Vec<Request>, StoreError> {
        self.0.admit().await?;
        self.0.store().earlier(id, limit).await
    }

    async fn list(&self, listing: &Listing) -> Result<Page, StoreError> {
        self.0.admit().await?;
        self.0.store().list(listing).await
    }

    async fn overdue(
        &self,
        now: Timestamp,
        after: Option<&OverduePlace>,
        limit: usize,
    ) -> Result<OverduePage, StoreError> {
        self.0.admit().await?;
        self.0.store().overdue(now, after, limit).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.0.admit().await?;
        self.0.store().counts().await
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        self.0.admit().await?;
        self.0.commit(commit).await
    }
}
