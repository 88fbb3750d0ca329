//! Calls as the sign-up service makes them, against a real store, with a clock in the test's hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use approvals::{Decide, Ruling, Terms};
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use claims::Step;
use futures_util::future::join_all;
use gate::{CannotStart, Credentials, Gate, Parts, Paths};
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use policy::Policy;
use serde_json::{Value as Json, json};
use store::{
    Clock, Commit, Committed, HistoryEntry, Keys, Listing, Page, RequestId, Snapshot, StateName, Store, StoreError,
    Timestamp,
};
use store_sqlite::SqliteStore;

const FIRST: Step = Step::PostFederationSignup;
const SECOND: Step = Step::PostAttributeCollection;
const TOKEN: Step = Step::PreTokenIssuance;

const HOLDING: &str = r#"
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

const OPEN: &str = r#"
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
struct Hand(Arc<AtomicI64>);

impl Hand {
    fn forward(&self, time: Duration) {
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
struct House {
    policy: Arc<Policy>,
    store: Arc<dyn Store>,
    clock: Hand,
    deadline: Duration,
    _folder: tempfile::TempDir,
}

impl House {
    fn new(policy: &str) -> House {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(folder.path().join("v.db")).unwrap());
        let policy = Arc::new(Policy::parse(policy).unwrap_or_else(|mistakes| panic!("{mistakes}")));
        let clock = Hand(Arc::new(AtomicI64::new(1_800_000_000_000)));
        House {
            policy,
            store,
            clock,
            deadline: Duration::from_secs(10),
            _folder: folder,
        }
    }

    fn with_store(self, store: impl Store + 'static) -> House {
        House {
            store: Arc::new(store),
            ..self
        }
    }

    fn gate(&self, step: Step) -> Gate {
        Gate::new(Parts {
            step,
            paths: Paths::Own(step),
            policy: self.policy.clone(),
            store: Some(self.store.clone()),
            credentials: Arc::new(Credentials::parse("entra:pass:word").unwrap()),
            clock: Arc::new(self.clock.clone()),
            deadline: self.deadline,
        })
        .unwrap()
    }

    async fn call(&self, step: Step, body: &str) -> (u16, Json) {
        read(self.gate(step).answer(post(step, body)).await).await
    }

    async fn submit(&self, body: &str) -> Json {
        self.call(SECOND, body).await.1
    }

    async fn pending(&self) -> Vec<store::Request> {
        self.listed(StateName::Pending).await
    }

    async fn listed(&self, state: StateName) -> Vec<store::Request> {
        self.store
            .list(&Listing {
                state,
                after: None,
                limit: 1000,
            })
            .await
            .unwrap()
            .requests
    }

    async fn rule(&self, ruling: Ruling) {
        let request = self.pending().await.remove(0);
        let terms = Terms {
            cool_down: 30 * DAY,
            unused: 30 * DAY,
            trust_email: false,
        };
        let decide = Decide {
            ruling,
            by: "rita".into(),
            reason: None,
        };
        let transition = approvals::decide(&request, &decide, self.clock.now(), &terms).unwrap();
        assert_eq!(
            self.store.commit(&transition.commit(None, &[])).await.unwrap(),
            Committed::Applied
        );
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn post(step: Step, body: &str) -> Request<Full<Bytes>> {
    Request::post(format!("/prod/{step}?code=secret"))
        .header(
            header::AUTHORIZATION,
            format!("Basic {}", BASE64_STANDARD.encode("entra:pass:word")),
        )
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .body(Full::from(Bytes::from(body.to_owned())))
        .unwrap()
}

async fn read(response: Response<Full<Bytes>>) -> (u16, Json) {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Json::Null))
}

fn jane(name: &str) -> String {
    json!({"email": "jane@example.com", "displayName": name, "extension_Age": 41,
        "identities": [{"signInType": "federated", "issuer": "google.com", "issuerAssignedId": "1"}]})
    .to_string()
}

fn message(body: &Json) -> &str {
    body["userMessage"]
        .as_str()
        .unwrap_or_else(|| panic!("no message in {body}"))
}

const WAITING: &str = "Thank you. Your request is waiting for approval. Please come back later.";
const PENDING: &str = "Your request is being processed. Please come back later.";
const DENIED: &str = "Your request was denied.";
const FAILED: &str = "We cannot process your sign-up at the moment. Please try again later.";

#[tokio::test]
async fn the_story_of_an_approval() {
    let house = House::new(HOLDING);
    assert_eq!(
        house.call(FIRST, &jane("jane roe")).await,
        (200, json!({"version": "1.0.0", "action": "Continue"}))
    );
    assert_eq!(message(&house.submit(&jane("jane roe")).await), WAITING);
    assert_eq!(message(&house.call(FIRST, &jane("jane roe")).await.1), PENDING);
    house.rule(Ruling::Approve).await;
    assert_eq!(house.call(FIRST, &jane("x")).await.1["action"], "Continue");
    let let_in = house.submit(&jane("King")).await;
    assert_eq!(
        let_in,
        json!({"version": "1.0.0", "action": "Continue", "displayName": "Jane Roe", "extension_Age": 41})
    );
    house.clock.forward(Duration::from_secs(3599));
    assert_eq!(house.submit(&jane("King")).await, let_in);
    house.clock.forward(Duration::from_secs(1));
    assert_eq!(message(&house.submit(&jane("King")).await), WAITING);
    assert_eq!(
        house.listed(StateName::Admitted).await.len(),
        1,
        "the earlier request is kept"
    );
}

#[tokio::test]
async fn the_story_of_a_denial() {
    let house = House::new(HOLDING);
    house.submit(&jane("Jane Roe")).await;
    house.rule(Ruling::Deny).await;
    for step in [FIRST, SECOND] {
        assert_eq!(message(&house.call(step, &jane("Jane Roe")).await.1), DENIED);
    }
    let same_address = json!({"email": " JANE@Example.com", "displayName": "Jim"}).to_string();
    for step in [FIRST, SECOND] {
        assert_eq!(
            message(&house.call(step, &same_address).await.1),
            DENIED,
            "another key, the same address"
        );
    }
    house.clock.forward(30 * DAY);
    assert_eq!(message(&house.submit(&jane("Jane Roe")).await), WAITING);
}

#[tokio::test]
async fn an_approval_lets_in_nobody_but_its_applicant() {
    let house = House::new(HOLDING);
    house.submit(&jane("Jane Roe")).await;
    house.rule(Ruling::Approve).await;
    let other_id = jane("Jane Roe").replace(r#""issuerAssignedId":"1""#, r#""issuerAssignedId":"2""#);
    let address_only = json!({"email": "jane@example.com", "displayName": "Jane Roe"}).to_string();
    for body in [other_id, address_only] {
        assert_eq!(
            message(&house.submit(&body).await),
            WAITING,
            "the same address, another key"
        );
    }
}

#[tokio::test]
async fn an_approval_outweighs_only_earlier_denials_of_the_address() {
    let house = House::new(HOLDING);
    let by_mail = json!({"email": "jane@example.com", "displayName": "Jim"}).to_string();
    house.submit(&by_mail).await;
    house.rule(Ruling::Deny).await;
    assert_eq!(message(&house.submit(&jane("Jane Roe")).await), DENIED);
}

#[tokio::test]
async fn a_retry_gets_the_first_answer_and_creates_nothing() {
    let house = House::new(HOLDING);
    let first = house.submit(&jane("jane roe")).await;
    assert_eq!(message(&first), WAITING);
    let reordered = json!({"extension_Age": 41, "displayName": "jane roe", "email": "jane@example.com", "state": null,
        "identities": [{"issuerAssignedId": "1", "issuer": "google.com", "signInType": "federated"}]});
    assert_eq!(house.submit(&reordered.to_string()).await, first);
    house.clock.forward(Duration::from_secs(599));
    assert_eq!(house.submit(&jane("jane roe")).await, first);
    house.clock.forward(Duration::from_secs(1));
    assert_eq!(
        message(&house.submit(&jane("jane roe")).await),
        PENDING,
        "after ten minutes the state answers"
    );
    assert_eq!(house.pending().await.len(), 1);
    let id = house.pending().await[0].id;
    assert_eq!(house.store.history(&id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_stored_answer_ends_with_the_state_that_it_left() {
    let house = House::new(HOLDING);
    assert_eq!(message(&house.submit(&jane("Jane Roe")).await), WAITING);
    house.rule(Ruling::Approve).await;
    assert_eq!(house.submit(&jane("Jane Roe")).await["action"], "Continue");
}

#[tokio::test]
async fn new_claims_of_a_pending_applicant_update_the_request() {
    let house = House::new(HOLDING);
    house.submit(&jane("Jane Roe")).await;
    house.clock.forward(Duration::from_secs(5));
    assert_eq!(message(&house.submit(&jane("JANE DOE")).await), PENDING);
    let [request] = house.pending().await.try_into().unwrap();
    assert_eq!(request.received.at_key("displayName").unwrap().text(), Some("JANE DOE"));
    assert_eq!(request.reviewed.at_key("displayName").unwrap().text(), Some("Jane Doe"));
    assert_eq!(request.reviewed.at_key("extension_Age").unwrap().to_json(), "41");
    house.clock.forward(Duration::from_secs(20));
    house.submit(&jane("Jane Roe")).await;
    assert_eq!(
        house.pending().await[0].received.at_key("displayName").unwrap().text(),
        Some("JANE DOE"),
        "a late retry"
    );
    assert_eq!(house.store.history(&request.id).await.unwrap().len(), 2);
}

#[tokio::test]
async fn automatic_approval_is_admitted_at_once() {
    let house = House::new(HOLDING);
    let body = json!({"email": "a@b.example", "displayName": "ed bo", "country": "de"}).to_string();
    let answer = house.submit(&body).await;
    assert_eq!(
        answer,
        json!({"version": "1.0.0", "action": "Continue", "displayName": "Ed Bo"})
    );
    assert_eq!(house.listed(StateName::Admitted).await.len(), 1);
    assert_eq!(house.submit(&body).await, answer);
    let changed = json!({"email": "a@b.example", "displayName": "ed bo", "country": "FR"}).to_string();
    let again = house.submit(&changed).await;
    assert_eq!(again["country"], "de", "what was not approved is put back");
}

#[tokio::test]
async fn an_address_alone_does_not_use_an_approval() {
    let house = House::new(HOLDING);
    let body = json!({"email": "a@b.example", "displayName": "Al Bo"}).to_string();
    house.submit(&body).await;
    house.rule(Ruling::Approve).await;
    for step in [FIRST, SECOND] {
        assert!(message(&house.call(step, &body).await.1).contains("not confirmed"));
    }
}

#[tokio::test]
async fn nobody_can_be_held_without_a_key() {
    let house = House::new(HOLDING);
    let answer = house.submit(r#"{"displayName": "Nobody"}"#).await;
    assert_eq!(message(&answer), "You cannot sign up here.");
    assert!(house.pending().await.is_empty());
}

#[tokio::test]
async fn rules_win_over_states_when_they_block() {
    let house = House::new(HOLDING);
    house.submit(&jane("Jane Roe")).await;
    house.rule(Ruling::Approve).await;
    let evil = jane("Jane Roe").replace("jane@example.com", "jane@evil.test");
    assert_eq!(message(&house.submit(&evil).await), "You cannot sign up here.");
    let (status, body) = House::new(HOLDING).call(SECOND, &jane("  ")).await;
    assert_eq!(
        (status, &body["status"], &body["action"]),
        (400, &json!(400), &json!("ValidationError"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_submits_racing_create_one_request() {
    let house = House::new(HOLDING);
    let body = jane("Jane Roe");
    let answers = join_all((0..32).map(|_| house.submit(&body))).await;
    assert!(answers.iter().all(|answer| message(answer) == WAITING), "{answers:?}");
    let [request] = house.pending().await.try_into().unwrap();
    assert_eq!(
        (request.version, house.store.history(&request.id).await.unwrap().len()),
        (1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_used_once_however_many_come() {
    let house = House::new(HOLDING);
    house.submit(&jane("Jane Roe")).await;
    house.rule(Ruling::Approve).await;
    let names: Vec<_> = (0..16).map(|n| jane(&format!("Jane {n}"))).collect();
    let answers = join_all(names.iter().map(|body| house.submit(body))).await;
    assert!(
        answers
            .iter()
            .all(|answer| *answer == answers[0] && answer["displayName"] == "Jane Roe"),
        "{answers:?}"
    );
    let [request] = house.listed(StateName::Admitted).await.try_into().unwrap();
    assert_eq!(house.store.history(&request.id).await.unwrap().len(), 3);
}

#[tokio::test]
async fn messages_speak_the_applicants_language() {
    let house = House::new(HOLDING);
    let body = jane("Jane Roe").replacen('{', r#"{"ui_locales":"de-AT en","#, 1);
    assert!(message(&house.submit(&body).await).starts_with("Vielen Dank"));
}

#[tokio::test]
async fn a_body_that_names_another_step_is_not_let_through() {
    let house = House::new(OPEN);
    for (step, named) in [
        (FIRST, "PostAttributeCollection"),
        (SECOND, "PostFederationSignup"),
        (SECOND, "Nonsense"),
    ] {
        let (status, body) = house.call(step, &json!({"step": named}).to_string()).await;
        assert_eq!((status, message(&body)), (200, FAILED));
    }
    let (status, body) = house.call(TOKEN, r#"{"step":"PostAttributeCollection"}"#).await;
    assert_eq!((status, body), (500, json!({"version": "1.0.0", "status": 500})));
    for named in ["PreTokenIssuance", "PreTokenApplicationClaims"] {
        assert_eq!(
            house.call(TOKEN, &json!({"step": named}).to_string()).await.1["action"],
            "Continue"
        );
    }
}

#[tokio::test]
async fn the_token_step_sets_claims_or_errs() {
    let house = House::new(OPEN);
    assert_eq!(
        house.call(TOKEN, r#"{"city":"Wien"}"#).await.1["extension_Tier"],
        "gold"
    );
    assert_eq!(
        house.call(TOKEN, r#"{"city":"Graz"}"#).await.1,
        json!({"version": "1.0.0", "action": "Continue"})
    );
    assert_eq!(house.call(TOKEN, r#"{"city":"Nowhere"}"#).await.0, 500);
}

#[tokio::test]
async fn requests_are_checked_in_order() {
    let gate = House::new(OPEN).gate(SECOND);
    let status = async |request: Request<Full<Bytes>>| gate.answer(request).await.status().as_u16();
    let wrong = |change: &dyn Fn(&mut Request<Full<Bytes>>)| {
        let mut request = post(SECOND, "{");
        change(&mut request);
        request
    };
    let path = |r: &mut Request<Full<Bytes>>| *r.uri_mut() = "/elsewhere".parse().unwrap();
    let method = |r: &mut Request<Full<Bytes>>| *r.method_mut() = http::Method::GET;
    let proof = |r: &mut Request<Full<Bytes>>| drop(r.headers_mut().remove(header::AUTHORIZATION));
    let kind = |r: &mut Request<Full<Bytes>>| {
        drop(
            r.headers_mut()
                .insert(header::CONTENT_TYPE, "text/xml".parse().unwrap()),
        )
    };
    let size = |r: &mut Request<Full<Bytes>>| *r.body_mut() = Full::from(vec![b' '; 128 * 1024 + 1]);
    assert_eq!(
        status(wrong(&|r| {
            path(r);
            method(r);
            proof(r);
            kind(r);
            size(r)
        }))
        .await,
        404
    );
    assert_eq!(
        status(wrong(&|r| {
            method(r);
            proof(r);
            kind(r);
            size(r)
        }))
        .await,
        405
    );
    assert_eq!(
        status(wrong(&|r| {
            proof(r);
            kind(r);
            size(r)
        }))
        .await,
        401
    );
    assert_eq!(
        status(wrong(&|r| {
            kind(r);
            size(r)
        }))
        .await,
        415
    );
    assert_eq!(status(wrong(&|r| size(r))).await, 413);
    assert_eq!(status(wrong(&|_| {})).await, 400);
}

#[tokio::test]
async fn a_refused_caller_gets_a_challenge_and_nothing_else() {
    let gate = House::new(OPEN).gate(SECOND);
    for proof in [
        None,
        Some("Basic Zm9vOmJhcg=="),
        Some("Bearer x"),
        Some("Basic %%%"),
        Some("Basic Og=="),
    ] {
        let mut request = post(SECOND, "{}");
        request.headers_mut().remove(header::AUTHORIZATION);
        if let Some(proof) = proof {
            request
                .headers_mut()
                .insert(header::AUTHORIZATION, proof.parse().unwrap());
        }
        let response = gate.answer(request).await;
        assert_eq!(response.status(), 401);
        assert!(
            response.headers()[header::WWW_AUTHENTICATE]
                .to_str()
                .unwrap()
                .starts_with("Basic realm=")
        );
        assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
    }
}

#[tokio::test]
async fn any_object_up_to_the_limit_is_answered() {
    let house = House::new(OPEN);
    let padded = |size: usize| {
        let frame = r#"{"displayName":""}"#.len();
        json!({"displayName": "x".repeat(size - frame)}).to_string()
    };
    assert_eq!(house.call(SECOND, &padded(100 * 1024)).await.0, 200);
    assert_eq!(house.call(SECOND, &padded(128 * 1024)).await.0, 200);
    assert_eq!(house.call(SECOND, &padded(128 * 1024 + 1)).await.0, 413);
    for bad in ["", "[]", "nonsense", "{\"a\":", &"[".repeat(10_000)] {
        let (status, body) = house.call(SECOND, bad).await;
        assert_eq!((status, body.get("action")), (400, None), "{bad:.20}");
    }
}

/// A store that fails as it is told, and counts how often it was asked.
struct Faulty {
    failure: Option<StoreError>,
    asked: Arc<AtomicUsize>,
}

impl Faulty {
    async fn fail<T>(&self) -> Result<T, StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match &self.failure {
            Some(error) => Err(error.clone()),
            None => std::future::pending().await,
        }
    }
}

#[async_trait]
impl Store for Faulty {
    async fn look_up(&self, _: &Keys) -> Result<Snapshot, StoreError> {
        self.fail().await
    }

    async fn request(&self, _: &RequestId) -> Result<Option<store::Request>, StoreError> {
        self.fail().await
    }

    async fn history(&self, _: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.fail().await
    }

    async fn list(&self, _: &Listing) -> Result<Page, StoreError> {
        self.fail().await
    }

    async fn commit(&self, _: &Commit) -> Result<Committed, StoreError> {
        self.fail().await
    }
}

#[tokio::test]
async fn a_store_that_fails_blocks_politely() {
    let down = Faulty {
        failure: Some(StoreError::Unavailable("gone".into())),
        asked: Arc::default(),
    };
    let house = House::new(HOLDING).with_store(down);
    for step in [FIRST, SECOND] {
        assert_eq!(message(&house.call(step, &jane("Jane Roe")).await.1), FAILED);
    }
}

#[tokio::test]
async fn a_store_that_hangs_blocks_within_the_deadline() {
    let mut house = House::new(HOLDING).with_store(Faulty {
        failure: None,
        asked: Arc::default(),
    });
    house.deadline = Duration::from_millis(100);
    let start = Instant::now();
    assert_eq!(message(&house.call(SECOND, &jane("Jane Roe")).await.1), FAILED);
    let took = start.elapsed();
    assert!(
        took >= Duration::from_millis(100) && took < Duration::from_secs(5),
        "{took:?}"
    );
}

#[tokio::test]
async fn a_body_that_trickles_is_answered_at_the_deadline() {
    let mut house = House::new(OPEN);
    house.deadline = Duration::from_millis(100);
    for (step, action) in [(FIRST, "ShowBlockPage"), (SECOND, "ShowBlockPage"), (TOKEN, "Continue")] {
        let never =
            http_body_util::StreamBody::new(futures_util::stream::pending::<Result<http_body::Frame<Bytes>, String>>());
        let request = post(step, "").map(|_| never);
        let (status, body) = read(house.gate(step).answer(request).await).await;
        assert_eq!((status, body["action"].as_str()), (200, Some(action)), "{step}");
    }
}

#[tokio::test]
async fn what_needs_no_store_never_asks_it() {
    let asked = Arc::new(AtomicUsize::new(0));
    let failure = Some(StoreError::Unavailable("gone".into()));
    let open = House::new(OPEN).with_store(Faulty {
        failure: failure.clone(),
        asked: asked.clone(),
    });
    for step in Step::ALL {
        assert_eq!(open.call(step, &jane("Jane Roe")).await.1["action"], "Continue");
    }
    let holding = House::new(HOLDING).with_store(Faulty {
        failure,
        asked: asked.clone(),
    });
    assert_eq!(holding.call(TOKEN, &jane("Jane Roe")).await.1["action"], "Continue");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_gate_needs_its_step_and_its_store() {
    let parts = |policy: &str, step, store: Option<Arc<dyn Store>>| Parts {
        step,
        paths: Paths::Own(step),
        policy: Arc::new(Policy::parse(policy).unwrap()),
        store,
        credentials: Arc::new(Credentials::parse("a:b").unwrap()),
        clock: Arc::new(store::SystemClock),
        deadline: Duration::from_secs(1),
    };
    assert_eq!(
        Gate::new(parts(HOLDING, SECOND, None)).err(),
        Some(CannotStart::NoStore)
    );
    assert!(Gate::new(parts(HOLDING, TOKEN, None)).is_ok() && Gate::new(parts(OPEN, SECOND, None)).is_ok());
    let only_second = "[steps.post-attribute-collection]\notherwise = \"block\"";
    assert_eq!(
        Gate::new(parts(only_second, FIRST, None)).err(),
        Some(CannotStart::NotServed(FIRST))
    );
}
