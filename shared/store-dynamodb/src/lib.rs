//! The store on AWS: DynamoDB, managed.
//!
//! One table, whose rows are JSON documents; the attributes beside a document are what conditions, lists and the
//! table's time to live look at. `items` has the keys.
//!
//! A call's time is bounded here as well as by the caller: the SDK's own defaults would hang it.

mod commit;
mod controls;
mod copies;
mod error;
mod index;
mod invitations;
mod items;
mod kept;
mod ledger;
mod list;
mod list_editor;
mod lists;
mod open;
mod outbox;
mod presence;
mod read;
mod retry;
mod settings;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod transport;
mod trust;

use std::{future::Future, sync::OnceLock, time::Duration};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use claims::Hash;
use store::{
    Checkpoint, Commit, Committed, Counts, DuePage, DuePlace, EntryId, Filed, HistoryEntry, JournalPage, JournalPlace,
    Keys, Lane, Ledger, ListCopies, ListCopy, ListEditor, ListEntry, ListName, ListPlace, ListQuestion, Listed,
    Listing, Lists, Looking, Numbered, Outbox, OutboxEntry, OverduePage, OverduePlace, Page, ParkedPage, ParkedPlace,
    Position, Presence, Pruning, Receiver, Request, RequestId, RollPage, Snapshot, StateName, Store, StoreError,
    Timestamp, Traces, Undelivered,
};

pub use open::OpenError;

use items::Table;
use open::Limits;
use settings::Shards;

/// A store in one DynamoDB table.
pub struct DynamoStore {
    client: Client,
    table: Table,
    /// The time for all that one call does.
    limit: Duration,
    /// What the table says, once it was read.
    shards: OnceLock<Shards>,
}

impl DynamoStore {
    /// Prepares to work with a table. On AWS Lambda, and with credentials in the environment wherever the feature
    /// `aws-config` is off, this asks nobody; elsewhere the region may be looked up where the machine keeps it. Whether
    /// the table is there shows at the first call. What the store waits for fits inside its callers' deadline.
    ///
    /// # Errors
    /// [`OpenError`] for a name that no table can have, and where region or credentials are missing.
    pub async fn open(table: &str, deadline: Duration) -> Result<DynamoStore, OpenError> {
        open::check_name(table)?;
        let limits = Limits::within(deadline);
        Ok(DynamoStore::with_client(
            open::client(limits).await?,
            table,
            limits.call,
        ))
    }

    pub(crate) fn with_client(client: Client, table: &str, limit: Duration) -> DynamoStore {
        DynamoStore {
            client,
            table: Table::new(table),
            limit,
            shards: OnceLock::new(),
        }
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let late = || StoreError::Unavailable(format!("no answer within {:?}, retries included", self.limit));
        tokio::time::timeout(self.limit, work)
            .await
            .unwrap_or_else(|_| Err(late()))
    }
}

#[async_trait]
impl Store for DynamoStore {
    async fn look_up(&self, keys: &Keys) -> Result<Snapshot, StoreError> {
        self.in_time(read::look_up(self, keys)).await
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.in_time(read::request(self, id)).await
    }

    async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.in_time(read::history(self, id)).await
    }

    async fn earlier(&self, id: &RequestId, limit: usize) -> Result<Vec<Request>, StoreError> {
        self.in_time(read::earlier(self, id, limit)).await
    }

    async fn list(&self, listing: &Listing) -> Result<Page, StoreError> {
        self.in_time(list::list(self, listing)).await
    }

    async fn overdue(
        &self,
        now: Timestamp,
        after: Option<&OverduePlace>,
        limit: usize,
    ) -> Result<OverduePage, StoreError> {
        self.in_time(list::overdue(self, now, after, limit)).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.in_time(read::counts(self)).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        self.in_time(commit::commit(self, commit)).await
    }
}

#[async_trait]
impl Outbox for DynamoStore {
    async fn due(
        &self,
        receiver: Receiver,
        now: Timestamp,
        after: Option<&DuePlace>,
        limit: usize,
    ) -> Result<DuePage, StoreError> {
        self.in_time(outbox::due(self, receiver, now, after, limit)).await
    }

