//! Many submits at the same time on one store: none is lost, none is there twice.

use crate::delivery::{ratio, runtime};
use crate::house::House;
use crate::store::{Store, memory_folder};
use crate::{rows, table};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::{Listing, Rows, StateName, Which};
use store_dynamodb::testing;
use store_sqlite::SqliteStore;
use tempfile::TempDir;

const AT_ONCE: usize = 200;
const HEADINGS: [&str; 6] = [
    "store",
    "submits at once",
    "of",
    "requests",
    "all answered after",
    "one alone, p50",
];

pub(crate) fn measure(store: &Store) -> String {
    let (memory, disk) = (memory_folder(), TempDir::new().expect("a folder for temporary files"));
    let file = |folder: &TempDir| -> Arc<dyn Rows> {
        let path = folder.path().join("vestibule.db");
        Arc::new(SqliteStore::open(path).expect("a file for SQLite"))
    };
    let dynamodb = || -> Arc<dyn Rows> {
        let table = store.dynamodb.create_table();
        Arc::new(testing::open_at(store.dynamodb.endpoint(), &table))
    };
    let stores = [
        ("SQLite file in memory", file(&memory)),
        ("SQLite file on disk", file(&disk)),
        ("DynamoDB Local", dynamodb()),
    ];
    let rows: Vec<_> = stores
        .into_iter()
        .flat_map(|(name, store)| runtime().block_on(compared(name, store)))
        .collect();
    table::aligned(HEADINGS, &rows)
}

async fn compared(name: &str, store: Arc<dyn Rows>) -> [[String; HEADINGS.len()]; 2] {
    let house = Arc::new(House::new(store.clone(), "with-approval.toml"));
    let people: Vec<_> = (0..AT_ONCE).map(|_| somebody()).collect();
    let alone = alone(&house).await;
    let before = waiting(&*store).await.len();
    let many = at_once(&house, &people).await;
    let after_many = waiting(&*store).await.len();
    assert_eq!(after_many, before + AT_ONCE, "a request for everybody");
    let one = at_once(&house, &[somebody(); AT_ONCE]).await;
    assert_eq!(
        waiting(&*store).await.len(),
        after_many + 1,
        "one request of one applicant"
    );
    let row = |of: &str, requests: usize, took: Duration| {
        [
            name.to_owned(),
            AT_ONCE.to_string(),
            of.to_owned(),
            requests.to_string(),
            format!(
                "{:.2} s ({:.0} times one alone)",
                took.as_secs_f64(),
                ratio(took, alone)
            ),
            table::milliseconds(alone),
        ]
    };
    [row("as many applicants", AT_ONCE, many), row("one applicant", 1, one)]
}

/// A number that nobody else has.
fn somebody() -> u64 {
    static PEOPLE: AtomicU64 = AtomicU64::new(0);
    PEOPLE.fetch_add(1, Ordering::Relaxed)
}

/// How long one submit takes while nobody else is there.
async fn alone(house: &House) -> Duration {
    let mut sample = crate::measure::Sample::default();
    for _ in 0..20 {
        let began = Instant::now();
        house.submit(rows::submit(somebody())).await;
        sample.extend([began.elapsed()]);
    }
    sample.median()
}

async fn at_once(house: &Arc<House>, people: &[u64]) -> Duration {
    let began = Instant::now();
    let submits = people.iter().map(|&person| {
        let house = house.clone();
        tokio::spawn(async move { house.submit(rows::submit(person)).await })
    });
    for answer in join_all(submits.collect::<Vec<_>>()).await {
        let answer = answer.expect("a submit that does not panic");
        assert_eq!(answer["action"], "ShowBlockPage", "{answer}");
        let told = answer["userMessage"].as_str().expect("a message");
        assert!(told.contains("waiting for approval"), "{answer}");
    }
    began.elapsed()
}

/// Everybody who waits, each once.
async fn waiting(store: &dyn Rows) -> BTreeSet<store::RequestId> {
    let mut listing = Listing::of(Which::State(StateName::Pending), 100);
    let mut found = BTreeSet::new();
    loop {
        let page = store.list(&listing).await.expect("a page");
        for request in page.requests {
            assert!(found.insert(request.id), "{} twice", request.id);
        }
        match page.next {
            None => return found,
            next => listing.after = next,
        }
    }
}
