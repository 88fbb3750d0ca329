//! A process that is killed while it commits, and a file that others keep locked: every commit is there whole, or not at
//! all.

// Clippy knows only functions marked as tests for tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use rusqlite::Connection;
use store::{
    Committed::{Applied, Conflict},
    Counter, Effect, Keys, Listing, Outbox, OutboxEntry, Request, Rows, StateName, Store, StoreError, Which, Write,
};
use store_sqlite::SqliteStore;
use store_suite::{
    Place, lives,
    sample::{answer, call, commit, effect, entry, first, history, next, pending, put},
};
use tempfile::TempDir;

/// Names the file to a process that this test started.
const FILE: &str = "STORE_SQLITE_TEST_FILE";
/// Names the process.
const NAME: &str = "STORE_SQLITE_TEST_NAME";

/// How many processes are killed, one after the other.
const KILLED: usize = 12;

/// What a killed process had begun is whole: the row, its history, its effects, its answer and its count.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_while_committing_leaves_whole_commits() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.db");
    let mut committed = 0;
    for round in 0..KILLED {
        let mut child = another_process(&path, &round.to_string());
        let store = SqliteStore::open(&path).unwrap();
        while store.request(&pending(&name(round, 0)).id).await.unwrap().is_none() {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            tokio::task::yield_now().await;
        }
        // Somewhere in one of the next commits.
        tokio::time::sleep(Duration::from_micros(random.u64(..40_000))).await;
        child.kill().unwrap();
        child.wait().unwrap();
        // Whoever died between the last byte of a commit and the word of it in shared memory leaves it in doubt: who opens the
        // file alone finds it, and the next writer writes over it. This is the next writer.
        let settled = commit([first(&pending(&format!("after {round}")))]);
        assert_eq!(store.commit(&settled).await, Ok(Applied));
        committed += whole(&store, round).await;
    }
    let store = SqliteStore::open(&path).unwrap();
    let listed = Listing::of(Which::State(StateName::Pending), 1);
    assert!(!store.list(&listed).await.unwrap().requests.is_empty());
    let counted: i64 = store.counts().await.unwrap().values().sum();
    assert_eq!(counted, committed);
    let healthy: String = Connection::open(&path)
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(healthy, "ok");
}

#[tokio::test]
#[ignore = "the process that `a_process_killed_while_committing_leaves_whole_commits` kills"]
async fn committing_process() {
    let (Some(path), Ok(round)) = (std::env::var_os(FILE), std::env::var(NAME)) else {
        return;
    };
    let store = SqliteStore::open(path).unwrap();
    for n in 0.. {
        for version in 1..=2 {
            let writes = commit(writes(&request(&name(round.parse().unwrap(), n), version)));
            while matches!(store.commit(&writes).await, Err(StoreError::Busy(_))) {}
        }
    }
}

/// Lives go on while another process takes the file's lock again and again, each time until somebody was refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lives_go_on_beside_a_process_that_locks_the_file() {
    let file = Arc::new(File(tempfile::tempdir().unwrap()));
    let lives = tokio::spawn({
        let file = Arc::clone(&file);
        async move { lives::lives_on_end_whole(&*file, &*file).await }
    });
    let (other, probe) = (Connection::open(file.path()).unwrap(), file.open().await);
    let mut refused = 0;
    while refused < 5 && !lives.is_finished() {
        if other.execute_batch("BEGIN IMMEDIATE").is_err() {
            continue;
        }
        let held = probe.commit(&commit([first(&pending("probe"))])).await;
        assert!(matches!(held, Err(StoreError::Busy(_))), "{held:?}");
        refused += 1;
        other.execute_batch("ROLLBACK").unwrap();
    }
    assert!(refused > 0);
    lives.await.unwrap();
}

/// A file that any process may open.
struct File(TempDir);

impl File {
    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("vestibule.db")
    }
}

#[async_trait::async_trait]
impl Place for File {
    async fn open(&self) -> Arc<dyn Rows> {
        Arc::new(SqliteStore::open(self.path()).unwrap())
    }

    async fn damage(&self, _: &store::EntryId) {
        unimplemented!("lives damage nothing")
    }

    async fn damage_request(&self, _: &store::RequestId) {
        unimplemented!("lives damage nothing")
    }
}

/// How many commits of a round there are; each is whole, and none after them has left anything.
async fn whole(store: &SqliteStore, round: usize) -> i64 {
    let mut commits = 0;
    for n in 0.. {
        let name = name(round, n);
        let found = store.request(&pending(&name).id).await.unwrap();
        let versions = found.as_ref().map_or(0, |request| request.version);
        commits += i64::try_from(versions).unwrap();
        let entries = store.history(&pending(&name).id).await.unwrap();
        let expected: Vec<_> = (1..=versions).map(|version| entry(&request(&name, version))).collect();
        assert!(
            entries == expected,
            "{name}: its history is not that of version {versions}"
        );
        for version in 1..=2 {
            let request = request(&name, version);
            let (effect, call) = (counting(&request), call(&format!("{name} {version}"), &request));
            let is_there = version <= versions;
            let stored = store.entry(&effect.id).await.unwrap();
            assert_eq!(stored, is_there.then_some(effect), "{name}, version {version}");
            let keys = Keys {
                call: Some(call.key),
                ..Keys::default()
            };
            let answered = store.look_up(&keys).await.unwrap().call;
            assert_eq!(answered, is_there.then_some(call), "{name}, version {version}");
        }
        let Some(found) = found else { return commits };
        assert!(found == request(&name, versions));
        // Whoever sends it again is told that it happened.
        let again = store.commit(&commit(writes(&found))).await;
        assert_eq!(again, Ok(Conflict));
    }
    commits
}

fn name(round: usize, n: u64) -> String {
    format!("{round} {n}")
}

fn request(name: &str, version: u64) -> Request {
    Request {
        version,
        ..pending(name)
    }
}

/// Everything that a change of a request writes.
fn writes(request: &Request) -> [Write; 5] {
    let name = request
        .received
        .at_key("displayName")
        .and_then(claims::Value::text)
        .unwrap();
    let row = if request.version == 1 {
        first(request)
    } else {
        next(request)
    };
    let record = call(&format!("{name} {}", request.version), request);
    let count = Write::Count {
        counter: Counter::of(request),
        by: 1,
    };
    [row, history(request), answer(&record), put(&counting(request)), count]
}

fn counting(request: &Request) -> OutboxEntry {
    let kind = Effect::Count {
        from: None,
        to: Counter::of(request),
    };
    effect(request, kind)
}

fn another_process(path: &Path, name: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "committing_process", "--include-ignored"])
        .env(FILE, path)
        .env(NAME, name)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
