//! Counters: what many add at once is all there, once.

use std::{collections::BTreeMap, sync::Arc};

use store::{
    Committed::{Applied, Conflict},
    Counter, Counts, Effect, OutboxEntry, Receiver, Request, RouteName, Rows, StateName, Store, StoreError, Which,
    Write,
};
use tokio::task::JoinSet;

use crate::{
    Place,
    sample::{approved, at, commit, denied, effect, first, next, pending, put},
    walk::{of, walk},
};

/// How many applicants there are.
const MANY: u64 = 60;

/// Whoever looks has the sums, and a counter that nobody added to is not there.
pub async fn what_was_added_is_counted(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.counts().await, Ok(Counts::new()));
    let counter = |state, route| Counter {
        state,
        route: RouteName::parse(route),
    };
    let add = |counter: Counter, by| Write::Count { counter, by };
    let (none, germany) = (counter(StateName::Pending, ""), counter(StateName::Pending, "germany"));
    let denied = counter(StateName::Denied, "germany");
    let writes = [add(none.clone(), 5), add(germany.clone(), 2), add(denied.clone(), -1)];
    for _ in 0..40 {
        assert_eq!(store.commit(&commit(writes.clone())).await, Ok(Applied));
    }
    let expected = Counts::from([(none.clone(), 200), (germany, 80), (denied, -40)]);
    assert_eq!(place.open().await.counts().await, Ok(expected));
    let twice = store.commit(&commit([add(none.clone(), 1), add(none, 1)])).await;
    assert!(matches!(twice, Err(StoreError::Broken(_))), "{twice:?}");
}

/// A count goes with the effect that it belongs to: only the first to take that out adds.
pub async fn an_effect_counts_once(place: &dyn Place) {
    let store = place.open().await;
    let entry = opened(&pending("jane"));
    assert_eq!(store.commit(&commit([put(&entry)])).await, Ok(Applied));
    let writes = store::count(&entry).unwrap();
    assert_eq!(store.commit(&commit(writes.clone())).await, Ok(Applied));
    assert_eq!(store.commit(&commit(writes)).await, Ok(Conflict));
    let expected = Counts::from([(Counter::of(&pending("jane")), 1)]);
    assert_eq!(store.counts().await, Ok(expected));
    assert_eq!(
        store::count(&effect(&pending("jane"), Effect::CreateAccount)).map(|_| ()),
        None
    );
}

/// Requests are opened and decided while several carry the effects out: in the end the counters say what the lists do.
pub async fn counts_are_what_the_lists_hold(place: &dyn Place) {
    let stores = [place.open().await, place.open().await];
    let mut tasks = JoinSet::new();
    for n in 0..MANY {
        tasks.spawn(one_applicant(Arc::clone(&stores[n as usize % 2]), n));
    }
    for n in 0..4 {
        let store = Arc::clone(&stores[n % 2]);
        tasks.spawn(async move {
            deliver(store).await;
        });
    }
    tasks.join_all().await;
    let mut runs = 0;
    while !deliver(place.open().await).await {
        runs += 1;
        assert!(runs < 100, "what is carried out comes again");
    }
    let store = &*stores[0];
    let mut expected = Counts::new();
    for state in StateName::ALL {
        for request in walk(store, &of(Which::State(state)), 100).await {
            *expected.entry(Counter::of(&request)).or_default() += 1;
        }
    }
    assert_eq!(expected.values().sum::<i64>(), MANY as i64);
    let mut counts = store.counts().await.unwrap();
    counts.retain(|_, count| *count != 0);
    assert_eq!(counts, expected, "{:?}", BTreeMap::from_iter(&counts));
}

/// Somebody signs up, and is decided or not.
async fn one_applicant(store: Arc<dyn Rows>, n: u64) {
    let request = Request {
        route: RouteName::parse(["", "germany", "france"][n as usize % 3]),
        ..pending(&n.to_string())
    };
    let opening = commit([first(&request), put(&opened(&request))]);
    patiently(&*store, &opening).await;
    let decided = match n % 4 {
        0 => return,
        1 => denied(&request),
        _ => approved(&request),
    };
    let kind = Effect::Count {
        from: Some(Counter::of(&request)),
        to: Counter::of(&decided),
    };
    let counted = effect(&decided, kind);
    patiently(&*store, &commit([next(&decided), put(&counted)])).await;
}

fn opened(request: &Request) -> OutboxEntry {
    let kind = Effect::Count {
        from: None,
        to: Counter::of(request),
    };
    effect(request, kind)
}

/// Carries out everything that is due; whether nothing was.
async fn deliver(store: Arc<dyn Rows>) -> bool {
    let (mut idle, mut after) = (true, None);
    loop {
        let page = loop {
            match store.due(Receiver::Counts, at(60), after.as_ref(), 8).await {
                Ok(page) => break page,
                Err(StoreError::Broken(why)) => panic!("{why}"),
                Err(_) => {}
            }
        };
        for entry in &page.entries {
            idle = false;
            patiently(&*store, &commit(store::count(entry).unwrap())).await;
        }
        after = page.next;
        if after.is_none() {
            return idle;
        }
    }
}

/// Until it is written. Where it is in doubt whether it was, its conditions keep it from happening twice.
async fn patiently(store: &dyn Store, commit: &store::Commit) {
    while matches!(
        store.commit(commit).await,
        Err(StoreError::Busy(_) | StoreError::Unavailable(_))
    ) {}
}
