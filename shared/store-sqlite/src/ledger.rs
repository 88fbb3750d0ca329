//! Histories in the order of time, checkpoints, and how far removing has come.

use claims::Hash;
use rusqlite::{Connection, Row, Rows, Transaction, params};
use store::{
    Checkpoint, Committed, JournalPage, JournalPlace, Leaf, MOST_CHECKPOINTS, MOST_ON_ROLL, MOST_SEALED, Numbered,
    Position, Pruning, RequestId, RollPage, StateName, StoreError, Timestamp,
};

use crate::{
    error::{from_sqlite, not_json},
    read::one,
    write::{document, one_row, version},
};

const CHECKPOINT: &str = "a checkpoint";

const MISPLACED: &str = "the last checkpoint is not in the place of its number";

const PRUNING: &str = "how far removing has come";

const JOURNAL: &str = "SELECT at, applicant, round, version, mac FROM history \
    WHERE (at, applicant, round, version) > (?, ?, ?, ?) AND at < ? ORDER BY at, applicant, round, version LIMIT ?";

const ROLL: &str = "SELECT opened_at, applicant, round FROM request \
    WHERE state = ? AND (opened_at, applicant, round) > (?, ?, ?) ORDER BY opened_at, applicant, round LIMIT ?";

pub(crate) fn journal(
    connection: &mut Connection,
    after: Option<&JournalPlace>,
    until: Timestamp,
    limit: usize,
) -> Result<JournalPage, StoreError> {
    let (at, applicant, round, number) = match after {
        Some(JournalPlace {
            at,
            request,
            version: n,
        }) => (
            at.as_millis(),
            request.applicant.to_string(),
            request.round,
            version(*n)?,
        ),
        None => (i64::MIN, String::new(), 0, 0),
    };
    let limit = limit.min(MOST_SEALED);
    let columns = params![at, applicant, round, number, until.as_millis(), one_more(limit)];
    let mut statement = connection.prepare_cached(JOURNAL).map_err(from_sqlite)?;
    let rows = statement.query(columns).map_err(from_sqlite)?;
    let (leaves, next) = page(all(rows, leaf)?, limit, |leaf| leaf.place);
    Ok(JournalPage { leaves, next })
}

pub(crate) fn roll(
    connection: &mut Connection,
    state: StateName,
    after: Option<&Position>,
    limit: usize,
) -> Result<RollPage, StoreError> {
    let (opened_at, applicant, round) = match after {
        Some(Position { opened_at, id }) => (opened_at.as_millis(), id.applicant.to_string(), id.round),
        None => (i64::MIN, String::new(), 0),
    };
    let limit = limit.min(MOST_ON_ROLL);
    let columns = params![state.as_str(), opened_at, applicant, round, one_more(limit)];
    let mut statement = connection.prepare_cached(ROLL).map_err(from_sqlite)?;
    let rows = statement.query(columns).map_err(from_sqlite)?;
    let (places, next) = page(all(rows, position)?, limit, Position::clone);
    Ok(RollPage { places, next })
}

pub(crate) fn checkpoints(connection: &mut Connection, after: u64, limit: usize) -> Result<Vec<Numbered>, StoreError> {
    let sql = "SELECT number, document FROM checkpoint WHERE number > ? ORDER BY number LIMIT ?";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let columns = params![version(after)?, limit.min(MOST_CHECKPOINTS) as i64];
    let numbered = |row: &Row<'_>| -> rusqlite::Result<Numbered> {
        let (number, text): (i64, String) = (row.get(0)?, row.get(1)?);
        Ok(Numbered {
            number: u64::try_from(number).ok(),
            checkpoint: serde_json::from_str(&text).map_err(|error| not_json(CHECKPOINT, &error)),
        })
    };
    let rows = statement.query_map(columns, numbered).map_err(from_sqlite)?;
    rows.collect::<Result<_, _>>().map_err(from_sqlite)
}

