//! What is known of the copies of fetched lists.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use store::{Committed::Applied, ListCopies, ListName, StoreError};

use crate::{
    DynamoStore,
    commit::{conditional_put, equals, transact},
    items::{self, CLOSED, Key, VERSION, number},
    read,
};

pub(crate) async fn copies(store: &DynamoStore, list: &ListName) -> Result<ListCopies, StoreError> {
    let found = read::items(store, vec![Key::list_copies(list)]).await?;
    found.first().map_or(Ok(ListCopies::default()), items::row)
}

pub(crate) async fn set(store: &DynamoStore, list: &ListName, copies: &ListCopies) -> Result<bool, StoreError> {
    let item = items::list_copies(list, copies)?;
    let write = conditional_put(store, item, equals(VERSION, copies.replaces()?))?;
    Ok(transact(store, &[write]).await? == Applied)
}

/// A condition: the copy of the list with this version can still be put in use.
pub(crate) fn open(store: &DynamoStore, list: &ListName, version: u64) -> Result<TransactWriteItem, StoreError> {
    let check = ConditionCheck::builder()
        .table_name(store.table.name())
        .set_key(Some(Key::list_copies(list).into_item()))
        .condition_expression("attribute_not_exists(#closed) OR #closed < :version")
        .expression_attribute_names("#closed", CLOSED)
        .expression_attribute_values(":version", number(version))
        .build()
        .map_err(|error| StoreError::Broken(error.to_string()))?;
    Ok(TransactWriteItem::builder().condition_check(check).build())
}
