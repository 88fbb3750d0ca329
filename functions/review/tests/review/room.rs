//! A room to test: what it is made of, and how it is called.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use approvals::{AuditKey, Terms};
use bytes::Bytes;
use desk::Desk;
use host::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use review::{Mount, Parts, Review, Reviewers};
use serde_json::Value;
use store::{Clock, Rows, Timestamp};
use store_sqlite::SqliteStore;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::document::Asked;

pub(crate) const RITA: &str = "9f86d081884c7d659a2feaa0c55ad015";
pub(crate) const ROB: &str = "n4bQgYhMfWWaL-qgxVrQFa";
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A room with Rita and Rob in it.
pub(crate) struct Room {
    pub(crate) review: Review,
    pub(crate) store: Arc<dyn Rows>,
    pub(crate) clock: Arc<TestClock>,
    _folder: TempDir,
}

/// What a call was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0
            .fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl Room {
    pub(crate) fn new() -> Room {
        Room::with(|_| {})
    }

    /// A room of which something is different.
    pub(crate) fn with(change: impl FnOnce(&mut Parts)) -> Room {
        let folder = TempDir::new().unwrap();
        let store: Arc<dyn Rows> = Arc::new(SqliteStore::open(folder.path().join("vestibule.db")).unwrap());
        let clock = Arc::new(TestClock(AtomicI64::new(1_795_380_781_007)));
        let mut parts = Parts {
            mount: Mount::Own,
            base_path: String::new(),
            secure_cookie: true,
            reviewers: Reviewers::parse(&format!("rita:{RITA}\nRob Ö:{ROB}")).unwrap(),
            desk: Desk {
                store: store.clone(),
                terms: terms(),
                audit: audit_key(),
                clock: clock.clone(),
            },
            outbox: store.clone(),
            lists: Vec::new(),
            list_editor: store.clone(),
            presence: store.clone(),
            deadline: Duration::from_secs(5),
        };
        change(&mut parts);
        Room {
            review: Review::new(parts),
            store,
            clock,
            _folder: folder,
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.review, request).await
    }

    /// GET with Rita's token.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(call(Method::GET, path, &[bearer(RITA)], "")).await
    }

    /// POST of JSON with somebody's token.
    pub(crate) async fn post(&self, token: &str, path: &str, body: &str) -> Answer {
        let headers = [bearer(token), ("content-type", "application/json".to_owned())];
        self.send(call(Method::POST, path, &headers, body)).await
    }
}

/// Calls a room, and checks what holds for every answer it gives.
pub(crate) async fn send(review: &Review, request: Request<Body>) -> Answer {
    let asked = request
        .extensions()
        .get::<Sent>()
        .and_then(|sent| Asked::new(request.method(), request.uri().path(), &sent.0));
    let (head, body) = review.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.into()).unwrap();
    let answer = Answer {
        status: head.status,
        headers: head.headers,
        body,
    };
    answer.check_seal();
    if let Some(asked) = asked {
        asked.check(&answer);
    }
    answer
}

/// The body of a call, kept beside it.
#[derive(Clone)]
struct Sent(String);

pub(crate) fn call(method: Method, path: &str, headers: &[(&str, String)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    request = request.extension(Sent(body.to_owned()));
    let body = Full::from(Bytes::from(body.to_owned())).map_err(|never| match never {});
    request.body(body.boxed_unsync()).unwrap()
}

pub(crate) fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

/// Any key.
pub(crate) fn audit_key() -> AuditKey {
    AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
}

pub(crate) fn terms() -> Terms {
    Terms::default()
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    fn check_seal(&self) {
        for (name, value) in [
            (
                "content-security-policy",
                "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            ),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(self.header(name), value, "{self:?}");
        }
        let is_style = self.header("content-type").starts_with("text/css");
        assert!(is_style || self.header("cache-control") == "no-store", "{self:?}");
        assert!(!self.body.contains("<script") && !self.body.contains(" style=") && !self.body.contains("http://"));
        for token in [RITA, ROB] {
            assert!(
                !self.body.contains(token) && !self.header("set-cookie").contains(token),
                "{self:?}"
            );
        }
    }
}
