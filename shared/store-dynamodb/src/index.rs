//! Reading indexes: the shards of a list as one list.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt, TryStreamExt, stream};
use store::{Order, StoreError};

use crate::{
    DynamoStore, error,
    items::{Index, Key, text},
};

/// How many shards are asked at once: all of a list, and of a reviewer's with a few groups.
const AT_ONCE: usize = 64;

/// What an index says of a row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// Its place in the list.
    pub(crate) place: String,
    /// Where the row is.
    pub(crate) key: Key,
}

/// A part of a list.
pub(crate) struct Range {
    pub(crate) index: Index,
    /// The shards, of one list or of several that are merged.
    pub(crate) partitions: Vec<String>,
    /// The first place.
    pub(crate) low: String,
    /// The last place.
    pub(crate) high: String,
    pub(crate) order: Order,
}

impl Range {
    /// The first so many entries, from all shards.
    pub(crate) async fn entries(&self, store: &DynamoStore, count: usize) -> Result<Vec<Entry>, StoreError> {
        // DynamoDB refuses bounds the wrong way round.
        if count == 0 || self.low > self.high {
            return Ok(Vec::new());
        }
        let partitions = self
            .partitions
            .iter()
            .map(|partition| self.part(store, partition, count));
        let parts: Vec<_> = stream::iter(partitions.collect::<Vec<_>>())
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let mut entries = parts.concat();
        entries.sort_unstable();
        if self.order == Order::NewestFirst {
            entries.reverse();
        }
        entries.truncate(count);
        Ok(entries)
    }

    async fn part(&self, store: &DynamoStore, partition: &str, count: usize) -> Result<Vec<Entry>, StoreError> {
        let value = |text: &str| AttributeValue::S(text.to_owned());
        let page = store
            .client
            .query()
            .table_name(store.table.name())
            .index_name(self.index.name)
            .key_condition_expression("#partition = :partition AND #place BETWEEN :low AND :high")
            .expression_attribute_names("#partition", self.index.partition)
            .expression_attribute_names("#place", self.index.sort)
            .expression_attribute_values(":partition", value(partition))
            .expression_attribute_values(":low", value(&self.low))
            .expression_attribute_values(":high", value(&self.high))
            .scan_index_forward(self.order == Order::OldestFirst)
            .limit(i32::try_from(count).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(error::of)?;
        let entry = |item| {
            Some(Entry {
                place: text(item, self.index.sort)?.to_owned(),
                key: Key::of(item)?,
            })
        };
        Ok(page.items().iter().filter_map(entry).collect())
    }
}

/// The rows at these places, each once: an index that lags can have two places of one, and DynamoDB refuses a batch that
/// names a row twice.
pub(crate) fn keys(entries: &[Entry]) -> Vec<Key> {
    let mut keys: Vec<_> = entries.iter().map(|entry| entry.key.clone()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The least text after a place: ranges count their ends.
pub(crate) fn after(place: &str) -> String {
    format!("{place}!")
}

/// Before all places.
pub(crate) const FIRST: &str = " ";

/// After all places.
pub(crate) const LAST: &str = "~";
