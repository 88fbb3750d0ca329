//! What is to be delivered.

use claims::Hash;
use rusqlite::{Connection, Row, Rows, Transaction, params};
use store::{
    Committed, DuePage, DuePlace, EntryId, Lane, OutboxEntry, ParkedPage, ParkedPlace, Receiver, StoreError, Timestamp,
    Unreadable,
};

use crate::{
    error::{from_sqlite, not_json},
    read::one,
    write::{document, one_row, version},
};

const WHAT: &str = "an outbox entry";

pub(crate) fn due(
    connection: &mut Connection,
    receiver: Receiver,
    now: Timestamp,
    after: Option<&DuePlace>,
    limit: usize,
) -> Result<DuePage, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT due, applicant, receiver, number, document FROM outbox \
               WHERE receiver = ? AND due <= ? AND (due, applicant, number) > (?, ?, ?) \
               ORDER BY due, applicant, number LIMIT ?";
    let mut statement = transaction.prepare_cached(sql).map_err(from_sqlite)?;
    let (due, applicant, number) = match after {
        Some(DuePlace { due, id }) => (due.as_millis(), id.lane.applicant.to_string(), version(id.number)?),
        None => (i64::MIN, String::new(), 0),
    };
    let (receiver, now, asked) = (receiver.name(), now.as_millis(), one_more(limit));
    let rows = statement
        .query(params![receiver, now, due, applicant, number, asked])
        .map_err(from_sqlite)?;
    let page = page(rows, limit)?;
    Ok(DuePage {
        entries: page.entries,
        unreadable: page.unreadable,
        next: page.next.map(|(due, id)| DuePlace { due, id }),
    })
}

pub(crate) fn first_in(connection: &mut Connection, lane: &Lane) -> Result<Option<OutboxEntry>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document FROM outbox WHERE applicant = ? AND receiver = ? AND parked_at IS NULL ORDER BY number";
    let mut statement = transaction.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement
        .query(params![lane.applicant.to_string(), lane.receiver.name()])
        .map_err(from_sqlite)?;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        if let Ok(entry) = read(row, 0)? {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}

pub(crate) fn entry(connection: &mut Connection, id: &EntryId) -> Result<Option<OutboxEntry>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document FROM outbox WHERE applicant = ? AND receiver = ? AND number = ?";
    let (applicant, receiver) = (id.lane.applicant.to_string(), id.lane.receiver.name());
    one(
        &transaction,
        WHAT,
        sql,
        params![applicant, receiver, version(id.number)?],
    )
}

pub(crate) fn has_undelivered(connection: &mut Connection, applicant: &Hash) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM outbox WHERE applicant = ? LIMIT 1";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    statement.exists([applicant.to_string()]).map_err(from_sqlite)
}

pub(crate) fn parked(
    connection: &mut Connection,
    after: Option<&ParkedPlace>,
    limit: usize,
) -> Result<ParkedPage, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT parked_at, applicant, receiver, number, document FROM outbox \
               WHERE parked_at IS NOT NULL AND (parked_at, applicant, receiver, number) > (?, ?, ?, ?) \
               ORDER BY parked_at, applicant, receiver, number LIMIT ?";
    let mut statement = transaction.prepare_cached(sql).map_err(from_sqlite)?;
    let (parked_at, applicant, receiver, number) = match after {
        Some(ParkedPlace { parked_at, id }) => {
            let Lane { applicant, receiver } = id.lane;
            let number = version(id.number)?;
            (parked_at.as_millis(), applicant.to_string(), receiver.name(), number)
        }
        None => (i64::MIN, String::new(), "", 0),
    };
    let rows = statement
        .query(params![parked_at, applicant, receiver, number, one_more(limit)])
        .map_err(from_sqlite)?;
    let page = page(rows, limit)?;
    Ok(ParkedPage {
        entries: page.entries,
        unreadable: page.unreadable,
        next: page.next.map(|(parked_at, id)| ParkedPlace { parked_at, id }),
    })
}