pub(crate) fn latest(connection: &mut Connection) -> Result<Option<Checkpoint>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    let sql = "SELECT document FROM checkpoint ORDER BY number DESC LIMIT 1";
    let latest: Option<Checkpoint> = one(&transaction, CHECKPOINT, sql, [])?;
    let sql = "SELECT max(number) FROM checkpoint";
    let number: Option<i64> = transaction.query_row(sql, [], |row| row.get(0)).map_err(from_sqlite)?;
    match latest {
        Some(latest) if i64::try_from(latest.number).ok() != number => Err(StoreError::Broken(MISPLACED.to_owned())),
        latest => Ok(latest),
    }
}

pub(crate) fn add(transaction: &Transaction<'_>, checkpoint: &Checkpoint) -> Result<Committed, StoreError> {
    let sql = "INSERT INTO checkpoint (number, document) VALUES (?, ?) ON CONFLICT DO NOTHING";
    let row = params![version(checkpoint.number)?, document(CHECKPOINT, checkpoint)?];
    one_row(transaction, sql, row)
}

pub(crate) fn pruning(connection: &mut Connection) -> Result<Option<Pruning>, StoreError> {
    let transaction = connection.transaction().map_err(from_sqlite)?;
    one(&transaction, PRUNING, "SELECT document FROM pruning", [])
}

pub(crate) fn set_pruning(transaction: &Transaction<'_>, pruning: &Pruning) -> Result<Committed, StoreError> {
    let (revision, document) = (version(pruning.revision)?, document(PRUNING, pruning)?);
    match pruning.replaces()? {
        None => {
            let sql = "INSERT INTO pruning (one, revision, document) VALUES (1, ?, ?) ON CONFLICT DO NOTHING";
            one_row(transaction, sql, params![revision, document])
        }
        Some(replaces) => {
            let sql = "UPDATE pruning SET revision = ?, document = ? WHERE revision = ?";
            one_row(transaction, sql, params![revision, document, version(replaces)?])
        }
    }
}

fn all<T>(mut rows: Rows<'_>, read: impl Fn(&Row<'_>) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// What fits on a page, and the last place of it if there is more.
fn page<T, P>(mut found: Vec<T>, limit: usize, place: impl Fn(&T) -> P) -> (Vec<T>, Option<P>) {
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(place);
    (found, next)
}

fn leaf(row: &Row<'_>) -> Result<Leaf, StoreError> {
    let (version, mac): (i64, String) = (row.get(3).map_err(from_sqlite)?, row.get(4).map_err(from_sqlite)?);
    let Position { opened_at: at, id } = position(row)?;
    let place = JournalPlace {
        at,
        request: id,
        version: version.unsigned_abs(),
    };
    let broken = || StoreError::Broken("what proves an entry of a history is no proof".to_owned());
    let mac = Hash::from_hex(&mac).ok_or_else(broken)?;
    Ok(Leaf { place, mac })
}

/// A time, an applicant and a round.
fn position(row: &Row<'_>) -> Result<Position, StoreError> {
    let applicant: String = row.get(1).map_err(from_sqlite)?;
    let broken = || StoreError::Broken("the applicant of a request is none".to_owned());
    Ok(Position {
        opened_at: Timestamp::from_millis(row.get(0).map_err(from_sqlite)?),
        id: RequestId {
            applicant: Hash::from_hex(&applicant).ok_or_else(broken)?,
            round: row.get(2).map_err(from_sqlite)?,
        },
    })
}

/// One more than wanted tells whether there are more.
fn one_more(limit: usize) -> i64 {
    limit as i64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The indexes hold all that is asked for, in the order in which it is.
    #[test]
    fn pages_are_read_from_an_index_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (_, reader) = crate::open::open(&folder.path().join("store")).unwrap();
        for (sql, index) in [
            (JOURNAL, "history USING COVERING INDEX journal"),
            (ROLL, "request USING COVERING INDEX queue"),
        ] {
            let mut statement = reader.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let columns = vec![1; statement.parameter_count()];
            let lines = statement
                .query_map(rusqlite::params_from_iter(columns), |row| row.get::<_, String>(3))
                .unwrap();
            let plan: Vec<_> = lines.map(Result::unwrap).collect();
            assert!(
                plan.len() == 1 && plan[0].starts_with(&format!("SEARCH {index} (")),
                "{plan:?}"
            );
        }
    }
}
