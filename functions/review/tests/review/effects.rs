//! Effects that were given up: the API's story, its refusals, its pages.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use http::Method;
use serde_json::json;
use store::{
    DuePage, DuePlace, EntryId, Lane, Outbox, OutboxEntry, ParkedPage, ParkedPlace, Receiver, StoreError, Timestamp,
    Unreadable,
};

use crate::{
    people::{parked, pending},
    room::{RITA, ROB, Room, bearer, call},
};

const LIST: &str = "/review/api/effects";

#[tokio::test]
async fn a_parked_effect_is_listed_shown_and_retried_once() {
    let room = Room::new();
    let entry = parked(&room, "Jane", 5).await;
    let (id, path) = (entry.id.to_string(), path(&entry));
    let expected = json!({
        "id": id, "effect": "approved", "receiver": "mail", "request": entry.request.to_string(),
        "written_at": "2026-11-22T20:53:01Z", "due": null, "parked_at": "2026-11-22T20:53:06Z",
        "attempts": 8, "revision": 17, "failure": "the receiver said no", "redeem_url": "sealed",
    });
    let list = room.get(LIST).await;
    assert_eq!(
        (list.status.as_u16(), list.json()),
        (200, json!({"effects": [expected], "unreadable": [], "next": null}))
    );
    let shown = room.get(&path).await;
    assert_eq!((shown.status.as_u16(), shown.json()), (200, expected));
    assert!(
        !list.body.contains("secret") && !shown.body.contains("secret"),
        "{shown:?}"
    );

    room.clock.advance(Duration::from_secs(60));
    let retried = room.post(RITA, &format!("{path}/retry"), "").await;
    assert_eq!(retried.status, 200);
    let released = retried.json();
    assert_eq!(
        (&released["due"], &released["parked_at"]),
        (&json!("2026-11-22T20:54:01Z"), &json!(null))
    );
    assert_eq!((&released["attempts"], &released["revision"]), (&json!(8), &json!(18)));
    assert_eq!(
        room.get(&path).await.json(),
        released,
        "what was answered is what is stored"
    );
    assert_eq!(room.get(LIST).await.json()["effects"], json!([]));

    for verb in ["retry", "drop"] {
        let again = room.post(ROB, &format!("{path}/{verb}"), "{}").await;
        assert_eq!((again.status.as_u16(), &*again.code()), (409, "not-parked"), "{verb}");
    }
    assert_eq!(room.get(&path).await.json(), released, "a refusal changes nothing");
}

#[tokio::test]
async fn a_dropped_effect_is_gone() {
    let room = Room::new();
    let (entry, other) = (parked(&room, "Jane", 5).await, parked(&room, "Jim", 6).await);
    let path = path(&entry);
    let dropped = room.post(RITA, &format!("{path}/drop"), "{}").await;
    assert_eq!(
        (dropped.status.as_u16(), &dropped.json()["id"]),
        (200, &json!(entry.id.to_string()))
    );
    for answer in [
        room.get(&path).await,
        room.post(ROB, &format!("{path}/drop"), "").await,
        room.post(ROB, &format!("{path}/retry"), "").await,
    ] {
        assert_eq!((answer.status.as_u16(), &*answer.code()), (404, "not-found"));
    }
    let list = room.get(LIST).await.json();
    assert_eq!(list["effects"].as_array().unwrap().len(), 1);
    assert_eq!(list["effects"][0]["id"], other.id.to_string());
}

#[tokio::test]
async fn reviewers_at_once_do_it_once() {
    let room = Room::new();
    for n in 0..20 {
        let entry = parked(&room, &format!("Jane {n}"), n).await;
        let post = |verb: &str| {
            let path = format!("{}/{verb}", path(&entry));
            let room = &room;
            async move { room.post(RITA, &path, "").await }
        };
        let answers = tokio::join!(post("retry"), post("drop"), post("retry"), post("drop"));
        let answers = [answers.0, answers.1, answers.2, answers.3];
        let done = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(done, 1, "{answers:?}");
        let refused = answers.iter().filter(|answer| answer.status != 200);
        for answer in refused {
            assert!(
                ["changed", "not-parked", "not-found"].contains(&&*answer.code()),
                "{answer:?}"
            );
        }
        let now = room.store.entry(&entry.id).await.unwrap();
        assert!(now.is_none_or(|now| now.revision == 18 && now.parked_at().is_none()));
    }
}

#[tokio::test]
async fn whoever_loses_a_race_is_told_that_somebody_was_first() {
    let whole = Room::new();
    let entry = parked(&whole, "Jane", 5).await;
    let seen = entry.clone();
    let store = whole.store.clone();
    let late = Room::with(|parts| {
        parts.desk.store = store;
        parts.outbox = Arc::new(Late(seen));
    });
    assert_eq!(
        whole.post(RITA, &format!("{}/retry", path(&entry)), "").await.status,
        200
    );
    for verb in ["retry", "drop"] {
        let answer = late.post(ROB, &format!("{}/{verb}", path(&entry)), "").await;
        assert_eq!((answer.status.as_u16(), &*answer.code()), (409, "changed"), "{verb}");
    }
    let now = whole.store.entry(&entry.id).await.unwrap().unwrap();
    assert_eq!((now.revision, now.parked_at()), (18, None));
}

