//! `vestibule audit`: the real program, and a store in which somebody changes things behind its back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod checkpoints;
mod forgotten;
mod misfiled;
mod place;
mod removed;

use crate::place::{KEY, Place};

#[tokio::test]
async fn histories_as_they_were_written_are_found_so() {
    // More than are read at once.
    let (place, _) = Place::of(130).await;
    let (code, out, err) = place.verify_with(KEY, &[]);
    assert_eq!(
        (code, &*out, &*err),
        (
            Some(0),
            "There is no checkpoint: requests that were deleted or put back with their histories cannot be found.\n\
             The histories of 130 requests are as they were written.\n",
            ""
        )
    );
    let (code, out, _) = place.verify_with(&"fedcba9876543210".repeat(4), &[]);
    assert_eq!(code, Some(1));
    assert!(
        out.contains("or VESTIBULE_AUDIT_KEY is another one") && out.ends_with("130 are not as they were written.\n")
    );
}

#[tokio::test]
async fn what_somebody_changed_is_named() {
    for (sql, fault) in [
        (
            "UPDATE history SET document = replace(document, 'rita', 'eve') WHERE version = 2",
            "version 2, or one before it, was altered",
        ),
        ("DELETE FROM history WHERE version = 2", "the last entries are missing"),
        (
            "DELETE FROM history WHERE version = 1",
            "the entry of version 1 is missing",
        ),
        (
            "UPDATE history SET document = replace(document, 'person 1', 'person X')",
            "the claims of version 1 are not those that came",
        ),
        (
            "UPDATE request SET document = replace(document, 'person 1', 'person X')",
            "the request is not what its history made of it",
        ),
    ] {
        let (place, ids) = Place::of(2).await;
        let one = sql
            .contains("WHERE version")
            .then(|| format!(" AND applicant = '{}'", ids[1].applicant));
        place.tamper(&format!("{sql}{}", one.unwrap_or_default()));
        let (code, out, err) = place.verify_with(KEY, &[]);
        assert_eq!((code, &*err), (Some(1), ""), "{sql}");
        let first = out.lines().next().unwrap();
        assert!(
            first.starts_with(&ids[1].to_string()) && first.contains(fault),
            "{sql}: {out}"
        );
        assert!(
            out.ends_with("Of 2 requests, 1 are not as they were written.\n"),
            "{sql}: {out}"
        );
        assert!(
            !out.contains("person") && !out.contains("eve"),
            "nothing personal: {out}"
        );
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_said() {
    let (place, _) = Place::of(1).await;
    for key in ["", "hunter2"] {
        let (code, out, err) = place.verify_with(key, &[]);
        assert_eq!((code, &*out), (Some(2), ""), "{key}");
        assert!(err.contains("VESTIBULE_AUDIT_KEY") && !err.contains("hunter2"), "{err}");
    }
}
