use std::collections::HashMap;

use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, KeysAndAttributes},
};
use futures_util::{
    future::try_join_all,
    stream::{self, StreamExt, TryStreamExt},
};
use store::{Counts, HistoryEntry, Keys, MOST_LISTED, OutboxEntry, Request, RequestId, Snapshot, StoreError};

use crate::{
    DynamoStore, error,
    items::{self, CALL, DENIAL, Item, Key, LATEST, PK, SETTINGS, SK, text},
    retry::{Attempts, MOST_REFUSED},
    settings,
};

/// The most keys that DynamoDB takes at once.
pub(crate) const MAX_KEYS: usize = 100;

/// How many batches are read at once: as many as a page of what is due has, and one more.
const AT_ONCE: usize = 4;

pub(crate) async fn look_up(store: &DynamoStore, keys: &Keys) -> Result<Snapshot, StoreError> {
    let latest = keys.applicant.map(Key::latest);
    let call = keys.call.map(Key::call);
    let mut addresses = keys.addresses.clone();
    addresses.sort_unstable();
    addresses.dedup();
    let denials = addresses.into_iter().map(Key::denial);
    let mut wanted: Vec<_> = latest.into_iter().chain(call).chain(denials).collect();
    // Whoever asks may write afterwards, and has to know then.
    if !wanted.is_empty() && store.shards.get().is_none() {
        wanted.push(Key::settings());
    }

    let mut snapshot = Snapshot::default();
    for item in items(store, wanted).await? {
        match text(&item, SK) {
            Some(LATEST) => snapshot.request = Some(items::row(&item)?),
            Some(CALL) => snapshot.call = Some(items::row(&item)?),
            Some(DENIAL) => snapshot.denials.push(items::row(&item)?),
            Some(SETTINGS) => drop(settings::learn(store, &item)?),
            _ => return Err(StoreError::Broken("an item nobody asked for".to_owned())),
        }
    }
    Ok(snapshot)
}

pub(crate) async fn request(store: &DynamoStore, id: &RequestId) -> Result<Option<Request>, StoreError> {
    let (latest, archived) = (Key::latest(id.applicant), Key::archived(id));
    let found = requests(store, vec![latest, archived.clone()]).await?;
    let later = found.iter().any(|request| request.id.round > id.round);
    if let Some(request) = found.into_iter().find(|request| request.id == *id) {
        return Ok(Some(request));
    }
    // Items of one batch are read one after the other: this request may have been the latest one when its place among
    // the earlier ones was read, and not any more when the latest one was.
    let archived = if later {
        requests(store, vec![archived]).await?
    } else {
        Vec::new()
    };
    Ok(archived.into_iter().next())
}

pub(crate) async fn history(store: &DynamoStore, id: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
    let (pk, prefix) = items::history_of(id);
    all_beginning_with(store, &pk, &prefix)
        .await?
        .iter()
        .map(items::row)
        .collect()
}

/// Those of its rounds; the latest request is later, or the one they are before.
pub(crate) async fn earlier(store: &DynamoStore, id: &RequestId, limit: usize) -> Result<Vec<Request>, StoreError> {
    let limit = limit.min(MOST_LISTED);
    if limit == 0 || id.round <= 1 {
        return Ok(Vec::new());
    }
    let (pk, [first, last]) = items::earlier_than(id);
    let value = |text: String| AttributeValue::S(text);
    let page = store
        .client
        .query()
        .table_name(store.table.name())
        .consistent_read(true)
        .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
        .expression_attribute_names("#pk", PK)
        .expression_attribute_names("#sk", SK)
        .expression_attribute_values(":pk", value(pk))
        .expression_attribute_values(":first", value(first))
        .expression_attribute_values(":last", value(last))
        .scan_index_forward(false)
        .limit(i32::try_from(limit).unwrap_or(i32::MAX))
        .send()
        .await
        .map_err(error::of)?;
    page.items().iter().map(items::row).collect()
}

