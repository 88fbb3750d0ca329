//! What becomes of SQLite's errors. None of these texts holds anything of a row.

use rusqlite::ErrorCode;
use store::StoreError;

/// The store's word for an error. SQLite's own messages name tables and columns, never values; a value that cannot be
/// converted is left out.
pub(crate) fn from_sqlite(error: rusqlite::Error) -> StoreError {
    let rusqlite::Error::SqliteFailure(failure, _) = &error else {
        return StoreError::Broken("a row of the file has columns of the wrong type".to_owned());
    };
    let text = failure.to_string();
    match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
            StoreError::Busy(format!("other processes keep the file locked: {text}"))
        }
        // The disk failed while something was under way.
        ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory => StoreError::Unavailable(text),
        _ => StoreError::Broken(text),
    }
}

/// A document that does not hold what it should. Its text may hold claims and is not shown.
pub(crate) fn from_json(what: &str, error: &serde_json::Error) -> StoreError {
    StoreError::Broken(not_json(what, error))
}

/// What is wrong with such a document.
pub(crate) fn not_json(what: &str, error: &serde_json::Error) -> String {
    format!(
        "{what} in the file cannot be read or written as JSON, at line {} column {}",
        error.line(),
        error.column()
    )
}
