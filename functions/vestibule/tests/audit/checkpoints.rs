//! What only checkpoints can tell.

use std::fs;

use approvals::AuditKey;
use claims::Hash;
use store::{Ledger, Numbered, Store};

use crate::{
    forgotten::forget,
    place::{DAY, HOUR, KEY, NOW, Place, approved_at, decide, opened, opened_at},
};

const FINE: &str = "The histories of 3 requests are as they were written.";

fn bad(of: usize, bad: usize) -> String {
    format!("Of {of} requests, {bad} are not as they were written.")
}

#[tokio::test]
async fn what_is_sealed_and_still_there_is_fine() {
    let (place, _) = Place::sealed(3).await;
    assert_eq!(place.verify(&[]), (Some(0), vec![FINE.to_owned()]));
    let (_, out, _) = place.verify_with(KEY, &[]);
    let last = latest(&place).await;
    assert!(
        out.starts_with(&format!(
            "The last checkpoint is 1:{}, of entries up to 2026-11-22",
            last.1
        )),
        "{out}"
    );
}

#[tokio::test]
async fn a_request_that_was_deleted_with_its_history_is_missed() {
    let (place, ids) = Place::sealed(3).await;
    for table in ["request", "history"] {
        place.tamper(&format!("DELETE FROM {table} WHERE applicant = '{}'", ids[1].applicant));
    }
    let gone = format!("{}: it was deleted; its version 2 was there", ids[1]);
    assert_eq!(place.verify(&[]), (Some(1), vec![gone, bad(3, 1)]));
}

/// Without a checkpoint the history still tells of it.
#[tokio::test]
async fn a_request_that_was_deleted_without_its_history_is_missed() {
    let (place, ids) = Place::of(3).await;
    place.tamper(&format!("DELETE FROM request WHERE applicant = '{}'", ids[1].applicant));
    let (code, lines) = place.verify(&[]);
    assert_eq!(code, Some(1));
    assert!(
        lines.contains(&format!("{}: it was deleted; its version 2 was there", ids[1])),
        "{lines:?}"
    );
}

/// Also when things went on from there, and were sealed.
#[tokio::test]
async fn a_request_that_was_put_back_with_its_history_is_found() {
    let (place, ids) = Place::of(2).await;
    let store = place.open();
    let jane = opened(&store, "jane").await;
    place.sql(&format!(
        "CREATE TABLE old_request AS SELECT * FROM request WHERE applicant = '{0}';
         CREATE TABLE old_history AS SELECT * FROM history WHERE applicant = '{0}'",
        jane.applicant
    ));
    decide(&store, &jane, approvals::Ruling::Approve).await;
    place.keep_books(HOUR, None).await;
    assert_eq!(place.verify(&[]).0, Some(0));
    for table in ["request", "history"] {
        place.tamper(&format!("DELETE FROM {table} WHERE applicant = '{}'", jane.applicant));
        place.tamper(&format!("INSERT INTO {table} SELECT * FROM old_{table}"));
    }
    let found =
        format!("{jane}: it was put back to an earlier time: its version 2 was there, and is not, or is another one");
    assert_eq!(place.verify(&[]), (Some(1), vec![found.clone(), bad(3, 1)]));
    // What followed from the approval stands in the way of another decision.
    place.tamper("DELETE FROM outbox");
    decide(&store, &jane, approvals::Ruling::Deny).await;
    assert_eq!(place.verify(&[]), (Some(1), vec![found.clone(), bad(3, 1)]));
    place.keep_books(2 * HOUR, None).await;
    let (code, lines) = place.verify(&[]);
    assert!(code == Some(1) && lines.contains(&found), "{lines:?}");
    assert_eq!(ids.len(), 2);
}

#[tokio::test]
async fn a_request_that_is_hidden_from_the_lists_is_found() {
    for seal in [true, false] {
        let (place, ids) = Place::of(3).await;
        if seal {
            place.keep_books(HOUR, None).await;
        }
        place.tamper(&format!(
            "UPDATE request SET state = 'nowhere' WHERE applicant = '{}'",
            ids[1].applicant
        ));
        let (code, lines) = place.verify(&[]);
        let found = format!(
            "{}: it is hidden: it is there, and not in the list of its state",
            ids[1]
        );
        assert!(
            code == Some(1) && lines.contains(&found) && lines.contains(&bad(3, 1)),
            "{lines:?}"
        );
    }
}

