//! The command line for effects that were given up: the real program, and a store that it shares with the test.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod place;

use store::{OutboxEntry, Progress, Timestamp};

use crate::place::{Finished, Place, invited};

#[tokio::test]
async fn an_empty_outbox_says_so() {
    let place = Place::new();
    place
        .put(&OutboxEntry {
            progress: waits(),
            ..place.parked("jane", 1)
        })
        .await;
    let list = place.run(&["list"]);
    assert_eq!(
        (list.code, &*list.stdout, &*list.stderr),
        (0, "No effect is parked.\n", "")
    );
    let retry = place.run(&["retry", "--all"]);
    assert_eq!((retry.code, &*retry.stdout), (0, "Effects that are due again: 0.\n"));
}

#[tokio::test]
async fn what_is_parked_is_listed_with_what_an_operator_has_to_know() {
    let place = Place::new();
    // More than are read at once.
    let mut ids = Vec::new();
    for n in 0..230 {
        let entry = place.parked(&format!("person {n}"), n);
        place.put(&entry).await;
        ids.push(entry.id.to_string());
    }
    let list = place.run(&["list"]);
    assert_eq!((list.code, &*list.stderr), (0, ""));
    let mut lines = list.stdout.lines();
    let heading = lines.next().unwrap();
    assert_eq!(
        heading.split_whitespace().collect::<Vec<_>>().join(" "),
        "ID EFFECT PARKED SINCE ATTEMPTS FAILURE"
    );
    let rows: Vec<_> = lines.collect();
    let listed: Vec<_> = rows
        .iter()
        .map(|row| row.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(listed, ids, "those parked first first, all of them");
    let words: Vec<_> = rows[3].split_whitespace().skip(1).collect();
    assert_eq!(words[..3], ["tell-reviewers", "2026-11-22T20:53:04Z", "8"]);
    assert!(rows[3].ends_with("  the receiver said no"), "{}", rows[3]);
    let column = heading.find("FAILURE");
    assert!(
        rows.iter().all(|row| row.find("the receiver") == column),
        "columns stand under each other"
    );
}

#[tokio::test]
async fn one_is_shown_whole_but_for_what_is_sealed() {
    let place = Place::new();
    let entry = OutboxEntry {
        effect: invited("c2VhbGVk-secret"),
        failure: Some("554 \u{1b}[2Jno\nsuch\u{9b}".to_owned()),
        ..place.parked("jane", 5)
    };
    place.put(&entry).await;
    let show = place.run(&["show", &entry.id.to_string()]);
    assert_eq!(show.code, 0, "{show:?}");
    let request = entry.request.to_string();
    for (name, value) in [
        ("id", &*entry.id.to_string()),
        ("effect", "approved"),
        ("receiver", "mail"),
        ("request", &request),
        ("redeem url", "sealed"),
        ("written at", "2026-11-22T20:53:01Z"),
        ("parked since", "2026-11-22T20:53:06Z"),
        ("attempts", "8"),
        ("revision", "17"),
        ("failure", "554 \u{fffd}[2Jno\u{fffd}such\u{fffd}"),
    ] {
        let line = show.stdout.lines().find(|line| line.starts_with(name));
        let shown = line.unwrap()[name.len()..].trim();
        assert_eq!(shown, value, "{name}");
    }
    let list = place.run(&["list"]);
    for finished in [show, list] {
        assert!(!finished.stdout.contains("secret"), "{finished:?}");
        assert!(
            !finished.stdout.contains('\u{1b}'),
            "a receiver's words move no cursor: {finished:?}"
        );
    }
}

#[tokio::test]
async fn a_retried_effect_is_due_with_its_whole_schedule_before_it() {
    let place = Place::new();
    let (entry, other) = (place.parked("jane", 1), place.parked("jim", 2));
    place.put(&entry).await;
    place.put(&other).await;
    let retry = place.run(&["retry", &entry.id.to_string()]);
    assert_eq!((retry.code, retry.stdout), (0, format!("{} is due again.\n", entry.id)));
    let now = place.entry(&entry.id).await.unwrap();
    assert_eq!((now.attempts, now.failures, now.revision), (8, 0, 18));
    assert!(now.due() > entry.parked_at(), "{now:?}");
    assert_eq!(place.entry(&other.id).await, Some(other), "the other is still parked");

    let again = place.run(&["retry", &entry.id.to_string()]);
    again.refused("the effect is not parked");
    assert_eq!(place.entry(&entry.id).await, Some(now));
}

#[tokio::test]
async fn all_are_retried_at_once() {
    let place = Place::new();
    let entries: Vec<_> = (0..230).map(|n| place.parked(&format!("person {n}"), n)).collect();
    for entry in &entries {
        place.put(entry).await;
    }
    let retry = place.run(&["retry", "--all"]);
    assert_eq!((retry.code, &*retry.stdout), (0, "Effects that are due again: 230.\n"));
    for entry in &entries {
        let now = place.entry(&entry.id).await.unwrap();
        assert_eq!((now.revision, now.parked_at()), (18, None));
    }
}

#[tokio::test]
async fn one_is_dropped_only_when_that_is_certain() {
    let place = Place::new();
    let entry = place.parked("jane", 1);
    let id = entry.id.to_string();
    place.put(&entry).await;
    let piped = place.run(&["drop", &id]);
    assert_eq!(piped.code, 2, "{piped:?}");
    assert!(piped.stderr.contains("--yes"), "{piped:?}");
    for answer in ["\n", "n\n", "yess\n", "\u{4}"] {
        let asked = place.run_in_terminal(&["drop", &id], answer);
        assert!(
            asked.stderr.contains("Drop `tell-reviewers` of ") && asked.stderr.contains(&id),
            "{asked:?}"
        );
        asked.refused("nothing was dropped");
    }
    assert_eq!(place.entry(&entry.id).await, Some(entry.clone()));
    let dropped = place.run_in_terminal(&["drop", &id], "y\n");
    assert_eq!((dropped.code, dropped.stdout), (0, format!("{id} was dropped.\n")));
    assert_eq!(place.entry(&entry.id).await, None);

    let entry = place.parked("jim", 1);
    place.put(&entry).await;
    let dropped = place.run(&["drop", "--yes", &entry.id.to_string()]);
    assert_eq!(dropped.code, 0, "{dropped:?}");
    assert_eq!(place.entry(&entry.id).await, None);
}

#[tokio::test]
async fn what_is_still_tried_or_not_there_is_left_alone() {
    let place = Place::new();
    let tried = OutboxEntry {
        progress: waits(),
        ..place.parked("jane", 1)
    };
    place.put(&tried).await;
    let (id, unknown) = (tried.id.to_string(), place.parked("jim", 1).id.to_string());
    place.run(&["retry", &id]).refused("the effect is not parked");
    place.run(&["drop", "--yes", &id]).refused("the effect is not parked");
    for command in [&["show"][..], &["retry"], &["drop", "--yes"]] {
        place
            .run(&[command, &[&unknown]].concat())
            .refused("there is no such effect");
    }
    let shown = place.run(&["show", &id]);
    assert!(
        shown.code == 0 && shown.stdout.contains("parked since  -\n"),
        "{shown:?}"
    );
    assert_eq!(place.entry(&tried.id).await, Some(tried));
}

#[tokio::test]
async fn two_operators_at_once_do_it_once() {
    let place = Place::new();
    for round in 0..5 {
        let entry = place.parked(&format!("person {round}"), round);
        place.put(&entry).await;
        let id = entry.id.to_string();
        let commands = [&["retry", &id][..], &["drop", "--yes", &id]];
        let running: Vec<_> = commands
            .iter()
            .cycle()
            .take(6)
            .map(|command| place.spawn(command))
            .collect();
        let finished: Vec<_> = running.into_iter().map(Finished::of).collect();
        assert_eq!(
            finished.iter().filter(|finished| finished.code == 0).count(),
            1,
            "{finished:?}"
        );
        let revision = place.entry(&entry.id).await.map(|entry| entry.revision);
        assert!(matches!(revision, None | Some(18)), "{finished:?}");
    }
}

#[tokio::test]
async fn a_wrong_command_or_setting_exits_2() {
    let place = Place::new();
    let id = place.parked("jane", 1).id.to_string();
    for (arguments, says) in [
        (&["retry"][..], "<ID|--all>"),
        (&["retry", &id, "--all"], "cannot be used with"),
        (&["show", "49"], "64 hex digits"),
        (&["drop", "--yes"], "<ID>"),
        (&["purge"], "purge"),
        (&["list", "--store", "mysql:x"], "`sqlite:PATH` or `dynamodb:TABLE`"),
        (&["list", "--store", "sqlite:nowhere/slip.db"], "a file that is there"),
    ] {
        let finished = place.run(arguments);
        assert_eq!(finished.code, 2, "{finished:?}");
        assert!(finished.stderr.contains(says), "{finished:?}");
    }
    assert!(!place.folder().join("nowhere").exists(), "no file was made");
    let unset = place.without_store(&["list"]);
    assert!(
        unset.code == 2 && unset.stderr.contains("VESTIBULE_STORE is not set"),
        "{unset:?}"
    );
    let flag = format!("sqlite:{}", place.folder().join("vestibule.db").display());
    assert_eq!(place.without_store(&["list", "--store", &flag]).code, 0);
}

#[tokio::test]
async fn whoever_reads_may_stop_reading() {
    let place = Place::new();
    for n in 0..400 {
        place.put(&place.parked(&format!("person {n}"), n)).await;
    }
    let mut child = place.spawn(&["list"]);
    child.stdout.take();
    let finished = Finished::of(child);
    assert_eq!((finished.code, &*finished.stderr), (0, ""));
}

fn waits() -> Progress {
    Progress::Waits {
        until: Timestamp::from_millis(0),
    }
}
