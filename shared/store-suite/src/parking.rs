//! What operators do with effects that were given up.

use store::{
    Committed::Applied,
    Effect, Occasion, Outbox, OutboxEntry, Progress, Receiver, Rows,
    parking::{self, NotDone},
};
use tokio::task::JoinSet;

use crate::{
    Place, eventually,
    sample::{at, commit, effect, pending, put},
};

/// From then on it is due, and not in the list any more.
pub async fn a_parked_effect_is_retried_once(place: &dyn Place) {
    let store = place.open().await;
    let entry = parked(&*store, "jane").await;
    let found = parking::find(&*store, &entry.id).await.unwrap();
    assert_eq!(found, entry);
    let released = parking::retry(&*store, &found, at(9)).await.unwrap();
    let expected = OutboxEntry {
        progress: Progress::Waits { until: at(9) },
        failures: 0,
        revision: entry.revision + 1,
        ..entry.clone()
    };
    assert_eq!(released, expected);
    assert_eq!(store.entry(&entry.id).await, Ok(Some(expected.clone())));
    assert_eq!(store.first_in(&entry.id.lane).await, Ok(Some(expected.clone())));
    eventually("it is due and not listed", || async {
        store.due(Receiver::Reviewers, at(9), None, 9).await.unwrap().entries == [expected.clone()]
            && listed(&*store).await.is_empty()
    })
    .await;
    // Another operator still sees it as it was.
    assert_eq!(parking::retry(&*store, &entry, at(10)).await, Err(NotDone::Overtaken));
    assert_eq!(parking::drop(&*store, &entry).await, Err(NotDone::Overtaken));
    assert_eq!(store.entry(&entry.id).await, Ok(Some(expected)));
}

/// From then on there is none.
pub async fn a_parked_effect_is_dropped_once(place: &dyn Place) {
    let store = place.open().await;
    let (entry, other) = (parked(&*store, "jane").await, parked(&*store, "jim").await);
    assert_eq!(parking::drop(&*store, &entry).await, Ok(()));
    assert_eq!(parking::find(&*store, &entry.id).await, Err(NotDone::Unknown));
    assert_eq!(parking::drop(&*store, &entry).await, Err(NotDone::Overtaken));
    assert_eq!(parking::retry(&*store, &entry, at(9)).await, Err(NotDone::Overtaken));
    assert_eq!(store.entry(&entry.id).await, Ok(None), "nothing brings it back");
    eventually("the other alone is listed", || async {
        listed(&*store).await == [other.clone()]
    })
    .await;
}

/// Whoever delivers it has it.
pub async fn what_is_not_parked_is_left_alone(place: &dyn Place) {
    let store = place.open().await;
    let entry = effect(&pending("jane"), Effect::TellReviewers { why: Occasion::Asked });
    assert_eq!(store.commit(&commit([put(&entry)])).await, Ok(Applied));
    assert_eq!(parking::retry(&*store, &entry, at(9)).await, Err(NotDone::NotParked));
    assert_eq!(parking::drop(&*store, &entry).await, Err(NotDone::NotParked));
    assert_eq!(parking::find(&*store, &entry.id).await, Ok(entry));
}

/// So that one can go on after what was dropped or is tried again.
pub async fn a_place_among_parked_effects_outlives_its_entry(place: &dyn Place) {
    let store = place.open().await;
    let mut entries = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        entries.push(parked(&*store, name).await);
    }
    entries.sort_unstable_by_key(|entry| (entry.parked_at(), entry.id));
    eventually("all are listed", || async { listed(&*store).await == entries }).await;
    let page = store.parked(None, 2).await.unwrap();
    assert_eq!(page.entries, entries[..2]);
    let next = page.next.unwrap();
    parking::drop(&*store, &entries[1]).await.unwrap();
    parking::retry(&*store, &entries[0], at(9)).await.unwrap();
    assert_eq!(store.parked(Some(&next), 9).await.unwrap().entries, entries[2..]);
    let page = store.parked(Some(&next), 3).await.unwrap();
    assert_eq!(
        (page.entries.len(), page.next),
        (3, None),
        "a full page that is the last"
    );
}

/// So that the others can be seen.
pub async fn a_parked_row_that_cannot_be_read_is_named_beside_the_others(place: &dyn Place) {
    let store = place.open().await;
    let mut entries = Vec::new();
    for name in ["a", "b", "c"] {
        entries.push(parked(&*store, name).await);
    }
    entries.sort_unstable_by_key(|entry| entry.id);
    let broken = entries.remove(1);
    place.damage(&broken.id).await;
    for size in [1, 2, 3] {
        eventually("the others are listed, and the broken one is named", || async {
            let (mut listed, mut named, mut after) = (Vec::new(), Vec::new(), None);
            loop {
                let page = store.parked(after.as_ref(), size).await.unwrap();
                assert!(page.entries.len() + page.unreadable.len() <= size);
                listed.extend(page.entries);
                named.extend(page.unreadable.into_iter().map(|row| row.id));
                after = page.next;
                if after.is_none() {
                    return listed == entries && named == [broken.id];
                }
            }
        })
        .await;
    }
}

/// Whoever looked at the same entry.
pub async fn racing_operators_act_once(place: &dyn Place) {
    let store = place.open().await;
    for n in 0..8 {
        let entry = parked(&*store, &n.to_string()).await;
        let mut racers = JoinSet::new();
        for racer in 0..8 {
            let (store, entry) = (place.open().await, entry.clone());
            racers.spawn(async move {
                loop {
                    let done = match racer % 2 {
                        0 => parking::retry(&*store, &entry, at(racer)).await.map(Some),
                        _ => parking::drop(&*store, &entry).await.map(|()| None),
                    };
                    // Too many at one row: nothing was written.
                    if !matches!(done, Err(NotDone::Store(store::StoreError::Busy(_)))) {
                        return done;
                    }
                }
            });
        }
        let outcomes = racers.join_all().await;
        let (done, others): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        let [Ok(won)] = &done[..] else { panic!("{done:?}") };
        assert!(
            others.iter().all(|other| *other == Err(NotDone::Overtaken)),
            "{others:?}"
        );
        assert_eq!(store.entry(&entry.id).await, Ok(won.clone()));
    }
}

async fn parked(store: &dyn Rows, name: &str) -> OutboxEntry {
    let entry = OutboxEntry {
        progress: Progress::Parked { since: at(7) },
        attempts: 9,
        failures: 8,
        revision: 17,
        failure: Some("the receiver said no".to_owned()),
        ..effect(&pending(name), Effect::TellReviewers { why: Occasion::Asked })
    };
    assert_eq!(store.commit(&commit([put(&entry)])).await, Ok(Applied));
    entry
}

async fn listed(store: &dyn Outbox) -> Vec<OutboxEntry> {
    store.parked(None, 100).await.unwrap().entries
}
