//! What every store promises, kept by DynamoDB, against DynamoDB Local.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod failing;
mod faults;
mod indexes;
mod lists;

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use store::{
    Committed, DuePlace, Effect, EntryId, Ledger, Outbox, OutboxEntry, Progress, Receiver, RequestId, Rows, StateName,
    Store, StoreError,
};
use store_suite::{
    Place,
    sample::{at, commit, effect, first, history, pending, put},
};

use crate::{
    items::{self, Key},
    testing,
};

store_suite::store_tests!(fresh);

async fn fresh() -> impl Place {
    Table::new().await
}

/// The index lags: what it lists may be over long ago, and more of it than fits on a page.
#[tokio::test]
async fn stale_places_in_the_index_do_not_hide_what_is_due_behind_them() {
    let table = Table::new().await;
    let store = testing::open_at(&endpoint(), &table.0);
    let mut entries = Vec::new();
    for n in 0..9 {
        let progress = match n {
            8 => Progress::Waits { until: at(8) },
            _ => Progress::UnderWay { until: at(60) },
        };
        let entry = OutboxEntry {
            progress,
            ..effect(
                &pending(&n.to_string()),
                Effect::TellReviewers {
                    why: store::Occasion::Asked,
                },
            )
        };
        assert_eq!(store.commit(&commit([put(&entry)])).await, Ok(Committed::Applied));
        entries.push(entry);
    }
    for entry in &entries[..8] {
        let place = items::due_queued(&DuePlace {
            due: at(1),
            id: entry.id,
        });
        table.set(Key::effect(&entry.id), "queued", &place).await;
    }
    let (mut found, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.due(Receiver::Reviewers, at(9), after.as_ref(), 3).await.unwrap();
        found.extend(page.entries);
        after = page.next;
        pages += 1;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((found, pages), (vec![entries[8].clone()], 4));
}

/// Somebody wrote into the table what is no checkpoint's place: it is told, and nobody goes on from it.
#[tokio::test]
async fn what_stands_among_checkpoints_without_a_number_is_told_and_hides_none() {
    let table = Table::new().await;
    let store = testing::open_at(&endpoint(), &table.0);
    for garbage in 0..25 {
        table
            .put_checkpoint(&format!("CHECKPOINT#{:020}x{garbage}", 1), "{}")
            .await;
    }
    for sort_key in [
        "CHECKPOINT#zzz",
        "CHECKPOINT#+7",
        "CHECKPOINT#18446744073709551615",
        "CHECKPOINT#00000000000000000002",
    ] {
        table.put_checkpoint(sort_key, "{}").await;
    }
    let (mut numbers, mut others, mut after) = (Vec::new(), 0, 0);
    loop {
        let page = store.checkpoints(after, 2).await.unwrap();
        others += page.iter().filter(|one| one.number.is_none()).count();
        let Some(last) = page.iter().filter_map(|one| one.number).next_back() else {
            break;
        };
        numbers.extend(page.iter().filter_map(|one| one.number));
        assert!(numbers.len() < 9);
        after = last;
    }
    assert_eq!(numbers, [2, u64::MAX]);
    assert!(others >= 26, "{others}");
    assert!(matches!(store.latest_checkpoint().await, Err(StoreError::Broken(_))));
}

/// Somebody changed what a list sorts by: it is named, more often than once at most, and those behind it are listed.
#[tokio::test]
async fn a_place_that_is_none_is_named_and_hides_no_other() {
    let table = Table::new().await;
    let store = table.open().await;
    let requests: Vec<_> = (0..9).map(|n| pending(&format!("person {n}"))).collect();
    for request in &requests {
        let writes = [first(request), history(request)];
        assert_eq!(store.commit(&commit(writes)).await, Ok(Committed::Applied));
        let filed = store.filed(&request.id).await.unwrap();
        assert!(filed.in_order && filed.as_written);
    }
    for (n, place) in ["0", "1#x#1", "9999#garbage", "x"].iter().enumerate() {
        table.set(Key::latest(requests[n].id.applicant), "queued", place).await;
        table.set(Key::history(&requests[n].id, 1), "queued", place).await;
        let filed = store.filed(&requests[n].id).await.unwrap();
        assert!(filed.in_order && !filed.as_written);
    }
    for size in [1, 2, 100] {
        let (mut places, mut bad, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = store.roll(StateName::Pending, after.as_ref(), size).await.unwrap();
            places.extend(page.places.into_iter().map(|place| place.id));
            bad.extend(page.bad);
            assert!(places.len() < 10);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut expected: Vec<_> = requests[4..].iter().map(|request| request.id).collect();
        expected.sort_unstable();
        assert_eq!((places, bad.len()), (expected, 4), "{bad:?}");
        assert!(bad[0].starts_with("item \"A#"), "{bad:?}");
    }
    // A journal ends at a time, and but one of these places is before any.
    let page = store.journal(None, at(99), 100).await.unwrap();
    assert_eq!((page.leaves.len(), page.bad.len()), (5, 1));
}

/// By whichever of the attributes.
#[tokio::test]
async fn a_request_that_is_found_by_what_it_does_not_say_is_told() {
    for attribute in ["queue", "queued", "waiting", "due", "due_at"] {
        let table = Table::new().await;
        let store = table.open().await;
        let request = pending("jane");
        let writes = [first(&request)];
        assert_eq!(store.commit(&commit(writes)).await, Ok(Committed::Applied));
        table.set(Key::latest(request.id.applicant), attribute, "eve").await;
        let filed = store.filed(&request.id).await.unwrap();
        assert!(filed.in_order && !filed.as_written, "{attribute}");
    }
}

/// A table of a test's own.
pub(crate) struct Table(pub(crate) String);

impl Table {
    pub(crate) async fn new() -> Table {
        let name = format!("store-{:016x}", fastrand::u64(..));
        testing::create_table(&endpoint(), &name).await.unwrap();
        Table(name)
    }

    async fn put_checkpoint(&self, sort_key: &str, document: &str) {
        let store = testing::open_at(&endpoint(), &self.0);
        let item = [("pk", "K#"), ("sk", sort_key), ("document", document)];
        let item = item.map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned())));
        let put = store.client.put_item().table_name(&self.0);
        put.set_item(Some(item.into())).send().await.unwrap();
    }

    /// Writes a text into a row.
    async fn set(&self, key: Key, attribute: &str, text: &str) {
        let store = testing::open_at(&endpoint(), &self.0);
        let update = store.client.update_item().table_name(&self.0);
        update
            .set_key(Some(key.into_item()))
            .update_expression("SET #it = :text")
            .condition_expression("attribute_exists(#it)")
            .expression_attribute_names("#it", attribute)
            .expression_attribute_values(":text", AttributeValue::S(text.to_owned()))
            .send()
            .await
            .unwrap();
    }
}

#[async_trait::async_trait]
impl Place for Table {
    async fn open(&self) -> Arc<dyn Rows> {
        Arc::new(testing::open_at(&endpoint(), &self.0))
    }

    async fn damage(&self, id: &EntryId) {
        self.set(Key::effect(id), "document", "{").await;
    }

    async fn damage_request(&self, id: &RequestId) {
        self.set(Key::latest(id.applicant), "document", "{").await;
    }
}

/// The DynamoDB Local that `make test` starts.
pub(crate) fn endpoint() -> String {
    let name = "VESTIBULE_TEST_DYNAMODB";
    std::env::var(name).unwrap_or_else(|_| panic!("run `make test`: it starts DynamoDB Local and sets {name}"))
}
