//! What is SQLite's own: several processes on one file, locks, damage, growth.

// Clippy knows only functions marked as tests for tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use claims::Hash;
use rusqlite::Connection;
use store::{
    CALL_RECORD_LIFE, CheckProgress,
    Committed::{Applied, Conflict},
    Invitation, InvitationUse, KeptResult, Keys, ListEditor, ListEntry, ListName, ListPlace, Listing, Request,
    StateName, Store, StoreError, Tally, Timestamp, Write,
};
use store_sqlite::SqliteStore;
use store_suite::sample::{
    answer, applicant, at, call, call_key, commit, denial, entry, first, full, history, next, pending, turn_away,
};

/// Names the file to a process that this test started.
const FILE: &str = "STORE_SQLITE_TEST_FILE";
/// Names the process.
const NAME: &str = "STORE_SQLITE_TEST_NAME";

const PROCESSES: u64 = 3;

const DAY: Duration = Duration::from_secs(86_400);
const CHANGES: u64 = 60;

/// Each process opens requests of its own and takes part in changing one that all share.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_share_a_file_without_surprises() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.db");
    let shared = pending("shared");
    let children: Vec<_> = (1..PROCESSES).map(|n| another_process(&path, &n.to_string())).collect();
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(
        store.commit(&commit([first(&shared), history(&shared)])).await,
        Ok(Applied)
    );
    work(store, "0").await;
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    let store = SqliteStore::open(&path).unwrap();
    let versions = 1 + PROCESSES * CHANGES;
    assert_eq!(store.request(&shared.id).await.unwrap().unwrap().version, versions);
    let entries = store.history(&shared.id).await.unwrap();
    assert!(entries.iter().map(|entry| entry.version).eq(1..=versions));
    for process in 0..PROCESSES {
        for n in 0..CHANGES {
            let own = pending(&format!("{process} {n}"));
            assert_eq!(store.request(&own.id).await, Ok(Some(own.clone())));
            assert_eq!(store.history(&own.id).await, Ok(vec![entry(&own)]));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "another process of `processes_share_a_file_without_surprises`"]
async fn other_process() {
    let (Some(path), Ok(name)) = (std::env::var_os(FILE), std::env::var(NAME)) else {
        return;
    };
    work(SqliteStore::open(path).unwrap(), &name).await;
}

/// A commit that cannot get the lock is refused for now, in time; reading goes on.
#[tokio::test]
async fn a_lock_that_is_not_released_makes_commits_busy_and_stops_no_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.db");
    let store = SqliteStore::open(&path).unwrap();
    let jane = pending("jane");
    assert_eq!(store.commit(&commit([first(&jane)])).await, Ok(Applied));

    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; DELETE FROM request").unwrap();
    let started = std::time::Instant::now();
    let refused = store.commit(&commit([history(&jane)])).await;
    assert!(matches!(refused, Err(StoreError::Busy(_))), "{refused:?}");
    assert!(started.elapsed().as_millis() < 1000, "{:?}", started.elapsed());
    assert_eq!(store.request(&jane.id).await, Ok(Some(jane.clone())));

    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(store.commit(&commit([history(&jane)])).await, Ok(Applied));
}

/// A long list goes in while others write: none of their commits is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_long_list_keeps_no_other_writer_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.db");
    let (editor, gate) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
    let place = ListPlace {
        list: ListName::parse("partners").unwrap(),
        version: None,
    };
    let entry = |n: usize| ListEntry {
        text: n.to_string(),
        by: None,
        at: Timestamp::from_millis(0),
    };
    let entries: Vec<_> = (0..50_000).map(entry).collect();
    let adding = tokio::spawn(async move { editor.add(&place, &entries).await });
    let mut commits = 0;
    while !adding.is_finished() {
        let own = pending(&commits.to_string());
        assert_eq!(
            gate.commit(&commit([first(&own)])).await,
            Ok(Applied),
            "commit {commits}"
        );
        commits += 1;
    }
    assert_eq!(adding.await.unwrap(), Ok(50_000));
    assert!(commits > 1, "others wrote meanwhile");
}

