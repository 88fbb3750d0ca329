//! What every store promises, kept by SQLite.

// Clippy knows only functions marked as tests for tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use store::Rows;
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
}