/// One is a finding, and the others are looked at.
#[tokio::test]
async fn what_cannot_be_read_is_named_and_is_not_the_end() {
    for (table, more) in [("request", ""), ("history", " AND version = 1")] {
        let (place, ids) = Place::sealed(3).await;
        place.tamper(&format!(
            "UPDATE {table} SET document = '{{' WHERE applicant = '{}'{more}",
            ids[1].applicant
        ));
        let (code, lines) = place.verify(&[]);
        assert!(
            lines[0].starts_with(&format!("{}: it cannot be read: ", ids[1])),
            "{lines:?}"
        );
        assert_eq!((code, &lines[1..]), (Some(1), &[bad(3, 1)][..]));
    }
}

#[tokio::test]
async fn a_request_in_the_place_of_another_is_found() {
    let (place, ids) = Place::sealed(2).await;
    place.tamper(&format!(
        "UPDATE request SET document = (SELECT document FROM request WHERE applicant = '{}') WHERE applicant = '{}'",
        ids[0].applicant, ids[1].applicant
    ));
    let found = format!("{}: another request stands in its place", ids[1]);
    assert_eq!(place.verify(&[]), (Some(1), vec![found, bad(2, 1)]));
}

#[tokio::test]
async fn checkpoints_that_somebody_changed_are_named() {
    for (sql, fault) in [
        ("DELETE FROM checkpoint WHERE number = 2", "checkpoint 2 is missing"),
        (
            "DELETE FROM checkpoint WHERE number < 3",
            "checkpoints 1 to 2 are missing",
        ),
        (
            "UPDATE checkpoint SET document = '{' WHERE number = 2",
            "checkpoint 2 cannot be read: ",
        ),
        (
            "UPDATE checkpoint SET document = replace(document, '\"version\":2', '\"version\":3') WHERE number = 2",
            "checkpoint 2 was altered; or VESTIBULE_AUDIT_KEY is another one",
        ),
        (
            "UPDATE checkpoint SET document = (SELECT document FROM checkpoint WHERE number = 1) WHERE number = 2",
            "checkpoint 2 was altered",
        ),
    ] {
        let place = three_checkpoints().await;
        assert_eq!(place.verify(&[]).0, Some(0));
        place.tamper(sql);
        let (code, lines) = place.verify(&[]);
        assert!(code == Some(1) && lines[0].starts_with(fault), "{sql}: {lines:?}");
        assert!(
            lines.contains(&"The checkpoints are not as they were written.".to_owned()),
            "{lines:?}"
        );
    }
}

/// It ends, and the rest is looked at.
#[tokio::test]
async fn a_checkpoint_with_an_impossible_number_is_named_and_is_not_the_end() {
    let (place, ids) = Place::sealed(2).await;
    for table in ["request", "history"] {
        place.tamper(&format!("DELETE FROM {table} WHERE applicant = '{}'", ids[1].applicant));
    }
    for number in ["-5", "0", "4294967296", "9223372036854775807"] {
        place.tamper(&format!("INSERT INTO checkpoint VALUES ({number}, '{{}}')"));
    }
    let (code, lines) = place.verify(&[]);
    let last = "checkpoint 9223372036854775807 cannot be read: ";
    assert!(
        code == Some(1) && lines.iter().any(|line| line.starts_with(last)),
        "{lines:?}"
    );
    let gone = format!("{}: it was deleted; its version 2 was there", ids[1]);
    assert!(lines.contains(&gone), "{lines:?}");
}

/// Checkpoints of another time, each of which holds by itself.
#[tokio::test]
async fn a_checkpoint_of_another_chain_is_found() {
    let place = three_checkpoints().await;
    let store = place.open();
    let Numbered { checkpoint, .. } = store.checkpoints(1, 1).await.unwrap().remove(0);
    let other = AuditKey::parse(KEY).unwrap().sign(store::Checkpoint {
        previous: Some(Hash::of(&["another"])),
        ..checkpoint.unwrap()
    });
    let document = serde_json::to_string(&other).unwrap();
    place.tamper(&format!(
        "UPDATE checkpoint SET document = '{document}' WHERE number = 2"
    ));
    let (code, lines) = place.verify(&[]);
    let expected = [2, 3].map(|number| format!("checkpoint {number} does not follow the one before it"));
    assert_eq!((code, &lines[..2]), (Some(1), &expected[..]));
}

