//! Many decisions in one call.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use store::RequestId;
use store_suite::Between;

use crate::{
    people::{google, handed_to, pending},
    room::{RITA, Room},
    routes::{decide, group, held, room, stage},
    slow::Slow,
};

async fn bulk(room: &Room, said: Value) -> (u16, Value) {
    let answer = room.post(RITA, "/review/api/requests/decide", &said.to_string()).await;
    (answer.status.as_u16(), answer.json())
}

fn named(ids: &[RequestId]) -> Vec<Value> {
    ids.iter()
        .map(|id| json!({"id": id.to_string(), "version": 1}))
        .collect()
}

#[tokio::test]
async fn each_is_decided_by_itself_and_has_its_answer() {
    let room = room();
    let (one, taken) = (pending(&room, "Ann").await, pending(&room, "Ben").await);
    let elsewhere = handed_to(&room, &google("Cem"), held(vec![stage("security", group("security"))])).await;
    let mut two = stage("hr", group("hr"));
    two.approve = 2;
    let voted = handed_to(&room, &google("Dot"), held(vec![two])).await;
    let stale = pending(&room, "Eve").await;
    let unknown = format!("{}-7", one.applicant);
    decide(&room, RITA, &taken, "approve", json!({})).await;
    let (status, done) = bulk(
        &room,
        json!({"ruling": "deny", "reason": "a wave of spam", "ids": [
            {"id": one.to_string(), "version": 1}, {"id": taken.to_string(), "version": 2}, {"id": elsewhere.to_string(), "version": 1},
            {"id": unknown, "version": 1}, {"id": stale.to_string(), "version": 5}, {"id": voted.to_string(), "version": 1},
        ]}),
    )
    .await;
    assert_eq!(status, 200, "{done}");
    let code = |at: usize| done["requests"][at]["error"]["code"].as_str();
    let state = |at: usize| {
        (
            done["requests"][at]["applied"].as_bool().unwrap(),
            done["requests"][at]["state"].as_str(),
        )
    };
    assert_eq!(state(0), (true, Some("denied")));
    assert_eq!(state(1), (false, Some("approved")));
    assert_eq!((state(2), code(2)), ((false, None), Some("not-asked")));
    assert_eq!(code(3), Some("not-found"));
    assert_eq!(code(4), Some("changed"));
    assert_eq!(state(5), (true, Some("denied")), "one denial is enough");
    let ids: Vec<_> = done["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["id"].clone())
        .collect();
    assert_eq!(
        ids[..2],
        [json!(one.to_string()), json!(taken.to_string())],
        "in the order of the call"
    );
    let shown = room.get(&format!("/review/api/requests/{one}")).await.json();
    assert_eq!(shown["decision"]["reason"], "a wave of spam");
}

#[tokio::test]
async fn what_cannot_be_meant_changes_nothing() {
    let room = room();
    let id = pending(&room, "Ann").await;
    let one = json!({"id": id.to_string(), "version": 1});
    let many: Vec<_> = (1..=101)
        .map(|round| json!({"id": format!("{}-{round}", id.applicant), "version": 1}))
        .collect();
    for said in [
        json!({"ruling": "approve", "ids": []}),
        json!({"ruling": "approve", "ids": many}),
        json!({"ruling": "approve", "ids": [one, one]}),
        json!({"ruling": "approve", "ids": [one, {"id": "x", "version": 1}]}),
        json!({"ruling": "approve", "ids": [{"id": id.to_string()}]}),
        json!({"ruling": "approve", "ids": [{"id": id.to_string(), "version": null}]}),
        json!({"ruling": "approve", "ids": [id.to_string()]}),
        json!({"ruling": "admit", "ids": [one]}),
        json!({"ids": [one]}),
        json!({"ruling": "approve", "ids": [one], "reason": "a\u{7}"}),
        json!({"ruling": "deny", "ids": [one], "block": ["world"]}),
    ] {
        let (status, refused) = bulk(&room, said.clone()).await;
        assert_eq!(
            (status, &refused["error"]["code"]),
            (400, &json!("bad-request")),
            "{said}"
        );
    }
    let (status, _) = bulk(
        &room,
        json!({"ruling": "approve", "ids": [one], "reason": " ".repeat(64 * 1024)}),
    )
    .await;
    assert_eq!(status, 413);
    assert_eq!(
        room.get(&format!("/review/api/requests/{id}")).await.json()["version"],
        1
    );
}

#[tokio::test]
async fn a_hundred_fit_into_one_call() {
    let room = Room::with(|parts| parts.deadline = Duration::from_secs(60));
    let mut ids = Vec::new();
    for number in 0..100 {
        ids.push(pending(&room, &format!("Person {number}")).await);
    }
    let (status, done) = bulk(
        &room,
        json!({"ruling": "approve", "ids": named(&ids), "reason": "known ".repeat(160)}),
    )
    .await;
    assert_eq!(status, 200);
    let applied = done["requests"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|each| each["applied"] == true)
        .count();
    assert_eq!(applied, 100);
}

/// Time stands still but for what the store takes: a second for each commit, of a deadline of five.
#[tokio::test(start_paused = true)]
async fn what_is_not_begun_in_time_is_not_tried() {
    let most = Arc::new(AtomicUsize::new(0));
    let room = {
        let most = most.clone();
        Room::with(move |parts| {
            let slow = Slow::new(parts.desk.store.clone(), Duration::from_secs(1), most);
            parts.desk.store = Arc::new(Between(slow));
        })
    };
    let mut ids = Vec::new();
    for number in 0..40 {
        ids.push(pending(&room, &format!("Person {number}")).await);
    }
    let (status, done) = bulk(&room, json!({"ruling": "approve", "ids": named(&ids)})).await;
    assert_eq!(status, 200, "{done}");
    let each = done["requests"].as_array().unwrap();
    let applied = each.iter().filter(|each| each["applied"] == true).count();
    let not_tried = each.iter().filter(|each| each["error"]["code"] == "not-tried").count();
    assert_eq!(
        (applied, not_tried),
        (24, 16),
        "begun after 0, 1 and 2 s, eight at a time: {done}"
    );
    assert_eq!(most.load(Ordering::SeqCst), 8);
    for (id, each) in ids.iter().zip(each) {
        let state = room.get(&format!("/review/api/requests/{id}")).await.json()["state"].clone();
        assert_eq!(state == "approved", each["applied"] == true, "{each}");
    }
}

/// What hangs is given up in time, and the others have their answers.
#[tokio::test(start_paused = true)]
async fn one_that_hangs_takes_nobody_with_it() {
    let hours = Duration::from_secs(7200);
    let room = Room::with(|parts| {
        let slow = Slow::new(parts.desk.store.clone(), hours, Arc::default()).but_first(1);
        parts.desk.store = Arc::new(Between(slow));
    });
    let ids = [pending(&room, "Ann").await, pending(&room, "Ben").await];
    let (status, done) = bulk(&room, json!({"ruling": "approve", "ids": named(&ids)})).await;
    assert_eq!(status, 200, "{done}");
    let mut codes: Vec<_> = done["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["error"]["code"].clone())
        .collect();
    codes.sort_by_key(Value::to_string);
    assert_eq!(codes, [json!("unavailable"), json!(null)]);
}
