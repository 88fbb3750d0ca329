//! What a list costs, and over how many shards it is spread.

use aws_sdk_dynamodb::{config::SharedHttpClient, types::AttributeValue};
use store::{
    Asked, Committed::Applied, Counter, DuePlace, Effect, Filter, Keys, Listing, Occasion, Order, Outbox, OverduePlace,
    Receiver, Request, RouteName, StateName, Store, StoreError, Which, Write,
};
use store_suite::{
    eventually,
    sample::{applicant, approved, at, commit, effect, email, first, next, pending, put},
};

use super::{
    Table, endpoint,
    faults::{Fault, Faults},
};
use crate::{
    DynamoStore,
    items::{self, Key},
    settings::Shards,
    testing::{self, PATIENCE},
};

/// Nothing is ever scanned; what a page asks for depends on its size and on the shards alone.
#[tokio::test]
async fn a_page_asks_the_indexes_and_reads_what_it_shows() {
    let (_table, faults, store) = recorded().await;
    for n in 0..30 {
        let request = Request {
            opened_at: at(n),
            received: email("jane@b.example"),
            ..pending(&n.to_string())
        };
        assert_eq!(store.commit(&commit([first(&request)])).await, Ok(Applied));
    }
    let state = Which::State(StateName::Pending);
    eventually("all are listed", || async {
        store
            .list(&Listing::of(state.clone(), 100))
            .await
            .unwrap()
            .requests
            .len()
            == 30
    })
    .await;
    let of = |which| Listing::of(which, 10);
    let domain = Which::domain(&claims::Domain::parse("b.example").unwrap());
    let mine = vec![Asked::Anybody, Asked::Group("hr".to_owned())];
    let lists = [
        (of(state.clone()), "queue", 16),
        (of(Which::Waiting(mine)), "waiting", 32),
        (of(domain), "domain", 16),
        (of(Which::address("jane@b.example")), "address", 1),
    ];
    for (listing, index, queries) in lists {
        for order in [Order::OldestFirst, Order::NewestFirst] {
            let before = faults.seen().len();
            let listing = Listing {
                order,
                ..listing.clone()
            };
            let page = store.list(&listing).await.unwrap();
            assert_eq!((page.requests.len(), page.next.is_some()), (10, true), "{index}");
            let seen = faults.seen().split_off(before);
            let (queried, read): (Vec<_>, Vec<_>) = seen.iter().partition(|seen| seen.operation == "Query");
            assert_eq!(queried.len(), queries, "{index}");
            assert!(queried.iter().all(|seen| seen.index.as_deref() == Some(index)));
            let [read] = read.try_into().unwrap();
            assert_eq!((read.operation.as_str(), read.keys), ("BatchGetItem", 10), "{index}");
        }
    }
    let before = faults.seen().len();
    let narrowed = Listing {
        filter: Filter {
            route: RouteName::parse("none"),
            ..Filter::default()
        },
        ..of(state)
    };
    assert!(store.list(&narrowed).await.unwrap().requests.is_empty());
    assert!(store.overdue(at(0), None, 10).await.unwrap().requests.is_empty());
    assert!(store.counts().await.unwrap().is_empty());
    assert!(store.earlier(&pending("0").id, 10).await.unwrap().is_empty());
    let seen = faults.seen().split_off(before);
    let allowed = |operation: &str| ["Query", "BatchGetItem"].contains(&operation);
    assert!(seen.iter().all(|seen| allowed(&seen.operation)), "{seen:?}");
    assert!(seen.iter().any(|seen| seen.index.as_deref() == Some("due")));
}

/// The index lags: what it says is due may have changed since.
#[tokio::test]
async fn overdue_drops_what_is_not_due_any_more() {
    let (table, _, store) = recorded().await;
    let jane = pending("jane");
    assert_eq!(store.commit(&commit([first(&jane)])).await, Ok(Applied));
    let past = items::due_at(&OverduePlace {
        due: at(-5),
        id: jane.id,
    });
    table.set(Key::latest(jane.id.applicant), "due_at", &past).await;
    eventually("the index has the old place", || async {
        store.overdue(at(0), None, 1).await.unwrap().next.is_some()
    })
    .await;
    assert!(store.overdue(at(0), None, 1).await.unwrap().requests.is_empty());
}

