//! A server of a list, a store, a clock, and runs that end where a test says.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use end_to_end::{
    list_server::{Answer, ListServer},
    random,
};
use host::Ran;
use lists::Kind;
use outgoing::Reach;
use policy::{Fetch, StoredList};
use store::{Clock, ListCopy, ListEditor, ListName, ListPlace, Timestamp};
use store_dynamodb::testing;
use store_sqlite::SqliteStore;
use sweep::fetch::{Bounds, Fetched, ListFetcher, NotFetched, Size};
use tempfile::TempDir;

use crate::faults::{Ending, Unsteady};

/// How often the list is fetched.
pub(crate) const EVERY: Duration = Duration::from_secs(60 * 60);

/// As long as one who fell silent is left alone, and longer than calls ask an old copy.
pub(crate) const TURN: Duration = Duration::from_secs(5 * 60);

/// For runs that no time ends.
const FAR: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) struct World {
    pub(crate) server: ListServer,
    pub(crate) clock: Hand,
    pub(crate) bounds: Bounds,
    pub(crate) store: Arc<dyn ListEditor>,
    /// Entries of a long list: two batches, but where each of them takes a while.
    pub(crate) many: usize,
    /// The versions of all copies that ever got entries.
    versions: Arc<Mutex<BTreeSet<u64>>>,
    _folder: TempDir,
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

impl World {
    pub(crate) fn sqlite(answer: Answer) -> World {
        let folder = TempDir::new().unwrap();
        let store = SqliteStore::open(folder.path().join("vestibule.db")).unwrap();
        World::new(answer, folder, Arc::new(store), 6000)
    }

    pub(crate) async fn dynamodb(answer: Answer) -> World {
        let name = "VESTIBULE_TEST_DYNAMODB";
        let endpoint =
            std::env::var(name).unwrap_or_else(|_| panic!("run `make test`: it starts DynamoDB Local and sets {name}"));
        let table = format!("sweep-{}", random::name());
        testing::create_table(&endpoint, &table).await.unwrap();
        let store = testing::open_at(&endpoint, &table);
        World::new(answer, TempDir::new().unwrap(), Arc::new(store), 60)
    }

    pub(crate) async fn both(answer: Answer) -> [World; 2] {
        [World::sqlite(answer.clone()), World::dynamodb(answer).await]
    }

    fn new(answer: Answer, folder: TempDir, store: Arc<dyn ListEditor>, many: usize) -> World {
        World {
            server: ListServer::start(answer),
            clock: Hand(Arc::new(AtomicI64::new(1_795_380_781_999))),
            // Far more than needed, unless a test says otherwise: the machine may be busy.
            bounds: Bounds {
                bytes: 200_000,
                entries: 10_000,
                download: Duration::from_secs(30),
                ..Bounds::default()
            },
            store,
            many,
            versions: Arc::default(),
            _folder: folder,
        }
    }

    pub(crate) fn list(&self, kind: Kind) -> StoredList {
        StoredList {
            name: name(),
            kind,
            fetch: Some(Fetch {
                url: self.server.url(),
                every: EVERY,
            }),
        }
    }

    /// What fetches the list as one of domains.
    pub(crate) fn fetcher(&self) -> ListFetcher {
        self.fetcher_that_ends(Ending::Never)
    }

    pub(crate) fn fetcher_that_ends(&self, ending: Ending) -> ListFetcher {
        let unsteady = Unsteady::new(self.store.clone(), self.versions.clone(), ending);
        self.fetcher_of(self.list(Kind::Domains), Arc::new(unsteady))
    }

    pub(crate) fn fetcher_of(&self, list: StoredList, store: Arc<dyn ListEditor>) -> ListFetcher {
        let clock = Arc::new(self.clock.clone());
        ListFetcher::new([list], store, Reach::InternetAndLoopback, self.bounds, clock).unwrap()
    }

    /// A run of the clock; how many lists were fetched, and how many were not.
    pub(crate) async fn run(&self) -> (usize, usize) {
        run(&self.fetcher(), &self.clock).await
    }

    /// The same when the list is due again.
    pub(crate) async fn run_later(&self) -> (usize, usize) {
        self.clock.forward(EVERY);
        self.run().await
    }

    pub(crate) async fn fetch(&self) -> Result<Fetched, NotFetched> {
        self.fetcher().fetch(&name(), Size::AtLeastHalf, &|_, _| {}).await
    }

    pub(crate) async fn copy(&self) -> Option<ListCopy> {
        self.store.copy(&name()).await.unwrap()
    }

    /// The entries of the copy in use, in order.
    pub(crate) async fn texts(&self) -> Vec<String> {
        let copy = self.copy().await.expect("a copy in use");
        let mut texts = self.texts_of(copy.version).await;
        assert_eq!(texts.len() as u64, copy.entries, "a copy is whole");
        texts.sort_unstable();
        texts
    }

    /// How many entries there are beside those of the copy in use.
    pub(crate) async fn left(&self) -> usize {
        let in_use = self.copy().await.map(|copy| copy.version);
        let versions = self.versions.lock().unwrap().clone();
        let mut left = 0;
        for version in versions.into_iter().filter(|version| Some(*version) != in_use) {
            left += self.texts_of(version).await.len();
        }
        left
    }

    async fn texts_of(&self, version: u64) -> Vec<String> {
        let place = ListPlace {
            list: name(),
            version: Some(version),
        };
        let entries = self.store.page(&place, None, 100_000).await.unwrap();
        entries.into_iter().map(|entry| entry.text).collect()
    }
}

pub(crate) async fn run(fetcher: &ListFetcher, clock: &Hand) -> (usize, usize) {
    let Ran { done, failed, .. } = fetcher.run(clock.now().plus(FAR)).await;
    (done, failed)
}

pub(crate) fn name() -> ListName {
    ListName::parse("blocked").unwrap()
}

pub(crate) fn text(entries: &[&str]) -> Answer {
    Answer::Text(entries.join("\n"))
}

/// `0.example` and so on.
pub(crate) fn lines(count: usize) -> String {
    (0..count).map(|n| format!("{n}.example\n")).collect()
}
