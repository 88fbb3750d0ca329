//! What is left of an applicant beside their requests.

use claims::Hash;
use rusqlite::Connection;
use store::StoreError;

use crate::error::from_sqlite;

/// Deletes the answers to the applicants' calls, and those that tell of no request: they may be anybody's. A call that is
/// repeated within the day is answered anew, and its event told twice at the worst. There are no more rows than a day has
/// calls, and none is found by applicant without reading it.
///
/// Then nothing of what was deleted or replaced stays in the files: the log is brought into the file, whose free places
/// are blank (`secure_delete`), and cut off.
pub(crate) fn wipe(connection: &mut Connection, applicants: &[Hash]) -> Result<(), StoreError> {
    for applicant in applicants {
        let sql = "DELETE FROM call WHERE \
                   CASE WHEN json_valid(document) THEN \
                   COALESCE(json_extract(document, '$.left.request') GLOB ?, TRUE) END";
        let done = connection.execute(sql, [format!("{applicant}-*")]);
        done.map_err(from_sqlite)?;
    }
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let busy: bool = connection.query_row(sql, [], |row| row.get(0)).map_err(from_sqlite)?;
    match busy {
        false => Ok(()),
        true => Err(StoreError::Busy(
            "other processes are at the file, and its log still holds what was deleted; do the same again".to_owned(),
        )),
    }
}
