//! Rows that say what they should, and are found by something else.

use approvals::Ruling;
use store::Store;

use crate::place::{HOUR, NOW, Place, again, decide, decide_at, opened};

/// A garbage row is a finding, and the others are looked at.
#[tokio::test]
async fn a_place_that_is_none_is_named_and_is_not_the_end() {
    let request = "INSERT INTO request (applicant, slot, round, version, state, opened_at, document)";
    let history = "INSERT INTO history (applicant, round, version, at, mac, document)";
    let other = "0".repeat(64);
    let at = NOW.plus(HOUR).as_millis();
    for (sql, found) in [
        (
            format!("{request} VALUES ('x', 0, 1, 1, 'pending', 1, '{{}}')"),
            "it stands in the list of a state, and its place there cannot be read",
        ),
        (
            format!("{request} VALUES ('{other}', 0, -1, 1, 'pending', 1, '{{}}')"),
            "it stands in the list of a state, and its place there cannot be read",
        ),
        (
            format!("{history} VALUES ('x', 1, 1, {at}, '{other}', '{{}}')"),
            "it has no place in the order in which histories were written",
        ),
        (
            format!("{history} VALUES ('{other}', 1, 1, {at}, 'x', '{{}}')"),
            "it has no place in the order in which histories were written",
        ),
    ] {
        let (place, ids) = Place::sealed(3).await;
        for table in ["request", "history"] {
            place.tamper(&format!("DELETE FROM {table} WHERE applicant = '{}'", ids[1].applicant));
        }
        place.tamper(&sql);
        let (code, lines) = place.verify(&[]);
        let is_named = |line: &String| line.starts_with("row ") && line.ends_with(found);
        assert!(code == Some(1) && lines.iter().any(is_named), "{sql}: {lines:?}");
        let gone = format!("{}: it was deleted; its version 2 was there", ids[1]);
        assert!(lines.contains(&gone), "{sql}: {lines:?}");
    }
}

/// The gate looks at the latest.
#[tokio::test]
async fn an_earlier_request_in_the_place_of_the_latest_is_found() {
    let swap = "UPDATE request SET slot = 99 WHERE slot = 0 AND applicant = '{}';
        UPDATE request SET slot = 0 WHERE slot = 1 AND applicant = '{}';
        UPDATE request SET slot = 2 WHERE slot = 99 AND applicant = '{}'";
    let none = "UPDATE request SET slot = 2 WHERE slot = 0 AND applicant = '{}'";
    for sql in [swap, none] {
        let (place, _) = Place::of(2).await;
        let store = place.open();
        let one = opened(&store, "jane").await;
        decide(&store, &one, Ruling::Withdraw).await;
        let first = store.request(&one).await.unwrap().unwrap();
        let two = again(&store, &first, NOW.plus(HOUR)).await;
        decide_at(&store, &two, Ruling::Deny, NOW.plus(HOUR)).await;
        place.keep_books(2 * HOUR, None).await;
        assert_eq!(place.verify(&[]).0, Some(0));
        place.sql(&sql.replace("{}", &one.applicant.to_string()));
        let (code, lines) = place.verify(&[]);
        let found = format!("{two}: another one, or none, stands in the place of its applicant's latest request");
        assert!(code == Some(1) && lines.contains(&found), "{lines:?}");
    }
}

#[tokio::test]
async fn what_hides_a_request_from_reviewers_the_clock_or_decisions_is_found() {
    for change in [
        "asked = NULL",
        "asked = 'person:eve'",
        "due = NULL",
        "due = due + 1",
        "domain = 'eve'",
        "address = 'eve'",
        "version = 77",
        "opened_at = opened_at + 1",
    ] {
        let (place, _) = Place::of(2).await;
        let jane = opened(&place.open(), "jane").await;
        place.keep_books(HOUR, None).await;
        assert_eq!(place.verify(&[]).0, Some(0));
        place.tamper(&format!("UPDATE request SET {change} WHERE state = 'pending'"));
        let (code, lines) = place.verify(&[]);
        let found = format!("{jane}: what lists, the clock or decisions find it by is not what it says");
        assert!(code == Some(1) && lines.contains(&found), "{change}: {lines:?}");
    }
}