/// The index lags: it can have the old place of a request beside the new one.
#[tokio::test]
async fn what_the_index_has_twice_is_overdue_once() {
    let (_table, faults, store) = recorded().await;
    let jane = pending("jane");
    assert_eq!(store.commit(&commit([first(&jane)])).await, Ok(Applied));
    let (due, id) = (jane.due().unwrap(), jane.id);
    let places = [at(-5), due].map(|due| items::due_at(&OverduePlace { due, id }));
    faults.next([twice(&Key::latest(id.applicant), "due_at", &places)]);
    let page = store.overdue(due, None, 10).await.unwrap();
    assert_eq!(page.requests, [jane]);
}

#[tokio::test]
async fn what_the_index_has_twice_is_delivered_once() {
    let (_table, faults, store) = recorded().await;
    let why = Occasion::Asked;
    let entry = effect(&pending("jane"), Effect::TellReviewers { why });
    assert_eq!(store.commit(&commit([put(&entry)])).await, Ok(Applied));
    let id = entry.id;
    let places = [at(-5), at(0)].map(|due| items::due_queued(&DuePlace { due, id }));
    faults.next([twice(&Key::effect(&id), "queued", &places)]);
    let page = store.due(Receiver::Reviewers, at(9), None, 10).await.unwrap();
    assert_eq!(page.entries, [entry]);
}

