//! A store with requests that end, and bookkeepers that work on it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use approvals::{AuditKey, Decide, Decider, Held, Reviewer, Ruling, Submission, Terms, Wish};
use async_trait::async_trait;
use claims::{Changes, Claims, Hash, Locales, Value};
use end_to_end::random;
use store::{
    Checkpoint, Clock, Commit, Committed, Counter, Counts, DuePage, DuePlace, EntryId, HistoryEntry, JournalPage,
    JournalPlace, Keys, Lane, Ledger, ListCopies, ListCopy, ListEditor, ListEntry, ListName, ListPlace, ListQuestion,
    Listed, Listing, Lists, Numbered, Outbox, OutboxEntry, OverduePage, OverduePlace, Page, ParkedPage, ParkedPlace,
    Position, Pruning, Receiver, Request, RequestId, RollPage, Rows, Snapshot, StateName, Store, StoreError, Timestamp,
    Traces, Undelivered,
};
use store_dynamodb::testing;
use store_sqlite::SqliteStore;
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

    /// What one run did, and how much failed or was given up.
    pub(crate) async fn run(&self) -> (usize, usize) {
        self.run_on(self.store.clone(), 1000 * DAY).await
    }

    pub(crate) async fn run_for(&self, time: Duration) -> (usize, usize) {
        self.run_on(self.store.clone(), time).await
    }

    /// One that is killed after so many writes; whether it got so far.
    pub(crate) async fn run_killed_after(&self, writes: usize) -> bool {
        let dying = Dying {
            inner: self.store.clone(),
            left: AtomicUsize::new(writes),
        };
        self.run_on(Arc::new(dying), 1000 * DAY).await.1 > 0
    }

    async fn run_on(&self, rows: Arc<dyn Rows>, time: Duration) -> (usize, usize) {
        let bookkeeper = Bookkeeper::new(Parts {
            rows,
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
                assert_eq!(number, all.len() as u64 + 1);
                assert_eq!((checkpoint.number, checkpoint.previous), (number, previous));
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
        wish,
        rule: "hold".to_owned(),
    }
}

/// A store that goes away after some commits.
struct Dying {
    inner: Arc<dyn Rows>,
    left: AtomicUsize,
}

#[async_trait]
impl Store for Dying {
    async fn look_up(&self, keys: &Keys) -> Result<Snapshot, StoreError> {
        self.inner.look_up(keys).await
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.inner.request(id).await
    }

    async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.inner.history(id).await
    }

    async fn earlier(&self, id: &RequestId, limit: usize) -> Result<Vec<Request>, StoreError> {
        self.inner.earlier(id, limit).await
    }

    async fn list(&self, listing: &Listing) -> Result<Page, StoreError> {
        self.inner.list(listing).await
    }

    async fn overdue(
        &self,
        now: Timestamp,
        after: Option<&OverduePlace>,
        limit: usize,
    ) -> Result<OverduePage, StoreError> {
        self.inner.overdue(now, after, limit).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.inner.counts().await
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let one_less = |left: usize| left.checked_sub(1);
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) {
            Ok(_) => self.inner.commit(commit).await,
            Err(_) => Err(StoreError::Unavailable("gone".to_owned())),
        }
    }
}

#[async_trait]
impl Ledger for Dying {
    async fn journal(
        &self,
        after: Option<&JournalPlace>,
        until: Timestamp,
        limit: usize,
    ) -> Result<JournalPage, StoreError> {
        self.inner.journal(after, until, limit).await
    }

    async fn checkpoints(&self, after: u64, limit: usize) -> Result<Vec<Numbered>, StoreError> {
        self.inner.checkpoints(after, limit).await
    }

    async fn latest_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.inner.latest_checkpoint().await
    }

    async fn roll(&self, state: StateName, after: Option<&Position>, limit: usize) -> Result<RollPage, StoreError> {
        self.inner.roll(state, after, limit).await
    }

    async fn pruning(&self) -> Result<Option<Pruning>, StoreError> {
        self.inner.pruning().await
    }
}

#[async_trait]
impl Traces for Dying {
    async fn undelivered(&self, applicant: &Hash) -> Result<Undelivered, StoreError> {
        self.inner.undelivered(applicant).await
    }

    async fn wipe(&self, _: &Hash) -> Result<(), StoreError> {
        unimplemented!()
    }
}

/// A bookkeeper asks for none of these.
#[async_trait]
impl Outbox for Dying {
    async fn due(&self, _: Receiver, _: Timestamp, _: Option<&DuePlace>, _: usize) -> Result<DuePage, StoreError> {
        unimplemented!()
    }

    async fn first_in(&self, _: &Lane) -> Result<Option<OutboxEntry>, StoreError> {
        unimplemented!()
    }

    async fn entry(&self, _: &EntryId) -> Result<Option<OutboxEntry>, StoreError> {
        unimplemented!()
    }

    async fn parked(&self, _: Option<&ParkedPlace>, _: usize) -> Result<ParkedPage, StoreError> {
        unimplemented!()
    }
}

#[async_trait]
impl Lists for Dying {
    async fn listed(&self, _: &[ListQuestion]) -> Result<Vec<Listed>, StoreError> {
        unimplemented!()
    }
}

#[async_trait]
impl ListEditor for Dying {
    async fn add(&self, _: &ListPlace, _: &[ListEntry]) -> Result<usize, StoreError> {
        unimplemented!()
    }

    async fn remove(&self, _: &ListName, _: &[Hash]) -> Result<usize, StoreError> {
        unimplemented!()
    }

    async fn page(&self, _: &ListPlace, _: Option<&Hash>, _: usize) -> Result<Vec<ListEntry>, StoreError> {
        unimplemented!()
    }

    async fn copy(&self, _: &ListName) -> Result<Option<ListCopy>, StoreError> {
        unimplemented!()
    }

    async fn publish(&self, _: &ListName, _: &ListCopy, _: Option<u64>) -> Result<bool, StoreError> {
        unimplemented!()
    }

    async fn clear(&self, _: &ListName, _: u64, _: usize) -> Result<usize, StoreError> {
        unimplemented!()
    }

    async fn copies(&self, _: &ListName) -> Result<ListCopies, StoreError> {
        unimplemented!()
    }

    async fn set_copies(&self, _: &ListName, _: &ListCopies) -> Result<bool, StoreError> {
        unimplemented!()
    }
}