pub(crate) fn put(
    transaction: &Transaction<'_>,
    entry: &OutboxEntry,
    replaces: Option<u64>,
) -> Result<Committed, StoreError> {
    let EntryId { lane, number } = entry.id;
    let (applicant, receiver, number) = (lane.applicant.to_string(), lane.receiver.name(), version(number)?);
    let (revision, document) = (version(entry.revision)?, document(WHAT, entry)?);
    let due = entry.due().map(Timestamp::as_millis);
    let parked_at = entry.parked_at().map(Timestamp::as_millis);
    match replaces {
        None => {
            let sql = "INSERT INTO outbox (revision, due, parked_at, document, applicant, receiver, number) \
                       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
            one_row(
                transaction,
                sql,
                params![revision, due, parked_at, document, applicant, receiver, number],
            )
        }
        Some(replaces) => {
            let sql = "UPDATE outbox SET revision = ?, due = ?, parked_at = ?, document = ? \
                       WHERE applicant = ? AND receiver = ? AND number = ? AND revision = ?";
            let replaces = version(replaces)?;
            let columns = params![
                revision, due, parked_at, document, applicant, receiver, number, replaces
            ];
            one_row(transaction, sql, columns)
        }
    }
}

pub(crate) fn remove(transaction: &Transaction<'_>, id: &EntryId, revision: u64) -> Result<Committed, StoreError> {
    let sql = "DELETE FROM outbox WHERE applicant = ? AND receiver = ? AND number = ? AND revision = ?";
    let (applicant, receiver) = (id.lane.applicant.to_string(), id.lane.receiver.name());
    one_row(
        transaction,
        sql,
        params![applicant, receiver, version(id.number)?, version(revision)?],
    )
}

/// What a list has between two places.
#[derive(Default)]
struct Found {
    entries: Vec<OutboxEntry>,
    unreadable: Vec<Unreadable>,
    /// Where to go on, if there is more.
    next: Option<(Timestamp, EntryId)>,
}

/// At most so many of the rows: their time, applicant, receiver, number and document.
fn page(mut rows: Rows<'_>, limit: usize) -> Result<Found, StoreError> {
    let (mut found, mut last) = (Found::default(), None);
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        if found.entries.len() + found.unreadable.len() == limit {
            found.next = last;
            break;
        }
        let (time, id) = place(row)?;
        match read(row, 4)? {
            Ok(entry) => found.entries.push(entry),
            Err(why) => found.unreadable.push(Unreadable { id, why }),
        }
        last = Some((time, id));
    }
    Ok(found)
}

fn place(row: &Row<'_>) -> Result<(Timestamp, EntryId), StoreError> {
    let time = Timestamp::from_millis(row.get(0).map_err(from_sqlite)?);
    let (applicant, receiver): (String, String) = (row.get(1).map_err(from_sqlite)?, row.get(2).map_err(from_sqlite)?);
    let lane = Hash::from_hex(&applicant).zip(Receiver::from_name(&receiver));
    let (applicant, receiver) =
        lane.ok_or_else(|| StoreError::Broken("the lane of an outbox entry is none".to_owned()))?;
    let number: i64 = row.get(3).map_err(from_sqlite)?;
    let id = EntryId {
        lane: Lane { applicant, receiver },
        number: number.unsigned_abs(),
    };
    Ok((time, id))
}

/// An entry, or why its text is none.
fn read(row: &Row<'_>, column: usize) -> Result<Result<OutboxEntry, String>, StoreError> {
    let text = row.get_ref(column).map_err(from_sqlite)?;
    let Ok(text) = text.as_str() else {
        return Ok(Err(format!("{WHAT} in the file is no text")));
    };
    Ok(serde_json::from_str(text).map_err(|error| not_json(WHAT, &error)))
}

/// One more than wanted tells whether there are more.
fn one_more(limit: usize) -> i64 {
    i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX)
}
