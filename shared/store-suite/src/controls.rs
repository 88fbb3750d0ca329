//! What rules count and keep: how often something happened, results of checks, items.

use std::time::Duration;

use claims::Hash;
use store::{
    CheckOutcome, CheckProgress,
    Committed::{Applied, Conflict},
    Item, KeptResult, ListName, MAX_ITEM, StoreError, Tally, Write, item_key,
};

use crate::{
    Place,
    races::{all_at_once, answered},
    sample::{answer, at, call, commit, pending},
    settle,
};

/// Each in its window and of its kind, and many are asked at once.
pub async fn what_happens_in_a_window_is_counted(place: &dyn Place) {
    let store = place.open().await;
    let hour = Duration::from_secs(3600);
    let (one, other) = (Hash::of(&["one"]), Hash::of(&["other"]));
    let now = Tally::at(one, at(0), hour);
    let next = Tally::at(one, now.ends, hour);
    let longer = Tally {
        ends: next.ends,
        ..now.clone()
    };
    let others = Tally::at(other, at(0), hour);
    let asked = [next.clone(), now.clone(), others.clone(), longer.clone()];
    assert_eq!(store.tallied(&[]).await, Ok(vec![]));
    assert_eq!(store.tallied(&asked).await, Ok(vec![0; 4]));
    for _ in 0..20 {
        let writes = [Write::Tally(now.clone()), Write::Tally(others.clone())];
        assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    }
    assert_eq!(store.commit(&commit([Write::Tally(next.clone())])).await, Ok(Applied));
    assert_eq!(place.open().await.tallied(&asked).await, Ok(vec![1, 20, 20, 0]));
    let twice = [Write::Tally(now.clone()), Write::Tally(now.clone())];
    let refused = store.commit(&commit(twice)).await;
    assert!(matches!(refused, Err(StoreError::Broken(_))), "{refused:?}");

    let many: Vec<_> = (0..120)
        .map(|n| Tally::at(Hash::of(&[&n.to_string()]), at(0), hour))
        .collect();
    for tally in many.iter().step_by(7) {
        assert_eq!(store.commit(&commit([Write::Tally(tally.clone())])).await, Ok(Applied));
    }
    let expected = (0..120).map(|n| u64::from(n % 7 == 0)).collect();
    assert_eq!(store.tallied(&many).await, Ok(expected));
}

/// None is lost and none counts twice.
pub async fn two_hundred_at_once_are_counted(place: &dyn Place) {
    let tally = Tally::at(Hash::of(&["all"]), at(0), Duration::from_secs(60));
    all_at_once(place, 200, {
        let tally = tally.clone();
        move |store, n| {
            let writes = [Write::Tally(tally.clone()), record(&n.to_string())];
            async move { settle(&*store, &commit(writes)).await }
        }
    })
    .await;
    let store = place.open().await;
    let asked = [tally];
    assert_eq!(answered(|| store.tallied(&asked)).await, [200]);
}

/// However far it is, and by the revision that it names.
pub async fn a_result_replaces_only_the_one_it_names(place: &dyn Place) {
    let store = place.open().await;
    let key = Hash::of(&["check"]);
    assert_eq!(store.kept(&key).await, Ok(None));
    assert_eq!(
        store.commit(&commit([keep(&result(key, 1), Some(1))])).await,
        Ok(Conflict)
    );
    let mut replaces = None;
    for (revision, progress) in (1..).zip(every_progress()) {
        let kept = KeptResult {
            round: 0,
            progress,
            ..result(key, revision)
        };
        let wrong = [None, Some(revision + 1)].map(|other| keep(&kept, other));
        assert_eq!(store.commit(&commit([keep(&kept, replaces)])).await, Ok(Applied));
        for wrong in wrong {
            assert_eq!(store.commit(&commit([wrong])).await, Ok(Conflict));
        }
        assert_eq!(place.open().await.kept(&key).await, Ok(Some(kept)));
        replaces = Some(revision);
    }
    assert_eq!(store.kept(&Hash::of(&["other"])).await, Ok(None));
}

