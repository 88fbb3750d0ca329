//! A policy, a store and a clock, and the gate of the second step.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use approvals::{AuditKey, Decide, Decider, Reviewer, Ruling};
use base64::{Engine, prelude::BASE64_STANDARD};
use claims::{Hash, Step};
use end_to_end::dynamodb_local::DynamoDb;
use futures_util::{StreamExt, stream};
use gate::{Credentials, Gate, Parts, Paths};
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use look_ups::LookUps;
use outgoing::{Limits, Outgoing, Reach};
use policy::Policy;
use secrets::Secrets;
use serde_json::{Value as Json, json};
use store::{Bound, Clock, Commit, Committed, Invitation, Listing, Rows, StateName, Store, Timestamp, Which, Write};
use store_sqlite::SqliteStore;

pub(crate) const SECOND: Step = Step::PostAttributeCollection;

/// The beginning of a policy of which the second step lets everybody in on whom no rule decides.
pub(crate) const OPEN: &str = "[steps.post-attribute-collection]\notherwise = \"continue\"\n";

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

/// A policy, a store and a clock.
pub(crate) struct House {
    pub(crate) name: &'static str,
    pub(crate) rows: Arc<dyn Rows>,
    /// What gates commit to and look requests up in.
    pub(crate) store: Arc<dyn Store>,
    policy: Arc<Policy>,
    pub(crate) clock: Hand,
    pub(crate) deadline: Duration,
    _folder: Option<tempfile::TempDir>,
}

impl House {
    pub(crate) fn on_sqlite(policy: &str) -> House {
        let folder = tempfile::tempdir().unwrap();
        let rows = Arc::new(SqliteStore::open(folder.path().join("v.db")).unwrap());
        House {
            _folder: Some(folder),
            ..House::on("sqlite", rows, policy)
        }
    }

    /// The same on SQLite and on DynamoDB.
    pub(crate) fn on_both(policy: &str) -> [House; 2] {
        // It blocks, which a thread of the tests' own runtime may not.
        let table = std::thread::spawn(|| {
            let dynamodb = DynamoDb::shared();
            (dynamodb.endpoint(), dynamodb.create_table())
        });
        let (endpoint, table) = table.join().unwrap();
        let rows = Arc::new(store_dynamodb::testing::open_at(endpoint, &table));
        [House::on_sqlite(policy), House::on("dynamodb", rows, policy)]
    }

    fn on(name: &'static str, rows: Arc<dyn Rows>, policy: &str) -> House {
        let policy = Policy::parse(policy).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        House {
            name,
            store: rows.clone(),
            rows,
            policy: Arc::new(policy),
            clock: Hand(Arc::new(AtomicI64::new(1_800_000_000_000))),
            deadline: Duration::from_secs(60),
            _folder: None,
        }
    }

    pub(crate) fn gate(&self) -> Gate {
        Gate::new(Parts {
            step: SECOND,
            paths: Paths::Own(SECOND),
            policy: self.policy.clone(),
            store: Some(self.store.clone()),
            lists: Some(self.rows.clone()),
            controls: Some(self.rows.clone()),
            outside: Some(Arc::new(self.look_ups())),
            audit: Some(AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap()),
            credentials: Arc::new(Credentials::parse("entra:pass:word").unwrap()),
            clock: Arc::new(self.clock.clone()),
            deadline: self.deadline,
        })
        .unwrap()
    }

    fn look_ups(&self) -> LookUps {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let outgoing = Outgoing::new(Reach::InternetAndLoopback, Limits::default(), clock.clone()).unwrap();
        let secrets = Secrets::new(Arc::new(|_: &str| None), clock.clone());
        LookUps::new(outgoing, Arc::new(secrets), clock)
    }

    /// The same place with another policy.
    pub(crate) fn reading(mut self, policy: &str) -> House {
        self.policy = Arc::new(Policy::parse(policy).unwrap_or_else(|mistakes| panic!("{mistakes}")));
        self
    }

    pub(crate) async fn submit(&self, body: &str) -> Json {
        submit(&self.gate(), body).await
    }

    /// The answers to many calls, of which so many are under way at once.
    pub(crate) async fn submit_all(&self, bodies: Vec<String>, at_once: usize) -> Vec<Json> {
        let gate = self.gate();
        let calls = stream::iter(bodies).map(|body| {
            let gate = gate.clone();
            async move { tokio::spawn(async move { submit(&gate, &body).await }).await.unwrap() }
        });
        calls.buffer_unordered(at_once).collect().await
    }

    /// An invitation with this code is there from now on.
    pub(crate) async fn invites(&self, code: &str, uses: u32, bound: Option<Bound>) -> Hash {
        let now = self.clock.now();
        let code = store::invitation_code(code).unwrap();
        let invitation = Invitation {
            code,
            note: None,
            made_at: now,
            until: now.plus(Duration::from_secs(30 * 86_400)),
            uses,
            taken: 0,
            bound,
            revoked_at: None,
        };
        self.write(Write::Invitation(Box::new(invitation))).await;
        code
    }

    /// A reviewer decides on the only request that waits.
    pub(crate) async fn decide(&self, ruling: Ruling) {
        let listing = Listing::of(Which::State(StateName::Pending), 10);
        let [request] = self.rows.list(&listing).await.unwrap().requests.try_into().unwrap();
        let rita = Decider::Reviewer(Reviewer::named("rita", Vec::new()));
        let decided = approvals::decide(
            &request,
            &Decide::new(ruling, rita),
            self.clock.now(),
            self.policy.terms(),
        );
        let key = AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap();
        let commit = decided.transition.unwrap().commit(None, &[], &key.seal().unwrap());
        assert_eq!(self.rows.commit(&commit).await, Ok(Committed::Applied));
    }

    pub(crate) async fn write(&self, write: Write) {
        let commit = Commit { writes: vec![write] };
        assert_eq!(self.rows.commit(&commit).await, Ok(Committed::Applied));
    }

    /// How many uses of an invitation are taken.
    pub(crate) async fn taken(&self, code: Hash) -> u32 {
        let (invitation, _) = self.rows.invited(&code, &Hash::of(&["nobody"])).await.unwrap().unwrap();
        invitation.taken
    }
}

async fn submit(gate: &Gate, body: &str) -> Json {
    let request = Request::post("/post-attribute-collection")
        .header(
            header::AUTHORIZATION,
            format!("Basic {}", BASE64_STANDARD.encode("entra:pass:word")),
        )
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::from(body.to_owned()))
        .unwrap();
    let response = gate.answer(request).await;
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

/// Somebody who signed in with Google, with claims of their own.
pub(crate) fn person(n: usize, mut claims: Json) -> String {
    let identity = json!({"signInType": "federated", "issuer": "google.com", "issuerAssignedId": n.to_string()});
    claims["email"] = json!(format!("person{n}@example.com"));
    claims["identities"] = json!([identity]);
    claims.to_string()
}

/// The action of an answer.
pub(crate) fn action(answer: &Json) -> &str {
    answer["action"].as_str().unwrap()
}