#[tokio::test]
async fn the_list_goes_on_page_by_page() {
    let room = Room::new();
    let mut ids = Vec::new();
    for n in 0..7 {
        ids.push(parked(&room, &format!("Jane {n}"), n).await.id.to_string());
    }
    for limit in [1, 3, 7, 100] {
        let (mut found, mut more) = (Vec::new(), String::new());
        loop {
            let page = room.get(&format!("{LIST}?limit={limit}{more}")).await.json();
            let effects = page["effects"].as_array().unwrap();
            assert!(!effects.is_empty() && effects.len() <= limit, "{page}");
            found.extend(effects.iter().map(|effect| effect["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            more = format!("&cursor={next}");
        }
        assert_eq!(found, ids, "those parked first first, all of them, {limit} at a time");
    }
    // A cursor of the other list is none of this one.
    pending(&room, "Jim").await;
    pending(&room, "Joe").await;
    let requests = room.get("/review/api/requests?limit=1").await.json();
    let other = format!("cursor={}", requests["next"].as_str().unwrap());
    for query in [
        &*other,
        "limit=0",
        "limit=101",
        "limit=05",
        "cursor=",
        "cursor=x",
        "state=pending",
        "limit=2&limit=3",
    ] {
        let answer = room.get(&format!("{LIST}?{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.code()),
            (400, "bad-request"),
            "{query}"
        );
    }
}

#[tokio::test]
async fn bad_calls_change_nothing() {
    let room = Room::new();
    let entry = parked(&room, "Jane", 5).await;
    let path = path(&entry);
    let (retry, drop) = (format!("{path}/retry"), format!("{path}/drop"));
    let paths = [
        (Method::GET, LIST),
        (Method::GET, &*path),
        (Method::POST, &*retry),
        (Method::POST, &*drop),
    ];
    for (method, path) in paths {
        for proof in [vec![], vec![bearer("wrong")], vec![bearer(RITA), bearer(ROB)]] {
            let answer = room.send(call(method.clone(), path, &proof, "")).await;
            assert_eq!(
                (answer.status.as_u16(), &*answer.code()),
                (401, "unauthorized"),
                "{path}"
            );
        }
    }
    for (method, path, allow) in [
        (Method::GET, &*retry, "POST"),
        (Method::GET, &*drop, "POST"),
        (Method::POST, &*path, "GET, HEAD"),
        (Method::DELETE, &*path, "GET, HEAD"),
        (Method::POST, LIST, "GET, HEAD"),
    ] {
        let answer = room.send(call(method, path, &[bearer(RITA)], "")).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, allow), "{path}");
    }
    for body in ["[]", "{", r#"{"revision":17}"#, "null"] {
        let answer = room.post(RITA, &drop, body).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.code()),
            (400, "bad-request"),
            "{body}"
        );
    }
    let form = [
        bearer(RITA),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
    ];
    assert_eq!(room.send(call(Method::POST, &drop, &form, "a=b")).await.status, 415);
    let unknown = format!("{LIST}/{}-account-1/drop", entry.id.lane.applicant);
    for path in [
        &*unknown,
        &format!("{path}/send"),
        &format!("{drop}/drop"),
        &format!("{LIST}/x/drop"),
        "/review/api/effect",
    ] {
        assert_eq!(room.post(RITA, path, "").await.status, 404, "{path}");
    }
    assert_eq!(room.store.entry(&entry.id).await, Ok(Some(entry)));
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named_in_the_list() {
    let whole = Room::new();
    let entry = parked(&whole, "Jane", 5).await;
    let id = entry.id.to_string();
    let room = Room::with(|parts| parts.outbox = Arc::new(Late(entry)));
    let list = room.get(LIST).await;
    let expected = json!({"effects": [], "unreadable": [{"id": id, "why": "no JSON"}], "next": null});
    assert_eq!((list.status.as_u16(), list.json()), (200, expected));
}

/// An outbox that was read just before somebody else wrote, and whose list cannot read it.
struct Late(OutboxEntry);

#[async_trait]
impl Outbox for Late {
    async fn due(&self, _: Receiver, _: Timestamp, _: Option<&DuePlace>, _: usize) -> Result<DuePage, StoreError> {
        panic!("nobody delivers here")
    }

    async fn first_in(&self, _: &Lane) -> Result<Option<OutboxEntry>, StoreError> {
        panic!("nobody delivers here")
    }

    async fn entry(&self, _: &EntryId) -> Result<Option<OutboxEntry>, StoreError> {
        Ok(Some(self.0.clone()))
    }

    async fn parked(&self, _: Option<&ParkedPlace>, _: usize) -> Result<ParkedPage, StoreError> {
        Ok(ParkedPage {
            entries: Vec::new(),
            unreadable: vec![Unreadable {
                id: self.0.id,
                why: "no JSON".to_owned(),
            }],
            next: None,
        })
    }
}

fn path(entry: &OutboxEntry) -> String {
    format!("{LIST}/{}", entry.id)
}
