//! `make bench-queue`: the queue that reviewers see, and what fills it; `make capacity`: what that takes.

mod at_once;
mod kept;
mod pages;
pub(crate) mod requests;

use crate::capacity;
use crate::store::Store;
use std::time::Instant;

/// Measures the groups whose names hold a text, and prints a table of each.
pub(crate) fn measure(only: &str, store: &Store) {
    let groups: [(&str, &dyn Fn() -> String); 4] = [
        ("queue: pages from SQLite", &pages::measure_sqlite),
        ("queue: pages from DynamoDB Local", &pages::measure_dynamodb),
        ("queue: submits at once", &|| at_once::measure(store)),
        ("capacity", &|| capacity::measure(&store.dynamodb)),
    ];
    for (name, measure) in groups.iter().filter(|(name, _)| name.contains(only)) {
        let began = Instant::now();
        println!("\n## {name}\n\n{}", measure());
        println!("\nmeasured in {:.0} s", began.elapsed().as_secs_f64());
    }
}
