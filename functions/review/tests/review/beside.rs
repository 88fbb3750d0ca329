//! What is shown beside a request: what it still wants, who looks at it, and other requests.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};
use store::{LOOKING_LIFE, Looking, Presence, RequestId, Share, StoreError, Timestamp};

use crate::{
    people::{body, google, handed_to, pending, submit_body},
    room::{Answer, DAY, RITA, ROB, Room, bearer, call},
    routes::{decide, group, held, room, stage},
};

async fn show(room: &Room, token: &str, id: &impl std::fmt::Display) -> Value {
    let path = format!("/review/api/requests/{id}");
    let answer = room.send(call(Method::GET, &path, &[bearer(token)], "")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

async fn looking(room: &Room, method: Method, token: &str, id: &impl std::fmt::Display) -> Answer {
    let path = format!("/review/api/requests/{id}/looking");
    room.send(call(method, &path, &[bearer(token)], "")).await
}

#[tokio::test]
async fn it_says_what_each_stage_wants_and_whether_it_waits_for_me() {
    let room = room();
    let mut first = stage("first", group("hr"));
    first.approve = 2;
    first.among = vec![Share {
        group: "security".to_owned(),
        at_least: 1,
    }];
    let id = handed_to(&room, &google("Jane"), held(vec![first, stage("second", group("hr"))])).await;
    assert_eq!(show(&room, RITA, &id).await["awaits_me"], true);
    decide(&room, RITA, &id, "approve", json!({})).await;
    let shown = show(&room, RITA, &id).await;
    assert_eq!(
        (&shown["awaits_me"], &show(&room, ROB, &id).await["awaits_me"]),
        (&json!(false), &json!(true))
    );
    let among = |approvals| json!([{"group": "security", "approvals": approvals, "approvals_wanted": 1}]);
    let now = json!({"name": "first", "progress": "current", "asked": "group:hr", "approvals": 1, "approvals_wanted": 2,
                     "denials": 0, "denials_wanted": 1, "among": among(0)});
    assert_eq!(shown["stages"][0], now);
    assert_eq!(shown["stages"][1]["progress"], "to-come");
    decide(&room, ROB, &id, "approve", json!({})).await;
    let shown = show(&room, RITA, &id).await;
    assert_eq!(
        (&shown["stages"][0]["progress"], &shown["stages"][0]["among"]),
        (&json!("passed"), &among(1))
    );
    assert_eq!(
        (&shown["stages"][1]["progress"], &shown["stages"][1]["approvals"]),
        (&json!("current"), &json!(0))
    );
    let decided = pending(&room, "Joe").await;
    decide(&room, RITA, &decided, "approve", json!({})).await;
    assert_eq!(show(&room, RITA, &decided).await["stages"], json!([]));
}

#[tokio::test]
async fn it_shows_earlier_requests_and_others_of_the_domain() {
    let room = Room::new();
    let first = pending(&room, "Jane").await;
    decide(&room, RITA, &first, "withdraw", json!({})).await;
    room.clock.advance(DAY);
    let neighbour = pending(&room, "Joe").await;
    submit_body(&room, &body("Bea", "bea@other.example")).await;
    room.clock.advance(DAY);
    let second = pending(&room, "Jane").await;
    decide(&room, RITA, &second, "withdraw", json!({})).await;
    let third = pending(&room, "Jane").await;
    assert_eq!(third.round, 3);
    let ids = |shown: &Value, key: &str| {
        let requests = shown[key].as_array().unwrap().iter();
        requests
            .map(|request| request["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let shown = show(&room, RITA, &third).await;
    assert_eq!(ids(&shown, "earlier"), [second.to_string(), first.to_string()]);
    assert_eq!(shown["earlier"][0]["state"], "withdrawn");
    assert_eq!(ids(&shown, "same_domain"), [neighbour.to_string()]);
    assert_eq!(ids(&show(&room, RITA, &first).await, "earlier"), Vec::<String>::new());
    let page = crate::browser::Browser::logged_in(&room, RITA)
        .await
        .get(&format!("/review/requests/{third}"))
        .await;
    assert!(page.body.contains("Earlier requests of the same person"), "{page:?}");
    assert!(page.body.contains(&format!("/review/requests/{first}")) && !page.body.contains(&neighbour.to_string()));
}

#[tokio::test]
async fn others_see_who_is_looking_for_a_minute() {
    let room = Room::new();
    let (id, other) = (pending(&room, "Jane").await, pending(&room, "Joe").await);
    assert_eq!(
        looking(&room, Method::POST, RITA, &id).await.json(),
        json!({"looking": []})
    );
    room.clock.advance(Duration::from_secs(5));
    let rita = json!([{"name": "rita", "since": "2026-11-22T20:53:01Z"}]);
    assert_eq!(looking(&room, Method::POST, ROB, &id).await.json()["looking"], rita);
    assert_eq!(show(&room, ROB, &id).await["looking"], rita);
    assert_eq!(show(&room, RITA, &id).await["looking"][0]["name"], "Rob Ö");
    assert_eq!(show(&room, ROB, &other).await["looking"], json!([]));
    // She goes on looking, he does not.
    room.clock.advance(LOOKING_LIFE - Duration::from_secs(6));
    looking(&room, Method::POST, RITA, &id).await;
    room.clock.advance(Duration::from_secs(7));
    assert_eq!(show(&room, ROB, &id).await["looking"], rita, "since she began");
    assert_eq!(show(&room, RITA, &id).await["looking"], json!([]));
    let away = looking(&room, Method::DELETE, RITA, &id).await;
    assert_eq!((away.status.as_u16(), away.json()), (200, json!({"looking": []})));
    assert_eq!(show(&room, ROB, &id).await["looking"], json!([]));
    assert_eq!(
        looking(&room, Method::DELETE, RITA, &id).await.status,
        200,
        "twice is no mistake"
    );
    for method in [Method::POST, Method::DELETE] {
        let unknown = format!("{}-2", id.applicant);
        assert_eq!(looking(&room, method.clone(), RITA, &unknown).await.status, 404);
        assert_eq!(looking(&room, method, "wrong-token", &id).await.status, 401);
    }
    assert_eq!(show(&room, ROB, &id).await["version"], 1, "looking changes nothing");
}

/// Rows of somebody else's making.
struct Unreadable;

#[async_trait]
impl Presence for Unreadable {
    async fn look(&self, _: &RequestId, _: &str, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn look_away(&self, _: &RequestId, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    async fn looking(&self, _: &RequestId, _: Timestamp) -> Result<Vec<Looking>, StoreError> {
        Err(StoreError::Broken("a row cannot be read".to_owned()))
    }
}

/// A request is decided on all the same.
#[tokio::test]
async fn what_cannot_be_read_of_who_is_looking_hides_no_request() {
    let room = Room::with(|parts| parts.presence = Arc::new(Unreadable));
    let id = pending(&room, "Jane").await;
    let shown = show(&room, RITA, &id).await;
    assert_eq!((&shown["looking"], &shown["state"]), (&json!([]), &json!("pending")));
    for method in [Method::POST, Method::DELETE] {
        let answer = looking(&room, method, RITA, &id).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"looking": []})));
    }
}