pub(crate) async fn counts(store: &DynamoStore) -> Result<Counts, StoreError> {
    let shards = settings::shards(store).await?.all().map(async |shard| {
        let (pk, prefix) = items::counter_shard(shard);
        all_beginning_with(store, &pk, &prefix).await
    });
    let mut counts = Counts::new();
    for item in try_join_all(shards).await?.concat() {
        let broken = || StoreError::Broken("a counter of the table counts no state, or is no number".to_owned());
        let (counter, count) = items::counted(&item).ok_or_else(broken)?;
        *counts.entry(counter).or_default() += count;
    }
    Ok(counts)
}

/// All items of a partition whose sort keys begin with a text, in order and as of the latest commits.
pub(crate) async fn all_beginning_with(store: &DynamoStore, pk: &str, prefix: &str) -> Result<Vec<Item>, StoreError> {
    let (mut found, mut start) = (Vec::new(), None);
    loop {
        let page = beginning_with(store, pk, prefix)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(error::of)?;
        found.extend(page.items.unwrap_or_default());
        match page.last_evaluated_key {
            Some(key) if !key.is_empty() => start = Some(key),
            _ => return Ok(found),
        }
    }
}

/// Asks for the items of a partition whose sort keys begin with a text, in order and as of the latest commits.
pub(crate) fn beginning_with(store: &DynamoStore, pk: &str, prefix: &str) -> QueryFluentBuilder {
    store
        .client
        .query()
        .table_name(store.table.name())
        .consistent_read(true)
        .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
        .expression_attribute_names("#pk", PK)
        .expression_attribute_names("#sk", SK)
        .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
        .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
}

/// The outbox entries at these places, as of the latest commits and in no order.
pub(crate) async fn effects(store: &DynamoStore, keys: Vec<Key>) -> Result<Vec<OutboxEntry>, StoreError> {
    items(store, keys).await?.iter().map(items::row).collect()
}

/// The requests at these places, as of the latest commits and in no order.
pub(crate) async fn requests(store: &DynamoStore, keys: Vec<Key>) -> Result<Vec<Request>, StoreError> {
    items(store, keys).await?.iter().map(items::row).collect()
}

/// The items at these places, in no order: one round trip, unless DynamoDB leaves some for later or there are more than
/// [`MAX_KEYS`] times [`AT_ONCE`].
pub(crate) async fn items(store: &DynamoStore, keys: Vec<Key>) -> Result<Vec<Item>, StoreError> {
    let keys: Vec<Item> = keys.into_iter().map(Key::into_item).collect();
    let batches = keys.chunks(MAX_KEYS).map(|batch| batch_items(store, batch.to_vec()));
    let batches: Vec<_> = stream::iter(batches.collect::<Vec<_>>())
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(batches.concat())
}

/// The items of one batch, asked for again as long as some were left.
async fn batch_items(store: &DynamoStore, mut wanted: Vec<Item>) -> Result<Vec<Item>, StoreError> {
    let mut found = Vec::with_capacity(wanted.len());
    let mut attempts = Attempts::new();
    while !wanted.is_empty() {
        let asked = wanted.len();
        let (items, unprocessed) = some_items(store, wanted).await?;
        found.extend(items);
        // Some progress, as with rows of many megabytes, is no reason to wait.
        if unprocessed.len() == asked && !attempts.another(MOST_REFUSED).await {
            return Err(StoreError::Busy("DynamoDB leaves keys unread".to_owned()));
        }
        wanted = unprocessed;
    }
    Ok(found)
}

/// One round trip: the items that are there, and the keys that were not looked at.
async fn some_items(store: &DynamoStore, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>), StoreError> {
    let table = store.table.name();
    let keys = KeysAndAttributes::builder()
        .set_keys(Some(keys))
        .consistent_read(true)
        .build()
        .map_err(|error| StoreError::Broken(error.to_string()))?;
    let asked = HashMap::from([(table.to_owned(), keys)]);
    let answer = store
        .client
        .batch_get_item()
        .set_request_items(Some(asked))
        .send()
        .await;
    let answer = answer.map_err(error::of)?;
    let found = answer.responses.and_then(|mut tables| tables.remove(table));
    let unprocessed = answer.unprocessed_keys.and_then(|mut tables| tables.remove(table));
    Ok((
        found.unwrap_or_default(),
        unprocessed.map(|keys| keys.keys).unwrap_or_default(),
    ))
}