/// What an index answers that has two places of one row.
fn twice(key: &Key, attribute: &str, places: &[String; 2]) -> Fault {
    let items = places.each_ref().map(|place| {
        let mut item = key.clone().into_item();
        item.insert(attribute.to_owned(), AttributeValue::S(place.clone()));
        let texts = item
            .iter()
            .map(|(name, text)| format!(r#""{name}":{{"S":"{}"}}"#, text.as_s().unwrap()));
        format!("{{{}}}", texts.collect::<Vec<_>>().join(","))
    });
    Fault::Answer(200, format!(r#"{{"Items":[{}]}}"#, items.join(",")))
}

/// Nobody has to set anything: the first one to write says so in the table, and everybody else reads it there once.
#[tokio::test]
async fn how_many_shards_there_are_is_written_once_and_read_once() {
    let (table, faults, store) = recorded().await;
    assert_eq!(store.commit(&commit([first(&pending("jane"))])).await, Ok(Applied));
    let operations = |faults: &Faults| faults.seen().into_iter().map(|seen| seen.operation).collect::<Vec<_>>();
    let first_ever = ["BatchGetItem", "TransactWriteItems", "TransactWriteItems"];
    assert_eq!(operations(&faults), first_ever);
    assert_eq!(store.commit(&commit([first(&pending("john"))])).await, Ok(Applied));
    assert_eq!(operations(&faults).len(), 4);

    // A call looks up before it writes, and learns it beside the rest.
    let (faults, store) = opened(&table, []);
    let keys = Keys {
        applicant: Some(applicant("jane")),
        ..Keys::default()
    };
    assert!(store.look_up(&keys).await.unwrap().request.is_some());
    let decided = approved(&pending("jane"));
    assert_eq!(store.commit(&commit([next(&decided)])).await, Ok(Applied));
    assert!(store.look_up(&keys).await.unwrap().request.is_some());
    assert_eq!(
        operations(&faults),
        ["BatchGetItem", "TransactWriteItems", "BatchGetItem"]
    );
    let keys: Vec<_> = faults.seen().iter().map(|seen| seen.keys).collect();
    assert_eq!(keys, [2, 0, 1]);

    let (faults, store) = opened(&table, []);
    assert_eq!(store.look_up(&Keys::default()).await.map(drop), Ok(()));
    assert!(operations(&faults).is_empty(), "nothing is asked for nothing");
}

/// Of many who come first, all have what one wrote.
#[tokio::test]
async fn many_may_be_first() {
    let table = Table::new().await;
    let firsts = (0..8).map(async |n| {
        let store = testing::open_at(&endpoint(), &table.0);
        let outcome = store.commit(&commit([first(&pending(&n.to_string()))])).await;
        (outcome, store.shards.get().copied())
    });
    for one in futures_util::future::join_all(firsts).await {
        assert_eq!(one, (Ok(Applied), Some(Shards::USUAL)));
    }
}

/// What the table says holds for lists, effects and counters: everything is found there, and in shards beyond the usual.
#[tokio::test]
async fn a_table_can_have_more_shards() {
    let table = Table::new().await;
    set_shards(&table, 40).await;
    let (faults, store) = opened(&table, []);
    for n in 0..60 {
        let request = pending(&n.to_string());
        let counter = Counter::of(&request);
        let writes = [first(&request), Write::Count { counter, by: 1 }];
        assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    }
    let listing = Listing::of(Which::State(StateName::Pending), 100);
    eventually("all are listed", || async {
        store.list(&listing).await.unwrap().requests.len() == 60
    })
    .await;
    let before = faults.seen().len();
    assert_eq!(store.list(&listing).await.unwrap().requests.len(), 60);
    assert_eq!(faults.seen().len() - before, 41);
    assert_eq!(store.counts().await.unwrap().values().sum::<i64>(), 60);
    let beyond = (0..60)
        .filter(|n: &i32| applicant(&n.to_string()).as_bytes()[0] % 40 >= 16)
        .count();
    assert!(beyond > 0);
    let before = faults.seen().len();
    assert!(
        store
            .due(Receiver::Counts, at(0), None, 10)
            .await
            .unwrap()
            .entries
            .is_empty()
    );
    assert_eq!(faults.seen().len() - before, 40);
}

/// A number that no table may have is said, with where it stands.
#[tokio::test]
async fn a_wrong_number_of_shards_is_refused() {
    for wrong in [0, 15, 65] {
        let table = Table::new().await;
        set_shards(&table, wrong).await;
        let store = testing::open_at(&endpoint(), &table.0);
        let refused = store.commit(&commit([first(&pending("jane"))])).await;
        let says =
            matches!(&refused, Err(StoreError::Broken(why)) if why.contains("16 to 64") && why.contains("`SETTINGS`"));
        assert!(says, "{refused:?}");
    }
}

/// The reply of the transaction is lost, or others are at the same counter: it is added once.
#[tokio::test]
async fn a_count_whose_reply_is_lost_counts_once() {
    for fault in [Fault::LoseReply, Fault::cancelled(&["TransactionConflict"])] {
        let table = Table::new().await;
        let (faults, store) = opened(&table, []);
        assert!(store.counts().await.unwrap().is_empty());
        faults.next([fault]);
        let counter = Counter::of(&pending("jane"));
        let add = Write::Count { counter, by: 1 };
        assert_eq!(store.commit(&commit([add])).await, Ok(Applied));
        assert_eq!(store.counts().await.unwrap().into_values().collect::<Vec<_>>(), [1]);
    }
}

async fn recorded() -> (Table, Faults, DynamoStore) {
    let table = Table::new().await;
    let (faults, store) = opened(&table, []);
    (table, faults, store)
}

/// Opened by a process that knows nothing of the table.
fn opened(table: &Table, planned: impl Into<std::collections::VecDeque<Fault>>) -> (Faults, DynamoStore) {
    let faults = Faults::planned(planned);
    let http_client = SharedHttpClient::new(faults.clone());
    let store = testing::open_through(&endpoint(), &table.0, http_client, PATIENCE);
    (faults, store)
}

async fn set_shards(table: &Table, shards: u8) {
    let store = testing::open_at(&endpoint(), &table.0);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    store
        .client
        .put_item()
        .table_name(&table.0)
        .item("pk", text("S#"))
        .item("sk", text("SETTINGS"))
        .item("document", text(&format!(r#"{{"shards":{shards}}}"#)))
        .send()
        .await
        .unwrap();
}
