//! From a reviewer's decision to what follows from it, when nothing else happens.

use super::service::{Directory, Kept, Service};
use crate::measure::Sample;
use crate::store::Store;
use crate::table;
use std::time::Duration;

const DECISIONS: usize = 200;
/// So many sign up before decisions are made.
const BATCH: usize = 50;
const HEADINGS: [&str; 4] = ["store", "what arrives", "p50", "p99"];

pub(crate) fn measure(store: &Store) -> String {
    let stores = [
        ("SQLite file in memory", Kept::Sqlite),
        ("DynamoDB Local", Kept::DynamoDb(&store.dynamodb)),
    ];
    let mut rows = Vec::new();
    for (name, kept) in stores {
        let service = Service::start(Directory::Answers, kept);
        rows.push(row(name, "the letter", &service, Service::letter_delay));
        rows.push(row(name, "the account", &service, Service::account_delay));
    }
    format!(
        "{DECISIONS} decisions each, from sending the decision: its own answer is part of the time\n\n{}",
        table::aligned(HEADINGS, &rows)
    )
}

fn row(store: &str, what: &str, service: &Service, delay: fn(&Service, &str) -> Duration) -> [String; HEADINGS.len()] {
    let batch = |people| {
        service
            .sign_up(people)
            .into_iter()
            .map(|request| delay(service, &request))
    };
    // The first one opens connections, and has the directory's token fetched.
    batch(1).for_each(drop);
    let mut delays = Sample::default();
    delays.extend((0..DECISIONS / BATCH).flat_map(|_| batch(BATCH)));
    [
        store.to_owned(),
        what.to_owned(),
        table::milliseconds(delays.median()),
        table::milliseconds(delays.quantile(0.99)),
    ]
}
