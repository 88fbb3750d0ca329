//! Forgetting an applicant while things go wrong: a run that ends anywhere, an answer that is lost, an applicant who comes
//! back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use approvals::{AuditKey, Held, Submission, Terms, Wish, verify};
use async_trait::async_trait;
use claims::{Changes, Claims, Hash, Locales, Value};
use desk::{Desk, NotDone};
use store::{
    Clock, Commit, Committed, Effect, EntryId, HistoryEntry, Keys, MAX_WRITES, News, OutboxEntry, Progress, Receiver,
    Request, RequestId, Store, StoreError, Timestamp, Traces, Write,
};
use store_sqlite::SqliteStore;
use store_suite::{Between, Interpose};
use tempfile::TempDir;

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const MINUTE: Duration = Duration::from_secs(60);

/// Later than all that happens.
struct Later;

impl Clock for Later {
    fn now(&self) -> Timestamp {
        START.plus(1000 * MINUTE)
    }
}

/// What goes wrong with a commit.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    /// It does not happen.
    Lost,
    /// It happens, and nobody learns so.
    Unanswered,
    /// The applicant submits right before it.
    Raced,
}

/// A store in which a commit goes wrong, from 0.
struct Unsteady {
    inner: Arc<SqliteStore>,
    left: Mutex<Option<(usize, Wrong)>>,
}

#[async_trait]
impl Interpose for Unsteady {
    fn store(&self) -> &dyn Store {
        &*self.inner
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let wrong = {
            let mut left = self.left.lock().unwrap();
            match left.take() {
                Some((0, wrong)) => Some(wrong),
                Some((more, wrong)) => {
                    *left = Some((more - 1, wrong));
                    None
                }
                None => None,
            }
        };
        let failed = || StoreError::Unavailable("the power is gone".to_owned());
        match wrong {
            None => self.inner.commit(commit).await,
            Some(Wrong::Lost) => Err(failed()),
            Some(Wrong::Unanswered) => {
                assert!(self.inner.commit(commit).await.is_ok());
                Err(failed())
            }
            Some(Wrong::Raced) => {
                submit(&self.inner, "Linz", 900).await;
                self.inner.commit(commit).await
            }
        }
    }
}

struct Place {
    inner: Arc<SqliteStore>,
    _folder: TempDir,
}

impl Place {
    /// An applicant with two requests, the later with more claims in its history than a commit has writes.
    async fn new() -> Place {
        let folder = TempDir::new().unwrap();
        let inner = Arc::new(SqliteStore::open(folder.path().join("vestibule.db")).unwrap());
        submit(&inner, "Wien", 0).await;
        let request = latest(&inner).await;
        let by = approvals::Decider::Override("ops".to_owned());
        let withdraw = approvals::Decide::new(approvals::Ruling::Withdraw, by);
        let decided = approvals::decide(&request, &withdraw, START, &Terms::default());
        let commit = decided.transition.unwrap().commit(None, &[], &key().seal().unwrap());
        assert_eq!(inner.commit(&commit).await, Ok(Committed::Applied));
        for n in 0..=MAX_WRITES + 1 {
            submit(&inner, &format!("city {n}"), 2 * n as u32 + 1).await;
        }
        Place { inner, _folder: folder }
    }

    /// Forgets the applicant while a commit goes wrong.
    async fn forget(&self, wrong: Option<(usize, Wrong)>) -> (Result<desk::Forgotten, NotDone>, bool) {
        let store = Arc::new(Between(Unsteady {
            inner: self.inner.clone(),
            left: Mutex::new(wrong),
        }));
        let desk = Desk {
            store: store.clone(),
            terms: Terms::default(),
            audit: key(),
            clock: Arc::new(Later),
        };
        let done = desk.forget(&*self.inner, jane(), "ops").await;
        let went_wrong = wrong.is_some() && store.0.left.lock().unwrap().is_none();
        (done, went_wrong)
    }

    async fn all(&self) -> Vec<(Request, Vec<HistoryEntry>)> {
        let latest = latest(&self.inner).await;
        let mut requests = self.inner.earlier(&latest.id, 100).await.unwrap();
        requests.push(latest);
        requests.sort_unstable_by_key(|request| request.id);
        let mut all = Vec::new();
        for request in requests {
            let history = self.inner.history(&request.id).await.unwrap();
            all.push((request, history));
        }
        all
    }

    #[track_caller]
    fn verifies(all: &[(Request, Vec<HistoryEntry>)], what: &dyn std::fmt::Debug) {
        for (request, history) in all {
            assert_eq!(verify(&key(), request, history), [], "{what:?}");
        }
    }
}

fn is_forgotten((request, history): &(Request, Vec<HistoryEntry>)) -> bool {
    let forgotten = history
        .iter()
        .filter(|entry| entry.event == store::Event::Forgotten)
        .count()
        == 1;
    forgotten
        && request.received == Claims::default()
        && request.reviewed == Claims::default()
        && request.recent.is_empty()
        && history.iter().all(|entry| entry.kept.is_none())
}