/// Each says that they make the check; one does, and knows their mark.
pub async fn one_of_many_marks_wins(place: &dyn Place) {
    let key = Hash::of(&["check"]);
    let mark = move |by: u64| KeptResult {
        round: 0,
        progress: CheckProgress::UnderWay { lease: at(2), by },
        ..result(key, 1)
    };
    let outcomes = all_at_once(place, 32, move |store, n| async move {
        settle(&*store, &commit([keep(&mark(n), None), record(&n.to_string())])).await
    })
    .await;
    let winners: Vec<_> = (0..)
        .zip(&outcomes)
        .filter(|(_, outcome)| **outcome == Applied)
        .collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    let store = place.open().await;
    assert_eq!(answered(|| store.kept(&key)).await, Some(mark(winners[0].0)));
}

/// Of the table and the key, the latest, until it is removed.
pub async fn an_item_is_what_was_put_last(place: &dyn Place) {
    let store = place.open().await;
    let (customers, partners) = (table("customers"), table("partners"));
    let item = |key: &str, json: &str| Item::parse(item_key(key), json).unwrap();
    let long = format!("{{\"a\":\"{}\"}}", "ß".repeat((MAX_ITEM - 8) / 2));
    let put = [
        item("jane@contoso.com", r#"{"tier": "gold", "since": 1.10, "z": "\u0000"}"#),
        item("john@contoso.com", &long),
        item("rita@contoso.com", "{}"),
        item("RITA@contoso.com", r#"{"twice": true}"#),
    ];
    store.put_items(&customers, &put).await.unwrap();
    store
        .put_items(&partners, &[item("jane@contoso.com", r#"{"tier":"none"}"#)])
        .await
        .unwrap();
    let many: Vec<_> = (0..200)
        .map(|n| item(&n.to_string(), &format!("{{\"n\":{n}}}")))
        .collect();
    store.put_items(&customers, &many).await.unwrap();
    let found = |table: &ListName, key: &str| {
        let (table, key) = (table.clone(), item_key(key));
        async move { place.open().await.item(&table, &key).await.unwrap() }
    };
    assert_eq!(
        found(&customers, "jane@contoso.com").await.as_deref(),
        Some(put[0].json())
    );
    assert_eq!(found(&customers, "john@contoso.com").await.as_deref(), Some(&*long));
    assert_eq!(
        found(&customers, "rita@contoso.com").await.as_deref(),
        Some(put[3].json())
    );
    assert_eq!(
        found(&partners, "jane@contoso.com").await.as_deref(),
        Some(r#"{"tier":"none"}"#)
    );
    assert_eq!(found(&customers, "199").await.as_deref(), Some(r#"{"n":199}"#));
    assert_eq!(found(&partners, "john@contoso.com").await, None);
    store
        .put_items(&customers, &[item("Jane@contoso.com", r#"{"tier":"silver"}"#)])
        .await
        .unwrap();
    assert_eq!(
        found(&customers, "jane@contoso.com").await.as_deref(),
        Some(r#"{"tier":"silver"}"#)
    );
    let jane = item_key("jane@contoso.com");
    assert_eq!(store.remove_item(&customers, &jane).await, Ok(true));
    assert_eq!(store.remove_item(&customers, &jane).await, Ok(false));
    assert_eq!(found(&customers, "jane@contoso.com").await, None);
    assert_eq!(
        found(&partners, "jane@contoso.com").await.as_deref(),
        Some(r#"{"tier":"none"}"#)
    );
}

fn every_progress() -> [CheckProgress; 5] {
    let under_way = CheckProgress::UnderWay {
        lease: at(2),
        by: u64::MAX,
    };
    let done = |outcome| CheckProgress::Done(outcome);
    [
        under_way,
        CheckProgress::Lost,
        done(CheckOutcome::Pass),
        done(CheckOutcome::Refer),
        done(CheckOutcome::Fail),
    ]
}

fn result(key: Hash, revision: u64) -> KeptResult {
    KeptResult {
        round: 0,
        key,
        revision,
        progress: CheckProgress::Lost,
        until: at(600),
    }
}

fn keep(result: &KeptResult, replaces: Option<u64>) -> Write {
    Write::Keep {
        result: result.clone(),
        replaces,
    }
}

fn table(name: &str) -> ListName {
    ListName::parse(name).unwrap()
}

/// The answer to a call, by which somebody knows whether their commit in doubt happened.
fn record(name: &str) -> Write {
    answer(&call(name, &pending("jane")))
}
