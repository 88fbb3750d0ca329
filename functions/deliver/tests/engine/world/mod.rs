//! A store, a clock and receivers that do as they are told.

mod stores;

use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use approvals::{AccountBy, AuditKey, Decide, Decider, Held, Reviewer, Ruling, Submission, Terms, Transition, Wish};
use async_trait::async_trait;
use claims::{Changes, Claims, Hash, Locales, Value};
use deliver::{Delivered, Deliverer, Parts, Receive, Report, Schedule};
use effects::Attempt;
use store::{
    Clock, Commit, Committed, Counter, Counts, Effect, EntryId, Keys, Listing, OutboxEntry, Progress, Receiver,
    Request, RequestId, StateName, Store, StoreError, Timestamp, Which, Write,
};
use store_sqlite::SqliteStore;
use store_suite::{Between, GoesAway};
use tokio::{sync::watch, time::timeout};

use self::stores::{Sparing, SparingRequests};

/// Longer than any schedule.
pub(crate) const FAR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Nobody waits longer than this for what has to happen.
const SOON: Duration = Duration::from_secs(20);

/// And no run lasts longer.
const RUN: Duration = Duration::from_secs(40);

pub(crate) struct World {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Hand,
    pub(crate) mail: Arc<Puppet>,
    pub(crate) account: Arc<Puppet>,
    pub(crate) reviewers: Arc<Puppet>,
    commits_left: Arc<AtomicUsize>,
    /// Whether changes of requests that the test makes are counted.
    counts: bool,
    folder: tempfile::TempDir,
}

/// A clock in the test's hand.
#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicI64>);