#[tokio::test]
async fn a_run_that_ended_anywhere_is_finished_by_another() {
    for wrong in [Wrong::Lost, Wrong::Unanswered] {
        for n in 0.. {
            let place = Place::new().await;
            let (done, went_wrong) = place.forget(Some((n, wrong))).await;
            if !went_wrong {
                // The row and its history in two parts, the earlier one and its history, and two effects at the least.
                assert!(n >= 5 && done.is_ok(), "{n} {wrong:?} {done:?}");
                break;
            }
            assert!(matches!(done, Err(NotDone::Store(_))), "{n} {wrong:?} {done:?}");
            let half = place.all().await;
            Place::verifies(&half, &(n, wrong));
            let first = half.last().unwrap();
            let withdrawn = first.0.state.name() == store::StateName::Withdrawn;
            assert_eq!(
                withdrawn,
                n > 0 || wrong == Wrong::Unanswered,
                "the first commit closes it: {n}"
            );
            let (again, _) = place.forget(None).await;
            assert_eq!(again.unwrap().requests.len(), 2, "{n} {wrong:?}");
            let all = place.all().await;
            Place::verifies(&all, &(n, wrong));
            assert!(all.len() == 2 && all.iter().all(is_forgotten), "{n} {wrong:?}");
        }
    }
}

#[tokio::test]
async fn who_comes_back_meanwhile_is_forgotten_or_begins_anew() {
    for n in 0.. {
        let place = Place::new().await;
        let (done, went_wrong) = place.forget(Some((n, Wrong::Raced))).await;
        let done = done.unwrap();
        if !went_wrong {
            assert!(n >= 5, "{n}");
            break;
        }
        let all = place.all().await;
        Place::verifies(&all, &n);
        let forgotten: Vec<_> = all
            .iter()
            .filter(|file| is_forgotten(file))
            .map(|file| file.0.id)
            .collect();
        let mut said = done.requests.clone();
        said.sort_unstable();
        assert_eq!(forgotten, said, "{n}");
        // Before the first commit they change the request that goes; afterwards they open another one, which stays.
        assert_eq!(all.len(), if n == 0 { 2 } else { 3 }, "{n}");
        assert_eq!(forgotten.len(), 2, "{n}");
    }
}

#[tokio::test]
async fn effects_of_later_requests_and_accounts_on_their_way_stay() {
    let place = Place::new().await;
    let latest = latest(&place.inner).await.id;
    let later = RequestId {
        round: latest.round + 1,
        ..latest
    };
    let entry = |request: &RequestId, effect: Effect, index| {
        let id = EntryId::of(request, 9000, effect.receiver(), index);
        OutboxEntry::new(id, *request, effect, START)
    };
    let tell = || Effect::TellApplicant {
        news: News::Received,
        redeem_url: None,
    };
    let under_way = OutboxEntry {
        progress: Progress::UnderWay { until: START },
        ..entry(&latest, Effect::CreateAccount, 0)
    };
    let parked = OutboxEntry {
        progress: Progress::Parked { since: START },
        ..entry(&latest, tell(), 1)
    };
    let (account, new) = (entry(&latest, Effect::CreateAccount, 2), entry(&later, tell(), 3));
    let put = |entry: &OutboxEntry| Write::Effect {
        entry: Box::new(entry.clone()),
        replaces: None,
    };
    let writes = [&under_way, &parked, &account, &new].map(put).to_vec();
    assert_eq!(place.inner.commit(&Commit { writes }).await, Ok(Committed::Applied));
    let (done, _) = place.forget(None).await;
    assert_eq!(done.unwrap().undelivered, 2);
    let mut left = place.inner.undelivered(&jane()).await.unwrap().entries;
    left.retain(|entry| entry.id.lane.receiver != Receiver::Counts);
    left.sort_unstable_by_key(|entry| entry.id);
    assert_eq!(left, [under_way, new]);
}

async fn submit(store: &SqliteStore, city: &str, minutes: u32) {
    let claims = Claims::from_iter([("city".to_owned(), Value::Text(city.to_owned()))]);
    let submission = Submission {
        applicant: jane(),
        proven: true,
        kept: claims.clone(),
        received: claims.clone(),
        reviewed: claims,
        changes: Changes::none(),
        identities: Vec::new(),
        app: None,
        locales: Locales::default(),
        addresses: Vec::new(),
        invitation: None,
        wish: Wish::Hold(Held::by_anybody()),
        rule: "hold".to_owned(),
    };
    let keys = Keys {
        applicant: Some(jane()),
        ..Keys::default()
    };
    let known = store.look_up(&keys).await.unwrap().request;
    let now = START.plus(minutes * MINUTE);
    let terms = Terms::default();
    let (_, transition) = approvals::submit(known.as_ref(), &[], &submission, now, &terms);
    let commit = transition.unwrap().commit(None, &[], &key().seal().unwrap());
    assert_eq!(store.commit(&commit).await, Ok(Committed::Applied));
}

async fn latest(store: &SqliteStore) -> Request {
    let keys = Keys {
        applicant: Some(jane()),
        ..Keys::default()
    };
    store.look_up(&keys).await.unwrap().request.unwrap()
}

fn jane() -> Hash {
    Hash::of(&["jane"])
}

fn key() -> AuditKey {
    AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
}
