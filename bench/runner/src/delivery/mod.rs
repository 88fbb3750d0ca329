//! `make bench-delivery`: what follows decisions. Every store and file lies in memory where the system has a folder
//! there, unless a row says otherwise.

mod answer;
mod backlog;
mod dead;
mod idle;
mod mailbox;
mod outbox;
mod receiver;
mod service;
mod throughput;

use crate::measure::Counts;
use crate::store::Store;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

pub(crate) use backlog::Drain;

/// How many times the other a value may be that is to be like it.
pub(crate) const ALIKE: f64 = 1.2;

/// Measures the groups whose names hold a text, and prints a table of each.
pub(crate) fn measure(only: &str, counts: Counts, store: &Store) {
    let groups: [(&str, &dyn Fn() -> String); 5] = [
        ("delivery: effects per second", &|| throughput::measure(store)),
        ("delivery: delay when idle", &|| idle::measure(store)),
        ("delivery: one receiver dead", &dead::measure),
        ("delivery: backlog", &|| backlog::measure(store)),
        ("delivery: the gate's answer", &|| answer::measure(counts, store)),
    ];
    for (name, measure) in groups.iter().filter(|(name, _)| name.contains(only)) {
        let began = Instant::now();
        println!("\n## {name}\n\n{}", measure());
        println!("\nmeasured in {:.0} s", began.elapsed().as_secs_f64());
    }
}

/// As many threads as `vestibule serve` has.
pub(crate) fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a tokio runtime")
}

pub(crate) fn ratio(value: Duration, baseline: Duration) -> f64 {
    value.as_secs_f64() / baseline.as_secs_f64()
}
