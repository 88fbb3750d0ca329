//! What rules count, and what they keep: how often something happened in a window, results of checks, items.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use claims::Hash;
use store::{KeptResult, ListName, StoreError, Tally};

use crate::{
    DynamoStore,
    commit::{conditional_put, equals},
    items::{self, COUNT, DOCUMENT, EXPIRES, Item, Key, TALLY_SHARDS, VERSION, number},
    list_editor::{MAX_BATCH, in_parts, patiently, put, remove_found, write},
    lists, read,
};

/// Counts once more, in one of the rows that the count is spread over.
pub(crate) fn count(store: &DynamoStore, tally: &Tally) -> Result<TransactWriteItem, StoreError> {
    let key = Key::tally(tally, fastrand::u8(..TALLY_SHARDS));
    let update = Update::builder()
        .table_name(store.table.name())
        .set_key(Some(key.into_item()))
        .update_expression("ADD #count :one SET #expires = :ends")
        .expression_attribute_names("#count", COUNT)
        .expression_attribute_names("#expires", EXPIRES)
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":ends", number(tally.ends.as_secs()))
        .build()
        .map_err(|error| StoreError::Broken(error.to_string()))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// One round trip for up to twelve.
pub(crate) async fn tallied(store: &DynamoStore, tallies: &[Tally]) -> Result<Vec<u64>, StoreError> {
    let shards = |tally| (0..TALLY_SHARDS).map(move |shard| Key::tally(tally, shard));
    let found = lists::found(store, tallies.iter().flat_map(shards)).await?;
    let counts: BTreeMap<_, _> = found
        .iter()
        .map(|(key, item)| Ok((key.clone(), counted(item)?)))
        .collect::<Result<_, StoreError>>()?;
    let sum = |tally| shards(tally).filter_map(|key| counts.get(&key).copied()).sum();
    Ok(tallies.iter().map(sum).collect())
}

pub(crate) fn keep(
    store: &DynamoStore,
    result: &KeptResult,
    replaces: Option<u64>,
) -> Result<TransactWriteItem, StoreError> {
    let mut item = items::item(Key::kept(&result.key), result)?;
    item.insert(VERSION.to_owned(), number(result.revision));
    item.insert(EXPIRES.to_owned(), number(result.until.as_secs()));
    conditional_put(store, item, equals(VERSION, replaces))
}

pub(crate) async fn kept(store: &DynamoStore, key: &Hash) -> Result<Option<KeptResult>, StoreError> {
    let found = read::items(store, vec![Key::kept(key)]).await?;
    found.first().map(items::row).transpose()
}

pub(crate) async fn item(store: &DynamoStore, table: &ListName, key: &Hash) -> Result<Option<String>, StoreError> {
    let mut found = read::items(store, vec![Key::item(table, key)]).await?;
    let Some(mut item) = found.pop() else { return Ok(None) };
    match item.remove(DOCUMENT) {
        Some(AttributeValue::S(json)) => Ok(Some(json)),
        _ => Err(StoreError::Broken(
            "an item of a look-up has no text `document`".to_owned(),
        )),
    }
}

/// Of two with one key the last counts; a batch may not hold both.
pub(crate) async fn put_items(store: &DynamoStore, table: &ListName, rows: &[store::Item]) -> Result<(), StoreError> {
    let last: BTreeMap<Hash, &store::Item> = rows.iter().map(|row| (row.key, row)).collect();
    let puts = last.into_values().map(|row| put(item_of(table, row)));
    let puts = puts.collect::<Result<_, _>>()?;
    in_parts(puts, MAX_BATCH, |part| write(store, part)).await.map(drop)
}

pub(crate) async fn remove_item(store: &DynamoStore, table: &ListName, key: &Hash) -> Result<bool, StoreError> {
    let remove = || remove_found(store, vec![Key::item(table, key)]);
    Ok(patiently(remove).await? > 0)
}

fn counted(item: &Item) -> Result<u64, StoreError> {
    let count = item.get(COUNT).and_then(|count| count.as_n().ok()?.parse().ok());
    count.ok_or_else(|| StoreError::Broken("a count in a window has no number `count`".to_owned()))
}

fn item_of(table: &ListName, row: &store::Item) -> Item {
    let mut item = Key::item(table, &row.key).into_item();
    item.insert(DOCUMENT.to_owned(), AttributeValue::S(row.json().to_owned()));
    item
}
