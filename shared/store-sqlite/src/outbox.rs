//! What is to be delivered.

use rusqlite::{Connection, Transaction, params};
use store::{Committed, EntryId, Lane, OutboxEntry, ParkedPage, ParkedPlace, Receiver, StoreError, Timestamp};

use crate::{
    error::from_sqlite,
    read::{all, one},
    write::{document, one_row, version},
};

const WHAT: &str = "an outbox entry";

pub(crate) fn due(
    connection: &mut Connection,
    receiver: Receiver,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<OutboxEntry>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document FROM outbox WHERE receiver = ? AND due <= ? AND parked_at IS NULL ORDER BY due LIMIT ?";
    all(
        &transaction,
        WHAT,
        sql,
        params![receiver.name(), now.as_millis(), count(limit)],
    )
}

pub(crate) fn first_in(connection: &mut Connection, lane: &Lane) -> Result<Option<OutboxEntry>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document FROM outbox WHERE applicant = ? AND receiver = ? AND parked_at IS NULL \
               ORDER BY number LIMIT 1";
    one(
        &transaction,
        WHAT,
        sql,
        params![lane.applicant.to_string(), lane.receiver.name()],
    )
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
    let (revision, due) = (version(entry.revision)?, entry.due.as_millis());
    let (parked_at, document) = (entry.parked_at.map(Timestamp::as_millis), document(WHAT, entry)?);
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

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
