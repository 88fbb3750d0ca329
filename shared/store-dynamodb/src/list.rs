//! Lists of requests: their places from an index, the rows from the table.

use std::collections::HashMap;

use store::{
    Filter, Listing, MOST_LISTED, MOST_LOOKED_AT, Order, OverduePage, OverduePlace, Page, Position, Request, RequestId,
    StoreError, Timestamp, Which,
};

use crate::{
    DynamoStore,
    index::{self, Entry, Range},
    items::{self, Index, queued},
    read, settings,
    settings::Shards,
};

/// How many rows are read at once of a list that a filter narrows.
const NARROWED: usize = 250;

/// How many at least are read to fill a page up that lost requests which changed after the index was read.
const LEAST: usize = 25;

pub(crate) async fn list(store: &DynamoStore, listing: &Listing) -> Result<Page, StoreError> {
    let size = listing.limit.min(MOST_LISTED);
    if size == 0 {
        return Ok(Page::EMPTY);
    }
    let mut range = range(listing, settings::shards(store).await?);
    let (mut page, mut looked_at) = (Page::EMPTY, 0);
    loop {
        let wanted = how_many(listing, looked_at, size - page.requests.len());
        // One more than wanted tells whether there are more.
        let mut entries = range.entries(store, wanted + 1).await?;
        let more = entries.len() > wanted;
        entries.truncate(wanted);
        looked_at += entries.len();
        let (found, last) = some(store, listing, entries, size - page.requests.len()).await?;
        page.requests.extend(found);
        let Some(last) = last.filter(|last| more || !last.is_last) else {
            return Ok(page);
        };
        let is_full = page.requests.len() == size;
        if is_full || looked_at == MOST_LOOKED_AT {
            page.next = Some(last.position);
            page.cut_short = !is_full;
            return Ok(page);
        }
        range.go_on(listing.order, &last.position);
    }
}

/// How many entries to look at next, after so many and for a page that so many are missing on.
fn how_many(listing: &Listing, looked_at: usize, missing: usize) -> usize {
    let wanted = match listing.filter.needs_rows() {
        true => NARROWED,
        false if looked_at == 0 => missing,
        false => LEAST.max(missing),
    };
    wanted.min(MOST_LOOKED_AT - looked_at)
}

pub(crate) async fn overdue(
    store: &DynamoStore,
    now: Timestamp,
    after: Option<&OverduePlace>,
    limit: usize,
) -> Result<OverduePage, StoreError> {
    let limit = limit.min(MOST_LISTED);
    let shards = settings::shards(store).await?;
    let range = Range {
        index: Index::DUE,
        partitions: shards.all().map(items::overdue).collect(),
        low: after.map_or_else(|| index::FIRST.to_owned(), |place| index::after(&items::due_at(place))),
        // Ids begin with hex digits: every one is before `g`.
        high: format!("{}#g", items::sortable(now)),
        order: Order::OldestFirst,
    };
    let entries = range.entries(store, limit).await?;
    let last = entries.last().filter(|_| entries.len() >= limit);
    let next = last.map(overdue_place).transpose()?;
    let mut page = OverduePage {
        requests: Vec::new(),
        unreadable: Vec::new(),
        next,
    };
    for item in read::items(store, index::keys(&entries)).await? {
        match items::row::<Request>(&item) {
            Ok(request) => page.requests.push(request),
            Err(error) => page.unreadable.extend(id_of(&item).map(|id| (id, error.to_string()))),
        }
    }
    // The index lags behind: what it lists may have changed.
    page.requests
        .retain(|request| request.due().is_some_and(|due| due <= now));
    page.requests
        .sort_unstable_by_key(|request| (request.due(), request.id));
    Ok(page)
}

/// Nothing if its place in the index cannot be read either: then the index does not list it.
fn id_of(item: &items::Item) -> Option<RequestId> {
    let place = items::text(item, Index::DUE.sort)?;
    items::overdue_place(place).map(|place| place.id)
}

fn overdue_place(entry: &Entry) -> Result<OverduePlace, StoreError> {
    items::overdue_place(&entry.place).ok_or_else(no_place)
}

fn no_place() -> StoreError {
    StoreError::Broken("the index holds no place of a list".to_owned())
}

/// What of the index a list is.
fn range(listing: &Listing, shards: Shards) -> Range {
    let (index, partitions) = match &listing.which {
        Which::State(state) => (
            Index::QUEUE,
            shards.all().map(|shard| items::queue(*state, shard)).collect(),
        ),
        Which::Domain(hash) => (
            Index::DOMAIN,
            shards.all().map(|shard| items::domain(hash, shard)).collect(),
        ),
        Which::Address(hash) => (Index::ADDRESS, vec![hash.to_string()]),
        Which::Waiting(asked) => {
            let mut asked = asked.clone();
            asked.sort_unstable();
            asked.dedup();
            let of = |asked| shards.all().map(move |shard| items::waiting(asked, shard));
            (Index::WAITING, asked.iter().flat_map(of).collect())
        }
    };
    let Filter { since, before, .. } = listing.filter;
    let mut range = Range {
        index,
        partitions,
        // The times themselves are before all places that begin with them.
        low: since.map_or_else(|| index::FIRST.to_owned(), items::sortable),
        high: before.map_or_else(|| index::LAST.to_owned(), items::sortable),
        order: listing.order,
    };
    if let Some(after) = &listing.after {
        range.go_on(listing.order, after);
    }
    range
}

impl Range {
    /// Goes on after a place, as far as that is further.
    fn go_on(&mut self, order: Order, place: &Position) {
        match order {
            Order::OldestFirst => {
                let after = index::after(&queued(place));
                self.low = after.max(std::mem::take(&mut self.low));
            }
            Order::NewestFirst => {
                let before = items::before(place);
                self.high = before.min(std::mem::take(&mut self.high));
            }
        }
    }
}

/// The last place that was looked at.
struct Last {
    position: Position,
    /// Whether all entries were used.
    is_last: bool,
}

/// The requests at these places that belong in a list, at most so many; and the last place that was looked at.
async fn some(
    store: &DynamoStore,
    listing: &Listing,
    entries: Vec<Entry>,
    most: usize,
) -> Result<(Vec<Request>, Option<Last>), StoreError> {
    let rows = read::requests(store, index::keys(&entries)).await?;
    // The index lags behind: what it lists may have changed, or may be another request by now.
    let belongs = rows.into_iter().filter(|request| listing.has(request));
    let mut rows: HashMap<String, Request> = belongs
        .map(|request| (queued(&Position::of(&request)), request))
        .collect();
    let (mut found, mut last) = (Vec::new(), None);
    for (n, entry) in (1..).zip(&entries) {
        found.extend(rows.remove(&entry.place));
        last = Some((n, entry));
        if found.len() == most {
            break;
        }
    }
    let last = last.map(|(n, entry)| {
        Ok(Last {
            position: items::position(&entry.place).ok_or_else(no_place)?,
            is_last: n == entries.len(),
        })
    });
    Ok((found, last.transpose()?))
}
