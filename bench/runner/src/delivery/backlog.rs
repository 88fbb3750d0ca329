//! Backlogs of several lengths: the time for an entry and the memory must not grow with them.

use super::outbox::{self, Place};
use super::receiver::{self, Post};
use super::{ALIKE, runtime};
use crate::store::{Store, memory_folder};
use crate::table;
use end_to_end::process::Program;
use std::env;
use std::fs;
use std::time::{Duration, Instant};

/// As many as the product delivers at once.
const AT_ONCE: usize = 8;
const WITHIN: Duration = Duration::from_secs(10 * 60);
const HEADINGS: [&str; 6] = [
    "store",
    "entries",
    "time for an entry",
    "to the first",
    "peak memory",
    "to the first",
];

pub(crate) fn measure(store: &Store) -> String {
    let receiver = receiver::start();
    let mut rows = Vec::new();
    let sqlite = [10_000, 30_000, 100_000].map(|entries| {
        let folder = memory_folder();
        let place = Place::Sqlite(folder.path().join("vestibule.db"));
        (entries, drain(place, entries, &receiver))
    });
    rows.extend(compared("SQLite file in memory", &sqlite));
    let dynamodb = [1_000, 4_000].map(|entries| {
        let place = Place::DynamoDb {
            endpoint: store.dynamodb.endpoint().to_owned(),
            table: store.dynamodb.create_table(),
        };
        (entries, drain(place, entries, &receiver))
    });
    rows.extend(compared("DynamoDB Local", &dynamodb));
    format!(
        "each in a process of its own that delivers {AT_ONCE} at once\n\n{}",
        table::aligned(HEADINGS, &rows)
    )
}

/// What a process that drained said.
struct Drained {
    seconds: f64,
    peak_memory: u64,
}

fn drain(place: Place, entries: usize, receiver: &str) -> Drained {
    runtime().block_on(outbox::fill(&*place.open(), entries));
    let arguments = [Drain::ARGUMENT.to_owned(), receiver.to_owned(), entries.to_string()];
    let program = Program::new(env::current_exe().expect("the path of this program"));
    let finished = program.args(arguments).args(place.arguments()).run(WITHIN);
    let said: Vec<_> = finished.stdout.split_whitespace().collect();
    let [seconds, peak_memory] = said[..] else {
        panic!("the draining process failed: {finished:?}");
    };
    Drained {
        seconds: seconds.parse().expect("seconds"),
        peak_memory: peak_memory.parse().expect("bytes"),
    }
}

/// A row for each length, held against the first.
fn compared(name: &str, drained: &[(usize, Drained)]) -> Vec<[String; HEADINGS.len()]> {
    let per_entry = |(entries, drained): &(usize, Drained)| drained.seconds / *entries as f64;
    let row = |(index, each): (usize, &(usize, Drained))| {
        let first = &drained[0];
        let held = |ratio: f64| match index {
            0 => "-".to_owned(),
            _ => table::at_most(ALIKE, ratio),
        };
        [
            name.to_owned(),
            each.0.to_string(),
            table::milliseconds(Duration::from_secs_f64(per_entry(each))),
            held(per_entry(each) / per_entry(first)),
            table::memory(each.1.peak_memory),
            held(each.1.peak_memory as f64 / first.1.peak_memory as f64),
        ]
    };
    drained.iter().enumerate().map(row).collect()
}

/// What this program does instead of measuring, when it is asked to by its arguments: drain one store.
pub(crate) struct Drain {
    receiver: String,
    entries: usize,
    place: Place,
}

impl Drain {
    const ARGUMENT: &str = "drain";

    pub(crate) fn asked_for(arguments: &[String]) -> Option<Self> {
        let [argument, receiver, entries, kind, at, table] = arguments else {
            return None;
        };
        (argument == Self::ARGUMENT).then(|| Self {
            receiver: receiver.clone(),
            entries: entries.parse().expect("a number of entries"),
            place: Place::parse(kind, at, table),
        })
    }

    /// Drains, and prints the seconds and the most memory that this process had.
    pub(crate) fn run(self) {
        runtime().block_on(async {
            let (store, receiver) = (self.place.open(), Post::new(&self.receiver));
            let began = Instant::now();
            let report = outbox::drain(store, &receiver, AT_ONCE).await;
            let took = began.elapsed();
            assert_eq!(report.delivered, self.entries, "{report:?}");
            println!("{} {}", took.as_secs_f64(), peak_memory());
        });
    }
}

fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("/proc, as Linux has it");
    let kib = status.lines().find_map(|line| {
        let value = line.strip_prefix("VmHWM:")?.split_whitespace().next()?;
        value.parse::<u64>().ok()
    });
    kib.expect("VmHWM in /proc/self/status") * 1024
}
