//! `vestibule audit`: the real program, and a store in which somebody changes things behind its back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::process::Command;

use approvals::{AuditKey, Decide, Decider, Held, Reviewer, Ruling, Submission, Terms, Wish};
use claims::{Changes, Claims, Hash, Locales, Value};
use rusqlite::Connection;
use store::{Committed, RequestId, Store, Timestamp};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const NOW: Timestamp = Timestamp::from_millis(1_795_380_781_007);

struct Place(TempDir);

impl Place {
    /// A store with requests of so many people, each approved.
    async fn of(people: usize) -> (Place, Vec<RequestId>) {
        let place = Place(TempDir::new().unwrap());
        let store = SqliteStore::open(place.file()).unwrap();
        let mut ids = Vec::new();
        for n in 0..people {
            ids.push(approved(&store, &format!("person {n}")).await);
        }
        (place, ids)
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("vestibule.db")
    }

    fn tamper(&self, sql: &str) {
        let changed = Connection::open(self.file()).unwrap().execute(sql, []).unwrap();
        assert!(changed > 0, "{sql}");
    }

    fn verify(&self, key: &str) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args(["audit", "verify"])
            .env_clear()
            .env("VESTIBULE_STORE", format!("sqlite:{}", self.file().display()))
            .env("VESTIBULE_AUDIT_KEY", key)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

async fn approved(store: &SqliteStore, name: &str) -> RequestId {
    let key = AuditKey::parse(KEY).unwrap();
    let claims = Claims::from_iter([("displayName".to_owned(), Value::Text(name.to_owned()))]);
    let submission = Submission {
        applicant: Hash::of(&[name]),
        proven: true,
        kept: claims.clone(),
        received: claims.clone(),
        reviewed: claims,
        changes: Changes::none(),
        identities: Vec::new(),
        app: None,
        locales: Locales::default(),
        addresses: Vec::new(),
        wish: Wish::Hold(Held::by_anybody()),
        rule: "hold".to_owned(),
    };
    let opened = approvals::submit(None, &[], &submission, NOW, &Terms::default())
        .1
        .unwrap();
    let id = opened.request.id;
    let commit = opened.commit(None, &[], &key.seal().unwrap());
    assert_eq!(store.commit(&commit).await, Ok(Committed::Applied));
    let request = store.request(&id).await.unwrap().unwrap();
    let rita = Decider::Reviewer(Reviewer::named("rita", Vec::new()));
    let decided = approvals::decide(&request, &Decide::new(Ruling::Approve, rita), NOW, &Terms::default());
    let commit = decided.transition.unwrap().commit(None, &[], &key.seal().unwrap());
    assert_eq!(store.commit(&commit).await, Ok(Committed::Applied));
    id
}

#[tokio::test]
async fn histories_as_they_were_written_are_found_so() {
    // More than are read at once.
    let (place, _) = Place::of(130).await;
    let (code, out, err) = place.verify(KEY);
    assert_eq!(
        (code, &*out, &*err),
        (Some(0), "The histories of 130 requests are as they were written.\n", "")
    );
    let (code, out, _) = place.verify(&"fedcba9876543210".repeat(4));
    assert_eq!(code, Some(1));
    assert!(
        out.contains("or VESTIBULE_AUDIT_KEY is another one") && out.ends_with("130 are not as they were written.\n")
    );
}

#[tokio::test]
async fn what_somebody_changed_is_named() {
    for (sql, fault) in [
        (
            "UPDATE history SET document = replace(document, 'rita', 'eve') WHERE version = 2",
            "version 2, or one before it, was altered",
        ),
        ("DELETE FROM history WHERE version = 2", "the last entries are missing"),
        (
            "DELETE FROM history WHERE version = 1",
            "the entry of version 1 is missing",
        ),
        (
            "UPDATE history SET document = replace(document, 'person 1', 'person X')",
            "the claims of version 1 are not those that came",
        ),
        (
            "UPDATE request SET document = replace(document, 'person 1', 'person X')",
            "the request is not what its history made of it",
        ),
    ] {
        let (place, ids) = Place::of(2).await;
        let one = sql
            .contains("WHERE version")
            .then(|| format!(" AND applicant = '{}'", ids[1].applicant));
        place.tamper(&format!("{sql}{}", one.unwrap_or_default()));
        let (code, out, err) = place.verify(KEY);
        assert_eq!((code, &*err), (Some(1), ""), "{sql}");
        let first = out.lines().next().unwrap();
        assert!(
            first.starts_with(&ids[1].to_string()) && first.contains(fault),
            "{sql}: {out}"
        );
        assert!(
            out.ends_with("Of 2 requests, 1 are not as they were written.\n"),
            "{sql}: {out}"
        );
        assert!(
            !out.contains("person") && !out.contains("eve"),
            "nothing personal: {out}"
        );
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_said() {
    let (place, _) = Place::of(1).await;
    for key in ["", "hunter2"] {
        let (code, out, err) = place.verify(key);
        assert_eq!((code, &*out), (Some(2), ""), "{key}");
        assert!(err.contains("VESTIBULE_AUDIT_KEY") && !err.contains("hunter2"), "{err}");
    }
}
