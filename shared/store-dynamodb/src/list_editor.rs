//! Changing lists, and reading them whole.

use std::{collections::HashMap, future::Future};

use aws_sdk_dynamodb::types::{AttributeValue, Delete, DeleteRequest, PutRequest, TransactWriteItem, WriteRequest};
use claims::Hash;
use futures_util::{StreamExt, TryStreamExt, stream};
use store::{
    Committed::{Applied, Conflict},
    ListCopy, ListEntry, ListName, ListPlace, StoreError,
};

use crate::{
    DynamoStore,
    commit::{Condition, conditional_put, equals, transact},
    copies, error,
    items::{self, Item, Key, LIST_SHARDS, PK, SK, VERSION},
    lists, read,
    retry::{Attempts, MOST_REFUSED_EDITS},
};

/// How many requests of an edit are under way at once.
const AT_ONCE: usize = 8;

/// The most writes of a batch that DynamoDB takes.
pub(crate) const MAX_BATCH: usize = 25;

pub(crate) async fn add(store: &DynamoStore, place: &ListPlace, entries: &[ListEntry]) -> Result<usize, StoreError> {
    let keyed = ListEntry::by_key(entries)?;
    let items = keyed.iter().map(|(key, entry)| items::list_entry(place, key, entry));
    let items: Vec<Item> = items.collect::<Result<_, _>>()?;
    match place.version {
        None => {
            in_parts(items, read::MAX_KEYS, |part| {
                patiently(move || add_new(store, part.clone()))
            })
            .await
        }
        Some(_) => {
            let puts = items.into_iter().map(put).collect::<Result<_, _>>()?;
            in_parts(puts, MAX_BATCH, |part| write(store, part)).await
        }
    }
}

pub(crate) async fn remove(store: &DynamoStore, list: &ListName, entries: &[Hash]) -> Result<usize, StoreError> {
    let mut keys: Vec<_> = entries.iter().map(|entry| Key::list_entry(list, None, entry)).collect();
    keys.sort_unstable();
    keys.dedup();
    in_parts(keys, read::MAX_KEYS, |part| {
        patiently(move || remove_found(store, part.clone()))
    })
    .await
}

pub(crate) async fn page(
    store: &DynamoStore,
    place: &ListPlace,
    after: Option<&Hash>,
    limit: usize,
) -> Result<Vec<ListEntry>, StoreError> {
    some_items(store, place, after, limit)
        .await?
        .iter()
        .map(items::row)
        .collect()
}

pub(crate) async fn copy(store: &DynamoStore, list: &ListName) -> Result<Option<ListCopy>, StoreError> {
    let found = read::items(store, vec![Key::list_copy(list)]).await?;
    found.first().map(items::row).transpose()
}

pub(crate) async fn publish(
    store: &DynamoStore,
    list: &ListName,
    copy: &ListCopy,
    replaces: Option<u64>,
) -> Result<bool, StoreError> {
    copy.check(replaces)?;
    let item = items::list_copy(list, copy)?;
    let mut writes = vec![conditional_put(store, item, equals(VERSION, replaces))?];
    if copy.is_new(replaces) {
        writes.push(copies::open(store, list, copy.version)?);
    }
    Ok(transact(store, &writes).await? == Applied)
}

pub(crate) async fn clear(
    store: &DynamoStore,
    list: &ListName,
    version: u64,
    limit: usize,
) -> Result<usize, StoreError> {
    if copy(store, list).await?.is_some_and(|copy| copy.version == version) {
        return Err(StoreError::Broken(
            "the copy of a list that is in use cannot be cleared".to_owned(),
        ));
    }
    let place = ListPlace {
        list: list.clone(),
        version: Some(version),
    };
    let items = some_items(store, &place, None, limit).await?;
    let deletes = items.iter().filter_map(Key::of).map(delete).collect::<Result<_, _>>()?;
    in_parts(deletes, MAX_BATCH, |part| write(store, part)).await
}

/// Adds those that are not there, all or none; how many. Asking first makes a second run over a list cheap, and only
/// writes can say which ones are new: the conditions decide.
async fn add_new(store: &DynamoStore, part: Vec<Item>) -> Result<usize, StoreError> {
    let there = lists::found(store, part.iter().filter_map(Key::of)).await?;
    let missing = part
        .into_iter()
        .filter(|item| Key::of(item).is_some_and(|key| !there.contains_key(&key)));
    let puts = missing.map(|item| conditional_put(store, item, Condition::Absent));
    all_or_none(store, puts.collect::<Result<_, _>>()?).await
}

/// Removes those that are there, all or none; how many.
pub(crate) async fn remove_found(store: &DynamoStore, part: Vec<Key>) -> Result<usize, StoreError> {
    let there = lists::found(store, part).await?;
    let deletes = there.into_keys().map(|key| conditional_delete(store, key));
    all_or_none(store, deletes.collect::<Result<_, _>>()?).await
}

async fn all_or_none(store: &DynamoStore, writes: Vec<TransactWriteItem>) -> Result<usize, StoreError> {
    if writes.is_empty() {
        return Ok(0);
    }
    match transact(store, &writes).await? {
        Applied => Ok(writes.len()),
        Conflict => Err(StoreError::Busy("others change the same entries".to_owned())),
    }
}

