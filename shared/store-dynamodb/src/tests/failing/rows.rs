//! The rows beside a request and its history: what is counted, what is listed, what is forgotten.

use store::{
    Counter, Counts, Effect, HistoryEntry, ListEditor, ListEntry, ListName, ListPlace, Outbox, OutboxEntry, Write,
};
use store_suite::sample::{effect, put};

use super::*;

/// What is added to a counter is there once, however many replies were lost.
#[tokio::test]
async fn a_lost_reply_counts_once() {
    let counter = Counter::of(&pending("jane"));
    let add = || Write::Count {
        counter: counter.clone(),
        by: 5,
    };
    let expected = Ok(Counts::from([(counter.clone(), 5)]));
    let case = Case::new([Fault::LoseReply]).await;
    assert_eq!(case.store.commit(&commit([add()])).await, Ok(Applied));
    assert_eq!(case.the_one_tokens_attempts(), 2);
    assert_eq!(case.store.counts().await, expected);

    // In doubt to the end: the effect that goes with it tells, and keeps it from counting again.
    let entry = opened();
    let case = Case::new([Fault::None, Fault::LoseReply, Fault::LoseReply]).await;
    assert_eq!(case.store.commit(&commit([put(&entry)])).await, Ok(Applied));
    let counting = commit(store::count(&entry).unwrap());
    let outcome = case.store.commit(&counting).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert_eq!(case.store.commit(&counting).await, Ok(Conflict));
    assert_eq!(case.store.entry(&entry.id).await, Ok(None));
    assert_eq!(case.store.counts().await, Ok(Counts::from([(counter, 1)])));
}

/// A transaction that was cancelled counted nothing; tried again as another one, it counts once.
#[tokio::test]
async fn a_cancelled_transaction_counts_once() {
    for code in PASSING {
        let entry = opened();
        let cancelled = Fault::cancelled(&["None", code]);
        let case = Case::new([Fault::None, cancelled.clone(), cancelled]).await;
        assert_eq!(case.store.commit(&commit([put(&entry)])).await, Ok(Applied));
        assert_eq!(
            case.store.commit(&commit(store::count(&entry).unwrap())).await,
            Ok(Applied)
        );
        let expected = Counts::from([(Counter::of(&pending("jane")), 1)]);
        assert_eq!(case.store.counts().await, Ok(expected), "{code}");
    }
}

/// Who listed something first stays, also for whoever does not know whether they were.
#[tokio::test]
async fn a_lost_reply_lists_an_entry_once() {
    let listed = |by: &str| Write::Listed {
        list: place().list,
        entry: Box::new(list_entry(by)),
    };
    let case = Case::new([Fault::LoseReply, Fault::LoseReply]).await;
    let outcome = case.store.commit(&commit([listed("rita")])).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    case.faults
        .next([Fault::LoseReply, Fault::cancelled(&["TransactionConflict"])]);
    assert_eq!(case.store.commit(&commit([listed("otto")])).await, Ok(Applied));
    assert_eq!(case.store.page(&place(), None, 9).await, Ok(vec![list_entry("rita")]));
}

/// Claims are forgotten once and for all; an entry that is not there is none to forget.
#[tokio::test]
async fn a_lost_reply_forgets_claims_once() {
    let case = Case::new([]).await;
    case.write_elsewhere().await;
    let forgotten = HistoryEntry {
        kept: None,
        ..entry(&full("jane"))
    };
    let redact = commit([Write::Redact(Box::new(forgotten.clone()))]);
    for faults in [
        vec![Fault::LoseReply],
        vec![Fault::LoseReply, Fault::cancelled(&["ThrottlingError"])],
        vec![Fault::Break],
    ] {
        case.faults.next(faults);
        assert_eq!(case.store.commit(&redact).await, Ok(Applied));
        assert_eq!(case.store.history(&full("jane").id).await, Ok(vec![forgotten.clone()]));
    }
    let nobodys = HistoryEntry {
        request: pending("nobody").id,
        ..forgotten
    };
    case.faults.next([Fault::Break]);
    let redact = commit([Write::Redact(Box::new(nobodys))]);
    assert_eq!(case.store.commit(&redact).await, Ok(Conflict));
}

/// A part of a page that fails fails the page: what is missing must not look as if there were nothing.
#[tokio::test]
async fn one_shard_that_fails_fails_the_page() {
    let case = Case::new([]).await;
    case.write_elsewhere().await;
    let in_the_middle = || [vec![Fault::None; 7], vec![Fault::error(400, "AccessDeniedException")]].concat();
    for which in lists() {
        let listing = Listing::of(which, 10);
        let shards = if matches!(listing.which, Which::Address(_)) {
            0
        } else {
            7
        };
        case.faults.next(in_the_middle().split_off(7 - shards));
        let outcome = case.store.list(&listing).await;
        assert!(
            matches!(outcome, Err(StoreError::Broken(_))),
            "{listing:?}: {outcome:?}"
        );
    }
    case.faults.next(in_the_middle());
    let outcome = case.store.counts().await;
    assert!(matches!(outcome, Err(StoreError::Broken(_))), "{outcome:?}");
    case.faults.next(in_the_middle());
    let outcome = case.store.overdue(at(i32::MAX.into()), None, 10).await;
    assert!(matches!(outcome, Err(StoreError::Broken(_))), "{outcome:?}");
    // The places came, and the rows do not.
    let rows = [vec![Fault::None; 16], vec![Fault::error(400, "ThrottlingException"); 2]].concat();
    case.faults.next(rows.clone());
    let outcome = case.store.list(&listing()).await;
    assert!(matches!(outcome, Err(StoreError::Busy(_))), "{outcome:?}");
    case.faults.next(rows);
    let outcome = case.store.overdue(at(i32::MAX.into()), None, 10).await;
    assert!(matches!(outcome, Err(StoreError::Busy(_))), "{outcome:?}");
}

fn opened() -> OutboxEntry {
    let kind = Effect::Count {
        from: None,
        to: Counter::of(&pending("jane")),
    };
    effect(&pending("jane"), kind)
}

fn place() -> ListPlace {
    ListPlace {
        list: ListName::parse("blocked").unwrap(),
        version: None,
    }
}

fn list_entry(by: &str) -> ListEntry {
    ListEntry {
        text: "evil.example".to_owned(),
        by: Some(by.to_owned()),
        at: at(0),
    }
}
