use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use store::{Listing, Page, Position, Request, StateName, StoreError};

use crate::{
    DynamoStore, error,
    items::{self, Key, QUEUE, QUEUE_INDEX, QUEUED, SHARDS, queue, queued, text},
    read,
};

/// The most requests on one page: as many as one batch reads.
const MAX_PAGE: usize = 100;

/// How often a page is filled up that lost requests which changed after the index was read.
const MAX_ROUNDS: usize = 3;

pub(crate) async fn list(store: &DynamoStore, listing: &Listing) -> Result<Page, StoreError> {
    let size = listing.limit.min(MAX_PAGE);
    let mut requests = Vec::new();
    let mut after = listing.after.clone();
    for _ in 0..MAX_ROUNDS {
        let wanted = size - requests.len();
        let (mut some, next) = some(store, listing.state, after, wanted).await?;
        requests.append(&mut some);
        after = next;
        if after.is_none() || requests.len() == size {
            break;
        }
    }
    Ok(Page { requests, next: after })
}

/// At most so many requests after a place, and the place after which to go on.
async fn some(
    store: &DynamoStore,
    state: StateName,
    after: Option<Position>,
    count: usize,
) -> Result<(Vec<Request>, Option<Position>), StoreError> {
    if count == 0 {
        return Ok((Vec::new(), None));
    }
    let after = after.as_ref().map(queued);
    // One more than wanted tells whether there are more.
    let shards = (0..SHARDS).map(|shard| places(store, state, shard, after.as_deref(), count + 1));
    let mut places = try_join_all(shards).await?.concat();
    places.sort_unstable_by(|one, other| one.queued.cmp(&other.queued));
    let more = places.len() > count;
    places.truncate(count);
    let next = if more {
        places.last().map(Place::position).transpose()?
    } else {
        None
    };

    let mut keys: Vec<_> = places.iter().map(|place| place.key.clone()).collect();
    keys.sort_unstable();
    keys.dedup();
    let found = read::requests(store, keys).await?;
    // The index lags behind: what it lists may have changed its state, or may be another request by now.
    let mut found: HashMap<String, Request> = found
        .into_iter()
        .filter(|request| request.state.name() == state)
        .map(|request| (queued(&Position::of(&request)), request))
        .collect();
    let requests = places.iter().filter_map(|place| found.remove(&place.queued)).collect();
    Ok((requests, next))
}

/// What the index says of a request.
#[derive(Clone)]
struct Place {
    queued: String,
    key: Key,
}

impl Place {
    fn position(&self) -> Result<Position, StoreError> {
        items::position(&self.queued).ok_or_else(|| StoreError::Broken("the index holds no place of a list".to_owned()))
    }
}

async fn places(
    store: &DynamoStore,
    state: StateName,
    shard: u8,
    after: Option<&str>,
    count: usize,
) -> Result<Vec<Place>, StoreError> {
    // Every place is after the empty text.
    let after = after.unwrap_or(" ").to_owned();
    let page = store
        .client
        .query()
        .table_name(store.table.name())
        .index_name(QUEUE_INDEX)
        .key_condition_expression("#queue = :queue AND #queued > :after")
        .expression_attribute_names("#queue", QUEUE)
        .expression_attribute_names("#queued", QUEUED)
        .expression_attribute_values(":queue", AttributeValue::S(queue(state, shard)))
        .expression_attribute_values(":after", AttributeValue::S(after))
        .limit(i32::try_from(count).unwrap_or(i32::MAX))
        .send()
        .await
        .map_err(error::of)?;
    let place = |item| {
        Some(Place {
            queued: text(item, QUEUED)?.to_owned(),
            key: Key::of(item)?,
        })
    };
    Ok(page.items().iter().filter_map(place).collect())
}
