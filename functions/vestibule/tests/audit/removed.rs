//! What was removed on purpose, and what somebody makes of that: ids and versions begin anew when an applicant comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use approvals::Ruling;
use store::{Ledger, RequestId, StateName, Store};
use store_sqlite::SqliteStore;

use crate::place::{DAY, HOUR, NOW, Place, decide, decide_at, opened, opened_at};

/// It never was denied, then.
#[tokio::test]
async fn what_was_removed_and_is_put_back_as_it_was_before_its_end_is_found() {
    let (place, _) = Place::of(2).await;
    let store = place.open();
    let jane = opened(&store, "jane").await;
    keep(&place, &jane);
    decide(&store, &jane, Ruling::Deny).await;
    remove(&place, &store, &jane, 100 * DAY).await;
    assert_eq!(place.verify(&[]).0, Some(0));
    put_back(&place, &jane);
    let pending = store.request(&jane).await.unwrap().unwrap();
    assert_eq!(pending.state.name(), StateName::Pending);
    let found =
        format!("{jane}: it was put back to an earlier time: its version 2 was there, and is not, or is another one");
    assert_finding(&place, &[], &found);
    // Also once it went on from there, and that was sealed.
    decide_at(&store, &jane, Ruling::Approve, NOW.plus(101 * DAY)).await;
    assert_finding(&place, &[], &found);
    place.tamper("DELETE FROM outbox");
    place.keep_books(102 * DAY, None).await;
    assert_finding(&place, &[], &found);
}

#[tokio::test]
async fn a_removed_life_in_the_place_of_a_later_one_is_found_and_removing_it_again_is_no_excuse() {
    for later in [None, Some(Ruling::Deny)] {
        let (place, _) = Place::of(2).await;
        let store = place.open();
        let jane = opened(&store, "jane").await;
        decide(&store, &jane, Ruling::Withdraw).await;
        keep(&place, &jane);
        remove(&place, &store, &jane, 3 * DAY).await;
        opened_at(&store, "jane", NOW.plus(4 * DAY)).await;
        if let Some(ruling) = later {
            decide_at(&store, &jane, ruling, NOW.plus(4 * DAY)).await;
        }
        place.tamper("DELETE FROM outbox");
        place.keep_books(4 * DAY + HOUR, None).await;
        let last = store.latest_checkpoint().await.unwrap().unwrap();
        let told = format!("--checkpoint={}:{}", last.number, last.proof);
        put_back(&place, &jane);
        let version = 1 + later.iter().len();
        let found = format!(
            "{jane}: it was put back to an earlier time: its version {version} was there, and is not, or is another one"
        );
        assert_finding(&place, &[&told], &found);
        place.keep_books(6 * DAY, Some(DAY)).await;
        assert_eq!(store.request(&jane).await, Ok(None));
        let found = format!("{jane}: it was deleted; its version {version} was there");
        assert_finding(&place, &[&told], &found);
        let found = format!(
            "{jane}: what was removed with its version 2 was put back in the place of a later one, and removed again"
        );
        assert_finding(&place, &[&told], &found);
    }
}

/// Both were removed on purpose, and one of them was there again.
#[tokio::test]
async fn a_life_that_is_removed_twice_with_another_in_between_is_found() {
    let (place, _) = Place::of(2).await;
    let store = place.open();
    let jane = opened(&store, "jane").await;
    decide(&store, &jane, Ruling::Withdraw).await;
    keep(&place, &jane);
    remove(&place, &store, &jane, 3 * DAY).await;
    opened_at(&store, "jane", NOW.plus(4 * DAY)).await;
    decide_at(&store, &jane, Ruling::Deny, NOW.plus(4 * DAY)).await;
    place.tamper("DELETE FROM outbox");
    place.keep_books(5 * DAY, None).await;
    place.keep_books(50 * DAY, Some(DAY)).await;
    assert_eq!(store.request(&jane).await, Ok(None));
    assert_eq!(place.verify(&[]).0, Some(0));
    put_back(&place, &jane);
    assert_eq!(place.verify(&[]).0, Some(1));
    place.keep_books(60 * DAY, Some(DAY)).await;
    assert_eq!(store.request(&jane).await, Ok(None));
    let found = format!(
        "{jane}: what was removed with its version 2 was put back in the place of a later one, and removed again"
    );
    assert_finding(&place, &[], &found);
}

