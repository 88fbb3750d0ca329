//! What is to be delivered.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use store::{
    DuePage, DuePlace, EntryId, Lane, OutboxEntry, ParkedPage, ParkedPlace, Receiver, StoreError, Timestamp, Unreadable,
};

use crate::{
    DynamoStore, error,
    items::{self, EFFECT_SHARDS, Item, Key, QUEUE, QUEUE_INDEX, QUEUED},
    read,
};

pub(crate) async fn due(
    store: &DynamoStore,
    receiver: Receiver,
    now: Timestamp,
    after: Option<&DuePlace>,
    limit: usize,
) -> Result<DuePage, StoreError> {
    let after = after.map_or_else(|| " ".to_owned(), items::due_queued);
    // Ids begin with hex digits: every one is before `g`.
    let until = format!("{}#g", items::sortable(now));
    let places = listed(store, |shard| items::due(receiver, shard), &after, &until, limit).await?;
    let last = places.last().filter(|_| places.len() >= limit);
    let next = last.map(due_place).transpose()?;
    let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
    let keys = places.into_iter().map(|(_, key)| key).collect();
    for item in read::items(store, keys).await? {
        match items::row::<OutboxEntry>(&item) {
            // The index lags behind: what it lists may have been delivered, leased or parked by now.
            Ok(entry) if entry.due().is_none_or(|due| due > now) => {}
            Ok(entry) => entries.push(entry),
            Err(error) => unreadable.extend(unread(&item, &error)),
        }
    }
    entries.sort_unstable_by_key(|entry| (entry.due(), entry.id));
    Ok(DuePage {
        entries,
        unreadable,
        next,
    })
}

pub(crate) async fn parked(
    store: &DynamoStore,
    after: Option<&ParkedPlace>,
    limit: usize,
) -> Result<ParkedPage, StoreError> {
    let after = after.map_or_else(|| " ".to_owned(), items::parked_queued);
    // One more than wanted tells whether there are more.
    let mut places = listed(store, items::parked, &after, "g", limit.saturating_add(1)).await?;
    let more = places.len() > limit;
    places.truncate(limit);
    let next = places.last().filter(|_| more).map(parked_place).transpose()?;
    let keys = places.into_iter().map(|(_, key)| key).collect();
    let mut entries = read::effects(store, keys).await?;
    // The index lags behind: what it lists may be tried again by now, or gone.
    entries.retain(|entry| entry.parked_at().is_some());
    entries.sort_unstable_by_key(|entry| (entry.parked_at(), entry.id));
    Ok(ParkedPage { entries, next })
}

pub(crate) async fn entry(store: &DynamoStore, id: &EntryId) -> Result<Option<OutboxEntry>, StoreError> {
    Ok(read::effects(store, vec![Key::effect(id)]).await?.pop())
}

/// Parked entries stay in their lane; nearly always there are none, and the first page holds the first entry.
pub(crate) async fn first_in(store: &DynamoStore, lane: &Lane) -> Result<Option<OutboxEntry>, StoreError> {
    let (pk, prefix) = items::lane(lane);
    let mut start = None;
    loop {
        let page = read::beginning_with(store, &pk, &prefix)
            .limit(8)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(error::of)?;
        for item in page.items() {
            match items::row::<OutboxEntry>(item) {
                Ok(entry) if entry.parked_at().is_none() => return Ok(Some(entry)),
                Ok(_) | Err(_) => {}
            }
        }
        match page.last_evaluated_key {
            Some(key) if !key.is_empty() => start = Some(key),
            _ => return Ok(None),
        }
    }
}

fn parked_place((queued, _): &(String, Key)) -> Result<ParkedPlace, StoreError> {
    let (parked_at, id) = place(queued)?;
    Ok(ParkedPlace { parked_at, id })
}

fn due_place((queued, _): &(String, Key)) -> Result<DuePlace, StoreError> {
    let (due, id) = place(queued)?;
    Ok(DuePlace { due, id })
}

fn place(queued: &str) -> Result<(Timestamp, EntryId), StoreError> {
    items::effect_placed(queued).ok_or_else(|| StoreError::Broken("the index holds no place of an effect".to_owned()))
}

/// Nothing if its place in the index cannot be read either: then the index does not list it.
fn unread(item: &Item, error: &StoreError) -> Option<Unreadable> {
    let (_, id) = items::effect_placed(items::text(item, QUEUED)?)?;
    Some(Unreadable {
        id,
        why: error.to_string(),
    })
}

/// What the index lists between two places, the first of every shard, at most so many together.
async fn listed(
    store: &DynamoStore,
    partition: impl Fn(u8) -> String,
    after: &str,
    until: &str,
    limit: usize,
) -> Result<Vec<(String, Key)>, StoreError> {
    let shards = (0..EFFECT_SHARDS).map(|shard| places(store, partition(shard), after, until, limit));
    let mut places = try_join_all(shards).await?.concat();
    places.sort_unstable();
    places.truncate(limit);
    Ok(places)
}

/// Places in the index, each with the key of its item.
async fn places(
    store: &DynamoStore,
    partition: String,
    after: &str,
    until: &str,
    limit: usize,
) -> Result<Vec<(String, Key)>, StoreError> {
    let page = store
        .client
        .query()
        .table_name(store.table.name())
        .index_name(QUEUE_INDEX)
        .key_condition_expression("#queue = :queue AND #queued BETWEEN :after AND :until")
        .expression_attribute_names("#queue", QUEUE)
        .expression_attribute_names("#queued", QUEUED)
        .expression_attribute_values(":queue", AttributeValue::S(partition))
        // The least text after the given one: `BETWEEN` counts its ends.
        .expression_attribute_values(":after", AttributeValue::S(format!("{after}!")))
        .expression_attribute_values(":until", AttributeValue::S(until.to_owned()))
        .limit(i32::try_from(limit).unwrap_or(i32::MAX))
        .send()
        .await
        .map_err(error::of)?;
    let place = |item| Some((items::text(item, QUEUED)?.to_owned(), Key::of(item)?));
    Ok(page.items().iter().filter_map(place).collect())
}
