//! Lists of requests. Each is an index that ends with the time a request was opened, and is read from a place on.

use std::iter::Peekable;

use claims::Hash;
use rusqlite::{Connection, Row, params};
use store::{
    Asked, Listing, MOST_LISTED, MOST_LOOKED_AT, Order, OverduePage, OverduePlace, Page, Position, Request, RequestId,
    StoreError, Timestamp, Which,
};

use crate::{
    error::{from_json, from_sqlite, not_json},
    read::all,
};

const WHAT: &str = "a request";

const OVERDUE: &str = "SELECT due, applicant, round, document FROM request \
    WHERE due <= ? AND (due, applicant, round) > (?, ?, ?) ORDER BY due, applicant, round LIMIT ?";

/// A place as the indexes sort it.
type Place = (i64, String, i64);

pub(crate) fn list(connection: &mut Connection, listing: &Listing) -> Result<Page, StoreError> {
    let size = listing.limit.min(MOST_LISTED);
    if size == 0 {
        return Ok(Page::EMPTY);
    }
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let (column, keys) = index(&listing.which);
    let sql = sql(column, listing.order);
    let (low, high) = bounds(listing);
    let prepare = |_: &String| transaction.prepare(&sql).map_err(from_sqlite);
    let mut statements = keys.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
    let mut parts = Vec::new();
    for (statement, key) in statements.iter_mut().zip(keys) {
        let columns = params![key, low.0, low.1, low.2, high.0, high.1, high.2];
        let rows = statement.query_and_then(columns, found).map_err(from_sqlite)?;
        parts.push(rows.peekable());
    }
    page(parts, listing, size)
}

pub(crate) fn earlier(connection: &mut Connection, id: &RequestId, limit: usize) -> Result<Vec<Request>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document FROM request WHERE applicant = ? AND slot > 0 AND slot < ? ORDER BY slot DESC LIMIT ?";
    let columns = params![id.applicant.to_string(), id.round, most(limit)];
    all(&transaction, WHAT, sql, columns)
}

pub(crate) fn overdue(
    connection: &mut Connection,
    now: Timestamp,
    after: Option<&OverduePlace>,
    limit: usize,
) -> Result<OverduePage, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let mut statement = transaction.prepare_cached(OVERDUE).map_err(from_sqlite)?;
    let (due, applicant, round) = match after {
        Some(OverduePlace { due, id }) => (due.as_millis(), id.applicant.to_string(), id.round),
        None => (i64::MIN, String::new(), 0),
    };
    let columns = params![now.as_millis(), due, applicant, round, most(limit)];
    let mut rows = statement.query(columns).map_err(from_sqlite)?;
    let (mut page, mut seen) = (
        OverduePage {
            requests: Vec::new(),
            unreadable: Vec::new(),
            next: None,
        },
        0,
    );
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let place = overdue_place(row)?;
        match read(row)? {
            Ok(request) => page.requests.push(request),
            Err(why) => page.unreadable.push((place.id, why)),
        }
        seen += 1;
        page.next = (seen == limit.min(MOST_LISTED)).then_some(place);
    }
    Ok(page)
}

/// The column that an index begins with, and the keys whose parts a list is merged from.
fn index(which: &Which) -> (&'static str, Vec<String>) {
    match which {
        Which::State(state) => ("state", vec![state.as_str().to_owned()]),
        Which::Waiting(who) => ("asked", distinct(who.iter().map(Asked::key))),
        Which::Domain(domain) => ("domain", vec![domain.to_string()]),
        Which::Address(address) => ("address", vec![address.to_string()]),
    }
}

fn distinct(keys: impl Iterator<Item = String>) -> Vec<String> {
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// One statement for every part: a `column IN (…)` would be sorted anew for each page, all of it.
fn sql(column: &str, order: Order) -> String {
    let order = match order {
        Order::OldestFirst => "opened_at, applicant, round",
        Order::NewestFirst => "opened_at DESC, applicant DESC, round DESC",
    };
    format!(
        "SELECT opened_at, applicant, round, document FROM request WHERE {column} = ? \
         AND (opened_at, applicant, round) > (?, ?, ?) AND (opened_at, applicant, round) < (?, ?, ?) ORDER BY {order}"
    )
}

/// The places between which, themselves left out, the page is.
fn bounds(listing: &Listing) -> (Place, Place) {
    let since = |time: Timestamp| (time.as_millis(), String::new(), 0);
    let low = listing.filter.since.map_or((i64::MIN, String::new(), 0), since);
    // Ids begin with hex digits: every one is before `g`.
    let high = listing.filter.before.map_or((i64::MAX, "g".to_owned(), 0), since);
    let after = listing.after.as_ref().map(place);
    match (listing.order, after) {
        (_, None) => (low, high),
        (Order::OldestFirst, Some(after)) => (low.max(after), high),
        (Order::NewestFirst, Some(after)) => (low, high.min(after)),
    }
}

fn place(position: &Position) -> Place {
    let Position { opened_at, id } = position;
    (opened_at.as_millis(), id.applicant.to_string(), id.round.into())
}

/// What a list has at a place.
struct Found {
    place: Place,
    document: String,
}

fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    Ok(Found {
        place: (row.get(0)?, row.get(1)?, row.get(2)?),
        document: row.get(3)?,
    })
}