/// The text of an error never shows what a row holds.
#[tokio::test]
async fn a_damaged_row_is_refused_without_showing_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.db");
    let store = SqliteStore::open(&path).unwrap();
    let jane = full("jane");
    assert_eq!(store.commit(&commit([first(&jane), history(&jane)])).await, Ok(Applied));
    for document in [r#"{"id":"Jane Roe"}"#, r#""Jane Roe""#, "Jane Roe", ""] {
        let other = Connection::open(&path).unwrap();
        other.execute("UPDATE request SET document = ?", [document]).unwrap();
        other.execute("UPDATE history SET document = ?", [document]).unwrap();
        let keys = Keys {
            applicant: Some(jane.id.applicant),
            ..Keys::default()
        };
        let listing = Listing::of(store::Which::State(StateName::Pending), 9);
        for refused in [
            store.look_up(&keys).await.map(drop),
            store.request(&jane.id).await.map(drop),
            store.history(&jane.id).await.map(drop),
            store.list(&listing).await.map(drop),
        ] {
            let Err(StoreError::Broken(text)) = refused else {
                panic!("{refused:?}")
            };
            assert!(text.contains("cannot be read") && !text.contains("Jane"), "{text}");
        }
    }
}

/// Without its tables a file is refused, and the text names no value either.
#[tokio::test]
async fn a_file_that_lost_its_tables_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.db");
    let store = SqliteStore::open(&path).unwrap();
    Connection::open(&path)
        .unwrap()
        .execute_batch("DROP TABLE request")
        .unwrap();
    let jane = full("jane");
    let refused = store.commit(&commit([first(&jane)])).await;
    let Err(StoreError::Broken(text)) = refused else {
        panic!("{refused:?}")
    };
    assert!(
        !text.contains(&jane.id.applicant.to_string()) && !text.contains("Jane"),
        "{text}"
    );
    assert!(store.request(&jane.id).await.is_err());
}

/// A day past their time, when nobody wants to replace them any more.
#[tokio::test]
async fn old_answers_are_forgotten_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("vestibule.db")).unwrap();
    let jane = pending("jane");
    let writes = [
        first(&jane),
        answer(&call("old", &jane)),
        turn_away(&denial("jane", &jane)),
    ];
    assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    let mut later = call("later", &jane);
    later.at = later.at.plus(CALL_RECORD_LIFE + day);
    assert_eq!(store.commit(&commit([answer(&later)])).await, Ok(Applied));
    assert!(snapshot(&store, "old", &jane).await.call.is_some(), "a day is not over");

    let mut latest = call("latest", &jane);
    latest.at = later.at.plus(std::time::Duration::from_millis(1));
    assert_eq!(store.commit(&commit([answer(&latest)])).await, Ok(Applied));
    let kept = snapshot(&store, "old", &jane).await;
    assert!(kept.call.is_none() && kept.request == Some(jane.clone()) && kept.denials.len() == 1);
    assert!(snapshot(&store, "later", &jane).await.call.is_some());
}

/// Whoever is not turned away any more is forgotten with the next who is.
#[tokio::test]
async fn denials_that_are_over_are_forgotten_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("vestibule.db")).unwrap();
    let jane = pending("jane");
    let over = denial("jane", &jane);
    assert_eq!(store.commit(&commit([turn_away(&over)])).await, Ok(Applied));
    let another = |name: &str, at: Timestamp| store::Denial {
        at,
        until: at.plus(CALL_RECORD_LIFE),
        ..denial(name, &jane)
    };
    for (name, at, left) in [
        ("john", over.until, 1),
        ("jill", over.until.plus(Duration::from_millis(1)), 0),
    ] {
        assert_eq!(
            store.commit(&commit([turn_away(&another(name, at))])).await,
            Ok(Applied)
        );
        assert_eq!(snapshot(&store, "none", &jane).await.denials.len(), left, "{name}");
    }
    let keys = Keys {
        addresses: ["john", "jill"].map(Hash::of_address).to_vec(),
        ..Keys::default()
    };
    assert_eq!(store.look_up(&keys).await.unwrap().denials.len(), 2);
}

