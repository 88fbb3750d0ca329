//! `make bench`: every function against its baseline, behind the same loopback Runtime API, in turn; the queue, by its
//! stores and by how much they hold; what calls of other systems cost; what follows decisions, by its stores; and what all
//! of it takes of a table's capacity.
//!
//! `BENCH_STARTS` (20) and `BENCH_CALLS` (500) set how much is measured, `BENCH_ONLY` a part of the names of the rows
//! and groups to measure (`make bench-delivery` sets it to `delivery`, `make bench-look-ups` to `look-ups`,
//! `make bench-queue` to `queue`, `make capacity` to `capacity`). `BENCH_ROUNDS` (200) is how often each page of the
//! queue is read, `BENCH_STORED` (`1000,100000,1000000`) how many requests the stores hold then. It prints tables and
//! never fails on a number: it is a benchmark, not a test.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout)] // A tool for developers, whose output is its purpose.

mod capacity;
mod delivery;
mod house;
mod look_ups;
mod measure;
mod queue;
mod rows;
mod store;
mod table;
mod tls;

use crate::measure::{Counts, Pair, Side};
use crate::rows::{ROWS, Row};
use crate::store::Store;
use crate::table::Table;
use std::env;
use std::str::FromStr;

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if let Some(drain) = delivery::Drain::asked_for(&arguments) {
        return drain.run();
    }
    let counts = Counts {
        starts: setting("BENCH_STARTS", 20),
        calls: setting("BENCH_CALLS", 500),
    };
    let only: String = setting("BENCH_ONLY", String::new());
    let store = Store::start();
    let rows: Vec<_> = ROWS.iter().filter(|row| row.name().contains(&only)).collect();
    if !rows.is_empty() {
        measure_functions(&rows, counts, &store);
    }
    look_ups::measure(&only);
    queue::measure(&only, &store);
    delivery::measure(&only, counts, &store);
}

fn measure_functions(rows: &[&Row], counts: Counts, store: &Store) {
    let mut table = Table::default();
    for row in rows {
        let (function, baseline) = pair(row, store).measure(counts);
        println!(
            "{}: half of the starts took {}, of {} {}",
            row.name(),
            table::spread(&function.starts),
            row.baseline,
            table::spread(&baseline.starts)
        );
        table.add(row, &function, &baseline);
    }
    println!(
        "\n{} starts and {} warm calls each; function / baseline\n\n{}",
        counts.starts,
        counts.calls,
        table.text()
    );
}

/// The same environment for a function and its baseline.
fn pair(row: &Row, store: &Store) -> Pair {
    Pair {
        function: Side {
            name: row.function,
            program: store::program(row.function, row.policy, row.store.then_some(store)),
            answer: row.answer,
        },
        baseline: Side {
            name: row.baseline,
            program: store::program(row.baseline, row.policy, row.store.then_some(store)),
            answer: "",
        },
        request: row.request,
    }
}

pub(crate) fn setting<T: FromStr>(name: &str, default: T) -> T {
    match env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}")),
        Err(_) => default,
    }
}
