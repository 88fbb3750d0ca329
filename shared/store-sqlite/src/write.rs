use std::time::Duration;

use claims::Hash;
use rusqlite::{Connection, Params, Transaction, TransactionBehavior, params};
use serde::Serialize;
use store::{
    Asked, CALL_RECORD_LIFE, CallRecord, Commit,
    Committed::{self, Applied, Conflict},
    Denial, HistoryEntry, JournalPlace, Leaf, Request, RequestId, StoreError, Timestamp, Write,
};

use crate::{
    count,
    error::{from_json, from_sqlite},
    invitations, kept, ledger, lists, outbox,
};

/// How long past its time a call record is kept: long enough that nobody who read it still wants to replace it.
const CALL_RECORD_GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// The slot of an applicant's latest request. Earlier ones are in the slots of their rounds, which begin at 1.
pub(crate) const LATEST: u32 = 0;

/// All writes in one transaction, which holds the lock for writers from its beginning: nothing can change between a
/// condition and its write, and a reader's snapshot never has to become a writer's.
pub(crate) fn commit(connection: &mut Connection, commit: &Commit) -> Result<Committed, StoreError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(from_sqlite)?;
    for write in &commit.writes {
        if carry_out(&transaction, write)? == Conflict {
            transaction.rollback().map_err(from_sqlite)?;
            return Ok(Conflict);
        }
    }
    transaction.commit().map_err(from_sqlite)?;
    Ok(Applied)
}

fn carry_out(transaction: &Transaction<'_>, write: &Write) -> Result<Committed, StoreError> {
    match write {
        Write::Request { request, replaces } => put_request(transaction, request, LATEST, *replaces),
        Write::Archive { request, replaces } => put_request(transaction, request, request.id.round, *replaces),
        Write::History(entry) => insert_history(transaction, entry),
        Write::Redact(entry) => replace_history(transaction, entry),
        Write::Call { record, replaces } => put_call(transaction, record, *replaces),
        Write::Denial { denial, replaces } => put_denial(transaction, denial, *replaces),
        Write::Listed { list, entry } => lists::add_one(transaction, list, entry),
        Write::Effect { entry, replaces } => outbox::put(transaction, entry, *replaces),
        Write::Delivered { id, revision } => outbox::remove(transaction, id, *revision),
        Write::Checkpoint(checkpoint) => ledger::add(transaction, checkpoint),
        Write::Pruning(pruning) => ledger::set_pruning(transaction, pruning),
        Write::RemoveRequest {
            id,
            version,
            opened_at,
            latest,
        } => remove_request(transaction, id, (*version, *opened_at), *latest),
        Write::RemoveHistory(leaf) => remove_history(transaction, leaf),
        Write::Count { counter, by } => count::add(transaction, counter, *by),
        Write::Invitation(invitation) => invitations::add(transaction, invitation),
        Write::RevokeInvitation { code, at } => invitations::revoke(transaction, code, *at),
        Write::TakeInvitation(usage) => invitations::take(transaction, usage),
        Write::HoldInvitation {
            code,
            applicant,
            since,
            at,
        } => invitations::hold(transaction, code, applicant, [*since, *at]),
        Write::SpendInvitation { code, applicant, at } => invitations::spend(transaction, code, applicant, *at),
        Write::ReturnInvitation { code, applicant, since } => {
            invitations::give_back(transaction, code, applicant, *since)
        }
        Write::Tally(tally) => kept::count(transaction, tally),
        Write::Keep { result, replaces } => kept::keep(transaction, result, *replaces),
    }
}

fn put_request(
    transaction: &Transaction<'_>,
    request: &Request,
    slot: u32,
    replaces: Option<u64>,
) -> Result<Committed, StoreError> {
    let Some(replaces) = replaces else {
        return insert_request(transaction, request, slot);
    };
    let (asked, due) = changes_next(request, slot);
    let sql = "UPDATE request SET round = ?, version = ?, state = ?, asked = ?, domain = ?, address = ?, due = ?, \
               opened_at = ?, document = ? WHERE applicant = ? AND slot = ? AND version = ?";
    let columns = params![
        request.id.round,
        version(request.version)?,
        request.state.name().as_str(),
        asked,
        request.domain().map(text),
        request.address().map(text),
        due,
        request.opened_at.as_millis(),
        document("a request", request)?,
        request.id.applicant.to_string(),
        slot,
        version(replaces)?,
    ];
    one_row(transaction, sql, columns)
}

/// Adds a request if its slot is free.
fn insert_request(transaction: &Transaction<'_>, request: &Request, slot: u32) -> Result<Committed, StoreError> {
    let (asked, due) = changes_next(request, slot);
    let sql = "INSERT INTO request (applicant, slot, round, version, state, asked, domain, address, due, opened_at, \
               document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    let columns = params![
        request.id.applicant.to_string(),
        slot,
        request.id.round,
        version(request.version)?,
        request.state.name().as_str(),
        asked,
        request.domain().map(text),
        request.address().map(text),
        due,
        request.opened_at.as_millis(),
        document("a request", request)?,
    ];
    one_row(transaction, sql, columns)
}

/// Who is asked about a request, and when time changes it. Neither people nor time change an earlier one any more.
pub(crate) fn changes_next(request: &Request, slot: u32) -> (Option<String>, Option<i64>) {
    match slot {
        LATEST => (request.asked().map(Asked::key), request.due().map(Timestamp::as_millis)),
        _ => (None, None),
    }
}

pub(crate) fn text(hash: Hash) -> String {
    hash.to_string()
}

