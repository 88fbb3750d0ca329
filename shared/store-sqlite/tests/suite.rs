//! What every store promises, kept by SQLite.

// Clippy knows only functions marked as tests for tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use rusqlite::{Connection, params};
use store::{EntryId, RequestId, Rows};
use store_sqlite::SqliteStore;
use store_suite::Place;
use tempfile::TempDir;

store_suite::store_tests!(fresh);

async fn fresh() -> impl Place {
    File(tempfile::tempdir().unwrap())
}

struct File(TempDir);

#[async_trait::async_trait]
impl Place for File {
    async fn open(&self) -> Arc<dyn Rows> {
        Arc::new(SqliteStore::open(self.0.path().join("vestibule.db")).unwrap())
    }

    async fn damage(&self, id: &EntryId) {
        let file = Connection::open(self.0.path().join("vestibule.db")).unwrap();
        let sql = "UPDATE outbox SET document = '{' WHERE applicant = ? AND receiver = ? AND number = ?";
        let (applicant, receiver) = (id.lane.applicant.to_string(), id.lane.receiver.name());
        let number = i64::try_from(id.number).unwrap();
        assert_eq!(file.execute(sql, params![applicant, receiver, number]), Ok(1));
    }

    async fn damage_request(&self, id: &RequestId) {
        let file = Connection::open(self.0.path().join("vestibule.db")).unwrap();
        let sql = "UPDATE request SET document = '{' WHERE applicant = ? AND slot = 0";
        assert_eq!(file.execute(sql, [id.applicant.to_string()]), Ok(1));
    }
}