async fn snapshot(store: &SqliteStore, call_name: &str, request: &Request) -> store::Snapshot {
    let keys = Keys {
        applicant: Some(request.id.applicant),
        addresses: vec![Hash::of_address("jane")],
        call: Some(call_key(call_name)),
    };
    store.look_up(&keys).await.unwrap()
}

/// Reads never fail, and a commit is refused for nothing but a lock that lasts too long.
async fn work(store: SqliteStore, process: &str) {
    let store = Arc::new(store);
    let own = tokio::spawn({
        let (store, process) = (Arc::clone(&store), process.to_owned());
        async move {
            for n in 0..CHANGES {
                let own = pending(&format!("{process} {n}"));
                let opened = commit([first(&own), history(&own)]);
                while matches!(store.commit(&opened).await, Err(StoreError::Busy(_))) {}
                assert_eq!(store.request(&own.id).await, Ok(Some(own)));
            }
        }
    });
    let shared = pending("shared").id;
    let mut changes = 0;
    while changes < CHANGES {
        let Some(found) = store.request(&shared).await.unwrap() else {
            continue;
        };
        assert!(store.history(&shared).await.unwrap().len() as u64 >= found.version);
        let changed = Request {
            version: found.version + 1,
            ..found
        };
        match store.commit(&commit([next(&changed), history(&changed)])).await {
            Ok(Applied) => changes += 1,
            Ok(Conflict) | Err(StoreError::Busy(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    own.await.unwrap();
}

fn another_process(path: &Path, name: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "other_process", "--include-ignored"])
        .env(FILE, path)
        .env(NAME, name)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Invitations and their uses, counts and results of checks go when their time is over, a few with each that comes.
#[tokio::test]
async fn what_rules_kept_goes_when_it_is_over_and_nothing_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.db");
    let store = SqliteStore::open(&path).unwrap();
    let at = |days: i64| at(days * 86_400);
    let invitation = |name: &str, made_at: Timestamp, days: u64| {
        Write::Invitation(Box::new(Invitation {
            code: applicant(name),
            note: None,
            made_at,
            until: made_at.plus(DAY * days as u32),
            uses: 9,
            taken: 0,
            bound: None,
            revoked_at: None,
        }))
    };
    let take = |name: &str, at| {
        Write::TakeInvitation(Box::new(InvitationUse {
            code: applicant(name),
            applicant: applicant("jane"),
            at,
            spent_at: None,
        }))
    };
    let mark = |name: &str, at: Timestamp| Write::Keep {
        result: KeptResult {
            round: 0,
            key: applicant(name),
            revision: 1,
            progress: CheckProgress::UnderWay { lease: at, by: 1 },
            until: at.plus(DAY),
        },
        replaces: None,
    };
    let count = |at| Write::Tally(Tally::at(applicant("limit"), at, DAY));
    let rows = |table: &str| {
        let file = Connection::open(&path).unwrap();
        let sql = format!("SELECT count(*) FROM {table}");
        file.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let all = || ["invitation", "invitation_use", "kept", "tally"].map(rows);
    let write = async |writes: [Write; 4]| {
        for write in writes {
            assert_eq!(store.commit(&commit([write])).await, Ok(Applied));
        }
    };

    write([
        invitation("a", at(0), 10),
        take("a", at(1)),
        mark("a", at(0)),
        count(at(0)),
    ])
    .await;
    // A year after its end an invitation is still known, and its use longer.
    write([
        invitation("b", at(376), 1000),
        take("b", at(377)),
        mark("b", at(2)),
        count(at(1)),
    ])
    .await;
    assert_eq!(all(), [2, 2, 2, 2]);
    write([
        invitation("c", at(377), 1000),
        take("c", at(1099)),
        mark("c", at(3)),
        count(at(2)),
    ])
    .await;
    assert_eq!(all(), [2, 3, 2, 2]);
    write([
        invitation("d", at(378), 1000),
        take("d", at(1100)),
        mark("d", at(3)),
        count(at(2)),
    ])
    .await;
    assert_eq!(all(), [3, 3, 3, 2]);
}