/// Merges parts, each of them in order, until the page is full or enough rows were looked at.
fn page<I>(mut parts: Vec<Peekable<I>>, listing: &Listing, size: usize) -> Result<Page, StoreError>
where
    I: Iterator<Item = rusqlite::Result<Found>>,
{
    let (mut page, mut last) = (Page::EMPTY, None);
    for looked_at in 0.. {
        let full = page.requests.len() == size;
        let enough = listing.filter.needs_rows() && looked_at == MOST_LOOKED_AT;
        if !full && !enough {
            let Some(request) = first(&mut parts, listing.order)? else {
                break;
            };
            last = Some(Position::of(&request));
            page.requests
                .extend(Some(request).filter(|request| listing.has(request)));
        } else if first(&mut parts, listing.order)?.is_some() {
            page.next = last;
            page.cut_short = !full;
            break;
        } else {
            break;
        }
    }
    Ok(page)
}

/// The request that comes first of all that are left.
fn first<I>(parts: &mut [Peekable<I>], order: Order) -> Result<Option<Request>, StoreError>
where
    I: Iterator<Item = rusqlite::Result<Found>>,
{
    let place = |part: &mut Peekable<I>| match part.peek() {
        Some(Ok(found)) => Some(found.place.clone()),
        // What cannot be read comes at once, and ends the page.
        Some(Err(_)) => Some(match order {
            Order::OldestFirst => (i64::MIN, String::new(), 0),
            Order::NewestFirst => (i64::MAX, "g".to_owned(), 0),
        }),
        None => None,
    };
    let places = parts
        .iter_mut()
        .enumerate()
        .filter_map(|(n, part)| Some((place(part)?, n)));
    let first = match order {
        Order::OldestFirst => places.min(),
        Order::NewestFirst => places.max(),
    };
    let found = first.and_then(|(_, n)| parts.get_mut(n)?.next());
    let Some(found) = found.transpose().map_err(from_sqlite)? else {
        return Ok(None);
    };
    serde_json::from_str(&found.document)
        .map(Some)
        .map_err(|error| from_json(WHAT, &error))
}

/// A request, or why its text is none.
fn read(row: &Row<'_>) -> Result<Result<Request, String>, StoreError> {
    let text: String = row.get(3).map_err(from_sqlite)?;
    Ok(serde_json::from_str(&text).map_err(|error| not_json(WHAT, &error)))
}

fn overdue_place(row: &Row<'_>) -> Result<OverduePlace, StoreError> {
    let applicant: String = row.get(1).map_err(from_sqlite)?;
    let broken = || StoreError::Broken("the applicant of a request is none".to_owned());
    Ok(OverduePlace {
        due: Timestamp::from_millis(row.get(0).map_err(from_sqlite)?),
        id: RequestId {
            applicant: Hash::from_hex(&applicant).ok_or_else(broken)?,
            round: row.get(2).map_err(from_sqlite)?,
        },
    })
}

fn most(limit: usize) -> i64 {
    limit.min(MOST_LISTED) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the list and its order: the index gives the rows from a place on, one after the other.
    #[test]
    fn a_page_is_read_from_an_index_and_never_sorted() {
        let folder = tempfile::tempdir().unwrap();
        let (_, reader) = crate::open::open(&folder.path().join("store")).unwrap();
        let plan = |sql: &str, columns: &[&dyn rusqlite::ToSql]| -> String {
            let mut statement = reader.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let lines = statement.query_map(columns, |row| row.get::<_, String>(3)).unwrap();
            lines.map(Result::unwrap).collect::<Vec<_>>().join("; ")
        };
        for (column, index) in [
            ("state", "queue"),
            ("asked", "waiting"),
            ("domain", "domain"),
            ("address", "address"),
        ] {
            for order in [Order::OldestFirst, Order::NewestFirst] {
                let plan = plan(&sql(column, order), &[&"key", &1, &"a", &1, &2, &"b", &1]);
                let expected =
                    format!("SEARCH request USING INDEX {index} ({column}=? AND (opened_at,applicant,round)>");
                assert!(plan.starts_with(&expected) && !plan.contains("TEMP"), "{plan}");
            }
        }
        let plan = plan(OVERDUE, &[&1, &1, &"a", &1, &10]);
        assert!(
            plan.starts_with("SEARCH request USING INDEX overdue (") && !plan.contains("TEMP"),
            "{plan}"
        );
    }
}
