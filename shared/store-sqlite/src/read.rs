use rusqlite::{Connection, Params, Transaction, params};
use serde::de::DeserializeOwned;
use store::{HistoryEntry, Keys, Request, RequestId, Snapshot, StoreError};

use crate::error::{from_json, from_sqlite};

/// All in one transaction, which sees one state of the file.
pub(crate) fn look_up(connection: &mut Connection, keys: &Keys) -> Result<Snapshot, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let mut snapshot = Snapshot::default();
    if let Some(applicant) = keys.applicant {
        let sql = "SELECT document FROM request WHERE applicant = ? AND slot = 0";
        snapshot.request = one(&transaction, "a request", sql, [applicant.to_string()])?;
    }
    let mut addresses = keys.addresses.clone();
    addresses.sort_unstable();
    addresses.dedup();
    for address in addresses {
        let sql = "SELECT document FROM denial WHERE address = ?";
        snapshot
            .denials
            .extend(one(&transaction, "a denial", sql, [address.to_string()])?);
    }
    if let Some(key) = keys.call {
        let sql = "SELECT document FROM call WHERE key = ?";
        snapshot.call = one(&transaction, "a call record", sql, [key.to_string()])?;
    }
    Ok(snapshot)
}

pub(crate) fn request(connection: &mut Connection, id: &RequestId) -> Result<Option<Request>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document FROM request WHERE applicant = ?1 AND slot IN (0, ?2) AND round = ?2";
    one(
        &transaction,
        "a request",
        sql,
        params![id.applicant.to_string(), id.round],
    )
}

pub(crate) fn history(connection: &mut Connection, id: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document FROM history WHERE applicant = ? AND round = ? ORDER BY version";
    all(
        &transaction,
        "a history entry",
        sql,
        params![id.applicant.to_string(), id.round],
    )
}

pub(crate) fn one<T: DeserializeOwned>(
    transaction: &Transaction<'_>,
    what: &str,
    sql: &str,
    params: impl Params,
) -> Result<Option<T>, StoreError> {
    Ok(all(transaction, what, sql, params)?.pop())
}

/// The documents that a statement finds.
pub(crate) fn all<T: DeserializeOwned>(
    transaction: &Transaction<'_>,
    what: &str,
    sql: &str,
    params: impl Params,
) -> Result<Vec<T>, StoreError> {
    let mut statement = transaction.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement.query(params).map_err(from_sqlite)?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let text = row.get_ref(0).map_err(from_sqlite)?;
        let text = text.as_str().map_err(|error| from_sqlite(error.into()))?;
        documents.push(serde_json::from_str(text).map_err(|error| from_json(what, &error))?);
    }
    Ok(documents)
}