/// Whoever was removed and came back, and whose row says that it is older than that.
#[tokio::test]
async fn a_row_that_says_that_it_is_being_removed_is_not_believed() {
    let (place, _) = Place::of(2).await;
    let store = place.open();
    let jane = opened(&store, "jane").await;
    decide(&store, &jane, Ruling::Withdraw).await;
    remove(&place, &store, &jane, 3 * DAY).await;
    opened_at(&store, "jane", NOW.plus(4 * DAY)).await;
    place.keep_books(4 * DAY + HOUR, None).await;
    assert_eq!(place.verify(&[]).0, Some(0));
    let new = NOW.plus(4 * DAY).as_millis();
    place.tamper(&format!(
        "UPDATE request SET document = replace(replace(document, '\"opened_at\":{new}', '\"opened_at\":1'), 'jane', 'eve')
         WHERE applicant = '{}'",
        jane.applicant
    ));
    place.tamper(&format!("DELETE FROM history WHERE applicant = '{}'", jane.applicant));
    assert_finding(&place, &[], &format!("{jane}: the last entries are missing"));
}

/// Its removal was announced, and the run was cut short: only the oldest entries may be gone.
#[tokio::test]
async fn of_what_is_just_being_removed_only_the_oldest_entries_may_be_gone() {
    for (sql, fault) in [
        ("DELETE FROM history WHERE version = 1", None),
        (
            "DELETE FROM history WHERE version = 2",
            Some("the last entries are missing"),
        ),
        (
            "UPDATE request SET document = replace(document, 'jane', 'eve') WHERE version = 2",
            Some("the request is not what its history made of it"),
        ),
    ] {
        let (place, _) = Place::of(2).await;
        let store = place.open();
        let jane = opened(&store, "jane").await;
        decide(&store, &jane, Ruling::Withdraw).await;
        keep(&place, &jane);
        remove(&place, &store, &jane, 3 * DAY).await;
        put_back(&place, &jane);
        assert_eq!(place.verify(&[]).0, Some(0), "as a run that was cut short leaves it");
        place.tamper(&format!("{sql} AND applicant = '{}'", jane.applicant));
        match fault {
            None => assert_eq!(place.verify(&[]).0, Some(0)),
            Some(fault) => assert_finding(&place, &[], &format!("{jane}: {fault}")),
        }
    }
}

/// People come, withdraw, are removed and come back, again and again, while it is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn whoever_comes_back_while_it_is_read_is_no_false_alarm() {
    let (place, _) = Place::sealed(100).await;
    let (place, over, minutes) = (Arc::new(place), Arc::new(AtomicBool::new(false)), AtomicU64::new(200));
    let (behind, end) = (place.clone(), over.clone());
    let life = tokio::spawn(async move {
        let store = behind.open();
        let later = |by: u64| Duration::from_secs(60 * (minutes.fetch_add(by, Ordering::SeqCst) + by));
        let mut times = 0;
        while !end.load(Ordering::SeqCst) {
            let now = NOW.plus(later(10));
            for n in 0..10 {
                let id = opened_at(&store, &format!("again {n}"), now).await;
                decide_at(&store, &id, Ruling::Withdraw, now).await;
            }
            behind.tamper("DELETE FROM outbox");
            behind.keep_books(later(2000), Some(HOUR)).await;
            times += 1;
        }
        times
    });
    for _ in 0..25 {
        let (code, lines) = place.verify(&[]);
        assert_eq!(code, Some(0), "{lines:?}");
    }
    over.store(true, Ordering::SeqCst);
    assert!(life.await.unwrap() > 2);
    assert_eq!(place.verify(&[]).0, Some(0));
}

/// Seals what ended, and removes it.
async fn remove(place: &Place, store: &SqliteStore, id: &RequestId, after: Duration) {
    // What is to be counted is.
    place.tamper("DELETE FROM outbox");
    place.keep_books(HOUR, None).await;
    place.keep_books(after, Some(DAY)).await;
    assert_eq!(store.request(id).await, Ok(None));
}

fn keep(place: &Place, id: &RequestId) {
    for table in ["request", "history"] {
        place.sql(&format!(
            "CREATE TABLE old_{table} AS SELECT * FROM {table} WHERE applicant = '{}'",
            id.applicant
        ));
    }
}

fn put_back(place: &Place, id: &RequestId) {
    for table in ["request", "history"] {
        place.sql(&format!(
            "DELETE FROM {table} WHERE applicant = '{}'; INSERT INTO {table} SELECT * FROM old_{table}",
            id.applicant
        ));
    }
}

fn assert_finding(place: &Place, flags: &[&str], found: &str) {
    let (code, lines) = place.verify(flags);
    assert!(code == Some(1) && lines.iter().any(|line| line == found), "{lines:?}");
}
