//! Many at once: the first writer wins, and nothing of the winner's or of anybody else's is lost.
//!
//! Every commit here holds a call record, so that these tests also decide whether a commit in doubt happened.

use std::{future::Future, sync::Arc, time::Duration};

use store::{
    Commit,
    Committed::{self, Applied, Conflict},
    Denial, Keys, Request, Rows, Snapshot, Store, StoreError,
};
use tokio::task::JoinSet;

use crate::{
    Place,
    sample::{
        answer, approved, call, call_key, commit, denial, denied, entry, first, history, next, pending, turn_away,
    },
    settle,
};

/// How many race for one row.
const RACERS: u64 = 32;

/// How long a race may last on a slow machine, whose losers would otherwise wait for ever for what was lost.
const LONGEST: Duration = Duration::from_secs(180);

/// Two reviewers, or thirty-two: one decides, and the others are told.
pub async fn racing_changes_of_a_request_decide_once(place: &dyn Place) {
    let store = place.open().await;
    let jane = pending("jane");
    assert_eq!(settle(&*store, &submit(&jane, "submit")).await, Applied);
    let decide = move |n: u64| {
        let decided = if n.is_multiple_of(2) {
            approved(&jane)
        } else {
            denied(&jane)
        };
        let request = Request {
            rule: format!("racer {n}"),
            ..decided
        };
        (change(&request, n), request)
    };
    let outcomes = all_at_once(place, RACERS, {
        let decide = decide.clone();
        move |store, n| {
            let commit = decide(n).0;
            async move { settle(&*store, &commit).await }
        }
    })
    .await;

    let winner = the_only_winner(&outcomes);
    let (_, won) = decide(winner);
    let history = answered(|| store.history(&won.id)).await;
    assert_eq!(history, vec![entry(&pending("jane")), entry(&won)]);
    for n in 0..RACERS {
        let seen = seen(&*store, &won, n).await;
        assert_eq!(seen.request.as_ref(), Some(&won));
        assert_eq!(seen.call.is_some(), n == winner, "racer {n} of which {winner} won");
        assert_eq!(
            seen.denials.len(),
            usize::from(n == winner),
            "racer {n} of which {winner} won"
        );
    }
}

/// A double click, or an impatient service: one request is opened.
pub async fn racing_first_submits_open_one_request(place: &dyn Place) {
    let store = place.open().await;
    let submitted = |n: u64| Request {
        rule: format!("racer {n}"),
        ..pending("jane")
    };
    let outcomes = all_at_once(place, RACERS, move |store, n| async move {
        settle(&*store, &submit(&submitted(n), &n.to_string())).await
    })
    .await;
    let winner = the_only_winner(&outcomes);
    let won = submitted(winner);
    assert_eq!(answered(|| store.history(&won.id)).await, vec![entry(&won)]);
    for n in 0..RACERS {
        let seen = seen(&*store, &won, n).await;
        assert_eq!(seen.request.as_ref(), Some(&won));
        assert_eq!(seen.call.is_some(), n == winner, "racer {n} of which {winner} won");
    }
}

/// Everybody waits for their own version to come, so all are told of conflicts and all win in the end.
pub async fn every_change_is_made_by_one_of_many(place: &dyn Place) {
    let store = place.open().await;
    let jane = pending("jane");
    assert_eq!(settle(&*store, &submit(&jane, "submit")).await, Applied);
    let version = move |n: u64| Request {
        version: n + 2,
        rule: format!("racer {n}"),
        ..pending("jane")
    };
    all_at_once(place, RACERS, move |store, n| async move {
        let commit = change(&version(n), n);
        while settle(&*store, &commit).await == Conflict {}
        Applied
    })
    .await;
    let expected: Vec<_> = [entry(&jane)]
        .into_iter()
        .chain((0..RACERS).map(|n| entry(&version(n))))
        .collect();
    assert_eq!(answered(|| store.history(&jane.id)).await, expected);
    for n in 0..RACERS {
        let seen = seen(&*store, &jane, n).await;
        assert_eq!(seen.request, Some(version(RACERS - 1)));
        assert_eq!(seen.call, Some(call(&n.to_string(), &version(n))));
    }
}