/// The whole file is another day's: nothing in it says so, and the log does.
#[tokio::test]
async fn a_store_that_was_put_back_as_a_whole_is_found_by_what_the_log_told() {
    let (place, _) = Place::sealed(3).await;
    let backup = place.file().with_extension("backup");
    rusqlite::Connection::open(place.file())
        .unwrap()
        .execute("VACUUM INTO ?", [backup.display().to_string()])
        .unwrap();
    let first = latest(&place).await;
    approved_at(&place.open(), "jane", NOW.plus(HOUR)).await;
    place.keep_books(2 * HOUR, None).await;
    let second = latest(&place).await;
    let told = |(number, proof): &(u64, Hash)| format!("--checkpoint={number}:{proof}");
    assert_eq!(place.verify(&[&told(&first), &told(&second)]).0, Some(0));
    for ending in ["db-wal", "db-shm"] {
        let _ = fs::remove_file(place.file().with_extension(ending));
    }
    fs::copy(&backup, place.file()).unwrap();
    assert_eq!(place.verify(&[&told(&first)]), (Some(0), vec![FINE.to_owned()]));
    let (code, lines) = place.verify(&[&told(&second)]);
    assert!(
        code == Some(1) && lines[0].starts_with("checkpoint 2, of which the log told, is not there"),
        "{lines:?}"
    );
    // And the clock went on.
    approved_at(&place.open(), "john", NOW.plus(2 * HOUR)).await;
    place.keep_books(3 * HOUR, None).await;
    let (code, lines) = place.verify(&[&told(&second)]);
    assert!(
        code == Some(1) && lines[0].starts_with("checkpoint 2 is not the one that the log told of"),
        "{lines:?}"
    );
    let (code, _, err) = place.verify_with(KEY, &["--checkpoint=2:abc"]);
    assert!(code == Some(2) && err.contains("as in the log"), "{err}");
}

#[tokio::test]
async fn what_was_removed_on_purpose_is_fine_and_may_begin_anew() {
    let (place, _) = Place::of(2).await;
    let store = place.open();
    let jane = opened(&store, "jane").await;
    decide(&store, &jane, approvals::Ruling::Withdraw).await;
    // What is to be counted is.
    place.tamper("DELETE FROM outbox");
    place.keep_books(HOUR, None).await;
    place.keep_books(3 * DAY, Some(DAY)).await;
    assert_eq!(store.request(&jane).await, Ok(None));
    let two = vec!["The histories of 2 requests are as they were written.".to_owned()];
    assert_eq!(place.verify(&[]), (Some(0), two));
    let again = opened_at(&store, "jane", NOW.plus(4 * DAY)).await;
    assert_eq!(again, jane);
    assert_eq!(place.verify(&[]), (Some(0), vec![FINE.to_owned()]));
    place.keep_books(5 * DAY, Some(DAY)).await;
    assert_eq!(place.verify(&[]), (Some(0), vec![FINE.to_owned()]));
    // That one nobody removed on purpose.
    for table in ["request", "history"] {
        place.tamper(&format!("DELETE FROM {table} WHERE applicant = '{}'", jane.applicant));
    }
    let gone = format!("{jane}: it was deleted; its version 1 was there");
    assert_eq!(place.verify(&[]), (Some(1), vec![gone, bad(3, 1)]));
}

/// Claims are gone from the request and from its history.
#[tokio::test]
async fn what_was_forgotten_is_fine() {
    let (place, ids) = Place::sealed(3).await;
    forget(&place, &ids[1]).await;
    assert_eq!(place.verify(&[]), (Some(0), vec![FINE.to_owned()]));
    place.keep_books(2 * DAY, None).await;
    assert_eq!(place.verify(&[]), (Some(0), vec![FINE.to_owned()]));
}

/// It came in with a time that was sealed already.
#[tokio::test]
async fn what_was_written_late_is_noted_and_no_fault() {
    let (place, _) = Place::sealed(2).await;
    opened_at(&place.open(), "jane", NOW.minus(DAY)).await;
    let note = "Older than that, and in no checkpoint: 1 entries, written late or by a clock that is slow.";
    assert_eq!(place.verify(&[]), (Some(0), vec![note.to_owned(), FINE.to_owned()]));
}

async fn three_checkpoints() -> Place {
    let (place, _) = Place::sealed(1).await;
    for n in 2..4 {
        let store = place.open();
        approved_at(&store, &format!("later {n}"), NOW.plus(n * HOUR)).await;
        place.keep_books((n + 1) * HOUR, None).await;
    }
    place
}

async fn latest(place: &Place) -> (u64, Hash) {
    let latest = place.open().latest_checkpoint().await.unwrap().unwrap();
    (latest.number, latest.proof)
}
