//! The gates, the review room, delivery and the clock in this process, over one store: what `vestibule serve` has, without
//! its port.

use crate::rows::{CREDENTIALS, REVIEWER};
use approvals::AuditKey;
use async_trait::async_trait;
use claims::Step;
use deliver::{Delivered, Deliverer, Receive, Schedule};
use desk::Desk;
use effects::Attempt;
use end_to_end::binaries;
use end_to_end::http;
use gate::{Credentials, Gate, Paths};
use host::Settings;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, Response};
use policy::Policy;
use review::{Mount, Review};
use serde_json::Value as Json;
use std::fs;
use std::sync::Arc;
use std::time::Duration;
use store::{Clock, OutboxEntry, Receiver, Rows, SystemClock, Timestamp};
use sweep::ledger::{self, Bookkeeper};
use sweep::requests::RequestClock;

/// A machine under load may take longer than a call may.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long what ended is kept.
const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// All of it.
pub(crate) struct House {
    store: Arc<dyn Rows>,
    policy: Arc<Policy>,
    gates: [Gate; 2],
    review: Review,
}

impl House {
    /// Over a store, with a policy out of `policies/`.
    pub(crate) fn new(store: Arc<dyn Rows>, policy: &str) -> Self {
        let path = binaries::in_repository("bench/runner/policies").join(policy);
        let text = fs::read_to_string(path).expect("a policy of the bench");
        let policy = Arc::new(Policy::parse(&text).unwrap_or_else(|mistakes| panic!("{mistakes}")));
        let gate = |step| gate(step, &store, &policy);
        let review = review::assemble(&settings(), Mount::Own, &policy, Some(store.clone()));
        Self {
            gates: [Step::PostFederationSignup, Step::PostAttributeCollection].map(gate),
            review: review.unwrap_or_else(|error| panic!("{error}")),
            policy,
            store,
        }
    }

    /// What the sign-up service is answered at the first step.
    pub(crate) async fn check(&self, request: http::Request) -> Json {
        read(self.gates[0].answer(called(request)).await).await
    }

    /// What it is answered at the second step.
    pub(crate) async fn submit(&self, request: http::Request) -> Json {
        read(self.gates[1].answer(called(request)).await).await
    }

    /// What a reviewer's program is answered.
    pub(crate) async fn reviewed(&self, request: http::Request) -> Json {
        let request = called(request.bearer(REVIEWER.1));
        let request = request.map(|body| body.map_err(|never| match never {}).boxed_unsync());
        read(self.review.answer(request).await).await
    }

    /// Carries everything out that is due; letters go nowhere.
    pub(crate) async fn deliver(&self) {
        let parts = deliver::Parts {
            store: self.store.clone(),
            outbox: self.store.clone(),
            terms: self.policy.terms().clone(),
            audit: audit_key(),
            schedule: Schedule::default(),
            at_once: 8,
            clock: Arc::new(SystemClock),
        };
        let deliverer = Deliverer::new(parts, vec![Arc::new(Letters)]);
        let until = SystemClock.now().plus(PATIENCE);
        let report = deliverer.drain(until).await.expect("a store that answers");
        assert_eq!((report.failed, report.parked), (0, 0), "{report:?}");
    }

    /// Lets the clock do what is due after so much time; how many things changed.
    pub(crate) async fn sweep(&self, later: Duration) -> usize {
        let clock = RequestClock::new(Desk {
            store: self.store.clone(),
            terms: self.policy.terms().clone(),
            audit: audit_key(),
            clock: Arc::new(Later(later)),
        });
        let ran = clock.run(Later(later + PATIENCE).now()).await;
        assert_eq!((ran.failed, ran.given_up), (0, 0));
        ran.done
    }

    /// Lets histories be sealed and what ended long ago be removed, after so much time; how many checkpoints were written
    /// over what is new, and requests removed.
    pub(crate) async fn keep_books(&self, later: Duration) -> usize {
        let bookkeeper = Bookkeeper::new(ledger::Parts {
            store: self.store.clone(),
            ledger: self.store.clone(),
            traces: self.store.clone(),
            keep: Some(KEEP),
            audit: audit_key(),
            clock: Arc::new(Later(later)),
        });
        let ran = bookkeeper.run(Later(later + PATIENCE).now()).await;
        assert_eq!((ran.failed, ran.given_up), (0, 0));
        ran.done
    }
}

struct Later(Duration);

impl Clock for Later {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(self.0)
    }
}

/// Every letter arrives.
struct Letters;

#[async_trait]
impl Receive for Letters {
    fn receiver(&self) -> Receiver {
        Receiver::Mail
    }

    fn time_limit(&self) -> Duration {
        PATIENCE
    }

    async fn deliver(&self, _: &OutboxEntry, _: &store::Request) -> Attempt<Delivered> {
        Attempt::Done(Delivered::Done)
    }
}

fn gate(step: Step, store: &Arc<dyn Rows>, policy: &Arc<Policy>) -> Gate {
    let store: Arc<dyn store::Store> = store.clone();
    let parts = gate::Parts {
        step,
        paths: Paths::Own(step),
        policy: policy.clone(),
        store: Some(store),
        lists: None,
        controls: None,
        outside: None,
        audit: Some(audit_key()),
        credentials: Arc::new(Credentials::parse(CREDENTIALS).expect("credentials of the bench")),
        clock: Arc::new(SystemClock),
        deadline: PATIENCE,
    };
    Gate::new(parts).unwrap_or_else(|error| panic!("{error}"))
}

/// The same key as the programs of the bench have.
const AUDIT_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn audit_key() -> AuditKey {
    AuditKey::parse(AUDIT_KEY).expect("a key")
}

fn settings() -> Settings {
    let variable = |name: &str| match name {
        "VESTIBULE_REVIEWERS" => Some(format!("{}:{}", REVIEWER.0, REVIEWER.1)),
        "VESTIBULE_AUDIT_KEY" => Some(AUDIT_KEY.to_owned()),
        "VESTIBULE_DEADLINE_MS" => Some("20000".to_owned()),
        _ => None,
    };
    Settings::read(&variable).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn called(request: http::Request) -> Request<Full<Bytes>> {
    let mut builder = Request::builder().method(request.method.as_str()).uri(request.target());
    for (name, value) in request.headers.iter() {
        builder = builder.header(name, value);
    }
    let body = Full::from(Bytes::from(request.body));
    builder.body(body).expect("a request of the bench")
}

pub(crate) async fn read(response: Response<Full<Bytes>>) -> Json {
    let status = response.status();
    let body = response.into_body().collect().await;
    let body = body.unwrap_or_else(|never| match never {}).to_bytes();
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).expect("JSON")
}
