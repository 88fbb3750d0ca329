//! What it takes to ask and to change lists, and what comes of failures.

use std::collections::VecDeque;

use aws_sdk_dynamodb::config::SharedHttpClient;
use store::{
    ListCopy, ListEditor, ListEntry, ListName, ListPlace, ListQuestion,
    Listed::{No, NoCopy, Yes},
    Lists, Origin, StoreError,
};
use store_suite::sample::at;

use super::{
    Table, endpoint,
    faults::{Fault, Faults},
};
use crate::{
    DynamoStore,
    testing::{self, PATIENCE},
};

/// Edited lists in one round trip, copies in two, a hundred entries at once, and all as of the latest commits.
#[tokio::test]
async fn a_look_up_takes_one_round_trip_or_two() {
    for (origin, entries, expected) in [
        (Origin::Edited, 1, 1),
        (Origin::Edited, 100, 1),
        (Origin::Edited, 250, 3),
        (Origin::Fetched, 1, 2),
        (Origin::Fetched, 250, 4),
    ] {
        let case = Case::with_copy([]).await;
        let before = case.faults.seen().len();
        let asked: Vec<_> = (0..entries).map(|n| question(origin, &n.to_string())).collect();
        case.store.listed(&asked).await.unwrap();
        let seen = case.faults.seen().split_off(before);
        assert_eq!(seen.len(), expected, "{origin:?} {entries}");
        assert!(
            seen.iter()
                .all(|seen| seen.operation == "BatchGetItem" && seen.consistent)
        );
    }
    let case = Case::new([]).await;
    let never = case.store.listed(&[question(Origin::Fetched, "a")]).await;
    assert_eq!((never, case.faults.seen().len()), (Ok(vec![NoCopy]), 1));
}

/// Keys that were not looked at are asked again, and in the end there is no answer rather than a wrong one.
#[tokio::test]
async fn an_entry_that_was_not_looked_at_is_asked_again() {
    let case = Case::with_copy([]).await;
    let asked = [
        question(Origin::Edited, "a"),
        question(Origin::Fetched, "a"),
        question(Origin::Edited, "b"),
    ];
    case.store.add(&place(None), &entries(["a"])).await.unwrap();
    for fault in [
        Fault::LeaveAllUnprocessed,
        Fault::error(400, "ThrottlingException"),
        Fault::LoseReply,
    ] {
        case.faults.next([fault.clone(), Fault::None, fault]);
        assert_eq!(case.store.listed(&asked).await, Ok(vec![Yes, Yes, No]));
    }
    case.faults.next(vec![Fault::LeaveAllUnprocessed; 4]);
    let busy = case.store.listed(&asked).await;
    assert!(matches!(busy, Err(StoreError::Busy(_))), "{busy:?}");
}

/// An entry is counted by who added it, also when the reply was lost, and nobody waits longer than need be.
#[tokio::test]
async fn an_edit_is_counted_once_whatever_fails() {
    let read = || Fault::None;
    let passing = [
        vec![read(), Fault::LoseReply],
        vec![read(), Fault::cancelled(&["TransactionConflict", "None"])],
        vec![Fault::error(400, "ThrottlingException"); 2],
        vec![
            read(),
            Fault::error(400, "ThrottlingException"),
            Fault::error(400, "ThrottlingException"),
        ],
        vec![read(), Fault::cancelled(&["ConditionalCheckFailed", "None"])],
        vec![read(), Fault::Break],
    ];
    for faults in passing {
        let case = Case::new(faults.clone()).await;
        assert_eq!(
            case.store.add(&place(None), &entries(["a", "b"])).await,
            Ok(2),
            "{faults:?}"
        );
        assert_eq!(
            case.store.add(&place(None), &entries(["a", "b"])).await,
            Ok(0),
            "{faults:?}"
        );
        case.faults.next(faults.clone());
        let keys = ["a", "b"].map(ListEntry::key);
        assert_eq!(case.store.remove(&list(), &keys).await, Ok(2), "{faults:?}");
        assert_eq!(case.store.remove(&list(), &keys).await, Ok(0), "{faults:?}");
    }
    let case = Case::new([Fault::None, Fault::error(400, "AccessDeniedException")]).await;
    let refused = case.store.add(&place(None), &entries(["a"])).await;
    assert!(matches!(refused, Err(StoreError::Broken(_))), "{refused:?}");
}

