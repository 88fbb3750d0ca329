//! A reviewer's own request: what the others said about it is theirs.

use approvals::{Decide, Decider, Ruling};
use http::Method;
use review::Reviewers;
use serde_json::{Value, json};
use store::{Clock, Committed, RequestId, StateName};

use crate::{
    browser::Browser,
    people::{body, handed_to, pending},
    room::{RITA, ROB, Room, audit_key, bearer, call},
    routes::{decide, group, held, stage},
};

/// Jane reviews, and so does Rob.
fn room() -> Room {
    Room::with(|parts| {
        parts.reviewers = Reviewers::parse(&format!("Jane@Example.com:{RITA}\nRob:{ROB}")).unwrap();
        let people = ["jane@example.com", "rob", "max"].map(store::Person::of).to_vec();
        parts.desk.terms.groups = [("hr".to_owned(), people)].into_iter().collect();
    })
}

/// Her own request, which two have to approve, and one has, with a reason.
async fn voted_on(room: &Room) -> RequestId {
    let mut two = stage("two", group("hr"));
    two.approve = 2;
    let id = handed_to(room, &body("Jane", "jane@example.com"), held(vec![two])).await;
    let (status, _) = decide(room, ROB, &id, "approve", json!({"reason": "my old friend"})).await;
    assert_eq!(status, 200);
    id
}

async fn get(room: &Room, token: &str, path: &str) -> Value {
    let answer = room.send(call(Method::GET, path, &[bearer(token)], "")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Neither what somebody wrote nor who did anything.
#[track_caller]
fn tells_nothing(text: &str) {
    assert!(!text.contains("friend") && !text.contains("Rob"), "{text}");
}

#[tokio::test]
async fn reasons_and_votes_are_not_shown_to_the_applicant() {
    let room = room();
    let id = voted_on(&room).await;
    let path = format!("/review/api/requests/{id}");
    let other = get(&room, ROB, &path).await;
    assert_eq!(
        (&other["own"], &other["review"]["approvals"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(other["history"][1]["reason"], "my old friend");
    let own = get(&room, RITA, &path).await;
    tells_nothing(&own.to_string());
    assert_eq!((&own["own"], &own["review"]["approvals"]), (&json!(true), &json!(0)));
    assert_eq!(own["stages"][0]["approvals"], 0);
    assert_eq!(own["history"].as_array().unwrap().len(), 1, "{own}");
    assert_eq!(own["received"]["email"], "jane@example.com");
    for list in ["?state=pending", "?waits=group:hr"] {
        let list = get(&room, RITA, &format!("/review/api/requests{list}")).await;
        let listed = &list["requests"][0];
        assert_eq!(
            (&listed["own"], &listed["review"]["approvals"]),
            (&json!(true), &json!(0))
        );
    }
    let mut jane = Browser::logged_in(&room, RITA).await;
    let page = jane.get(&format!("/review/requests/{id}")).await.body;
    tells_nothing(&page);
    assert!(page.contains("This is your own request") && page.contains("Nobody decides on their own request."));
    assert!(!page.contains("of 2 approve"), "{page}");
    assert!(!jane.get("/review").await.body.contains("of 2 approve"));
    let mut rob = Browser::logged_in(&room, ROB).await;
    let page = rob.get(&format!("/review/requests/{id}")).await.body;
    assert!(
        page.contains("my old friend") && !page.contains("your own request"),
        "{page}"
    );
    assert!(rob.get("/review").await.body.contains("1 of 2 approve"));
}

#[tokio::test]
async fn nor_is_who_decided() {
    let room = room();
    let id = voted_on(&room).await;
    let (_, denied) = decide(&room, ROB, &id, "deny", json!({"reason": "no friend of mine"})).await;
    assert_eq!(denied["applied"], false, "he has voted");
    // An operator does what two reviewers would do.
    let request = room.store.request(&id).await.unwrap().unwrap();
    let command = Decide {
        reason: Some("Rob was a friend".to_owned()),
        ..Decide::new(Ruling::Deny, Decider::Override("ops".to_owned()))
    };
    let decided = approvals::decide(&request, &command, room.clock.now(), &approvals::Terms::default());
    let commit = decided
        .transition
        .unwrap()
        .commit(None, &[], &audit_key().seal().unwrap());
    assert_eq!(room.store.commit(&commit).await, Ok(Committed::Applied));
    let shown = get(&room, RITA, &format!("/review/api/requests/{id}")).await;
    assert_eq!((&shown["state"], &shown["decision"]), (&json!("denied"), &Value::Null));
    tells_nothing(&shown.to_string());
    // Whoever comes second is told what stands, and here no more than that.
    let (status, late) = decide(&room, RITA, &id, "approve", json!({})).await;
    assert_eq!(
        (status, &late["applied"], &late["request"]["decision"]),
        (200, &json!(false), &Value::Null)
    );
    tells_nothing(&late.to_string());
    let (_, handed) = decide(&room, RITA, &id, "reassign", json!({"to": "person:rob"})).await;
    tells_nothing(&handed.to_string());
    let said = json!({"ruling": "deny", "ids": [{"id": id, "version": 1}]}).to_string();
    let each = room.post(RITA, "/review/api/requests/decide", &said).await.json();
    assert_eq!(
        (&each["requests"][0]["state"], &each["requests"][0]["decision"]),
        (&json!("denied"), &Value::Null)
    );
    tells_nothing(&each.to_string());
    let page = Browser::logged_in(&room, RITA)
        .await
        .get(&format!("/review/requests/{id}"))
        .await
        .body;
    assert!(page.contains("Denied"), "{page}");
    tells_nothing(&page);
}

/// What a rule decided later names who applied it.
#[tokio::test]
async fn nor_is_who_applied_a_rule() {
    let room = room();
    let id = voted_on(&room).await;
    let request = room.store.request(&id).await.unwrap().unwrap();
    let decided = approvals::refuse(
        &request,
        "no friends",
        "Rob",
        room.clock.now(),
        &approvals::Terms::default(),
    );
    let commit = decided
        .transition
        .unwrap()
        .commit(None, &[], &audit_key().seal().unwrap());
    assert_eq!(room.store.commit(&commit).await, Ok(Committed::Applied));
    let shown = get(&room, RITA, &format!("/review/api/requests/{id}")).await;
    assert_eq!(
        (&shown["decision"]["by"], &shown["decision"]["reason"]),
        (&json!("the policy"), &Value::Null)
    );
    tells_nothing(&shown.to_string());
}

#[tokio::test]
async fn everybody_elses_is_shown_whole() {
    let room = room();
    let id = pending(&room, "Joe").await;
    decide(&room, ROB, &id, "approve", json!({"reason": "a friend"})).await;
    let shown = get(&room, RITA, &format!("/review/api/requests/{id}")).await;
    assert_eq!(
        (&shown["own"], &shown["decision"]["reason"]),
        (&json!(false), &json!("a friend"))
    );
    assert_eq!(
        room.store.request(&id).await.unwrap().unwrap().state.name(),
        StateName::Approved
    );
}
