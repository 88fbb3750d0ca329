//! Who says something twice, comes second, or hands on what cannot be decided then.

use approvals::{Decide, Decider, Ruling};
use serde_json::json;
use store::{Clock, Person};

use crate::{
    browser::Browser,
    people::{google, handed_to, pending},
    room::{RITA, ROB, Room, audit_key},
    routes::{decide, group, held, room, stage},
};

/// A retry after a lost reply, of the vote that ended a stage; and a colleague who looked at it before.
#[tokio::test]
async fn a_vote_that_ended_a_stage_can_be_said_again() {
    let room = room();
    let stages = vec![stage("hr", group("hr")), stage("security", group("security"))];
    let id = handed_to(&room, &google("Jane"), held(stages)).await;
    let path = format!("/review/requests/{id}");
    let mut rita = Browser::logged_in(&room, RITA).await;
    let page = rita.get(&path).await;
    for applied in [true, false] {
        let (status, said) = decide(&room, RITA, &id, "approve", json!({"version": 1})).await;
        assert_eq!((status, &said["applied"]), (200, &json!(applied)), "{said}");
    }
    let again = rita.decide(&page, &path, "approve", "").await;
    assert_eq!(again.status.as_u16(), 303);
    let told = rita.get(again.header("location")).await;
    assert!(told.body.contains("Your vote is recorded"), "{}", told.body);
}

#[tokio::test]
async fn whoever_is_not_asked_any_more_learns_that_it_moved() {
    let room = room();
    let both = stage("both", group("hr"));
    let id = handed_to(&room, &google("Jane"), held(vec![both])).await;
    let (status, _) = decide(&room, RITA, &id, "reassign", json!({"to": "group:security"})).await;
    assert_eq!(status, 200);
    for (said, code) in [(json!({"version": 1}), (409, "moved")), (json!({}), (403, "not-asked"))] {
        let (status, told) = decide(&room, RITA, &id, "approve", said).await;
        assert_eq!(
            (status, told["error"]["code"].as_str()),
            (code.0, Some(code.1)),
            "{told}"
        );
    }
}

/// `zoe` is in the group and has no token.
#[tokio::test]
async fn a_request_is_not_handed_to_a_group_that_cannot_log_in() {
    let room = Room::with(|parts| {
        let people = |names: &[&str]| names.iter().map(|name| Person::of(name)).collect::<Vec<_>>();
        let groups = [("hr".to_owned(), people(&["rita"])), ("away".to_owned(), people(&[]))];
        parts.desk.terms.groups = groups.into_iter().collect();
    });
    let id = handed_to(&room, &google("Jane"), held(vec![stage("hr", group("hr"))])).await;
    let (status, told) = decide(&room, RITA, &id, "reassign", json!({"to": "group:away"})).await;
    assert_eq!(
        (status, told["error"]["code"].as_str()),
        (409, Some("too-few")),
        "{told}"
    );
}

/// One approves, two deny: alone she could only approve.
#[tokio::test]
async fn nobody_takes_what_they_could_not_deny() {
    let room = room();
    let mut two = stage("hr", group("hr"));
    two.deny = 2;
    let id = handed_to(&room, &google("Jane"), held(vec![two])).await;
    let (status, told) = decide(&room, RITA, &id, "reassign", json!({"to": "person:rita"})).await;
    assert_eq!(
        (status, told["error"]["code"].as_str()),
        (409, Some("too-few")),
        "{told}"
    );
}

#[tokio::test]
async fn an_override_is_nobodys_own_decision() {
    let room = room();
    let id = pending(&room, "Jane").await;
    let by = Decider::Override("rita".to_owned());
    let request = room.store.request(&id).await.unwrap().unwrap();
    let now = room.clock.now();
    let decided = approvals::decide(&request, &Decide::new(Ruling::Approve, by), now, &Default::default());
    let commit = decided
        .transition
        .unwrap()
        .commit(None, &[], &audit_key().seal().unwrap());
    assert_eq!(room.store.commit(&commit).await, Ok(store::Committed::Applied));
    let shown = room.get(&format!("/review/api/requests/{id}")).await.json();
    assert_eq!(shown["decision"]["by"], "rita (override)");
    let mut rita = Browser::logged_in(&room, RITA).await;
    let page = rita.get(&format!("/review/requests/{id}?notice=done")).await;
    assert!(!page.body.contains("Your decision is recorded") && page.body.contains("rita (override)"));
}

#[tokio::test]
async fn whoever_is_second_of_many_learns_who_was_first() {
    let room = room();
    let (one, other) = (pending(&room, "Jane").await, pending(&room, "John").await);
    decide(&room, ROB, &one, "deny", json!({"reason": "spam"})).await;
    let said =
        json!({"ids": [{"id": one, "version": 1}, {"id": other, "version": 1}], "ruling": "approve"}).to_string();
    let each = room.post(RITA, "/review/api/requests/decide", &said).await.json();
    let decision = &each["requests"][0]["decision"];
    assert_eq!(
        (&decision["by"], &decision["reason"]),
        (&json!("Rob Ö"), &json!("spam")),
        "{each}"
    );
    assert_eq!(
        (&each["requests"][1]["applied"], &each["requests"][1]["decision"]),
        (&json!(true), &json!(null))
    );
}

#[tokio::test]
async fn an_id_that_is_none_is_named_by_its_place() {
    let room = room();
    let id = pending(&room, "Jane").await;
    let said =
        json!({"ids": [{"id": id, "version": 1}, {"id": "nope-1", "version": 1}], "ruling": "approve"}).to_string();
    let told = room.post(RITA, "/review/api/requests/decide", &said).await;
    assert_eq!(told.status, 400);
    assert!(told.body.contains("Number 2 of `ids`"), "{}", told.body);
}

#[tokio::test]
async fn handing_to_and_fro_has_an_end() {
    let room = room();
    let id = handed_to(&room, &google("Jane"), held(vec![stage("hr", group("hr"))])).await;
    let hand = async |n: u32| {
        let to = if n.is_multiple_of(2) { "person:rita" } else { "group:hr" };
        decide(&room, RITA, &id, "reassign", json!({"to": to})).await
    };
    for n in 0..20 {
        assert_eq!(hand(n).await.0, 200, "{n}");
    }
    let (status, told) = hand(20).await;
    assert_eq!(
        (status, told["error"]["code"].as_str()),
        (409, Some("too-often")),
        "{told}"
    );
}

/// Somebody wrote into the file.
#[tokio::test]
async fn a_forged_request_is_marked_and_cannot_be_decided() {
    let room = room();
    let id = pending(&room, "Jane").await;
    let mut forged = room.store.request(&id).await.unwrap().unwrap();
    forged.rule = "another".to_owned();
    let replaces = Some(forged.version);
    let writes = vec![store::Write::Request {
        request: Box::new(forged),
        replaces,
    }];
    assert_eq!(
        room.store.commit(&store::Commit { writes }).await,
        Ok(store::Committed::Applied)
    );
    let path = format!("/requests/{id}");
    assert_eq!(
        room.get(&format!("/review/api{path}")).await.json()["as_written"],
        false
    );
    let (status, told) = decide(&room, RITA, &id, "approve", json!({})).await;
    assert_eq!(
        (status, told["error"]["code"].as_str()),
        (409, Some("not-as-written")),
        "{told}"
    );
    let mut rita = Browser::logged_in(&room, RITA).await;
    let page = rita.get(&format!("/review{path}")).await;
    assert!(page.body.contains("not as it was written"), "{}", page.body);
}
