//! `forget`: what is personal goes, the fact stays.

use approvals::Ruling;
use claims::{CallKey, Changes, Decision, Hash};
use store::{Actor, CallRecord, Clock, Commit, Committed, Event, Keys, Receiver, StateName, SystemClock, Write};

use crate::place::{Place, ago};

const MARKS: [&str; 4] = ["Zwettl", "Zwentendorf", "jane roe", "id-of-jane"];

#[tokio::test]
async fn an_applicant_is_forgotten_and_the_fact_stays() {
    for place in Place::both().await {
        let first = place.submits_at("jane", "Zwettl", ago(2)).await;
        place.decides(&first, Ruling::Withdraw).await;
        let id = place.submits("jane", "Zwettl").await;
        place.submits("jane", "Zwentendorf").await;
        let event = place.publishes(&id, "Zwettl").await;
        let john = place.submits("john", "Zwettl").await;
        let other = place.publishes(&john, "Wien").await;
        place.run(&["forget", &id.to_string()]).refused(2, "say `--yes`");
        place
            .run_in_terminal(&["forget", &id.to_string()], "n\n")
            .refused(1, "nothing was deleted");
        assert_eq!(place.rows.history(&id).await.unwrap().len(), 2);

        let done = place.run(&["forget", &id.to_string(), "--yes", "--by", "ops"]);
        let forgotten = format!("{id} is forgotten.\n{first} is forgotten.\nEffects that will not be delivered: 1.\n");
        done.says(0, &forgotten);
        let latest = place.rows.request(&id).await.unwrap().unwrap();
        assert_eq!((latest.state.name(), latest.version), (StateName::Withdrawn, 6));
        assert_eq!(latest.addresses, []);
        let history = place.rows.history(&id).await.unwrap();
        let events: Vec<_> = history.iter().map(|entry| entry.event.name()).collect();
        assert_eq!(events, ["opened", "updated", "withdrawn", "forgotten"]);
        assert!(history.iter().all(|entry| entry.kept.is_none()));
        assert!(history[..2].iter().all(|entry| entry.commitment.is_some()));
        assert_eq!(history[3].by, Actor::Override("ops".to_owned()));
        let earlier = place.rows.history(&first).await.unwrap();
        assert!(earlier.iter().all(|entry| entry.kept.is_none()));
        assert!(matches!(earlier.last().unwrap().event, Event::Forgotten));
        let shown = place.run(&["export"]).stdout;
        let of_jane = shown.lines().filter(|line| !line.contains(&john.to_string()));
        for line in of_jane {
            assert!(MARKS.iter().all(|mark| !line.contains(mark)), "{line}");
        }
        assert_eq!(place.rows.entry(&event).await, Ok(None));
        assert!(
            place.rows.entry(&other).await.unwrap().is_some(),
            "others' effects stay"
        );
        place.verifies(3);

        // Nothing is left to do, and nothing is done.
        let again = place.run(&["forget", &id.to_string(), "--yes"]);
        again.says(0, &format!("{id} is forgotten.\n{first} is forgotten.\n"));
        assert_eq!(place.rows.history(&id).await.unwrap().len(), 4);
        // Whoever comes back begins anew.
        let back = place.submits("jane", "Linz").await;
        assert_eq!((back.applicant, back.round), (id.applicant, 3));
        place.verifies(4);
    }
}

#[tokio::test]
async fn nothing_stays_in_the_files() {
    let place = Place::sqlite();
    let id = place.submits("jane", "Zwettl").await;
    // Rows that others replace and free.
    for n in 0..40 {
        place.submits(&format!("p{n}"), "Wien").await;
    }
    place.submits("jane", "Zwentendorf").await;
    place.publishes(&id, "Zwettl").await;
    for mark in MARKS {
        assert!(place.holds(mark), "{mark}");
    }
    let done = place.run(&["forget", &id.to_string(), "--yes"]);
    assert_eq!((done.code, &*done.stderr), (0, ""), "{done:?}");
    for mark in MARKS {
        assert!(!place.holds(mark), "{mark}");
    }
    assert!(place.holds("p7 roe"), "others stay");
}

#[tokio::test]
async fn all_with_an_address_are_forgotten() {
    let place = Place::sqlite();
    let id = place.submits("jane", "Zwettl").await;
    let john = place.submits("john", "Wien").await;
    let done = place.run(&["forget", "--address", "Jane@JANE.example", "--yes"]);
    done.says(0, &format!("{id} is forgotten.\n"));
    assert_eq!(done.stderr, format!("{id} has this address.\n"));
    assert!(place.rows.request(&john).await.unwrap().unwrap().email().is_some());
    let none = place.run(&["forget", "--address", "jane@jane.example", "--yes"]);
    none.refused(1, "no request has this address");
    assert!(!none.stderr.contains("jane"));
    place.run(&["forget", "--yes"]).refused(2, "required");
}

#[tokio::test]
async fn who_was_turned_away_stays_so() {
    let place = Place::sqlite();
    let id = place.submits("jane", "Zwettl").await;
    place.decides(&id, Ruling::Deny).await;
    let request = place.rows.request(&id).await.unwrap().unwrap();
    assert_eq!(place.run(&["forget", &id.to_string(), "--yes"]).code, 0);
    let keys = Keys {
        applicant: Some(id.applicant),
        addresses: request.addresses,
        call: None,
    };
    let known = place.rows.look_up(&keys).await.unwrap();
    assert_eq!(known.request.unwrap().state.name(), StateName::Denied);
    assert_eq!(known.denials.len(), 1);
}

#[tokio::test]
async fn what_is_counted_still_counts() {
    let place = Place::sqlite();
    let id = place.submits("jane", "Zwettl").await;
    assert_eq!(place.run(&["forget", &id.to_string(), "--yes"]).code, 0);
    let left = place.rows.undelivered(&id.applicant).await.unwrap().entries;
    assert!(!left.is_empty() && left.iter().all(|entry| entry.id.lane.receiver == Receiver::Counts));
}

#[tokio::test]
async fn what_was_written_behind_our_back_is_not_made_true() {
    let place = Place::sqlite();
    let id = place.submits("jane", "Zwettl").await;
    let file = rusqlite::Connection::open(place.folder().join("vestibule.db")).unwrap();
    let sql = "UPDATE request SET document = replace(document, 'Zwettl', 'Zwettel')";
    assert_eq!(file.execute(sql, []), Ok(1));
    drop(file);
    let refused = place.run(&["forget", &id.to_string(), "--yes"]);
    refused.refused(1, "not as it was written");
    assert!(!refused.stderr.contains("Zwett") && !refused.stderr.contains("jane"));
}

#[tokio::test]
async fn answers_that_tell_of_no_request_go_too() {
    let place = Place::sqlite();
    let id = place.submits("jane", "Zwettl").await;
    let mut changes = Changes::none();
    changes.set("displayName", claims::Value::Text("Kremsmuenster".to_owned()));
    let record = CallRecord {
        key: CallKey(Hash::of(&["first step"])),
        at: SystemClock.now(),
        answer: Decision::Continue(changes),
        left: None,
        once: store::Once::default(),
    };
    let writes = vec![Write::Call { record, replaces: None }];
    assert_eq!(place.rows.commit(&Commit { writes }).await, Ok(Committed::Applied));
    let john = place.submits("john", "Melk").await;
    assert!(place.holds("Kremsmuenster"));
    assert_eq!(place.run(&["forget", &id.to_string(), "--yes"]).code, 0);
    assert!(!place.holds("Kremsmuenster"));
    assert!(
        place.holds(&format!("{john}")) && place.holds("Melk"),
        "nobody else is forgotten"
    );
}
