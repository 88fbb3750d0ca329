//! A policy, a store and a clock, and calls as the sign-up service makes them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use approvals::{AuditKey, Decide, Decider, Reviewer, Ruling};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use claims::Step;
use gate::{Credentials, Gate, Parts, Paths};
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use policy::Policy;
use serde_json::{Value as Json, json};
use store::{Clock, Committed, Listing, Outbox, OutboxEntry, Receiver, StateName, Store, Timestamp, Which};
use store_sqlite::SqliteStore;
use store_suite::{Between, Interpose};

pub(crate) const FIRST: Step = Step::PostFederationSignup;
pub(crate) const SECOND: Step = Step::PostAttributeCollection;
pub(crate) const TOKEN: Step = Step::PreTokenIssuance;

pub(crate) const HOLDING: &str = r#"
languages = ["en", "de"]
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "continue"
[steps.pre-token-issuance]
otherwise = "continue"
[[rules]]
name = "no evil"
step = ["post-federation-signup", "post-attribute-collection"]
deny = { domains = "evil.test" }
[[rules]]
name = "tidy"
step = "post-attribute-collection"
normalise = { claims = ["displayName"], with = ["trim", "name-case"] }
[[rules]]
name = "name"
step = "post-attribute-collection"
require = { claim = "displayName" }
[[rules]]
name = "hold"
step = "post-attribute-collection"
hold = { approve_when = { claim = "country", is = "DE" } }
"#;

pub(crate) const OPEN: &str = r#"
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "continue"
[steps.pre-token-issuance]
otherwise = "continue"
[[rules]]
name = "tier"
step = "pre-token-issuance"
when = { claim = "city", is = "Wien" }
set = { claim = "extension_Tier", to = "gold" }
[[rules]]
name = "only at home"
step = "pre-token-issuance"
when = { claim = "city", is = "Nowhere" }
error = true
"#;

#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicI64>);

impl Hand {
    pub(crate) fn forward(&self, time: Duration) {
        self.0
            .fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A policy, a store and a clock, and the gates of all steps.
pub(crate) struct House {
    pub(crate) policy: Arc<Policy>,
    pub(crate) store: Arc<dyn Store>,
    outbox: Arc<dyn Outbox>,
    pub(crate) clock: Hand,
    pub(crate) deadline: Duration,
    _folder: tempfile::TempDir,
}

impl House {
    pub(crate) fn new(policy: &str) -> House {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(folder.path().join("v.db")).unwrap());
        let policy = Arc::new(Policy::parse(policy).unwrap_or_else(|mistakes| panic!("{mistakes}")));
        let clock = Hand(Arc::new(AtomicI64::new(1_800_000_000_000)));
        House {
            policy,
            outbox: store.clone(),
            store,
            clock,
            deadline: Duration::from_secs(10),
            _folder: folder,
        }
    }

    pub(crate) fn with_store(self, store: impl Store + 'static) -> House {
        House {
            store: Arc::new(store),
            ..self
        }
    }

    /// With something between it and its store.
    pub(crate) fn behind(self, between: impl Interpose + 'static) -> House {
        self.with_store(Between(between))
    }

    pub(crate) fn gate(&self, step: Step) -> Gate {
        Gate::new(Parts {
            step,
            paths: Paths::Own(step),
            policy: self.policy.clone(),
            store: Some(self.store.clone()),
            lists: None,
            controls: None,
            outside: None,
            audit: Some(audit_key()),
            credentials: Arc::new(Credentials::parse("entra:pass:word").unwrap()),
            clock: Arc::new(self.clock.clone()),
            deadline: self.deadline,
        })
        .unwrap()
    }

    pub(crate) async fn call(&self, step: Step, body: &str) -> (u16, Json) {
        read(self.gate(step).answer(post(step, body)).await).await
    }

    pub(crate) async fn submit(&self, body: &str) -> Json {
        self.call(SECOND, body).await.1
    }

    pub(crate) async fn pending(&self) -> Vec<store::Request> {
        self.listed(StateName::Pending).await
    }

    pub(crate) async fn listed(&self, state: StateName) -> Vec<store::Request> {
        self.store
            .list(&Listing::of(Which::State(state), 1000))
            .await
            .unwrap()
            .requests
    }

    /// The events that were said, as their entries of the outbox.
    pub(crate) async fn events(&self) -> Vec<OutboxEntry> {
        let due = self.outbox.due(Receiver::Events, self.clock.now(), None, 1000).await;
        let due = due.unwrap();
        assert_eq!(due.unreadable, []);
        due.entries
    }

    /// Decides on the only pending request.
    pub(crate) async fn rule(&self, ruling: Ruling) {
        let [request] = self.pending().await.try_into().unwrap();
        self.rule_on(&request, ruling).await;
    }

    pub(crate) async fn rule_on(&self, request: &store::Request, ruling: Ruling) {
        let rita = Decider::Reviewer(Reviewer::named("rita", Vec::new()));
        let decided = approvals::decide(
            request,
            &Decide::new(ruling, rita),
            self.clock.now(),
            self.policy.terms(),
        );
        let transition = decided.transition.unwrap();
        assert_eq!(
            self.store
                .commit(&transition.commit(None, &[], &audit_key().seal().unwrap()))
                .await
                .unwrap(),
            Committed::Applied
        );
    }
}

/// Any key.
pub(crate) fn audit_key() -> AuditKey {
    AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
}

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) fn post(step: Step, body: &str) -> Request<Full<Bytes>> {
    Request::post(format!("/prod/{step}?code=secret"))
        .header(
            header::AUTHORIZATION,
            format!("Basic {}", BASE64_STANDARD.encode("entra:pass:word")),
        )
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .body(Full::from(Bytes::from(body.to_owned())))
        .unwrap()
}

pub(crate) async fn read(response: Response<Full<Bytes>>) -> (u16, Json) {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Json::Null))
}

pub(crate) fn jane(name: &str) -> String {
    json!({"email": "jane@example.com", "displayName": name, "extension_Age": 41,
        "identities": [{"signInType": "federated", "issuer": "google.com", "issuerAssignedId": "1"}]})
    .to_string()
}

pub(crate) fn message(body: &Json) -> &str {
    body["userMessage"]
        .as_str()
        .unwrap_or_else(|| panic!("no message in {body}"))
}

pub(crate) const WAITING: &str = "Thank you. Your request is waiting for approval. Please come back later.";
pub(crate) const PENDING: &str = "Your request is being processed. Please come back later.";
pub(crate) const DENIED: &str = "Your request was denied.";
pub(crate) const FAILED: &str = "We cannot process your sign-up at the moment. Please try again later.";