/// Entries that are there cost one read and no write: a second run over a list is cheap.
#[tokio::test]
async fn what_is_there_is_not_written_again() {
    let case = Case::new([]).await;
    let texts: Vec<_> = (0..300).map(|n| n.to_string()).collect();
    assert_eq!(case.store.add(&place(None), &entries(&texts)).await, Ok(300));
    let before = case.faults.seen().len();
    assert_eq!(before, 6, "three reads, three transactions");
    assert_eq!(case.store.add(&place(None), &entries(&texts)).await, Ok(0));
    let seen = case.faults.seen().split_off(before);
    assert!(seen.len() == 3 && seen.iter().all(|seen| seen.operation == "BatchGetItem"));
}

/// What a batch leaves unwritten is written in the end.
#[tokio::test]
async fn what_a_batch_leaves_out_is_sent_again() {
    for fault in [
        Fault::LeaveUnwritten,
        Fault::error(400, "ProvisionedThroughputExceededException"),
        Fault::LoseReply,
    ] {
        let case = Case::new(vec![fault.clone(); 2]).await;
        if matches!(fault, Fault::LoseReply) {
            case.faults.next([fault.clone()]);
        }
        let texts: Vec<_> = (0..20).map(|n| n.to_string()).collect();
        assert_eq!(
            case.store.add(&place(Some(1)), &entries(&texts)).await,
            Ok(20),
            "{fault:?}"
        );
        assert_eq!(case.store.page(&place(Some(1)), None, 100).await.unwrap().len(), 20);
        case.faults.next([Fault::None, Fault::None]);
        assert_eq!(case.store.clear(&list(), 1, 100).await, Ok(20));
        assert_eq!(case.store.page(&place(Some(1)), None, 100).await, Ok(Vec::new()));
    }
}

/// The emulator always reads the latest commits; DynamoDB does so only when asked.
#[tokio::test]
async fn a_page_is_read_as_of_the_latest_commits() {
    let case = Case::new([]).await;
    case.store.add(&place(None), &entries(["a"])).await.unwrap();
    let before = case.faults.seen().len();
    assert_eq!(case.store.page(&place(None), None, 10).await.unwrap().len(), 1);
    let seen = case.faults.seen().split_off(before);
    assert!(!seen.is_empty() && seen.iter().all(|seen| seen.consistent));
}

/// A query reads a megabyte at the most, and a shard may hold more.
#[tokio::test]
async fn a_page_of_more_than_a_megabyte_comes_whole() {
    let case = Case::new([]).await;
    let long = |n: usize| format!("{n}{}", "x".repeat(2000));
    let of_one_shard = |text: &String| ListEntry::key(text).as_bytes()[0] >> 4 == 0;
    let texts: Vec<_> = (0..).map(long).filter(of_one_shard).take(600).collect();
    assert_eq!(case.store.add(&place(Some(1)), &entries(&texts)).await, Ok(600));
    let page = case.store.page(&place(Some(1)), None, 600).await.unwrap();
    assert_eq!(page.len(), 600);
}

/// It is asked for with the same token.
#[tokio::test]
async fn a_publication_with_a_lost_reply_happened_once() {
    let case = Case::new([Fault::LoseReply]).await;
    assert_eq!(case.store.publish(&list(), &copy(), None).await, Ok(true));
    assert_eq!(case.faults.seen().len(), 2);
    assert_eq!(case.store.publish(&list(), &copy(), None).await, Ok(false));
}

struct Case {
    _table: Table,
    faults: Faults,
    store: DynamoStore,
}

impl Case {
    async fn new(faults: impl Into<VecDeque<Fault>>) -> Case {
        let (table, faults) = (Table::new().await, Faults::planned(faults));
        let http_client = SharedHttpClient::new(faults.clone());
        Case {
            store: testing::open_through(&endpoint(), &table.0, http_client, PATIENCE),
            _table: table,
            faults,
        }
    }

    /// With a copy of the list that has one entry.
    async fn with_copy(faults: impl Into<VecDeque<Fault>>) -> Case {
        let case = Case::new([]).await;
        case.store.add(&place(Some(1)), &entries(["a"])).await.unwrap();
        assert_eq!(case.store.publish(&list(), &copy(), None).await, Ok(true));
        case.faults.next(faults);
        case
    }
}

fn list() -> ListName {
    ListName::parse("partners").unwrap()
}

fn place(version: Option<u64>) -> ListPlace {
    ListPlace { list: list(), version }
}

fn copy() -> ListCopy {
    ListCopy {
        version: 1,
        entries: 1,
        fetched_at: at(0),
        tag: None,
    }
}

fn entries(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<ListEntry> {
    let entry = |text: &str| ListEntry {
        text: text.to_owned(),
        by: None,
        at: at(0),
    };
    texts.into_iter().map(|text| entry(text.as_ref())).collect()
}

fn question(origin: Origin, text: &str) -> ListQuestion {
    ListQuestion {
        list: list(),
        origin,
        entry: ListEntry::key(text),
    }
}
