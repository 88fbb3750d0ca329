//! A store with requests that end, and bookkeepers that work on it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use approvals::{AuditKey, Decide, Decider, Held, Reviewer, Ruling, Submission, Terms, Wish};
use claims::{Changes, Claims, Hash, Locales, Value};
use end_to_end::random;
use store::{
    Checkpoint, Clock, Commit, Committed, Counter, Keys, Numbered, Receiver, RequestId, Rows, StateName, Store,
    Timestamp,
};
use store_dynamodb::testing;
use store_sqlite::SqliteStore;
use store_suite::{Between, GoesAway};
use sweep::ledger::{Bookkeeper, Parts};
use tempfile::TempDir;

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long what ended is kept.
pub(crate) const KEEP: Duration = Duration::from_secs(100 * 24 * 60 * 60);

/// Late: nothing may expire in the store while a test runs.
const START: Timestamp = Timestamp::from_millis(4_102_444_800_000);

pub(crate) struct World {
    pub(crate) store: Arc<dyn Rows>,
    now: Hand,
    pub(crate) folder: TempDir,
}

#[derive(Clone)]
struct Hand(Arc<AtomicI64>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
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
        let table = format!("ledger-{}", random::name());
        testing::create_table(&endpoint, &table).await.unwrap();
        World::new(Arc::new(testing::open_at(&endpoint, &table)), TempDir::new().unwrap())
    }

    fn new(store: Arc<dyn Rows>, folder: TempDir) -> World {
        World {
            store,
            now: Hand(Arc::new(AtomicI64::new(START.as_millis()))),
            folder,
        }
    }

    /// The time after the start.
    pub(crate) fn at(&self, after: Duration) {
        self.now.0.store(START.plus(after).as_millis(), Ordering::SeqCst);
    }

    /// Time goes by.
    pub(crate) fn passes(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).unwrap();
        self.now.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// What one run did, and how much failed or was given up.
    pub(crate) async fn run(&self) -> (usize, usize) {
        self.run_on(self.store.clone(), 1000 * DAY).await
    }

    pub(crate) async fn run_for(&self, time: Duration) -> (usize, usize) {
        self.run_on(self.store.clone(), time).await
    }

    /// One that is killed after so many writes; whether it got so far.
    pub(crate) async fn run_killed_after(&self, writes: usize) -> bool {
        let dying = GoesAway::new(self.store.clone(), Arc::new(AtomicUsize::new(writes)));
        self.run_on(Arc::new(Between(dying)), 1000 * DAY).await.1 > 0
    }

    /// What one run on another store did, within a time.
    pub(crate) async fn run_on(&self, store: Arc<dyn Store>, time: Duration) -> (usize, usize) {
        let bookkeeper = Bookkeeper::new(Parts {
            store,
            ledger: self.store.clone(),
            traces: self.store.clone(),
            keep: Some(KEEP),
            audit: audit_key(),
            clock: Arc::new(self.now.clone()),
        });
        let ran = bookkeeper.run(self.now.now().plus(time)).await;
        (ran.done, ran.failed + ran.given_up)
    }

    /// Somebody comes; what they have then.
    pub(crate) async fn comes(&self, name: &str, wish: Wish) -> RequestId {
        self.submits(name, submission(name, wish)).await
    }

    /// They come again with other claims.
    pub(crate) async fn comes_with(&self, name: &str, n: u32) {
        let mut submission = submission(name, Wish::Hold(Held::by_anybody()));
        submission.received = Claims::from_iter([("n".to_owned(), Value::Text(n.to_string()))]);
        self.submits(name, submission).await;
    }

    async fn submits(&self, name: &str, submission: Submission) -> RequestId {
        let applicant = Hash::of(&[name]);
        let keys = Keys {
            applicant: Some(applicant),
            addresses: vec![Hash::of_address(name)],
            call: None,
        };
        let known = self.store.look_up(&keys).await.unwrap();
        let (_, changed) = approvals::submit(
            known.request.as_ref(),
            &known.denials,
            &submission,
            self.now.now(),
            &Terms::default(),
        );
        let changed = changed.unwrap();
        let id = changed.request.id;
        self.commit(changed.commit(None, &known.denials, &audit_key().seal().unwrap()))
            .await;
        id
    }

    pub(crate) async fn held(&self, name: &str) -> RequestId {
        self.comes(name, Wish::Hold(Held::by_anybody())).await
    }

    pub(crate) async fn decide(&self, id: &RequestId, ruling: Ruling) {
        let request = self.store.request(id).await.unwrap().unwrap();
        let rita = Decider::Reviewer(Reviewer::named("rita", Vec::new()));
        let decided = approvals::decide(&request, &Decide::new(ruling, rita), self.now.now(), &Terms::default());
        let transition = decided.transition.unwrap();
        self.commit(transition.commit(None, &[], &audit_key().seal().unwrap()))
            .await;
    }

    /// Carries out what follows: counts, and nothing else.
    pub(crate) async fn deliver(&self) {
        self.deliver_but_for(&[]).await;
    }

    pub(crate) async fn deliver_but_for(&self, left: &[RequestId]) {
        let end = START.plus(9999 * DAY);
        let mut after = None;
        loop {
            let page = self
                .store
                .due(Receiver::Counts, end, after.as_ref(), 100)
                .await
                .unwrap();
            for entry in page.entries.iter().filter(|entry| !left.contains(&entry.request)) {
                let writes = store::count(entry).unwrap();
                self.commit(Commit { writes }).await;
            }
            after = page.next;
            if after.is_none() {
                return;
            }
        }
    }

    async fn commit(&self, commit: Commit) {
        assert_eq!(self.store.commit(&commit).await, Ok(Committed::Applied));
    }

    /// All checkpoints, each of which proves itself and the one before it.
    pub(crate) async fn checkpoints(&self) -> Vec<Checkpoint> {
        let (mut all, mut previous) = (Vec::<Checkpoint>::new(), None);
        loop {
            let page = self.store.checkpoints(all.len() as u64, 10).await.unwrap();
            if page.is_empty() {
                return all;
            }
            for Numbered { number, checkpoint } in page {
                let checkpoint = checkpoint.unwrap();
                assert_eq!(number, Some(all.len() as u64 + 1));
                assert_eq!((Some(checkpoint.number), checkpoint.previous), (number, previous));
                assert!(audit_key().has_signed(&checkpoint));
                previous = Some(checkpoint.proof);
                all.push(checkpoint);
            }
        }
    }

    /// What the checkpoints hold of each request, in order.
    pub(crate) async fn sealed(&self) -> Vec<(RequestId, u64)> {
        let all = self.checkpoints().await;
        let leaves = all.iter().flat_map(|checkpoint| &checkpoint.leaves);
        leaves.map(|leaf| (leaf.request, leaf.version)).collect()
    }

    pub(crate) async fn is_there(&self, id: &RequestId) -> bool {
        let request = self.store.request(id).await.unwrap();
        let history = self.store.history(id).await.unwrap();
        assert_eq!(request.is_some(), !history.is_empty(), "half of it is gone");
        if let Some(request) = &request {
            assert_eq!(approvals::verify(&audit_key(), request, &history), []);
        }
        request.is_some()
    }

    /// How many requests there are in a state, as was counted.
    pub(crate) async fn counted(&self, state: StateName) -> i64 {
        let counts = self.store.counts().await.unwrap();
        *counts.get(&Counter { state, route: None }).unwrap_or(&0)
    }
}

/// Any key.
pub(crate) fn audit_key() -> AuditKey {
    AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
}

fn submission(name: &str, wish: Wish) -> Submission {
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
        wish,
        rule: "hold".to_owned(),
    }
}
