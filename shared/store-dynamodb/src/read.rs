use std::collections::HashMap;

use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, KeysAndAttributes},
};
use store::{HistoryEntry, Keys, OutboxEntry, Request, RequestId, Snapshot, StoreError};

use crate::{
    DynamoStore, error,
    items::{self, CALL, DENIAL, Item, Key, LATEST, PK, SK, text},
    retry::{Attempts, MOST_REFUSED},
};

/// The most keys that DynamoDB takes at once.
const MAX_KEYS: usize = 100;

pub(crate) async fn look_up(store: &DynamoStore, keys: &Keys) -> Result<Snapshot, StoreError> {
    let latest = keys.applicant.map(Key::latest);
    let call = keys.call.map(Key::call);
    let mut addresses = keys.addresses.clone();
    addresses.sort_unstable();
    addresses.dedup();
    let denials = addresses.into_iter().map(Key::denial);
    let wanted: Vec<_> = latest.into_iter().chain(call).chain(denials).collect();

    let mut snapshot = Snapshot::default();
    for item in items(store, wanted).await? {
        match text(&item, SK) {
            Some(LATEST) => snapshot.request = Some(items::row(&item)?),
            Some(CALL) => snapshot.call = Some(items::row(&item)?),
            Some(DENIAL) => snapshot.denials.push(items::row(&item)?),
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
    let mut entries = Vec::new();
    let mut start = None;
    loop {
        let page = beginning_with(store, &pk, &prefix)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(error::of)?;
        for item in page.items() {
            entries.push(items::row(item)?);
        }
        match page.last_evaluated_key {
            Some(key) if !key.is_empty() => start = Some(key),
            _ => return Ok(entries),
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

/// The items at these places. One round trip for up to [`MAX_KEYS`], unless DynamoDB leaves some for later.
pub(crate) async fn items(store: &DynamoStore, keys: Vec<Key>) -> Result<Vec<Item>, StoreError> {
    let mut wanted: Vec<Item> = keys.into_iter().map(Key::into_item).collect();
    let mut found = Vec::with_capacity(wanted.len());
    let mut attempts = Attempts::new();
    while !wanted.is_empty() {
        let batch = wanted.split_off(wanted.len().saturating_sub(MAX_KEYS));
        let asked = batch.len();
        let (items, mut unprocessed) = some_items(store, batch).await?;
        found.extend(items);
        if !unprocessed.is_empty() {
            // Some progress, as with rows of many megabytes, is no reason to wait.
            if unprocessed.len() == asked && !attempts.another(MOST_REFUSED).await {
                return Err(StoreError::Busy("DynamoDB leaves keys unread".to_owned()));
            }
            wanted.append(&mut unprocessed);
        }
    }
    Ok(found)
}

/// One batch: the items that are there, and the keys that were not looked at.
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
