//! Who is looking at requests.

use rusqlite::{Connection, params};
use store::{Looking, RequestId, StoreError, Timestamp};

use crate::{
    error::from_sqlite,
    lists::begin,
    read::{all, one},
    write::{document, execute},
};

/// How many rows that are over are deleted with each that is written, so that the file does not grow.
const SWEPT: u32 = 8;

pub(crate) fn look(connection: &mut Connection, id: &RequestId, name: &str, now: Timestamp) -> Result<(), StoreError> {
    let (applicant, person) = (id.applicant.to_string(), Looking::key(name).to_string());
    let transaction = begin(connection)?;
    let sql = "SELECT document FROM looking WHERE applicant = ? AND round = ? AND person = ?";
    let before: Option<Looking> = one(&transaction, WHAT, sql, params![applicant, id.round, person])?;
    let row = Looking::again(before.as_ref(), name, now);
    let sql = "INSERT INTO looking (applicant, round, person, until, document) VALUES (?, ?, ?, ?, ?) \
               ON CONFLICT DO UPDATE SET until = excluded.until, document = excluded.document";
    let columns = params![
        applicant,
        id.round,
        person,
        row.until.as_millis(),
        document(WHAT, &row)?
    ];
    execute(&transaction, sql, columns)?;
    let sql = "DELETE FROM looking WHERE rowid IN (SELECT rowid FROM looking WHERE until <= ? ORDER BY until LIMIT ?)";
    execute(&transaction, sql, params![now.as_millis(), SWEPT])?;
    transaction.commit().map_err(from_sqlite)
}

pub(crate) fn look_away(connection: &mut Connection, id: &RequestId, name: &str) -> Result<(), StoreError> {
    let transaction = begin(connection)?;
    let sql = "DELETE FROM looking WHERE applicant = ? AND round = ? AND person = ?";
    let key = params![id.applicant.to_string(), id.round, Looking::key(name).to_string()];
    execute(&transaction, sql, key)?;
    transaction.commit().map_err(from_sqlite)
}

pub(crate) fn looking(connection: &mut Connection, id: &RequestId, now: Timestamp) -> Result<Vec<Looking>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document FROM looking WHERE applicant = ? AND round = ? AND until > ?";
    let rows = all(
        &transaction,
        WHAT,
        sql,
        params![id.applicant.to_string(), id.round, now.as_millis()],
    )?;
    Ok(Looking::current(rows, now))
}

const WHAT: &str = "who is looking at a request";