impl Hand {
    pub(crate) fn forward(&self, by: Duration) {
        self.0
            .fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// What a receiver does.
#[derive(Clone)]
pub(crate) enum Behaviour {
    Answer(Attempt<Delivered>),
    Slow(Duration, Attempt<Delivered>),
    /// Is done when so many attempts were begun, by whomever.
    DoneAfter(usize),
    Hang,
    Panic,
}

type Script = Box<dyn Fn(usize) -> Behaviour + Send + Sync>;

/// A receiver that does as it is told.
pub(crate) struct Puppet {
    receiver: Receiver,
    script: Mutex<Script>,
    log: Mutex<Vec<EntryId>>,
    begun: watch::Sender<usize>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Puppet {
    fn new(receiver: Receiver) -> Arc<Puppet> {
        Arc::new(Puppet {
            receiver,
            script: Mutex::new(Box::new(|_| Behaviour::Answer(Attempt::Done(Delivered::Done)))),
            log: Mutex::default(),
            begun: watch::Sender::new(0),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
        })
    }

    /// What it does from now on, by the number of attempts before.
    pub(crate) fn behave(&self, script: impl Fn(usize) -> Behaviour + Send + Sync + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    /// The attempts, in order.
    pub(crate) fn log(&self) -> Vec<EntryId> {
        self.log.lock().unwrap().clone()
    }

    /// Waits until so many attempts were begun.
    ///
    /// # Panics
    /// If that takes too long.
    pub(crate) async fn wait_for(&self, attempts: usize) {
        if timeout(SOON, self.begun(attempts)).await.is_err() {
            panic!("{} attempts, and not {attempts}", self.log().len());
        }
    }

    async fn begun(&self, attempts: usize) {
        let enough = |begun: &usize| *begun >= attempts;
        self.begun.subscribe().wait_for(enough).await.unwrap();
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }

    pub(crate) fn limit(&self) -> Duration {
        Duration::from_secs(20)
    }
}

#[async_trait]
impl Receive for Puppet {
    fn receiver(&self) -> Receiver {
        self.receiver
    }

    fn time_limit(&self) -> Duration {
        self.limit()
    }

    async fn deliver(&self, entry: &OutboxEntry, _: &Request) -> Attempt<Delivered> {
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        let before = {
            let mut log = self.log.lock().unwrap();
            log.push(entry.id);
            log.len() - 1
        };
        self.begun.send_replace(before + 1);
        let behaviour = (self.script.lock().unwrap())(before);
        tokio::task::yield_now().await;
        let attempt = match behaviour {
            Behaviour::Answer(attempt) => attempt,
            Behaviour::Slow(time, attempt) => {
                tokio::time::sleep(time).await;
                attempt
            }
            Behaviour::DoneAfter(attempts) => {
                self.begun(attempts).await;
                Attempt::Done(Delivered::Done)
            }
            Behaviour::Hang => std::future::pending().await,
            Behaviour::Panic => panic!("as told"),
        };
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        attempt
    }
}

/// A deliverer that owns what it needs, to run beside the test.
pub(crate) struct Runner {
    deliverer: Deliverer,
    clock: Hand,
}

impl Runner {
    pub(crate) fn drain(&self, until: Timestamp) -> impl Future<Output = Result<Report, StoreError>> + Send + 'static {
        let deliverer = self.deliverer.clone();
        async move {
            let drained = timeout(RUN, deliverer.drain(until)).await;
            drained.unwrap_or_else(|_| panic!("no end of the run"))
        }
    }

    /// The same for each receiver alone.
    pub(crate) fn alone(&self) -> Vec<Runner> {
        let clock = || self.clock.clone();
        let runner = |deliverer| Runner {
            deliverer,
            clock: clock(),
        };
        host::Job::apart(self.deliverer.clone())
            .into_iter()
            .map(runner)
            .collect()
    }

    /// What the host runs.
    pub(crate) fn job(&self) -> &impl host::Job {
        &self.deliverer
    }

    pub(crate) fn drain_far(&self) -> impl Future<Output = Result<Report, StoreError>> + Send + 'static {
        self.drain(self.clock.now().plus(FAR))
    }
}

impl World {
    pub(crate) const AT_ONCE: usize = 4;

    pub(crate) fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        World {
            store: Arc::new(SqliteStore::open(folder.path().join("v.db")).unwrap()),
            clock: Hand(Arc::new(AtomicI64::new(1_800_000_000_000))),
            mail: Puppet::new(Receiver::Mail),
            account: Puppet::new(Receiver::Account),
            reviewers: Puppet::new(Receiver::Reviewers),
            commits_left: Arc::new(AtomicUsize::new(usize::MAX)),
            counts: false,
            folder,
        }
    }

    /// One in which requests are counted, too.
    pub(crate) fn counting() -> World {
        World {
            counts: true,
            ..World::new()
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn forward(&self, by: Duration) {
        self.clock.forward(by);
    }

    pub(crate) async fn drain(&self) -> Report {
        self.deliverer().drain_far().await.unwrap()
    }

    /// One that carries out the effects of no other receiver.
    pub(crate) fn deliverer_of(&self, puppet: &Arc<Puppet>) -> Runner {
        self.runner(self.store.clone(), self.store.clone(), vec![puppet.clone()])
    }

    /// One that nobody carries anything out for.
    pub(crate) fn deliverer_of_nobody(&self) -> Runner {
        self.runner(self.store.clone(), self.store.clone(), Vec::new())
    }

    pub(crate) fn deliverer(&self) -> Runner {
        self.runner(self.store.clone(), self.store.clone(), self.receivers())
    }

    /// As another process would be: it shares the file alone.
    pub(crate) fn another_deliverer(&self) -> Runner {
        let store = Arc::new(SqliteStore::open(self.folder.path().join("v.db")).unwrap());
        self.runner(store.clone(), store, self.receivers())
    }

    /// From now on only so many commits happen.
    pub(crate) fn fail_commits_after(&self, count: usize) {
        self.commits_left.store(count, Ordering::SeqCst);
    }

    pub(crate) fn deliverer_on_failing_store(&self) -> Runner {
        let failing = GoesAway::new(self.store.clone(), self.commits_left.clone());
        self.runner(Arc::new(Between(failing)), self.store.clone(), self.receivers())
    }

    /// One whose store does no more than it must.
    pub(crate) fn deliverer_on_sparing_store(&self) -> Runner {
        let sparing = Arc::new(Sparing::new(self.store.clone()));
        self.runner(
            Arc::new(Between(SparingRequests(sparing.clone()))),
            sparing,
            self.receivers(),
        )
    }

    /// Somebody's request with an effect of one of its versions.
    pub(crate) async fn write(&self, name: &str, version: u64, effect: Effect) -> OutboxEntry {
        let id = RequestId {
            applicant: Hash::of(&[name]),
            round: 1,
        };
        let (answer, opened) = approvals::submit(None, &[], &submission(name), self.now(), &Terms::default());
        drop(answer);
        if self.store.request(&id).await.unwrap().is_none() {
            self.commit(opened.unwrap()).await;
        }
        let entry = OutboxEntry {
            id: EntryId::of(&id, version, effect.receiver(), 0),
            request: id,
            effect,
            written_at: self.now(),
            progress: Progress::Waits { until: self.now() },
            attempts: 0,
            failures: 0,
            revision: 1,
            failure: None,
        };
        self.put(&entry, None).await;
        entry
    }

    /// An entry as somebody else leaves it.
    pub(crate) async fn change(&self, entry: &OutboxEntry, progress: Progress) {
        let changed = OutboxEntry {
            progress,
            revision: entry.revision + 1,
            ..entry.clone()
        };
        self.put(&changed, Some(entry.revision)).await;
    }

    pub(crate) async fn put(&self, entry: &OutboxEntry, replaces: Option<u64>) {
        let write = Write::Effect {
            entry: Box::new(entry.clone()),
            replaces,
        };
        assert_eq!(
            self.store.commit(&Commit { writes: vec![write] }).await,
            Ok(Committed::Applied)
        );
    }

    /// Somebody who was approved, and whose account is to be created.
    pub(crate) async fn approved(&self, name: &str) -> Request {
        let opened = self.submitted(name).await;
        self.decided(&opened, Ruling::Approve).await
    }

    /// Somebody who asks, perhaps anew.
    pub(crate) async fn submitted(&self, name: &str) -> Request {
        self.submit(&submission(name)).await
    }

    /// The same with something else in their call.
    pub(crate) async fn submit(&self, submission: &Submission) -> Request {
        let keys = Keys {
            applicant: Some(submission.applicant),
            ..Keys::default()
        };
        let before = self.store.look_up(&keys).await.unwrap().request;
        let (_, opened) = approvals::submit(before.as_ref(), &[], submission, self.now(), &terms());
        self.commit(opened.unwrap()).await
    }

    /// A request as a reviewer left it.
    pub(crate) async fn decided(&self, request: &Request, ruling: Ruling) -> Request {
        let rita = Decider::Reviewer(Reviewer::named("rita", Vec::new()));
        let decided = approvals::decide(request, &Decide::new(ruling, rita), self.now(), &terms());
        self.commit(decided.transition.unwrap()).await
    }

    /// How many requests there are in each state: by the lists, and by what was counted.
    pub(crate) async fn counts(&self) -> (Counts, Counts) {
        let mut listed = Counts::new();
        for state in StateName::ALL {
            let page = self.store.list(&Listing::of(Which::State(state), 100)).await.unwrap();
            assert_eq!(page.next, None);
            for request in page.requests {
                *listed.entry(Counter::of(&request)).or_default() += 1;
            }
        }
        let mut counted = self.store.counts().await.unwrap();
        counted.retain(|_, count| *count != 0);
        (listed, counted)
    }

    pub(crate) async fn request(&self, request: &Request) -> Request {
        self.store.request(&request.id).await.unwrap().unwrap()
    }

    async fn commit(&self, transition: Transition) -> Request {
        let id = transition.request.id;
        let mut commit = transition.commit(None, &[], &audit_key().seal().unwrap());
        let counts =
            |write: &Write| matches!(write, Write::Effect { entry, .. } if entry.id.lane.receiver == Receiver::Counts);
        commit.writes.retain(|write| self.counts || !counts(write));
        assert_eq!(self.store.commit(&commit).await, Ok(Committed::Applied));
        self.store.request(&id).await.unwrap().unwrap()
    }

    pub(crate) async fn entry(&self, entry: &OutboxEntry) -> OutboxEntry {
        store::Outbox::entry(&*self.store, &entry.id).await.unwrap().unwrap()
    }

    fn receivers(&self) -> Vec<Arc<dyn Receive>> {
        vec![self.account.clone(), self.mail.clone(), self.reviewers.clone()]
    }

    fn runner(
        &self,
        store: Arc<dyn Store>,
        outbox: Arc<dyn store::Outbox>,
        receivers: Vec<Arc<dyn Receive>>,
    ) -> Runner {
        let parts = Parts {
            store,
            outbox,
            terms: terms(),
            audit: audit_key(),
            schedule: Schedule::default(),
            at_once: World::AT_ONCE,
            clock: Arc::new(self.clock.clone()),
        };
        let deliverer = Deliverer::new(parts, receivers);
        Runner {
            deliverer,
            clock: self.clock.clone(),
        }
    }
}

/// Any key.
fn audit_key() -> AuditKey {
    AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
}

fn terms() -> Terms {
    Terms {
        account: AccountBy::Graph,
        ..Terms::default()
    }
}

pub(crate) fn submission(name: &str) -> Submission {
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
        // Nearly everybody is at home somewhere else.
        addresses: vec![Hash::of_address(name.split(' ').next_back().unwrap())],
        invitation: None,
        wish: Wish::Hold(Held::by_anybody()),
        rule: "hold".to_owned(),
    }
}
