//! What rules ask beside lists, and what operators keep for that.

use async_trait::async_trait;
use claims::Hash;
use store::{
    Controls, Invitation, InvitationUse, Invitations, Item, ItemEditor, KeptResult, ListName, StoreError, Tally,
};

use crate::{DynamoStore, invitations, kept};

#[async_trait]
impl Controls for DynamoStore {
    async fn invited(
        &self,
        code: &Hash,
        applicant: &Hash,
    ) -> Result<Option<(Invitation, Option<InvitationUse>)>, StoreError> {
        self.in_time(invitations::invited(self, code, applicant)).await
    }

    async fn tallied(&self, tallies: &[Tally]) -> Result<Vec<u64>, StoreError> {
        self.in_time(kept::tallied(self, tallies)).await
    }

    async fn kept(&self, key: &Hash) -> Result<Option<KeptResult>, StoreError> {
        self.in_time(kept::kept(self, key)).await
    }

    async fn item(&self, table: &ListName, key: &Hash) -> Result<Option<String>, StoreError> {
        self.in_time(kept::item(self, table, key)).await
    }
}

/// There may be a hundred thousand: the time of each request is bounded, not that of all.
#[async_trait]
impl Invitations for DynamoStore {
    async fn invitations(&self, from: &Hash, limit: usize) -> Result<Vec<Invitation>, StoreError> {
        invitations::page(self, from, limit).await
    }

    async fn uses(&self, code: &Hash, from: &Hash, limit: usize) -> Result<Vec<InvitationUse>, StoreError> {
        invitations::uses(self, code, from, limit).await
    }
}

/// As with lists, the time of each request is bounded.
#[async_trait]
impl ItemEditor for DynamoStore {
    async fn put_items(&self, table: &ListName, items: &[Item]) -> Result<(), StoreError> {
        kept::put_items(self, table, items).await
    }

    async fn remove_item(&self, table: &ListName, key: &Hash) -> Result<bool, StoreError> {
        kept::remove_item(self, table, key).await
    }
}
