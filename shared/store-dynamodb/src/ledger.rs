//! Histories in the order of time, checkpoints, and how far removing has come.

use store::{
    Checkpoint, JournalPage, JournalPlace, MOST_CHECKPOINTS, MOST_ON_ROLL, MOST_SEALED, Numbered, Order, Position,
    Pruning, RollPage, StateName, StoreError, Timestamp,
};

use crate::{
    DynamoStore, error,
    index::{self, Entry, Range},
    items::{self, Index, Item, Key},
    read, settings,
};

const MISPLACED: &str = "the last checkpoint is not in the place of its number";

pub(crate) async fn journal(
    store: &DynamoStore,
    after: Option<&JournalPlace>,
    until: Timestamp,
    limit: usize,
) -> Result<JournalPage, StoreError> {
    // What stands at a place is followed by its proof, whose hex digits are before `~`.
    let low = after.map(|place| format!("{}{}", items::journal_place(place), index::LAST));
    // A time alone is before all places that begin with it.
    let high = items::sortable(until);
    let entries = entries(store, items::journal, low, high, limit.min(MOST_SEALED)).await?;
    let leaf = |entry: &Entry| items::journalled(&entry.place).ok_or_else(no_place);
    let leaves = entries.found.iter().map(leaf).collect::<Result<Vec<_>, _>>()?;
    let next = leaves.last().filter(|_| entries.more).map(|leaf| leaf.place);
    Ok(JournalPage { leaves, next })
}

pub(crate) async fn roll(
    store: &DynamoStore,
    state: StateName,
    after: Option<&Position>,
    limit: usize,
) -> Result<RollPage, StoreError> {
    let low = after.map(|place| index::after(&items::queued(place)));
    let partition = |shard| items::queue(state, shard);
    let entries = entries(store, partition, low, index::LAST.to_owned(), limit.min(MOST_ON_ROLL)).await?;
    let place = |entry: &Entry| items::position(&entry.place).ok_or_else(no_place);
    let places = entries.found.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    let next = places.last().filter(|_| entries.more).cloned();
    Ok(RollPage { places, next })
}

pub(crate) async fn checkpoints(store: &DynamoStore, after: u64, limit: usize) -> Result<Vec<Numbered>, StoreError> {
    let limit = limit.min(MOST_CHECKPOINTS);
    let (pk, prefix) = items::checkpoints();
    let (mut found, mut start) = (Vec::<Numbered>::new(), Some(Key::checkpoint(after).into_item()));
    let mut numbers = 0;
    // A page of DynamoDB's ends at 1 MB, whatever its limit.
    while start.is_some() && numbers < limit {
        let page = read::beginning_with(store, &pk, &prefix)
            .limit(i32::try_from(limit - numbers).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(error::of)?;
        found.extend(page.items().iter().map(numbered));
        numbers = found.iter().filter(|one| one.number.is_some()).count();
        start = page.last_evaluated_key.filter(|key| !key.is_empty());
    }
    Ok(found)
}

pub(crate) async fn latest(store: &DynamoStore) -> Result<Option<Checkpoint>, StoreError> {
    let (pk, prefix) = items::checkpoints();
    let newest = read::beginning_with(store, &pk, &prefix)
        .scan_index_forward(false)
        .limit(1);
    let page = newest.send().await.map_err(error::of)?;
    let Some(item) = page.items().first() else {
        return Ok(None);
    };
    let latest: Checkpoint = items::row(item)?;
    if items::checkpoint_number(item) != Some(latest.number) {
        return Err(StoreError::Broken(MISPLACED.to_owned()));
    }
    Ok(Some(latest))
}

pub(crate) async fn pruning(store: &DynamoStore) -> Result<Option<Pruning>, StoreError> {
    let found = read::items(store, vec![Key::pruning()]).await?;
    found.first().map(items::row).transpose()
}

fn numbered(item: &Item) -> Numbered {
    Numbered {
        number: items::checkpoint_number(item),
        checkpoint: items::row(item).map_err(|error| error.to_string()),
    }
}

/// What an index lists between two places, and whether there is more.
struct Entries {
    found: Vec<Entry>,
    more: bool,
}

async fn entries(
    store: &DynamoStore,
    partition: impl Fn(u8) -> String,
    low: Option<String>,
    high: String,
    limit: usize,
) -> Result<Entries, StoreError> {
    let range = Range {
        index: Index::QUEUE,
        partitions: settings::shards(store).await?.all().map(partition).collect(),
        low: low.unwrap_or_else(|| index::FIRST.to_owned()),
        high,
        order: Order::OldestFirst,
    };
    // One more than wanted tells whether there are more.
    let mut found = range.entries(store, limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    Ok(Entries { found, more })
}

fn no_place() -> StoreError {
    StoreError::Broken("the index holds no place of a list".to_owned())
}
