//! Stores of several lengths, loaded once and kept in `target/bench-queue`: a million rows take minutes to load.

use super::requests::Requests;
use crate::delivery::runtime;
use crate::store::memory_folder;
use end_to_end::binaries;
use end_to_end::dynamodb_local::DynamoDb;
use futures_util::{StreamExt, stream};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use store::{Commit, Committed, MAX_WRITES, Rows, Store, Write};
use store_dynamodb::testing;
use store_sqlite::SqliteStore;

/// Goes up when the stores keep the same rows in another way.
const FORMAT: u32 = 1;
/// How many rows are put in between two lines that say how far it is.
const PART: usize = 50_000;
/// How many batches are under way: more do not make the emulator faster.
const AT_ONCE: usize = 4;

/// A store with so many requests.
pub(crate) struct Kept {
    pub(crate) stored: usize,
    pub(crate) store: Arc<dyn Rows>,
}

/// SQLite files of these lengths.
pub(crate) fn sqlite(lengths: &[usize], requests: &Requests) -> Vec<Kept> {
    let each = lengths.iter().map(|&stored| {
        let folder = folder(&format!("sqlite-{stored}"));
        loaded(&folder, requests, |folder| {
            let store = SqliteStore::open(folder.join("vestibule.db")).expect("a file for SQLite");
            load("SQLite", stored, requests, async |part| commit(&store, part).await);
        });
        let store = SqliteStore::open(folder.join("vestibule.db")).expect("a file for SQLite");
        let store = Arc::new(store);
        Kept { stored, store }
    });
    each.collect()
}

/// DynamoDB Locals of these lengths, each a process of its own; they end with what is returned.
pub(crate) fn dynamodb(lengths: &[usize], requests: &Requests) -> (Vec<DynamoDb>, Vec<Kept>) {
    const TABLE: &str = "vestibule";
    let each = lengths.iter().map(|&stored| {
        let folder = folder(&format!("dynamodb-{stored}"));
        loaded(&folder, requests, |folder| {
            let emulator = DynamoDb::start_kept(folder);
            let table = testing::create_table(emulator.endpoint(), TABLE);
            runtime().block_on(table).expect("a table");
            let store = testing::open_at(emulator.endpoint(), TABLE);
            load("DynamoDB Local", stored, requests, async |part| {
                let done = testing::put_requests(&store, &part).await;
                done.expect("requests that are put");
            });
        });
        let emulator = DynamoDb::start_kept(&folder);
        let store = Arc::new(testing::open_at(emulator.endpoint(), TABLE));
        (emulator, Kept { stored, store })
    });
    each.unzip()
}

fn folder(name: &str) -> PathBuf {
    binaries::in_repository("target/bench-queue").join(name)
}

/// Fills a folder, unless it was filled with the same rows before. In memory first: a disk takes longer for each commit than
/// all else takes together.
fn loaded(folder: &Path, requests: &Requests, load: impl FnOnce(&Path)) {
    let (stamp, wanted) = (folder.join("stamp"), format!("{FORMAT} {}", requests.stamp()));
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return;
    }
    // What an interrupted run left is no good.
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).expect("a folder in target");
    let fast = memory_folder();
    load(fast.path());
    for file in fs::read_dir(fast.path()).expect("a folder in memory").flatten() {
        fs::copy(file.path(), folder.join(file.file_name())).expect("room on the disk");
    }
    fs::write(&stamp, wanted).expect("a file in target");
}

fn load(name: &str, stored: usize, requests: &Requests, put: impl AsyncFn(Vec<store::Request>)) {
    let (began, runtime) = (Instant::now(), runtime());
    for first in (0..stored).step_by(PART) {
        let part = first..stored.min(first + PART);
        let last = part.end;
        runtime.block_on(put(part.map(|n| requests.nth(n)).collect()));
        println!(
            "{name}: {last} of {stored} requests loaded, {:.0} s",
            began.elapsed().as_secs_f64()
        );
    }
}

async fn commit(store: &SqliteStore, part: Vec<store::Request>) {
    let commits = part.chunks(MAX_WRITES).map(|some| {
        let write = |request: &store::Request| Write::Request {
            request: Box::new(request.clone()),
            replaces: None,
        };
        let commit = Commit {
            writes: some.iter().map(write).collect(),
        };
        async move { store.commit(&commit).await }
    });
    let done = stream::iter(commits).buffer_unordered(AT_ONCE);
    done.for_each(async |done| assert_eq!(done, Ok(Committed::Applied)))
        .await;
}
