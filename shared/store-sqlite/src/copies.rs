//! What is known of the copies of fetched lists.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use store::{Committed::Applied, ListCopies, ListName, StoreError};

use crate::{
    error::from_sqlite,
    lists::begin,
    read::one,
    write::{document, one_row, version},
};

pub(crate) fn copies(connection: &mut Connection, list: &ListName) -> Result<ListCopies, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document FROM list_copies WHERE list = ?";
    let found = one(&transaction, "the copies of a list", sql, [list.as_str()])?;
    Ok(found.unwrap_or_default())
}

pub(crate) fn set(connection: &mut Connection, list: &ListName, copies: &ListCopies) -> Result<bool, StoreError> {
    let (revision, closed) = (version(copies.revision)?, version(copies.closed)?);
    let document = document("the copies of a list", copies)?;
    let transaction = begin(connection)?;
    let set = match copies.replaces()? {
        None => {
            let sql = "INSERT INTO list_copies (revision, closed, document, list) VALUES (?, ?, ?, ?) \
                       ON CONFLICT DO NOTHING";
            one_row(&transaction, sql, params![revision, closed, document, list.as_str()])
        }
        Some(replaces) => {
            let sql = "UPDATE list_copies SET revision = ?, closed = ?, document = ? WHERE list = ? AND revision = ?";
            let row = params![revision, closed, document, list.as_str(), version(replaces)?];
            one_row(&transaction, sql, row)
        }
    }?;
    transaction.commit().map_err(from_sqlite)?;
    Ok(set == Applied)
}

/// Up to which version no copy can be put in use any more.
pub(crate) fn closed(transaction: &Transaction<'_>, list: &ListName) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT closed FROM list_copies WHERE list = ?";
    let mut statement = transaction.prepare_cached(sql).map_err(from_sqlite)?;
    statement
        .query_row([list.as_str()], |row| row.get(0))
        .optional()
        .map_err(from_sqlite)
}