/// None is refused because of another's, and every row of every one is there.
pub async fn two_hundred_applicants_at_once_lose_nothing(place: &dyn Place) {
    let outcomes = all_at_once(place, 200, |store, n| async move {
        let request = pending(&format!("applicant {n}"));
        settle(&*store, &submit(&request, &n.to_string())).await
    })
    .await;
    assert!(outcomes.iter().all(|outcome| *outcome == Applied), "{outcomes:?}");
    let store = place.open().await;
    for n in 0..200 {
        let request = pending(&format!("applicant {n}"));
        assert_eq!(answered(|| store.history(&request.id)).await, vec![entry(&request)]);
        let seen = seen(&*store, &request, n).await;
        assert_eq!(seen.call, Some(call(&n.to_string(), &request)));
        assert_eq!(seen.request, Some(request));
    }
}

/// Whoever looks while others write sees each commit whole: a request's version has its history.
pub async fn changes_and_look_ups_at_once_are_consistent(place: &dyn Place) {
    let requests: Vec<_> = (0..5).map(|n| pending(&format!("applicant {n}"))).collect();
    let store = place.open().await;
    for (n, request) in requests.iter().enumerate() {
        assert_eq!(settle(&*store, &submit(request, &format!("submit {n}"))).await, Applied);
    }
    let shared = Arc::new(requests);
    all_at_once(place, 60, {
        let requests = Arc::clone(&shared);
        move |store, n| {
            let id = requests[n as usize % 5].id;
            async move {
                loop {
                    let found = answered(|| store.request(&id)).await.expect("it was opened");
                    let history = answered(|| store.history(&id)).await;
                    assert!(history.len() as u64 >= found.version, "a version without its history");
                    let changed = Request {
                        version: found.version + 1,
                        ..found
                    };
                    if settle(&*store, &change(&changed, n)).await == Applied {
                        return Applied;
                    }
                }
            }
        }
    })
    .await;
    for request in shared.iter() {
        let found = answered(|| store.request(&request.id)).await.expect("it was opened");
        assert_eq!(found.version, 13, "twelve changes of each");
        let versions: Vec<_> = answered(|| store.history(&request.id))
            .await
            .iter()
            .map(|entry| entry.version)
            .collect();
        assert_eq!(versions, (1..=13).collect::<Vec<_>>());
    }
}

/// Runs so many tasks, half of them on a second store at the same place, and collects what came of each.
pub(crate) async fn all_at_once<F, R>(place: &dyn Place, count: u64, task: F) -> Vec<Committed>
where
    F: Fn(Arc<dyn Rows>, u64) -> R,
    R: Future<Output = Committed> + Send + 'static,
{
    let stores = [place.open().await, place.open().await];
    let mut tasks = JoinSet::new();
    for n in 0..count {
        let running = task(Arc::clone(&stores[n as usize % 2]), n);
        tasks.spawn(async move { (n, running.await) });
    }
    let mut outcomes = tokio::time::timeout(LONGEST, tasks.join_all())
        .await
        .expect("everybody has an outcome in the end");
    outcomes.sort_unstable_by_key(|(n, _)| *n);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn the_only_winner(outcomes: &[Committed]) -> u64 {
    let winners: Vec<_> = (0..)
        .zip(outcomes)
        .filter(|(_, outcome)| **outcome == Applied)
        .collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    winners[0].0
}

fn submit(request: &Request, call_name: &str) -> Commit {
    commit([first(request), history(request), answer(&call(call_name, request))])
}

/// A change of a request with its history, the answer to racer `n`'s call and an address of that racer.
fn change(request: &Request, n: u64) -> Commit {
    commit([
        next(request),
        history(request),
        answer(&call(&n.to_string(), request)),
        turn_away(&racers_denial(n, request)),
    ])
}

fn racers_denial(n: u64, request: &Request) -> Denial {
    denial(&format!("racer{n}@b.example"), request)
}

async fn seen(store: &dyn Store, request: &Request, n: u64) -> Snapshot {
    let keys = Keys {
        applicant: Some(request.id.applicant),
        addresses: vec![racers_denial(n, request).address],
        call: Some(call_key(&n.to_string())),
    };
    answered(|| store.look_up(&keys)).await
}

/// Reads until the store answers.
pub(crate) async fn answered<T, F: Future<Output = Result<T, StoreError>>>(read: impl Fn() -> F) -> T {
    loop {
        match read().await {
            Ok(answer) => return answer,
            Err(StoreError::Broken(why)) => panic!("{why}"),
            Err(_) => {}
        }
    }
}
