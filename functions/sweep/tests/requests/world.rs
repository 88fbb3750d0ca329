//! A store with requests that wait, and clocks that work on it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use approvals::{AuditKey, Decide, Decider, Held, Reviewer, Ruling, Submission, Terms, Wish};
use claims::{Changes, Claims, Hash, Locales, Value};
use desk::Desk;
use end_to_end::random;
use store::{
    Asked, Clock, Committed, Effect, Occasion, Plan, Reasons, Receiver, RequestId, Rows, Stage, StateName, TimeOut,
    Timestamp,
};
use store_dynamodb::testing;
use store_sqlite::SqliteStore;
use sweep::requests::RequestClock;
use tempfile::TempDir;

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Late: nothing may expire in the store while a test runs.
const START: Timestamp = Timestamp::from_millis(4_102_444_800_000);

pub(crate) struct World {
    store: Arc<dyn Rows>,
    now: Hand,
    _folder: TempDir,
}

/// The time, and how many milliseconds pass whenever somebody asks for it.
#[derive(Clone)]
struct Hand(Arc<AtomicI64>, i64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(self.1, Ordering::SeqCst))
    }
}

/// Anybody decides alone, for so long.
pub(crate) fn stage(lasts: Duration, then: TimeOut) -> Stage {
    Stage {
        name: "one".to_owned(),
        asked: Asked::Anybody,
        approve: 1,
        deny: 1,
        among: Vec::new(),
        remind: Vec::new(),
        escalate: None,
        lasts,
        then,
    }
}

impl World {
    pub(crate) fn sqlite() -> World {
        let folder = TempDir::new().unwrap();
        let store = SqliteStore::open(folder.path().join("vestibule.db")).unwrap();
        World::new(Arc::new(store), folder)
    }

    pub(crate) async fn dynamodb() -> World {
        let name = "VESTIBULE_TEST_DYNAMODB";
        let endpoint =
            std::env::var(name).unwrap_or_else(|_| panic!("run `make test`: it starts DynamoDB Local and sets {name}"));
        let table = format!("clock-{}", random::name());
        testing::create_table(&endpoint, &table).await.unwrap();
        World::new(Arc::new(testing::open_at(&endpoint, &table)), TempDir::new().unwrap())
    }

    fn new(store: Arc<dyn Rows>, folder: TempDir) -> World {
        World {
            store,
            now: Hand(Arc::new(AtomicI64::new(START.as_millis())), 0),
            _folder: folder,
        }
    }

    /// The time after the start.
    pub(crate) fn at(&self, after: Duration) {
        self.now.0.store(START.plus(after).as_millis(), Ordering::SeqCst);
    }

    /// What one run did, and how much failed.
    pub(crate) async fn run(&self) -> (usize, usize) {
        self.run_until(1000 * DAY).await
    }

    pub(crate) async fn run_until(&self, time: Duration) -> (usize, usize) {
        let ran = self.clock(0).run(self.now.now().plus(time)).await;
        assert_eq!(ran.given_up, 0);
        (ran.done, ran.failed)
    }

    /// The same for so many seconds, of which one is over whenever somebody looks at the clock; and whether there is more.
    pub(crate) async fn run_slowly(&self, seconds: u64) -> (usize, bool) {
        let until = self.now.now().plus(Duration::from_secs(seconds));
        let ran = self.clock(1000).run(until).await;
        (ran.done, ran.unfinished)
    }

    fn clock(&self, passing: i64) -> RequestClock {
        RequestClock::new(Desk {
            store: self.store.clone(),
            terms: terms(),
            audit: audit_key(),
            clock: Arc::new(Hand(self.now.0.clone(), passing)),
        })
    }

    /// Somebody's request, which waits in the first of these stages.
    pub(crate) async fn held(&self, name: &str, stages: Vec<Stage>) -> RequestId {
        let plan = Plan {
            stages,
            reasons: Reasons::Optional,
            cool_down: None,
        };
        let (_, opened) = approvals::submit(None, &[], &submission(name, plan), self.now.now(), &terms());
        let opened = opened.unwrap();
        let id = opened.request.id;
        let commit = opened.commit(None, &[], &audit_key().seal().unwrap());
        assert_eq!(self.store.commit(&commit).await, Ok(Committed::Applied));
        id
    }

    /// Rita decides; whether that counts.
    pub(crate) async fn decide(&self, id: &RequestId, ruling: Ruling) -> bool {
        let rita = Decider::Reviewer(Reviewer::named("rita", Vec::new()));
        loop {
            let request = self.store.request(id).await.unwrap().unwrap();
            let decided = approvals::decide(&request, &Decide::new(ruling, rita.clone()), self.now.now(), &terms());
            let Some(transition) = decided.transition else {
                return false;
            };
            let commit = transition.commit(None, &[], &audit_key().seal().unwrap());
            if self.store.commit(&commit).await == Ok(Committed::Applied) {
                return decided.refused.is_none();
            }
        }
    }

    pub(crate) async fn state(&self, id: &RequestId) -> StateName {
        self.store.request(id).await.unwrap().unwrap().state.name()
    }

    /// What happened to a request, whose history proves itself.
    pub(crate) async fn events(&self, id: &RequestId) -> Vec<&'static str> {
        let (request, history) = (
            self.store.request(id).await.unwrap().unwrap(),
            self.store.history(id).await.unwrap(),
        );
        assert_eq!(approvals::verify(&audit_key(), &request, &history), []);
        history.iter().map(|entry| entry.event.name()).collect()
    }

    /// Why reviewers are to be told, in the order of time.
    pub(crate) async fn told(&self) -> Vec<Occasion> {
        let mut due = self
            .store
            .due(Receiver::Reviewers, START.plus(1000 * DAY), None, 100)
            .await
            .unwrap()
            .entries;
        due.sort_by_key(|entry| entry.id.number);
        let occasion = |effect: &Effect| match effect {
            Effect::TellReviewers { why } => *why,
            other => panic!("{}", other.name()),
        };
        due.iter().map(|entry| occasion(&entry.effect)).collect()
    }
}

fn terms() -> Terms {
    Terms {
        tell_reviewers: true,
        ..Terms::default()
    }
}

/// Any key.
fn audit_key() -> AuditKey {
    AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
}

fn submission(name: &str, plan: Plan) -> Submission {
    let claims = Claims::from_iter([("displayName".to_owned(), Value::Text(name.to_owned()))]);
    Submission {
        applicant: Hash::of(&[name]),
        proven: true,
        kept: claims.clone(),
        received: claims.clone(),
        reviewed: claims,
        changes: Changes::none(),
        identities: Vec::new(),
        app: None,
        locales: Locales::default(),
        addresses: vec![Hash::of_address(name)],
        invitation: None,
        wish: Wish::Hold(Held { route: None, plan }),
        rule: "hold".to_owned(),
    }
}