fn insert_history(transaction: &Transaction<'_>, entry: &HistoryEntry) -> Result<Committed, StoreError> {
    let sql = "INSERT INTO history (applicant, round, version, at, mac, document) VALUES (?, ?, ?, ?, ?, ?) \
               ON CONFLICT DO NOTHING";
    let columns = params![
        entry.request.applicant.to_string(),
        entry.request.round,
        version(entry.version)?,
        entry.at.as_millis(),
        entry.mac.to_string(),
        document("a history entry", entry)?,
    ];
    one_row(transaction, sql, columns)
}

fn replace_history(transaction: &Transaction<'_>, entry: &HistoryEntry) -> Result<Committed, StoreError> {
    let sql = "UPDATE history SET document = ? WHERE applicant = ? AND round = ? AND version = ?";
    let columns = params![
        document("a history entry", entry)?,
        entry.request.applicant.to_string(),
        entry.request.round,
        version(entry.version)?,
    ];
    one_row(transaction, sql, columns)
}

fn remove_request(
    transaction: &Transaction<'_>,
    id: &RequestId,
    (number, opened_at): (u64, Timestamp),
    latest: bool,
) -> Result<Committed, StoreError> {
    let sql = "DELETE FROM request WHERE applicant = ? AND slot = ? AND round = ? AND version = ? AND opened_at = ?";
    let slot = if latest { LATEST } else { id.round };
    let columns = params![
        id.applicant.to_string(),
        slot,
        id.round,
        version(number)?,
        opened_at.as_millis(),
    ];
    one_row(transaction, sql, columns)
}

fn remove_history(transaction: &Transaction<'_>, leaf: &Leaf) -> Result<Committed, StoreError> {
    let JournalPlace {
        at,
        request,
        version: n,
    } = leaf.place;
    let (applicant, round, number) = (request.applicant.to_string(), request.round, version(n)?);
    let sql = "DELETE FROM history WHERE applicant = ? AND round = ? AND version = ? AND at = ? AND mac = ?";
    let columns = params![applicant, round, number, at.as_millis(), leaf.mac.to_string()];
    if execute(transaction, sql, columns)? > 0 {
        return Ok(Applied);
    }
    let sql = "SELECT 1 FROM history WHERE applicant = ? AND round = ? AND version = ?";
    let mut statement = transaction.prepare_cached(sql).map_err(from_sqlite)?;
    let another = statement.exists(params![applicant, round, number]);
    Ok(if another.map_err(from_sqlite)? {
        Conflict
    } else {
        Applied
    })
}

fn put_call(
    transaction: &Transaction<'_>,
    record: &CallRecord,
    replaces: Option<Timestamp>,
) -> Result<Committed, StoreError> {
    let (key, at, document) = (
        record.key.to_string(),
        record.at.as_millis(),
        document("a call record", record)?,
    );
    let done = match replaces {
        None => {
            let sql = "INSERT INTO call (key, answered_at, document) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
            one_row(transaction, sql, params![key, at, document])
        }
        Some(replaces) => {
            let sql = "UPDATE call SET answered_at = ?, document = ? WHERE key = ? AND answered_at = ?";
            one_row(transaction, sql, params![at, document, key, replaces.as_millis()])
        }
    };
    // Afterwards: the record that this one replaces may be an old one itself.
    forget_old_calls(transaction, record.at)?;
    done
}

fn put_denial(
    transaction: &Transaction<'_>,
    denial: &Denial,
    replaces: Option<Timestamp>,
) -> Result<Committed, StoreError> {
    let (address, until) = (denial.address.to_string(), denial.until.as_millis());
    let document = document("a denial", denial)?;
    let done = match replaces {
        None => {
            let sql = "INSERT INTO denial (address, until, document) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
            one_row(transaction, sql, params![address, until, document])
        }
        Some(replaces) => {
            let sql = "UPDATE denial SET until = ?, document = ? WHERE address = ? AND until = ?";
            one_row(
                transaction,
                sql,
                params![until, document, address, replaces.as_millis()],
            )
        }
    };
    // Afterwards: the row that this one replaces may be an old one itself.
    forget_old_denials(transaction, denial.at)?;
    done
}

/// Deletes a few call records that are long past their time, so that the file does not grow for ever with answers
/// nobody will ask for.
fn forget_old_calls(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StoreError> {
    let kept = i64::try_from((CALL_RECORD_LIFE + CALL_RECORD_GRACE).as_millis()).unwrap_or(i64::MAX);
    let sql = "DELETE FROM call WHERE key IN (SELECT key FROM call WHERE answered_at < ? ORDER BY answered_at LIMIT 8)";
    execute(transaction, sql, [now.as_millis().saturating_sub(kept)]).map(drop)
}

/// The same for addresses that are not turned away any more.
fn forget_old_denials(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM denial WHERE address IN (SELECT address FROM denial WHERE until < ? ORDER BY until LIMIT 8)";
    execute(transaction, sql, [now.as_millis()]).map(drop)
}

/// Runs a statement that changes one row, or none where its condition does not hold.
pub(crate) fn one_row(transaction: &Transaction<'_>, sql: &str, columns: impl Params) -> Result<Committed, StoreError> {
    let changed = execute(transaction, sql, columns)?;
    Ok(if changed == 1 { Applied } else { Conflict })
}

pub(crate) fn execute(transaction: &Transaction<'_>, sql: &str, columns: impl Params) -> Result<usize, StoreError> {
    let mut statement = transaction.prepare_cached(sql).map_err(from_sqlite)?;
    statement.execute(columns).map_err(from_sqlite)
}

pub(crate) fn version(version: u64) -> Result<i64, StoreError> {
    i64::try_from(version)
        .map_err(|_| StoreError::Broken(format!("version {version} is beyond what the file can hold")))
}

pub(crate) fn document(what: &str, row: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(row).map_err(|error| from_json(what, &error))
}
