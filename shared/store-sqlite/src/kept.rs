//! What rules count, and what they keep: how often something happened in a window, results of checks, items.

use std::time::Duration;

use claims::Hash;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use store::{CheckProgress, Committed, Item, KeptResult, ListName, StoreError, Tally};

use crate::{
    error::from_sqlite,
    lists::{begin, number},
    read::one,
    write::{document, execute, one_row, text, version},
};

/// How many rows that are over are deleted with each that is written, so that the file does not grow for ever.
const SWEPT: u32 = 8;

/// How far ahead of the clock a lease may lie at the most: a result is kept that much longer than it counts.
const LONGEST_LEASE: Duration = Duration::from_secs(24 * 60 * 60);

/// Counts once more. One writer at a time makes one row enough.
pub(crate) fn count(transaction: &Transaction<'_>, tally: &Tally) -> Result<Committed, StoreError> {
    // This window has begun, so that those are over that ended before.
    let sql = "DELETE FROM tally WHERE rowid IN (SELECT rowid FROM tally WHERE ends < ? ORDER BY ends LIMIT ?)";
    execute(transaction, sql, params![tally.begins.as_millis(), SWEPT])?;
    let sql = "INSERT INTO tally (what, begins, ends, count) VALUES (?, ?, ?, 1) \
               ON CONFLICT DO UPDATE SET count = count + 1";
    let columns = params![text(tally.what), tally.begins.as_millis(), tally.ends.as_millis()];
    one_row(transaction, sql, columns)
}

/// All in one transaction, which sees one state of the file.
pub(crate) fn tallied(connection: &mut Connection, tallies: &[Tally]) -> Result<Vec<u64>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let counted = |tally: &Tally| {
        let sql = "SELECT count FROM tally WHERE what = ? AND begins = ? AND ends = ?";
        let key = params![text(tally.what), tally.begins.as_millis(), tally.ends.as_millis()];
        let count = number(&transaction, sql, key)?.unwrap_or(0);
        u64::try_from(count).map_err(|_| StoreError::Broken("a count in the file is below zero".to_owned()))
    };
    tallies.iter().map(counted).collect()
}

pub(crate) fn keep(
    transaction: &Transaction<'_>,
    result: &KeptResult,
    replaces: Option<u64>,
) -> Result<Committed, StoreError> {
    let (key, revision, until) = (text(result.key), version(result.revision)?, result.until.as_millis());
    let document = document(WHAT, result)?;
    let done = match replaces {
        None => {
            let sql = "INSERT INTO kept (key, revision, until, document) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
            one_row(transaction, sql, params![key, revision, until, document])
        }
        Some(replaces) => {
            let sql = "UPDATE kept SET revision = ?, until = ?, document = ? WHERE key = ? AND revision = ?";
            one_row(
                transaction,
                sql,
                params![revision, until, document, key, version(replaces)?],
            )
        }
    };
    // Afterwards: the row that this one replaces may be an old one itself.
    forget_old_results(transaction, result.progress)?;
    done
}

pub(crate) fn kept(connection: &mut Connection, key: &Hash) -> Result<Option<KeptResult>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    one(
        &transaction,
        WHAT,
        "SELECT document FROM kept WHERE key = ?",
        [text(*key)],
    )
}

pub(crate) fn item(connection: &mut Connection, table: &ListName, key: &Hash) -> Result<Option<String>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT json FROM item WHERE list = ? AND key = ?";
    let mut statement = transaction.prepare_cached(sql).map_err(from_sqlite)?;
    let found = statement.query_row(params![table.as_str(), text(*key)], |row| row.get(0));
    found.optional().map_err(from_sqlite)
}

/// In one transaction; how many.
pub(crate) fn put_items(connection: &mut Connection, table: &ListName, items: &[Item]) -> Result<usize, StoreError> {
    let transaction = begin(connection)?;
    for item in items {
        let sql = "INSERT OR REPLACE INTO item (list, key, json) VALUES (?, ?, ?)";
        execute(&transaction, sql, params![table.as_str(), text(item.key), item.json()])?;
    }
    transaction.commit().map_err(from_sqlite)?;
    Ok(items.len())
}

/// How many there were.
pub(crate) fn remove_items(connection: &mut Connection, table: &ListName, keys: &[Hash]) -> Result<usize, StoreError> {
    let transaction = begin(connection)?;
    let mut removed = 0;
    for key in keys {
        let sql = "DELETE FROM item WHERE list = ? AND key = ?";
        removed += execute(&transaction, sql, params![table.as_str(), text(*key)])?;
    }
    transaction.commit().map_err(from_sqlite)?;
    Ok(removed)
}

/// Deletes a few results that count no longer, whenever somebody begins a check: their lease tells about what time it is.
fn forget_old_results(transaction: &Transaction<'_>, progress: CheckProgress) -> Result<(), StoreError> {
    let CheckProgress::UnderWay { lease, .. } = progress else {
        return Ok(());
    };
    let sql = "DELETE FROM kept WHERE rowid IN (SELECT rowid FROM kept WHERE until < ? ORDER BY until LIMIT ?)";
    execute(transaction, sql, params![lease.minus(LONGEST_LEASE).as_millis(), SWEPT]).map(drop)
}

const WHAT: &str = "the result of a check";
