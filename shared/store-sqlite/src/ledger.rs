//! Histories in the order of time, checkpoints, and how far removing has come.

use claims::Hash;
use rusqlite::{Connection, Row, Rows, Transaction, params};
use store::{
    Checkpoint, Committed, Filed, JournalPage, JournalPlace, Leaf, MOST_CHECKPOINTS, MOST_ON_ROLL, MOST_SEALED,
    Numbered, Position, Pruning, Request, RequestId, RollPage, StateName, StoreError, Timestamp,
};

use crate::{
    error::{from_json, from_sqlite, not_json},
    read::one,
    write::{LATEST, changes_next, document, one_row, text, version},
};

const CHECKPOINT: &str = "a checkpoint";

const MISPLACED: &str = "the last checkpoint is not in the place of its number";

const PRUNING: &str = "how far removing has come";

const JOURNAL: &str = "SELECT at, applicant, round, rowid, version, mac FROM history \
    WHERE (at, applicant, round, version) > (?, ?, ?, ?) AND at < ? ORDER BY at, applicant, round, version";

const ROLL: &str = "SELECT opened_at, applicant, round, rowid FROM request \
    WHERE state = ? AND (opened_at, applicant, round) > (?, ?, ?) ORDER BY opened_at, applicant, round";

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
    let columns = params![at, applicant, round, number, until.as_millis()];
    let mut statement = connection.prepare_cached(JOURNAL).map_err(from_sqlite)?;
    let rows = statement.query(columns).map_err(from_sqlite)?;
    let Found { found, bad, more } = page(rows, limit, "history", leaf)?;
    let next = found.last().filter(|_| more).map(|leaf| leaf.place);
    Ok(JournalPage {
        leaves: found,
        bad,
        next,
    })
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
    let columns = params![state.as_str(), opened_at, applicant, round];
    let mut statement = connection.prepare_cached(ROLL).map_err(from_sqlite)?;
    let rows = statement.query(columns).map_err(from_sqlite)?;
    let Found { found, bad, more } = page(rows, limit, "request", position)?;
    let next = found.last().filter(|_| more).cloned();
    Ok(RollPage {
        places: found,
        bad,
        next,
    })
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

pub(crate) fn filed(connection: &mut Connection, id: &RequestId) -> Result<Filed, StoreError> {
    let sql = "SELECT slot, document, round, version, state, opened_at, asked, due, domain, address FROM request \
        WHERE applicant = ? AND slot IN (?, ?)";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let mut rows = statement
        .query(params![id.applicant.to_string(), LATEST, id.round])
        .map_err(from_sqlite)?;
    let (mut latest, mut as_written) = (None, true);
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let (slot, document): (u32, String) = (row.get(0).map_err(from_sqlite)?, row.get(1).map_err(from_sqlite)?);
        let request = serde_json::from_str::<Request>(&document).map_err(|error| from_json("a request", &error));
        if let Some(request) = request.as_ref().ok().filter(|request| request.id == *id) {
            as_written &= is_as_written(row, request, slot)?;
        }
        if slot == LATEST {
            latest = Some(request.map(|request| request.id.round));
        }
    }
    Ok(Filed::new(id, latest, as_written))
}

/// Whether the columns from the third on are those that are written for a request.
fn is_as_written(row: &Row<'_>, request: &Request, slot: u32) -> Result<bool, StoreError> {
    let (asked, due) = changes_next(request, slot);
    let number = |at| row.get::<_, Option<i64>>(at).map_err(from_sqlite);
    let word = |at| row.get::<_, Option<String>>(at).map_err(from_sqlite);
    let numbers = [number(2)?, number(3)?, number(5)?, number(7)?];
    let words = [word(4)?, word(6)?, word(8)?, word(9)?];
    Ok(numbers
        == [
            Some(request.id.round.into()),
            Some(version(request.version)?),
            Some(request.opened_at.as_millis()),
            due,
        ]
        && words
            == [
                Some(request.state.name().as_str().to_owned()),
                asked,
                request.domain().map(text),
                request.address().map(text),
            ])
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

/// What fits on a page.
struct Found<T> {
    found: Vec<T>,
    bad: Vec<String>,
    more: bool,
}

/// So many entries. What cannot be read counts for none, and is named with what comes after it.
fn page<T>(
    mut rows: Rows<'_>,
    limit: usize,
    table: &str,
    read: impl Fn(&Row<'_>) -> Option<T>,
) -> Result<Found<T>, StoreError> {
    let (mut found, mut bad, mut named) = (Vec::new(), Vec::new(), 0);
    let mut more = false;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        match read(row) {
            Some(_) if found.len() == limit => {
                more = true;
                bad.truncate(named);
                break;
            }
            Some(one) => {
                found.push(one);
                named = bad.len();
            }
            None => {
                let number: i64 = row.get(3).map_err(from_sqlite)?;
                bad.push(format!("row {number} of table {table}"));
            }
        }
    }
    Ok(Found { found, bad, more })
}

fn leaf(row: &Row<'_>) -> Option<Leaf> {
    let (version, mac): (i64, String) = (row.get(4).ok()?, row.get(5).ok()?);
    let Position { opened_at: at, id } = position(row)?;
    let place = JournalPlace {
        at,
        request: id,
        version: version.try_into().ok()?,
    };
    let mac = Hash::from_hex(&mac)?;
    Some(Leaf { place, mac })
}

/// A time, an applicant and a round. What is spelled in another way than ours is no place to go on from.
fn position(row: &Row<'_>) -> Option<Position> {
    let spelled: String = row.get(1).ok()?;
    let applicant = Hash::from_hex(&spelled).filter(|hash| hash.to_string() == spelled)?;
    let round = row.get(2).ok()?;
    Some(Position {
        opened_at: Timestamp::from_millis(row.get(0).ok()?),
        id: RequestId { applicant, round },
    })
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
