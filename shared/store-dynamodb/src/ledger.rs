//! Histories in the order of time, checkpoints, and how far removing has come.

use store::{
    Checkpoint, Filed, JournalPage, JournalPlace, MOST_CHECKPOINTS, MOST_ON_ROLL, MOST_SEALED, Numbered, Order,
    Position, Pruning, Request, RequestId, RollPage, StateName, StoreError, Timestamp,
};

use crate::{
    DynamoStore, error,
    index::{self, Range},
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
    let limit = limit.min(MOST_SEALED);
    let Found { found, bad, more } = entries(store, items::journal, low, high, limit, items::journalled).await?;
    let next = found.last().filter(|_| more).map(|leaf| leaf.place);
    Ok(JournalPage {
        leaves: found,
        bad,
        next,
    })
}

pub(crate) async fn roll(
    store: &DynamoStore,
    state: StateName,
    after: Option<&Position>,
    limit: usize,
) -> Result<RollPage, StoreError> {
    let low = after.map(|place| index::after(&items::queued(place)));
    let partition = |shard| items::queue(state, shard);
    let (high, limit) = (index::LAST.to_owned(), limit.min(MOST_ON_ROLL));
    // What is spelled in another way than ours is no place to go on from.
    let place = |text: &str| items::position(text).filter(|place| items::queued(place) == text);
    let Found { found, bad, more } = entries(store, partition, low, high, limit, place).await?;
    let next = found.last().filter(|_| more).cloned();
    Ok(RollPage {
        places: found,
        bad,
        next,
    })
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

pub(crate) async fn filed(store: &DynamoStore, id: &RequestId) -> Result<Filed, StoreError> {
    let shards = settings::shards(store).await?;
    let (mut latest, mut as_written) = (None, true);
    for found in read::items(store, vec![Key::latest(id.applicant), Key::archived(id)]).await? {
        let is_latest = items::text(&found, items::SK) == Some(items::LATEST);
        let request = items::row::<Request>(&found);
        if let Some(request) = request.as_ref().ok().filter(|request| request.id == *id) {
            let write = if is_latest { items::latest } else { items::archived };
            as_written &= but_for_document(found) == but_for_document(write(request, shards)?);
        }
        if is_latest {
            latest = Some(request.map(|request| request.id.round));
        }
    }
    Ok(Filed::new(id, latest, as_written))
}

fn but_for_document(mut item: Item) -> Item {
    item.remove(items::DOCUMENT);
    item
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

/// What an index lists between two places.
struct Found<T> {
    found: Vec<T>,
    bad: Vec<String>,
    more: bool,
}

/// So many entries. What cannot be read is named, and a page has no fewer than one that can if there is one.
async fn entries<T>(
    store: &DynamoStore,
    partition: impl Fn(u8) -> String,
    low: Option<String>,
    high: String,
    limit: usize,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Found<T>, StoreError> {
    let mut range = Range {
        index: Index::QUEUE,
        partitions: settings::shards(store).await?.all().map(partition).collect(),
        low: low.unwrap_or_else(|| index::FIRST.to_owned()),
        high,
        order: Order::OldestFirst,
    };
    let mut bad = Vec::new();
    loop {
        // One more than wanted tells whether there are more.
        let mut entries = range.entries(store, limit + 1).await?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        let (mut found, mut named) = (Vec::new(), bad.len());
        for entry in &entries {
            match read(&entry.place) {
                Some(one) => {
                    found.push(one);
                    named = bad.len();
                }
                None => bad.push(entry.key.to_string()),
            }
        }
        match entries.last() {
            Some(last) if more && found.is_empty() => range.low = index::after(&last.place),
            _ => {
                // What comes after the last place is named with the next page.
                bad.truncate(if more { named } else { bad.len() });
                return Ok(Found { found, bad, more });
            }
        }
    }
}
