//! Having others asked.

use serde_json::{Value, json};
use store::RequestId;

use crate::{
    people::{body, google, handed_to},
    room::{RITA, ROB, Room},
    routes::{decide, group, held, room, stage},
};

async fn reassign(room: &Room, token: &str, id: &RequestId, said: Value) -> (u16, Value) {
    decide(room, token, id, "reassign", said).await
}

#[tokio::test]
async fn who_is_asked_hands_on() {
    let room = room();
    let id = handed_to(&room, &google("Jane"), held(vec![stage("hr", group("hr"))])).await;
    let (status, done) = reassign(
        &room,
        RITA,
        &id,
        json!({"to": "group:security", "reason": "a guard", "version": 1}),
    )
    .await;
    assert_eq!((status, &done["applied"]), (200, &json!(true)));
    assert_eq!(done["request"]["review"]["asked"], "group:security");
    let entry = &done["request"]["history"][1];
    assert_eq!(
        (&entry["event"], &entry["to"], &entry["reason"], &entry["by"]["name"]),
        (
            &json!("reassigned"),
            &json!("group:security"),
            &json!("a guard"),
            &json!("rita")
        )
    );
    // Again is no change; she is not asked any more.
    let (status, again) = reassign(&room, ROB, &id, json!({"to": "group:security"})).await;
    assert_eq!((status, &again["applied"]), (200, &json!(false)));
    assert_eq!(
        decide(&room, RITA, &id, "approve", json!({})).await.1["error"]["code"],
        "not-asked"
    );
    let (_, done) = reassign(&room, ROB, &id, json!({"to": "person:RITA"})).await;
    assert_eq!(done["request"]["review"]["asked"], "person:rita");
    // She saw it when it asked others.
    let (status, moved) = reassign(&room, RITA, &id, json!({"to": "group:hr", "version": 1})).await;
    assert_eq!((status, &moved["error"]["code"]), (409, &json!("moved")));
    decide(&room, RITA, &id, "approve", json!({})).await;
    let (status, late) = reassign(&room, RITA, &id, json!({"to": "group:hr"})).await;
    assert_eq!(
        (status, &late["applied"], &late["request"]["state"]),
        (200, &json!(false), &json!("approved"))
    );
}

#[tokio::test]
async fn a_request_is_not_handed_to_who_cannot_decide() {
    let room = room();
    let mut both = stage("hr", group("hr"));
    both.approve = 2;
    let id = handed_to(&room, &google("Jane"), held(vec![both])).await;
    let elsewhere = handed_to(&room, &google("Joe"), held(vec![stage("security", group("security"))])).await;
    for (id, said, expected) in [
        (&id, json!({"to": "group:nobody"}), (409, "no-such-group")),
        (&id, json!({"to": "person:zoe"}), (409, "no-such-reviewer")),
        (&id, json!({"to": "person:rita"}), (409, "too-few")),
        (&id, json!({"to": "group:security"}), (409, "too-few")),
        (&elsewhere, json!({"to": "group:hr"}), (403, "not-asked")),
        (&id, json!({"to": "anybody"}), (400, "bad-request")),
        (&id, json!({"to": "hr"}), (400, "bad-request")),
        (&id, json!({"to": "group:"}), (400, "bad-request")),
        (&id, json!({}), (400, "bad-request")),
        (&id, json!({"to": "group:security", "by": "rob"}), (400, "bad-request")),
        (
            &id,
            json!({"to": "group:security", "reason": "a\u{7}"}),
            (400, "bad-request"),
        ),
    ] {
        let (status, refused) = reassign(&room, RITA, id, said.clone()).await;
        assert_eq!((status, refused["error"]["code"].as_str().unwrap()), expected, "{said}");
        assert!(refused["error"]["message"].as_str().unwrap().len() > 20);
    }
    let path = format!("/review/api/requests/{id}");
    assert_eq!(room.get(&path).await.json()["version"], 1, "nothing was changed");
}

#[tokio::test]
async fn nobody_hands_on_their_own_request() {
    let room = Room::with(|parts| {
        parts.reviewers = review::Reviewers::parse(&format!("jane@example.com:{RITA}\nrob:{ROB}")).unwrap();
    });
    let id = handed_to(&room, &body("Jane", "Jane@example.com"), approvals::Held::by_anybody()).await;
    let (status, refused) = reassign(&room, RITA, &id, json!({"to": "person:rob"})).await;
    assert_eq!((status, &refused["error"]["code"]), (403, &json!("own-request")));
}
