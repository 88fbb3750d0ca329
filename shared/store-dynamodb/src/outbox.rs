//! What is to be delivered.

use claims::Hash;
use futures_util::future::try_join_all;
use store::{
    DuePage, DuePlace, EntryId, Lane, Order, OutboxEntry, ParkedPage, ParkedPlace, Receiver, StoreError, Timestamp,
    Unreadable,
};

use crate::{
    DynamoStore, error,
    index::{self, Entry, Range},
    items::{self, Index, Item, Key, QUEUED},
    read, settings,
};

pub(crate) async fn due(
    store: &DynamoStore,
    receiver: Receiver,
    now: Timestamp,
    after: Option<&DuePlace>,
    limit: usize,
) -> Result<DuePage, StoreError> {
    let after = after.map(items::due_queued);
    // Ids begin with hex digits: every one is before `g`.
    let until = format!("{}#g", items::sortable(now));
    let places = listed(store, |shard| items::due(receiver, shard), after, &until, limit).await?;
    let last = places.last().filter(|_| places.len() >= limit);
    let next = last.map(due_place).transpose()?;
    let (mut entries, unreadable) = entries(store, &places).await?;
    // The index lags behind: what it lists may have been delivered, leased or parked by now.
    entries.retain(|entry| entry.due().is_some_and(|due| due <= now));
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
    let after = after.map(items::parked_queued);
    // One more than wanted tells whether there are more.
    let mut places = listed(store, items::parked, after, index::LAST, limit.saturating_add(1)).await?;
    let more = places.len() > limit;
    places.truncate(limit);
    let next = places.last().filter(|_| more).map(parked_place).transpose()?;
    let (mut entries, unreadable) = entries(store, &places).await?;
    // The index lags behind: what it lists may be tried again by now, or gone.
    entries.retain(|entry| entry.parked_at().is_some());
    entries.sort_unstable_by_key(|entry| (entry.parked_at(), entry.id));
    Ok(ParkedPage {
        entries,
        unreadable,
        next,
    })
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

pub(crate) async fn has_undelivered(store: &DynamoStore, applicant: Hash) -> Result<bool, StoreError> {
    let lanes = Receiver::ALL.map(async |receiver| {
        let (pk, prefix) = items::lane(&Lane { applicant, receiver });
        let page = read::beginning_with(store, &pk, &prefix).limit(1).send().await;
        page.map(|page| !page.items().is_empty()).map_err(error::of)
    });
    Ok(try_join_all(lanes).await?.contains(&true))
}

fn parked_place(entry: &Entry) -> Result<ParkedPlace, StoreError> {
    let (parked_at, id) = place(&entry.place)?;
    Ok(ParkedPlace { parked_at, id })
}

fn due_place(entry: &Entry) -> Result<DuePlace, StoreError> {
    let (due, id) = place(&entry.place)?;
    Ok(DuePlace { due, id })
}

fn place(queued: &str) -> Result<(Timestamp, EntryId), StoreError> {
    items::effect_placed(queued).ok_or_else(|| StoreError::Broken("the index holds no place of an effect".to_owned()))
}

/// The entries at these places, as of the latest commits and in no order, and those that cannot be read.
async fn entries(store: &DynamoStore, places: &[Entry]) -> Result<(Vec<OutboxEntry>, Vec<Unreadable>), StoreError> {
    let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
    for item in read::items(store, index::keys(places)).await? {
        match items::row(&item) {
            Ok(entry) => entries.push(entry),
            Err(error) => unreadable.extend(unread(&item, &error)),
        }
    }
    Ok((entries, unreadable))
}

/// Nothing if its place in the index cannot be read either: then the index does not list it.
fn unread(item: &Item, error: &StoreError) -> Option<Unreadable> {
    let (_, id) = items::effect_placed(items::text(item, QUEUED)?)?;
    Some(Unreadable {
        id,
        why: error.to_string(),
    })
}

/// What the index lists between two places, at most so many.
async fn listed(
    store: &DynamoStore,
    partition: impl Fn(u8) -> String,
    after: Option<String>,
    until: &str,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let range = Range {
        index: Index::QUEUE,
        partitions: settings::shards(store).await?.all().map(partition).collect(),
        low: after.map_or_else(|| index::FIRST.to_owned(), |place| index::after(&place)),
        high: until.to_owned(),
        order: Order::OldestFirst,
    };
    range.entries(store, limit).await
}
