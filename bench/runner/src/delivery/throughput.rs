//! Effects per second, against the same calls to the same receiver without an outbox: what the outbox costs.

use super::outbox::{self, Place};
use super::receiver::{self, Post};
use super::{ratio, runtime};
use crate::measure::Sample;
use crate::store::{Store, memory_folder};
use crate::table;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Rows;
use tempfile::TempDir;

const AT_ONCE: [usize; 3] = [1, 8, 64];
const ROUNDS: usize = 5;
const HEADINGS: [&str; 6] = [
    "store",
    "at once",
    "effects/s",
    "calls/s without outbox",
    "time ratio",
    "outbox per effect",
];

pub(crate) fn measure(store: &Store) -> String {
    let (memory, disk) = (memory_folder(), TempDir::new().expect("a folder for temporary files"));
    let file = |folder: &TempDir| Place::Sqlite(folder.path().join("vestibule.db"));
    let dynamodb = Place::DynamoDb {
        endpoint: store.dynamodb.endpoint().to_owned(),
        table: store.dynamodb.create_table(),
    };
    let stores = [
        ("SQLite file in memory", file(&memory), 1000),
        ("SQLite file on disk", file(&disk), 300),
        ("DynamoDB Local", dynamodb, 100),
    ];
    let receiver = Post::new(&receiver::start());
    let mut rows = Vec::new();
    for (name, place, effects) in stores {
        let run = Run {
            store: place.open(),
            receiver: receiver.clone(),
            effects,
        };
        rows.extend(AT_ONCE.map(|at_once| run.row(name, at_once)));
    }
    format!(
        "medians of {ROUNDS} rounds, with and without in turn\n\n{}",
        table::aligned(HEADINGS, &rows)
    )
}

struct Run {
    store: Arc<dyn Rows>,
    receiver: Arc<Post>,
    /// In a round.
    effects: usize,
}

impl Run {
    fn row(&self, name: &str, at_once: usize) -> [String; HEADINGS.len()] {
        let (with, without) = self.times(at_once);
        let per_second = |time: Duration| format!("{:.0}", self.effects as f64 / time.as_secs_f64());
        let outbox = with.saturating_sub(without) / u32::try_from(self.effects).expect("a small number");
        [
            name.to_owned(),
            at_once.to_string(),
            per_second(with),
            per_second(without),
            format!("{:.1}", ratio(with, without)),
            table::milliseconds(outbox),
        ]
    }

    /// The medians with and without an outbox.
    fn times(&self, at_once: usize) -> (Duration, Duration) {
        let runtime = runtime();
        // Opens the connections.
        runtime.block_on(self.receiver.calls(4 * at_once, at_once));
        let (mut with, mut without) = (Sample::default(), Sample::default());
        for _ in 0..ROUNDS {
            with.extend([runtime.block_on(self.with_outbox(at_once))]);
            without.extend([runtime.block_on(self.without_outbox(at_once))]);
        }
        (with.median(), without.median())
    }

    async fn with_outbox(&self, at_once: usize) -> Duration {
        outbox::fill(&*self.store, self.effects).await;
        let began = Instant::now();
        let report = outbox::drain(self.store.clone(), &self.receiver, at_once).await;
        assert_eq!(report.delivered, self.effects, "{report:?}");
        began.elapsed()
    }

    async fn without_outbox(&self, at_once: usize) -> Duration {
        let began = Instant::now();
        self.receiver.calls(self.effects, at_once).await;
        began.elapsed()
    }
}