    async fn first_in(&self, lane: &Lane) -> Result<Option<OutboxEntry>, StoreError> {
        self.in_time(outbox::first_in(self, lane)).await
    }

    async fn entry(&self, id: &EntryId) -> Result<Option<OutboxEntry>, StoreError> {
        self.in_time(outbox::entry(self, id)).await
    }

    async fn parked(&self, after: Option<&ParkedPlace>, limit: usize) -> Result<ParkedPage, StoreError> {
        self.in_time(outbox::parked(self, after, limit)).await
    }
}

#[async_trait]
impl Ledger for DynamoStore {
    async fn journal(
        &self,
        after: Option<&JournalPlace>,
        until: Timestamp,
        limit: usize,
    ) -> Result<JournalPage, StoreError> {
        self.in_time(ledger::journal(self, after, until, limit)).await
    }

    async fn checkpoints(&self, after: u64, limit: usize) -> Result<Vec<Numbered>, StoreError> {
        self.in_time(ledger::checkpoints(self, after, limit)).await
    }

    async fn latest_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.in_time(ledger::latest(self)).await
    }

    async fn roll(&self, state: StateName, after: Option<&Position>, limit: usize) -> Result<RollPage, StoreError> {
        self.in_time(ledger::roll(self, state, after, limit)).await
    }

    async fn filed(&self, id: &RequestId) -> Result<Filed, StoreError> {
        self.in_time(ledger::filed(self, id)).await
    }

    async fn pruning(&self) -> Result<Option<Pruning>, StoreError> {
        self.in_time(ledger::pruning(self)).await
    }
}

#[async_trait]
impl Lists for DynamoStore {
    async fn listed(&self, questions: &[ListQuestion]) -> Result<Vec<Listed>, StoreError> {
        self.in_time(lists::listed(self, questions)).await
    }
}

#[async_trait]
impl Traces for DynamoStore {
    async fn undelivered(&self, applicant: &Hash) -> Result<Undelivered, StoreError> {
        self.in_time(outbox::of(self, applicant)).await
    }

    /// Answers to calls have a time to live, and there are no files.
    async fn wipe(&self, _: &Hash) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl Presence for DynamoStore {
    async fn look(&self, id: &RequestId, name: &str, now: Timestamp) -> Result<(), StoreError> {
        self.in_time(presence::look(self, id, name, now)).await
    }

    async fn look_away(&self, id: &RequestId, name: &str) -> Result<(), StoreError> {
        self.in_time(presence::look_away(self, id, name)).await
    }

    async fn looking(&self, id: &RequestId, now: Timestamp) -> Result<Vec<Looking>, StoreError> {
        self.in_time(presence::looking(self, id, now)).await
    }
}

/// An edit may be a million entries long: the time of each request is bounded, not that of all.
#[async_trait]
impl ListEditor for DynamoStore {
    async fn add(&self, place: &ListPlace, entries: &[ListEntry]) -> Result<usize, StoreError> {
        list_editor::add(self, place, entries).await
    }

    async fn remove(&self, list: &ListName, entries: &[Hash]) -> Result<usize, StoreError> {
        list_editor::remove(self, list, entries).await
    }

    async fn page(&self, place: &ListPlace, after: Option<&Hash>, limit: usize) -> Result<Vec<ListEntry>, StoreError> {
        list_editor::page(self, place, after, limit).await
    }

    async fn copy(&self, list: &ListName) -> Result<Option<ListCopy>, StoreError> {
        self.in_time(list_editor::copy(self, list)).await
    }

    async fn publish(&self, list: &ListName, copy: &ListCopy, replaces: Option<u64>) -> Result<bool, StoreError> {
        self.in_time(list_editor::publish(self, list, copy, replaces)).await
    }

    async fn clear(&self, list: &ListName, version: u64, limit: usize) -> Result<usize, StoreError> {
        list_editor::clear(self, list, version, limit).await
    }

    async fn copies(&self, list: &ListName) -> Result<ListCopies, StoreError> {
        self.in_time(copies::copies(self, list)).await
    }

    async fn set_copies(&self, list: &ListName, copies: &ListCopies) -> Result<bool, StoreError> {
        self.in_time(copies::set(self, list, copies)).await
    }
}
