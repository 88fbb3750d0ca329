//! What comes of each failure, and what is in the store afterwards.

mod cancelled;
mod controls;
mod failed;
mod lives;
mod lost;
mod races;
mod reading;
mod rows;
mod slow;

use std::{
    mem::discriminant,
    sync::Arc,
    time::{Duration, Instant},
};

use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError, future};
use aws_sdk_dynamodb::{
    Client,
    config::{Config, Region, SharedHttpClient},
};
use claims::Hash;
use store::{
    Asked, Commit,
    Committed::{self, Applied, Conflict},
    Controls, Invitations, Keys, ListName, Listing, Outbox, Position, Receiver, Request, Snapshot, StateName, Store,
    StoreError, Tally, Which,
};
use store_suite::{
    sample::{
        answer, applicant, approved, archive, at, call, call_key, commit, denial, denied, entry, first, full, history,
        next, next_round, pending, turn_away,
    },
    settle,
};

use super::{
    Table, endpoint,
    faults::{Fault, Faults, Gate},
};
use crate::{
    DynamoStore,
    open::Limits,
    settings::Shards,
    testing::{self, PATIENCE},
};

type Outcome = Result<Committed, StoreError>;

const PASSING: [&str; 4] = [
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
];

const THROTTLED: [&str; 3] = [
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
];

/// The time that the gate has for a whole call.
const GATE: Duration = Duration::from_millis(1500);

/// A commit of several rows, through a client with faults, to a table of its own.
struct Case {
    table: Table,
    faults: Faults,
    store: DynamoStore,
    commit: Commit,
}

impl Case {
    /// With patience, where faults are answers and not silence: a slow machine adds none.
    async fn new(faults: impl Into<std::collections::VecDeque<Fault>>) -> Case {
        Case::within(PATIENCE, Faults::planned(faults)).await
    }

    /// With the limits of production.
    async fn in_time(faults: impl Into<std::collections::VecDeque<Fault>>) -> Case {
        Case::within(limits(), Faults::planned(faults)).await
    }

    async fn within(limits: Limits, faults: Faults) -> Case {
        Case::at(Table::new().await, limits, faults)
    }

    fn at(table: Table, limits: Limits, faults: Faults) -> Case {
        let http_client = SharedHttpClient::new(faults.clone());
        let jane = full("jane");
        let writes = [
            first(&jane),
            history(&jane),
            answer(&call("jane", &jane)),
            turn_away(&denial("jane", &jane)),
        ];
        let store = testing::open_through(&endpoint(), &table.0, http_client, limits);
        // As in a process that has worked with the table before.
        store.shards.get_or_init(|| Shards::USUAL);
        Case {
            store,
            table,
            faults,
            commit: commit(writes),
        }
    }

    async fn commit(&self) -> Outcome {
        self.store.commit(&self.commit).await
    }

    async fn broken(&self) -> String {
        match self.commit().await {
            Err(StoreError::Broken(why)) => {
                assert!(!why.contains("Jane"), "{why}");
                why
            }
            other => panic!("{other:?}"),
        }
    }

    /// How many requests came to the client.
    fn operations(&self) -> usize {
        self.faults.seen().len()
    }

    /// How many attempts there were of the only transaction.
    fn the_one_tokens_attempts(&self) -> usize {
        let seen = self.faults.seen();
        for attempt in &seen {
            assert_eq!(attempt.operation, "TransactWriteItems");
            assert!(attempt.token.is_some() && attempt.token == seen[0].token);
        }
        seen.len()
    }

    async fn write_elsewhere(&self) {
        let other = testing::open_at(&endpoint(), &self.table.0);
        assert_eq!(other.commit(&self.commit).await, Ok(Applied));
    }

    async fn nothing_is_written(&self) {
        let (snapshot, history) = self.found().await;
        assert!(snapshot.request.is_none() && snapshot.call.is_none() && snapshot.denials.is_empty());
        assert!(history.is_empty());
    }

    async fn everything_is_written_once(&self) {
        let jane = full("jane");
        let (snapshot, history) = self.found().await;
        assert!(snapshot.request.as_ref() == Some(&jane));
        assert_eq!(snapshot.call, Some(call("jane", &jane)));
        assert_eq!(snapshot.denials, vec![denial("jane", &jane)]);
        assert!(history == vec![entry(&jane)]);
    }

    /// What another store finds, without faults.
    async fn found(&self) -> (Snapshot, Vec<store::HistoryEntry>) {
        let other = testing::open_at(&endpoint(), &self.table.0);
        let snapshot = other.look_up(&self.keys()).await.unwrap();
        (snapshot, other.history(&full("jane").id).await.unwrap())
    }

    fn keys(&self) -> Keys {
        Case::all_keys()
    }

    fn all_keys() -> Keys {
        Keys {
            applicant: Some(applicant("jane")),
            addresses: vec![Hash::of_address("jane")],
            call: Some(call_key("jane")),
        }
    }
}

/// A place whose stores fail at random.
struct Faulty {
    table: Table,
    seed: u64,
}

impl Faulty {
    async fn new(seed: u64) -> Faulty {
        let table = Table::new().await;
        Faulty { table, seed }
    }
}

#[async_trait::async_trait]
impl store_suite::Place for Faulty {
    async fn open(&self) -> Arc<dyn store::Rows> {
        let http_client = SharedHttpClient::new(Faults::random(self.seed));
        Arc::new(testing::open_through(&endpoint(), &self.table.0, http_client, PATIENCE))
    }

    async fn damage(&self, id: &store::EntryId) {
        self.table.damage(id).await;
    }

    async fn damage_request(&self, id: &store::RequestId) {
        self.table.damage_request(id).await;
    }
}

/// A list of each index.
fn lists() -> [Which; 4] {
    let domain = claims::Domain::parse("b.example").unwrap();
    [
        Which::State(StateName::Pending),
        Which::Waiting(vec![Asked::Anybody]),
        Which::domain(&domain),
        Which::address("jane@b.example"),
    ]
}

/// What comes of everything that can be read.
async fn every_read(store: &DynamoStore) -> Vec<Result<(), StoreError>> {
    let second = next_round(&full("jane")).id;
    let mut outcomes = vec![
        store.look_up(&Case::all_keys()).await.map(drop),
        store.request(&second).await.map(drop),
        store.history(&second).await.map(drop),
        store.earlier(&second, 10).await.map(drop),
        store.overdue(at(0), None, 10).await.map(drop),
        store.counts().await.map(drop),
        store.due(Receiver::Counts, at(0), None, 10).await.map(drop),
        store.parked(None, 10).await.map(drop),
    ];
    for which in lists() {
        outcomes.push(store.list(&Listing::of(which, 10)).await.map(drop));
    }
    outcomes.extend(every_control(store).await);
    outcomes
}

/// What comes of everything that rules ask beside lists.
async fn every_control(store: &DynamoStore) -> Vec<Result<(), StoreError>> {
    let (key, tally) = (applicant("jane"), Tally::at(applicant("jane"), at(0), GATE));
    let table = ListName::parse("customers").unwrap();
    vec![
        store.invited(&key, &key).await.map(drop),
        store.invitations(&key, 10).await.map(drop),
        store.uses(&key, &key, 10).await.map(drop),
        store.tallied(&[tally]).await.map(drop),
        store.kept(&key).await.map(drop),
        store.item(&table, &key).await.map(drop),
    ]
}

fn listing() -> Listing {
    Listing::of(Which::State(StateName::Pending), 10)
}

/// Those of the usual deadline.
fn limits() -> Limits {
    Limits::within(GATE)
}
