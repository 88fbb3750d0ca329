//! Invitations and who uses them.

use claims::Hash;
use rusqlite::{Connection, Row, Transaction, params};
use store::{
    Committed::{self, Conflict},
    INVITATION_KEPT, Invitation, InvitationUse, LONGEST_INVITATION, StoreError, Timestamp,
};

use crate::{
    error::{from_json, from_sqlite},
    lists::count,
    write::{document, execute, one_row, text},
};

/// How many rows that are over are deleted with each that is written, so that the file does not grow for ever.
const SWEPT: u32 = 8;

pub(crate) fn add(transaction: &Transaction<'_>, invitation: &Invitation) -> Result<Committed, StoreError> {
    let sql = "DELETE FROM invitation WHERE rowid IN \
               (SELECT rowid FROM invitation WHERE until < ? ORDER BY until LIMIT ?)";
    let over = invitation.made_at.minus(INVITATION_KEPT).as_millis();
    execute(transaction, sql, params![over, SWEPT])?;
    let sql = "INSERT INTO invitation (code, until, uses, taken, revoked_at, document) VALUES (?, ?, ?, ?, ?, ?) \
               ON CONFLICT DO NOTHING";
    let columns = params![
        text(invitation.code),
        invitation.until.as_millis(),
        invitation.uses,
        invitation.taken,
        invitation.revoked_at.map(Timestamp::as_millis),
        document(WHAT, invitation)?,
    ];
    one_row(transaction, sql, columns)
}

pub(crate) fn revoke(transaction: &Transaction<'_>, code: &Hash, at: Timestamp) -> Result<Committed, StoreError> {
    let sql = "UPDATE invitation SET revoked_at = ? WHERE code = ? AND revoked_at IS NULL";
    one_row(transaction, sql, params![at.as_millis(), text(*code)])
}

pub(crate) fn take(transaction: &Transaction<'_>, usage: &InvitationUse) -> Result<Committed, StoreError> {
    let (code, at) = (text(usage.code), usage.at.as_millis());
    let sql = "UPDATE invitation SET taken = taken + 1 \
               WHERE code = ? AND taken < uses AND until > ? AND revoked_at IS NULL";
    if one_row(transaction, sql, params![code, at])? == Conflict {
        return Ok(Conflict);
    }
    let sql = "DELETE FROM invitation_use WHERE rowid IN \
               (SELECT rowid FROM invitation_use WHERE at < ? ORDER BY at LIMIT ?)";
    let over = usage.at.minus(LONGEST_INVITATION + INVITATION_KEPT).as_millis();
    execute(transaction, sql, params![over, SWEPT])?;
    let sql = "INSERT INTO invitation_use (code, applicant, at, spent_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    let spent_at = usage.spent_at.map(Timestamp::as_millis);
    one_row(transaction, sql, params![code, text(usage.applicant), at, spent_at])
}

pub(crate) fn hold(
    transaction: &Transaction<'_>,
    code: &Hash,
    applicant: &Hash,
    [since, at]: [Timestamp; 2],
) -> Result<Committed, StoreError> {
    let sql = "UPDATE invitation_use SET at = ? WHERE code = ? AND applicant = ? AND at = ? AND spent_at IS NULL";
    let columns = params![at.as_millis(), text(*code), text(*applicant), since.as_millis()];
    one_row(transaction, sql, columns)
}

pub(crate) fn spend(
    transaction: &Transaction<'_>,
    code: &Hash,
    applicant: &Hash,
    at: Timestamp,
) -> Result<Committed, StoreError> {
    let sql = "UPDATE invitation_use SET spent_at = ? WHERE code = ? AND applicant = ? AND spent_at IS NULL";
    one_row(transaction, sql, params![at.as_millis(), text(*code), text(*applicant)])
}

pub(crate) fn give_back(
    transaction: &Transaction<'_>,
    code: &Hash,
    applicant: &Hash,
    since: Timestamp,
) -> Result<Committed, StoreError> {
    let sql = "DELETE FROM invitation_use WHERE code = ? AND applicant = ? AND at = ? AND spent_at IS NULL";
    let columns = params![text(*code), text(*applicant), since.as_millis()];
    if one_row(transaction, sql, columns)? == Conflict {
        return Ok(Conflict);
    }
    let sql = "UPDATE invitation SET taken = taken - 1 WHERE code = ? AND taken > 0";
    one_row(transaction, sql, [text(*code)])
}

/// All in one transaction, which sees one state of the file.
pub(crate) fn invited(
    connection: &mut Connection,
    code: &Hash,
    applicant: &Hash,
) -> Result<Option<(Invitation, Option<InvitationUse>)>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document, taken, revoked_at FROM invitation WHERE code = ?";
    let found = rows(&transaction, sql, [text(*code)], invitation)?.pop();
    let Some(invitation) = found else { return Ok(None) };
    let sql = "SELECT applicant, at, spent_at FROM invitation_use WHERE code = ? AND applicant = ?";
    let columns = params![text(*code), text(*applicant)];
    let usage = rows(&transaction, sql, columns, |row| usage(code, row))?.pop();
    Ok(Some((invitation, usage)))
}

pub(crate) fn page(connection: &mut Connection, from: &Hash, limit: usize) -> Result<Vec<Invitation>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document, taken, revoked_at FROM invitation WHERE code >= ? ORDER BY code LIMIT ?";
    rows(&transaction, sql, params![text(*from), count(limit)], invitation)
}

pub(crate) fn uses(
    connection: &mut Connection,
    code: &Hash,
    from: &Hash,
    limit: usize,
) -> Result<Vec<InvitationUse>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT applicant, at, spent_at FROM invitation_use \
               WHERE code = ? AND applicant >= ? ORDER BY applicant LIMIT ?";
    let columns = params![text(*code), text(*from), count(limit)];
    rows(&transaction, sql, columns, |row| usage(code, row))
}

/// An invitation as it was made, with what its columns say by now.
fn invitation(row: &Row<'_>) -> Result<Invitation, StoreError> {
    let document: String = row.get(0).map_err(from_sqlite)?;
    let made: Invitation = serde_json::from_str(&document).map_err(|error| from_json(WHAT, &error))?;
    let revoked_at: Option<i64> = row.get(2).map_err(from_sqlite)?;
    Ok(Invitation {
        taken: row.get(1).map_err(from_sqlite)?,
        revoked_at: revoked_at.map(Timestamp::from_millis),
        ..made
    })
}

fn usage(code: &Hash, row: &Row<'_>) -> Result<InvitationUse, StoreError> {
    let applicant: String = row.get(0).map_err(from_sqlite)?;
    let broken = || StoreError::Broken("a use of an invitation in the file is nobody's".to_owned());
    let spent_at: Option<i64> = row.get(2).map_err(from_sqlite)?;
    Ok(InvitationUse {
        code: *code,
        applicant: Hash::from_hex(&applicant).ok_or_else(broken)?,
        at: Timestamp::from_millis(row.get(1).map_err(from_sqlite)?),
        spent_at: spent_at.map(Timestamp::from_millis),
    })
}

fn rows<T>(
    transaction: &Transaction<'_>,
    sql: &str,
    columns: impl rusqlite::Params,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = transaction.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query(columns).map_err(from_sqlite)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        found.push(read(row)?);
    }
    Ok(found)
}

const WHAT: &str = "an invitation";
