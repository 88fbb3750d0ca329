//! Stores with an outbox that is filled and drained.

use super::receiver::Post;
use approvals::{AuditKey, Held, Submission, Terms, Wish};
use claims::{Changes, Claims, Hash, Identity, Locales, Value};
use deliver::{Deliverer, Parts, Report, Schedule};
use futures_util::{StreamExt, stream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::{Clock, Commit, Committed, MAX_WRITES, News, Rows, SystemClock, Write};
use store_sqlite::SqliteStore;

/// No run takes as long.
const FAR: Duration = Duration::from_secs(60 * 60);

/// How many commits fill a store at once.
const FILLERS: usize = 8;

/// Where a store is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Sqlite(PathBuf),
    DynamoDb { endpoint: String, table: String },
}

impl Place {
    pub(crate) fn open(&self) -> Arc<dyn Rows> {
        match self {
            Self::Sqlite(path) => Arc::new(SqliteStore::open(path).expect("a file for SQLite")),
            Self::DynamoDb { endpoint, table } => Arc::new(store_dynamodb::testing::open_at(endpoint, table)),
        }
    }

    /// As arguments of a program.
    pub(crate) fn arguments(&self) -> [String; 3] {
        match self {
            Self::Sqlite(path) => ["sqlite".to_owned(), path.display().to_string(), String::new()],
            Self::DynamoDb { endpoint, table } => ["dynamodb".to_owned(), endpoint.clone(), table.clone()],
        }
    }

    /// What the arguments say.
    pub(crate) fn parse(kind: &str, at: &str, table: &str) -> Self {
        match kind {
            "sqlite" => Self::Sqlite(at.into()),
            _ => Self::DynamoDb {
                endpoint: at.to_owned(),
                table: table.to_owned(),
            },
        }
    }
}

/// Lets so many new people sign up, each of whom is told so by mail.
pub(crate) async fn fill(store: &dyn Rows, people: usize) {
    static PEOPLE: AtomicU64 = AtomicU64::new(0);
    let each = signed_up(0).len();
    let commits = (0..people).step_by(MAX_WRITES / each).map(|first| {
        let people = first..people.min(first + MAX_WRITES / each);
        let writes = people.flat_map(|_| signed_up(PEOPLE.fetch_add(1, Ordering::Relaxed)));
        let commit = Commit {
            writes: writes.collect(),
        };
        async move { store.commit(&commit).await }
    });
    let done = stream::iter(commits).buffer_unordered(FILLERS);
    done.for_each(async |done| assert_eq!(done, Ok(Committed::Applied)))
        .await;
}

/// Delivers everything.
pub(crate) async fn drain(store: Arc<dyn Rows>, receiver: &Arc<Post>, at_once: usize) -> Report {
    let parts = Parts {
        store: store.clone(),
        outbox: store,
        terms: terms(),
        audit: audit_key(),
        schedule: Schedule::default(),
        at_once,
        clock: Arc::new(SystemClock),
    };
    let deliverer = Deliverer::new(parts, vec![receiver.clone()]);
    let until = SystemClock.now().plus(FAR);
    deliverer.drain(until).await.expect("a store that answers")
}

/// The request, its history and the effect.
fn signed_up(person: u64) -> Vec<Write> {
    let (_, opened) = approvals::submit(None, &[], &submission(person), SystemClock.now(), &terms());
    opened
        .expect("a request that waits")
        .commit(None, &[], &audit_key().seal().expect("random numbers"))
        .writes
}

/// Any key.
fn audit_key() -> AuditKey {
    AuditKey::parse(&"0123456789abcdef".repeat(4)).expect("a key")
}

fn terms() -> Terms {
    Terms {
        tell_applicants: vec![News::Received],
        tell_unproven: true,
        ..Terms::default()
    }
}

fn submission(person: u64) -> Submission {
    let email = format!("jane.doe.{person}@fabrikam.example");
    let claims = [
        ("email", email.as_str()),
        ("displayName", "Jane Doe"),
        ("givenName", "Jane"),
        ("surname", "Doe"),
        ("jobTitle", "Supply chain manager"),
        ("city", "Seattle"),
        ("country", "United States"),
    ];
    let claims = claims.map(|(name, value)| (name.to_owned(), Value::Text(value.to_owned())));
    let claims = Claims::from_iter(claims);
    Submission {
        applicant: Hash::of(&[&email]),
        proven: true,
        kept: claims.clone(),
        received: claims.clone(),
        reviewed: claims,
        changes: Changes::none(),
        identities: vec![Identity {
            sign_in_type: Some("federated".to_owned()),
            issuer: Some("google.com".to_owned()),
            issuer_assigned_id: Some(format!("1{person:020}")),
        }],
        app: None,
        locales: Locales::default(),
        addresses: vec![Hash::of(&[&email])],
        invitation: None,
        wish: Wish::Hold(Held::by_anybody()),
        rule: "everybody waits".to_owned(),
    }
}
