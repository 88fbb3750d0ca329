//! Lists: asking them, changing them, reading them whole.

use claims::Hash;
use rusqlite::{Connection, OptionalExtension, Params, Transaction, TransactionBehavior, params};
use store::{
    Committed::{self, Applied},
    ListCopy, ListEntry, ListName, ListPlace, ListQuestion, Listed, Origin, StoreError,
};

use crate::{
    copies,
    error::from_sqlite,
    read::{all, one},
    write::{document, one_row, version},
};

/// Stands for the version of an edited list.
const EDITED: i64 = -1;

/// All in one transaction, which sees one state of the file.
pub(crate) fn listed(connection: &mut Connection, questions: &[ListQuestion]) -> Result<Vec<Listed>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    questions
        .iter()
        .map(|question| answer(&transaction, question))
        .collect()
}

/// Adds rows; how many are new in an edited list, or were written of a copy.
pub(crate) fn add(
    connection: &mut Connection,
    place: &ListPlace,
    rows: &[(Hash, ListEntry)],
) -> Result<usize, StoreError> {
    let at = version_of(place)?;
    let sql = match place.version {
        None => "INSERT INTO list_entry (list, version, key, document) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        Some(_) => "INSERT OR REPLACE INTO list_entry (list, version, key, document) VALUES (?, ?, ?, ?)",
    };
    change(connection, rows, |transaction, (key, entry)| {
        let document = document("an entry of a list", entry)?;
        let row = params![place.list.as_str(), at, key.as_bytes(), document];
        one_row(transaction, sql, row)
    })
}

/// Adds an entry to an edited list, unless it is there.
pub(crate) fn add_one(
    transaction: &Transaction<'_>,
    list: &ListName,
    entry: &ListEntry,
) -> Result<Committed, StoreError> {
    let sql = "INSERT INTO list_entry (list, version, key, document) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    let (key, document) = (ListEntry::key(&entry.text), document("an entry of a list", entry)?);
    let _added = one_row(
        transaction,
        sql,
        params![list.as_str(), EDITED, key.as_bytes(), document],
    )?;
    Ok(Applied)
}

/// Removes entries from an edited list; how many were there.
pub(crate) fn remove(connection: &mut Connection, list: &ListName, keys: &[Hash]) -> Result<usize, StoreError> {
    let sql = "DELETE FROM list_entry WHERE list = ? AND version = ? AND key = ?";
    change(connection, keys, |transaction, key| {
        one_row(transaction, sql, params![list.as_str(), EDITED, key.as_bytes()])
    })
}

pub(crate) fn page(
    connection: &mut Connection,
    place: &ListPlace,
    after: Option<&Hash>,
    limit: usize,
) -> Result<Vec<ListEntry>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document FROM list_entry WHERE list = ? AND version = ? AND key > ? ORDER BY key LIMIT ?";
    // Every key is after the empty one.
    let after = after.map_or(&[][..], |hash| hash.as_bytes());
    let params = params![place.list.as_str(), version_of(place)?, after, count(limit)];
    all(&transaction, "an entry of a list", sql, params)
}

pub(crate) fn copy(connection: &mut Connection, list: &ListName) -> Result<Option<ListCopy>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document FROM list_copy WHERE list = ?";
    one(&transaction, "a copy of a list", sql, [list.as_str()])
}

pub(crate) fn publish(
    connection: &mut Connection,
    list: &ListName,
    copy: &ListCopy,
    replaces: Option<u64>,
) -> Result<bool, StoreError> {
    copy.check(replaces)?;
    let (at, document) = (version(copy.version)?, document("a copy of a list", copy)?);
    let transaction = begin(connection)?;
    if copy.is_new(replaces) && copies::closed(&transaction, list)?.is_some_and(|closed| at <= closed) {
        return Ok(false);
    }
    let published = match replaces {
        None => {
            let sql = "INSERT INTO list_copy (version, document, list) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
            one_row(&transaction, sql, params![at, document, list.as_str()])
        }
        Some(replaces) => {
            let sql = "UPDATE list_copy SET version = ?, document = ? WHERE list = ? AND version = ?";
            let row = params![at, document, list.as_str(), version(replaces)?];
            one_row(&transaction, sql, row)
        }
    }?;
    transaction.commit().map_err(from_sqlite)?;
    Ok(published == Applied)
}

/// Deletes up to so many entries of a copy; how many there were.
pub(crate) fn clear(
    connection: &mut Connection,
    list: &ListName,
    copy: u64,
    limit: usize,
) -> Result<usize, StoreError> {
    let copy = version(copy)?;
    let transaction = begin(connection)?;
    if version_in_use(&transaction, list)? == Some(copy) {
        return Err(StoreError::Broken(
            "the copy of a list that is in use cannot be cleared".to_owned(),
        ));
    }
    let sql = "DELETE FROM list_entry WHERE list = ?1 AND version = ?2 AND key IN \
               (SELECT key FROM list_entry WHERE list = ?1 AND version = ?2 LIMIT ?3)";
    let mut statement = transaction.prepare_cached(sql).map_err(from_sqlite)?;
    let cleared = statement
        .execute(params![list.as_str(), copy, count(limit)])
        .map_err(from_sqlite)?;
    drop(statement);
    transaction.commit().map_err(from_sqlite)?;
    Ok(cleared)
}

fn answer(transaction: &Transaction<'_>, question: &ListQuestion) -> Result<Listed, StoreError> {
    let list = &question.list;
    let version = match question.origin {
        Origin::Edited => Some(EDITED),
        Origin::Fetched => version_in_use(transaction, list)?,
    };
    let Some(version) = version else {
        return Ok(Listed::NoCopy);
    };
    let sql = "SELECT 1 FROM list_entry WHERE list = ? AND version = ? AND key = ?";
    let found = number(
        transaction,
        sql,
        params![list.as_str(), version, question.entry.as_bytes()],
    )?;
    Ok(if found.is_some() { Listed::Yes } else { Listed::No })
}

fn version_in_use(transaction: &Transaction<'_>, list: &ListName) -> Result<Option<i64>, StoreError> {
    number(
        transaction,
        "SELECT version FROM list_copy WHERE list = ?",
        [list.as_str()],
    )
}

pub(crate) fn number(transaction: &Transaction<'_>, sql: &str, params: impl Params) -> Result<Option<i64>, StoreError> {
    let mut statement = transaction.prepare_cached(sql).map_err(from_sqlite)?;
    statement
        .query_row(params, |row| row.get(0))
        .optional()
        .map_err(from_sqlite)
}

/// Changes rows in one transaction; how many were changed.
fn change<T>(
    connection: &mut Connection,
    rows: &[T],
    one: impl Fn(&Transaction<'_>, &T) -> Result<store::Committed, StoreError>,
) -> Result<usize, StoreError> {
    let transaction = begin(connection)?;
    let mut changed = 0;
    for row in rows {
        changed += usize::from(one(&transaction, row)? == Applied);
    }
    transaction.commit().map_err(from_sqlite)?;
    Ok(changed)
}

pub(crate) fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(from_sqlite)
}

fn version_of(place: &ListPlace) -> Result<i64, StoreError> {
    place.version.map_or(Ok(EDITED), version)
}

pub(crate) fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
