//! What is to be delivered.

use claims::Hash;
use rusqlite::{Connection, Row, Transaction, params};
use store::{
    Committed, DuePage, DuePlace, EntryId, Lane, OutboxEntry, ParkedPage, ParkedPlace, Receiver, StoreError, Timestamp,
    Unreadable,
};

use crate::{
    error::{from_sqlite, not_json},
    read::{all, one},
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
    let sql = "SELECT due, applicant, number, document FROM outbox \
               WHERE receiver = ? AND due <= ? AND (due, applicant, number) > (?, ?, ?) \
               ORDER BY due, applicant, number LIMIT ?";
    let mut statement = transaction.prepare_cached(sql).map_err(from_sqlite)?;
    let (due, applicant, number) = match after {
        Some(DuePlace { due, id }) => (due.as_millis(), id.lane.applicant.to_string(), version(id.number)?),
        None => (i64::MIN, String::new(), 0),
    };
    let mut rows = statement
        .query(params![
            receiver.name(),
            now.as_millis(),
            due,
            applicant,
            number,
            count(limit)
        ])
        .map_err(from_sqlite)?;
    let (mut entries, mut unreadable, mut places) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let place = place(receiver, row)?;
        match read(row, 3)? {
            Ok(entry) => entries.push(entry),
            Err(why) => unreadable.push(Unreadable { id: place.id, why }),
        }
        places.push(place);
    }
    let next = places.last().filter(|_| places.len() >= limit).copied();
    Ok(DuePage {
        entries,
        unreadable,
        next,
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

pub(crate) fn parked(
    connection: &mut Connection,
    after: Option<&ParkedPlace>,
    limit: usize,
) -> Result<ParkedPage, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    // One more than wanted tells whether there are more.
    let asked = count(limit.saturating_add(1));
    let mut entries: Vec<OutboxEntry> = match after {
        None => {
            let sql = "SELECT document FROM outbox WHERE parked_at IS NOT NULL \
                       ORDER BY parked_at, applicant, receiver, number LIMIT ?";
            all(&transaction, WHAT, sql, [asked])?
        }
        Some(ParkedPlace { parked_at, id }) => {
            let sql = "SELECT document FROM outbox WHERE parked_at IS NOT NULL \
                       AND (parked_at, applicant, receiver, number) > (?, ?, ?, ?) \
                       ORDER BY parked_at, applicant, receiver, number LIMIT ?";
            let (applicant, receiver) = (id.lane.applicant.to_string(), id.lane.receiver.name());
            let number = version(id.number)?;
            let params = params![parked_at.as_millis(), applicant, receiver, number, asked];
            all(&transaction, WHAT, sql, params)?
        }
    };
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).and_then(ParkedPlace::of);
    Ok(ParkedPage { entries, next })
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

fn place(receiver: Receiver, row: &Row<'_>) -> Result<DuePlace, StoreError> {
    let due = Timestamp::from_millis(row.get(0).map_err(from_sqlite)?);
    let applicant: String = row.get(1).map_err(from_sqlite)?;
    let applicant = Hash::from_hex(&applicant)
        .ok_or_else(|| StoreError::Broken("the applicant of an outbox entry is no hash".to_owned()))?;
    let number: i64 = row.get(2).map_err(from_sqlite)?;
    let id = EntryId {
        lane: Lane { applicant, receiver },
        number: number.unsigned_abs(),
    };
    Ok(DuePlace { due, id })
}

/// An entry, or why its text is none.
fn read(row: &Row<'_>, column: usize) -> Result<Result<OutboxEntry, String>, StoreError> {
    let text = row.get_ref(column).map_err(from_sqlite)?;
    let Ok(text) = text.as_str() else {
        return Ok(Err(format!("{WHAT} in the file is no text")));
    };
    Ok(serde_json::from_str(text).map_err(|error| not_json(WHAT, &error)))
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
