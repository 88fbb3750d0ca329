//! What every store promises, kept by DynamoDB, against DynamoDB Local.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod failing;
mod faults;
mod lists;

use std::sync::Arc;

use store::Rows;
use store_suite::Place;

use crate::testing;

store_suite::store_tests!(fresh);

async fn fresh() -> impl Place {
    Table::new().await
}

/// A table of a test's own.
pub(crate) struct Table(pub(crate) String);

impl Table {
    pub(crate) async fn new() -> Table {
        let name = format!("store-{:016x}", fastrand::u64(..));
        testing::create_table(&endpoint(), &name).await.unwrap();
        Table(name)
    }
}

#[async_trait::async_trait]
impl Place for Table {
    async fn open(&self) -> Arc<dyn Rows> {
        Arc::new(testing::open_at(&endpoint(), &self.0))
    }
}

/// The DynamoDB Local that `make test` starts.
pub(crate) fn endpoint() -> String {
    let name = "VESTIBULE_TEST_DYNAMODB";
    std::env::var(name).unwrap_or_else(|_| panic!("run `make test`: it starts DynamoDB Local and sets {name}"))
}
