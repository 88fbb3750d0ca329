//! A store in which somebody changes things behind the program's back.

use std::{process::Command, sync::Arc, time::Duration};

use approvals::{AuditKey, Decide, Decider, Held, Reviewer, Ruling, Submission, Terms, Transition, Wish};
use claims::{Changes, Claims, Hash, Locales, Value};
use rusqlite::Connection;
use store::{Clock, Committed, Request, RequestId, Store, Timestamp};
use store_sqlite::SqliteStore;
use sweep::ledger::{Bookkeeper, Parts};
use tempfile::TempDir;

pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_380_781_007);

/// Its folder.
pub(crate) struct Place(TempDir);

impl Place {
    /// A store with requests of so many people, each approved.
    pub(crate) async fn of(people: usize) -> (Place, Vec<RequestId>) {
        let place = Place(TempDir::new().unwrap());
        let store = SqliteStore::open(place.file()).unwrap();
        let mut ids = Vec::new();
        for n in 0..people {
            ids.push(approved(&store, &format!("person {n}")).await);
        }
        (place, ids)
    }

    pub(crate) fn file(&self) -> std::path::PathBuf {
        self.0.path().join("vestibule.db")
    }

    /// A store whose histories are sealed.
    pub(crate) async fn sealed(people: usize) -> (Place, Vec<RequestId>) {
        let (place, ids) = Place::of(people).await;
        place.keep_books(HOUR, None).await;
        (place, ids)
    }

    pub(crate) fn open(&self) -> SqliteStore {
        SqliteStore::open(self.file()).unwrap()
    }

    /// The clock's run so long after the requests came: it seals, and removes what is not kept.
    pub(crate) async fn keep_books(&self, after: Duration, keep: Option<Duration>) {
        let store = Arc::new(self.open());
        let bookkeeper = Bookkeeper::new(Parts {
            store: store.clone(),
            ledger: store.clone(),
            traces: store,
            keep,
            audit: AuditKey::parse(KEY).unwrap(),
            clock: Arc::new(At(NOW.plus(after))),
        });
        let ran = bookkeeper.run(NOW.plus(2 * after)).await;
        assert_eq!((ran.failed, ran.given_up), (0, 0));
    }

    /// The code, and what is said but for the last checkpoint.
    pub(crate) fn verify(&self, flags: &[&str]) -> (Option<i32>, Vec<String>) {
        let (code, out, err) = self.verify_with(KEY, flags);
        assert_eq!(err, "");
        let lines = out.lines().filter(|line| !line.starts_with("The last checkpoint is "));
        (code, lines.map(str::to_owned).collect())
    }

    pub(crate) fn sql(&self, sql: &str) {
        Connection::open(self.file()).unwrap().execute_batch(sql).unwrap();
    }

    pub(crate) fn tamper(&self, sql: &str) {
        let changed = Connection::open(self.file()).unwrap().execute(sql, []).unwrap();
        assert!(changed > 0, "{sql}");
    }

    pub(crate) fn verify_with(&self, key: &str, flags: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args(["audit", "verify"])
            .args(flags)
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

pub(crate) async fn approved(store: &SqliteStore, name: &str) -> RequestId {
    approved_at(store, name, NOW).await
}

pub(crate) async fn approved_at(store: &SqliteStore, name: &str, now: Timestamp) -> RequestId {
    let id = opened_at(store, name, now).await;
    decide_at(store, &id, Ruling::Approve, now).await;
    id
}

pub(crate) async fn opened(store: &SqliteStore, name: &str) -> RequestId {
    opened_at(store, name, NOW).await
}

pub(crate) async fn opened_at(store: &SqliteStore, name: &str, now: Timestamp) -> RequestId {
    submit(store, None, name, now).await
}

/// The same person's next request.
pub(crate) async fn again(store: &SqliteStore, before: &Request, now: Timestamp) -> RequestId {
    submit(store, Some(before), "jane", now).await
}

async fn submit(store: &SqliteStore, before: Option<&Request>, name: &str, now: Timestamp) -> RequestId {
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
        invitation: None,
        wish: Wish::Hold(Held::by_anybody()),
        rule: "hold".to_owned(),
    };
    let opened = approvals::submit(before, &[], &submission, now, &Terms::default())
        .1
        .unwrap();
    let id = opened.request.id;
    commit(store, opened).await;
    id
}

pub(crate) async fn decide(store: &SqliteStore, id: &RequestId, ruling: Ruling) {
    decide_at(store, id, ruling, NOW).await;
}

pub(crate) async fn decide_at(store: &SqliteStore, id: &RequestId, ruling: Ruling, now: Timestamp) {
    let request = store.request(id).await.unwrap().unwrap();
    let rita = Decider::Reviewer(Reviewer::named("rita", Vec::new()));
    let decided = approvals::decide(&request, &Decide::new(ruling, rita), now, &Terms::default());
    commit(store, decided.transition.unwrap()).await;
}

async fn commit(store: &SqliteStore, transition: Transition) {
    let key = AuditKey::parse(KEY).unwrap();
    let commit = transition.commit(None, &[], &key.seal().unwrap());
    assert_eq!(store.commit(&commit).await, Ok(Committed::Applied));
}

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}
