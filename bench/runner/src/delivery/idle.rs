//! From a reviewer's decision to what follows from it, when nothing else happens.

use super::service::{Directory, Kept, Service};
use crate::measure::Sample;
use crate::store::Store;
use crate::table;
use std::iter;
use std::time::Duration;

const DECISIONS: usize = 200;
const HEADINGS: [&str; 4] = ["store", "what arrives", "p50", "p99"];

pub(crate) fn measure(store: &Store) -> String {
    let stores = [
        ("SQLite file in memory", Kept::Sqlite),
        ("DynamoDB Local", Kept::DynamoDb(&store.dynamodb)),
    ];
    let mut rows = Vec::new();
    for (name, kept) in stores {
        let service = Service::start(Directory::Answers, kept);
        rows.push(row(name, "the letter", || service.letter_delay()));
        rows.push(row(name, "the account", || service.account_delay()));
    }
    format!(
        "{DECISIONS} decisions each, from sending the decision: its own answer is part of the time\n\n{}",
        table::aligned(HEADINGS, &rows)
    )
}

fn row(store: &str, what: &str, mut delay: impl FnMut() -> Duration) -> [String; HEADINGS.len()] {
    // The first one opens connections, and has the directory's token fetched.
    delay();
    let mut delays = Sample::default();
    delays.extend(iter::repeat_with(delay).take(DECISIONS));
    [
        store.to_owned(),
        what.to_owned(),
        table::milliseconds(delays.median()),
        table::milliseconds(delays.quantile(0.99)),
    ]
}
