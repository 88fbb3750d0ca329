//! What rules ask beside lists, and what operators keep for that.

use async_trait::async_trait;
use claims::Hash;
use rusqlite::Connection;
use store::{
    Controls, Invitation, InvitationUse, Invitations, Item, ItemEditor, KeptResult, ListName, StoreError, Tally,
};

use crate::{SqliteStore, invitations, kept, run};

#[async_trait]
impl Controls for SqliteStore {
    async fn invited(
        &self,
        code: &Hash,
        applicant: &Hash,
    ) -> Result<Option<(Invitation, Option<InvitationUse>)>, StoreError> {
        let (code, applicant) = (*code, *applicant);
        run(&self.reader, move |connection| {
            invitations::invited(connection, &code, &applicant)
        })
        .await
    }

    async fn tallied(&self, tallies: &[Tally]) -> Result<Vec<u64>, StoreError> {
        let tallies = tallies.to_vec();
        run(&self.reader, move |connection| kept::tallied(connection, &tallies)).await
    }

    async fn kept(&self, key: &Hash) -> Result<Option<KeptResult>, StoreError> {
        let key = *key;
        run(&self.reader, move |connection| kept::kept(connection, &key)).await
    }

    async fn item(&self, table: &ListName, key: &Hash) -> Result<Option<String>, StoreError> {
        let (table, key) = (table.clone(), *key);
        run(&self.reader, move |connection| kept::item(connection, &table, &key)).await
    }
}

#[async_trait]
impl Invitations for SqliteStore {
    async fn invitations(&self, from: &Hash, limit: usize) -> Result<Vec<Invitation>, StoreError> {
        let from = *from;
        run(&self.reader, move |connection| {
            invitations::page(connection, &from, limit)
        })
        .await
    }

    async fn uses(&self, code: &Hash, from: &Hash, limit: usize) -> Result<Vec<InvitationUse>, StoreError> {
        let (code, from) = (*code, *from);
        run(&self.reader, move |connection| {
            invitations::uses(connection, &code, &from, limit)
        })
        .await
    }
}

#[async_trait]
impl ItemEditor for SqliteStore {
    async fn put_items(&self, table: &ListName, items: &[Item]) -> Result<(), StoreError> {
        let table = table.clone();
        self.in_parts(items, move |connection, items| {
            kept::put_items(connection, &table, items)
        })
        .await
        .map(drop)
    }

    async fn remove_item(&self, table: &ListName, key: &Hash) -> Result<bool, StoreError> {
        let (table, key) = (table.clone(), *key);
        self.patiently(&[key], &move |connection: &mut Connection, keys: &[Hash]| {
            kept::remove_items(connection, &table, keys)
        })
        .await
        .map(|removed| removed > 0)
    }
}
