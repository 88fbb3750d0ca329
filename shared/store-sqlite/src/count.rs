//! How many requests there are. One writer at a time makes a row for each counter enough.

use rusqlite::{Connection, Transaction, params};
use store::{Committed, Counter, Counts, RouteName, StateName, StoreError};

use crate::{error::from_sqlite, write::one_row};

pub(crate) fn add(transaction: &Transaction<'_>, counter: &Counter, by: i64) -> Result<Committed, StoreError> {
    let sql = "INSERT INTO counter (state, route, count) VALUES (?, ?, ?) \
               ON CONFLICT DO UPDATE SET count = count + excluded.count";
    let columns = params![counter.state.as_str(), route(counter), by];
    one_row(transaction, sql, columns)
}

pub(crate) fn counts(connection: &mut Connection) -> Result<Counts, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT state, route, count FROM counter";
    let mut statement = transaction.prepare_cached(sql).map_err(from_sqlite)?;
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let rows = statement.query_map([], row).map_err(from_sqlite)?;
    rows.map(|row| {
        let (state, route, count): (String, String, i64) = row.map_err(from_sqlite)?;
        Ok((read(&state, &route)?, count))
    })
    .collect()
}

/// No route has an empty name.
fn route(counter: &Counter) -> &str {
    counter.route.as_ref().map(RouteName::as_str).unwrap_or_default()
}

fn read(state: &str, route: &str) -> Result<Counter, StoreError> {
    let counter = StateName::from_name(state).map(|state| Counter {
        state,
        route: RouteName::parse(route),
    });
    counter.ok_or_else(|| StoreError::Broken("a counter of the file counts no state".to_owned()))
}