/// Works on rows part by part, several at once, and adds up what each came to.
pub(crate) async fn in_parts<T, F>(rows: Vec<T>, size: usize, work: impl Fn(Vec<T>) -> F) -> Result<usize, StoreError>
where
    F: Future<Output = Result<usize, StoreError>>,
{
    stream::iter(spread(rows, size))
        .map(work)
        .buffer_unordered(AT_ONCE)
        .try_fold(0, |sum, count| std::future::ready(Ok(sum + count)))
        .await
}

/// Parts of at most so many. Rows in the order of their hashes are dealt like cards, so that the parts under way have
/// rows of every shard.
fn spread<T>(rows: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let count = rows.len().div_ceil(size);
    let mut parts: Vec<Vec<T>> = (0..count).map(|_| Vec::with_capacity(size)).collect();
    for (place, row) in rows.into_iter().enumerate() {
        parts[place % count].push(row);
    }
    parts
}

/// Tries until the store is not busy, for about half a minute.
pub(crate) async fn patiently<F>(attempt: impl Fn() -> F) -> Result<usize, StoreError>
where
    F: Future<Output = Result<usize, StoreError>>,
{
    let mut attempts = Attempts::new();
    loop {
        match attempt().await {
            Err(StoreError::Busy(_)) if attempts.another(MOST_REFUSED_EDITS).await => {}
            done => return done,
        }
    }
}

/// Writes a batch, whatever is there; how many. What DynamoDB leaves out is sent again.
pub(crate) async fn write(store: &DynamoStore, batch: Vec<WriteRequest>) -> Result<usize, StoreError> {
    let count = batch.len();
    let mut left = batch;
    let mut attempts = Attempts::new();
    while !left.is_empty() {
        let asked = left.len();
        let refused = match some_written(store, left.clone()).await {
            Ok(rest) => {
                left = rest;
                StoreError::Busy("DynamoDB leaves entries unwritten".to_owned())
            }
            Err(busy @ StoreError::Busy(_)) => busy,
            Err(error) => return Err(error),
        };
        if left.len() < asked {
            attempts = Attempts::new();
        } else if !attempts.another(MOST_REFUSED_EDITS).await {
            return Err(refused);
        }
    }
    Ok(count)
}

/// One batch: what was not written.
async fn some_written(store: &DynamoStore, batch: Vec<WriteRequest>) -> Result<Vec<WriteRequest>, StoreError> {
    let table = store.table.name();
    let asked = HashMap::from([(table.to_owned(), batch)]);
    let request = store.client.batch_write_item().set_request_items(Some(asked));
    let answer = request.send().await.map_err(error::of)?;
    let unprocessed = answer.unprocessed_items.and_then(|mut tables| tables.remove(table));
    Ok(unprocessed.unwrap_or_default())
}

/// At most so many items of a list, in the order of their hashes.
async fn some_items(
    store: &DynamoStore,
    place: &ListPlace,
    after: Option<&Hash>,
    limit: usize,
) -> Result<Vec<Item>, StoreError> {
    let mut found = Vec::new();
    let mut after = after;
    let first = after.map_or(0, |hash| hash.as_bytes()[0] >> 4);
    for shard in first..LIST_SHARDS {
        let (pk, prefix) = items::list_shard(&place.list, place.version, shard);
        let mut behind = after
            .take()
            .map_or_else(|| prefix.clone(), |hash| format!("{prefix}{hash}"));
        // A query reads a megabyte at most.
        while found.len() < limit {
            let wanted = limit - found.len();
            let (items, more) = store.in_time(items_behind(store, &pk, &behind, wanted)).await?;
            let last = items.last().and_then(|item| items::text(item, SK)).map(str::to_owned);
            found.extend(items);
            match last {
                Some(last) if more => behind = last,
                _ => break,
            }
        }
    }
    Ok(found)
}

/// Items of a partition behind a sort key, and whether there may be more.
async fn items_behind(
    store: &DynamoStore,
    pk: &str,
    behind: &str,
    limit: usize,
) -> Result<(Vec<Item>, bool), StoreError> {
    let page = store
        .client
        .query()
        .table_name(store.table.name())
        .consistent_read(true)
        .key_condition_expression("#pk = :pk AND #sk > :behind")
        .expression_attribute_names("#pk", PK)
        .expression_attribute_names("#sk", SK)
        .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
        .expression_attribute_values(":behind", AttributeValue::S(behind.to_owned()))
        .limit(i32::try_from(limit).unwrap_or(i32::MAX))
        .send()
        .await
        .map_err(error::of)?;
    let more = page.last_evaluated_key.is_some_and(|key| !key.is_empty());
    Ok((page.items.unwrap_or_default(), more))
}

pub(crate) fn put(item: Item) -> Result<WriteRequest, StoreError> {
    let put = PutRequest::builder().set_item(Some(item)).build().map_err(unmade)?;
    Ok(WriteRequest::builder().put_request(put).build())
}

fn delete(key: Key) -> Result<WriteRequest, StoreError> {
    let delete = DeleteRequest::builder()
        .set_key(Some(key.into_item()))
        .build()
        .map_err(unmade)?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}

/// Deletes what must be there.
fn conditional_delete(store: &DynamoStore, key: Key) -> Result<TransactWriteItem, StoreError> {
    let delete = Delete::builder()
        .table_name(store.table.name())
        .set_key(Some(key.into_item()))
        .condition_expression("attribute_exists(#a)")
        .expression_attribute_names("#a", PK)
        .build()
        .map_err(unmade)?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

fn unmade(error: aws_smithy_types::error::operation::BuildError) -> StoreError {
    StoreError::Broken(error.to_string())
}
