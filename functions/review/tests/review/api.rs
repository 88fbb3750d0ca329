//! The API: its story, its refusals, its pages.

use http::Method;
use serde_json::json;

use crate::{
    people::{body, pending, submit_body},
    room::{DAY, RITA, ROB, Room, bearer, call},
};

#[tokio::test]
async fn a_request_is_listed_shown_and_decided_once() {
    let room = Room::new();
    let id = submit_body(&room, &body("  Jane Roe ", "jane@example.com")).await;
    let list = room.get("/review/api/requests").await;
    assert_eq!(list.status, 200);
    let summary = &list.json()["requests"][0];
    assert_eq!(summary["id"], id.to_string());
    assert_eq!(summary["display_name"], "Jane Roe");
    assert_eq!(list.json()["next"], json!(null));

    let path = format!("/review/api/requests/{id}");
    let shown = room.get(&path).await;
    assert_eq!(shown.header("content-type"), "application/json");
    let request = shown.json();
    assert_eq!(request["received"]["displayName"], "  Jane Roe ");
    assert_eq!(request["reviewed"]["displayName"], "Jane Roe");
    assert!(
        shown.body.contains(r#""extension_Age":1.10"#),
        "numbers keep their spelling: {}",
        shown.body
    );
    assert_eq!(request["received"]["extension_Agreed"], true);
    assert_eq!(request["identities"][0]["issuer"], "google.com");
    assert_eq!(
        (&request["rule"], &request["app"]),
        (&json!("everybody waits"), &json!("portal"))
    );
    assert_eq!(
        (&request["proven"], &request["state"]),
        (&json!(true), &json!("pending"))
    );
    assert_eq!(request["decision"], json!(null));
    assert_eq!(request["opened_at"], "2026-11-22T20:53:01Z");

    room.clock.advance(DAY);
    let first = room
        .post(RITA, &format!("{path}/approve"), r#"{"reason":"known\nfor years"}"#)
        .await;
    assert_eq!((first.status.as_u16(), &first.json()["applied"]), (200, &json!(true)));
    let decision = json!({"ruling": "approve", "by": "rita", "at": "2026-11-23T20:53:01Z",
                          "reason": "known\nfor years", "until": "2026-12-23T20:53:01Z"});
    assert_eq!(first.json()["request"]["decision"], decision);
    assert_eq!(first.json()["request"]["state"], "approved");

    // Whoever comes second, with another verb or the same, learns of the first.
    for (token, verb) in [(ROB, "deny"), (ROB, "approve"), (RITA, "approve"), (RITA, "withdraw")] {
        let second = room.post(token, &format!("{path}/{verb}"), r#"{"reason":"no"}"#).await;
        assert_eq!(
            (second.status.as_u16(), &second.json()["applied"]),
            (200, &json!(false)),
            "{verb}"
        );
        assert_eq!(second.json()["request"]["decision"], decision, "{verb}");
    }
    let history = room.get(&path).await.json()["history"].clone();
    let events: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["event"].as_str().unwrap())
        .collect();
    assert_eq!(events, ["opened", "approved"]);
    assert_eq!(history[1]["by"], json!({"kind": "reviewer", "name": "rita"}));
    assert_eq!(room.get("/review/api/requests").await.json()["requests"], json!([]));
    assert_eq!(
        room.get("/review/api/requests?state=approved").await.json()["requests"][0]["id"],
        id.to_string()
    );
}

#[tokio::test]
async fn a_denial_turns_the_address_away_and_a_withdrawal_does_not() {
    let room = Room::new();
    let (denied, withdrawn) = (pending(&room, "Dan").await, pending(&room, "Will").await);
    let deny = room
        .post(RITA, &format!("/review/api/requests/{denied}/deny"), "")
        .await;
    assert_eq!(deny.json()["request"]["decision"]["until"], "2026-12-22T20:53:01Z");
    let withdraw = room
        .post(
            ROB,
            &format!("/review/api/requests/{withdrawn}/withdraw"),
            r#"{"reason":"rang up"}"#,
        )
        .await;
    let decision = &withdraw.json()["request"]["decision"];
    assert_eq!(
        (&decision["by"], &decision["reason"]),
        (&json!("Rob Ö"), &json!("rang up"))
    );
    let keys = |email: &str| store::Keys {
        addresses: vec![claims::Hash::of_address(email)],
        ..Default::default()
    };
    assert_eq!(
        room.store
            .look_up(&keys("dan@example.com"))
            .await
            .unwrap()
            .denials
            .len(),
        1
    );
    assert_eq!(
        room.store
            .look_up(&keys("will@example.com"))
            .await
            .unwrap()
            .denials
            .len(),
        0
    );
    // The next denial of the same address replaces the row.
    room.clock.advance(31 * DAY);
    let again = pending(&room, "Dan").await;
    assert_eq!(again.round, 2);
    let deny = room.post(RITA, &format!("/review/api/requests/{again}/deny"), "").await;
    assert_eq!(deny.json()["applied"], true);
    // The earlier round can be looked at, and not decided.
    let earlier = room
        .post(RITA, &format!("/review/api/requests/{denied}/approve"), "")
        .await;
    assert_eq!(
        (&earlier.json()["applied"], &earlier.json()["request"]["state"]),
        (&json!(false), &json!("denied"))
    );
}

#[tokio::test]
async fn lists_come_in_pages() {
    let room = Room::new();
    let mut expected = Vec::new();
    for name in ["Ann", "Ben", "Cem", "Dot", "Eve"] {
        expected.push(pending(&room, name).await.to_string());
        room.clock.advance(DAY);
    }
    let (mut seen, mut path, mut pages) = (Vec::new(), "/review/api/requests?limit=2".to_owned(), 0);
    loop {
        let page = room.get(&path).await.json();
        pages += 1;
        let ids = page["requests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|request| request["id"].as_str().unwrap().to_owned());
        seen.extend(ids);
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/review/api/requests?limit=2&cursor={next}");
    }
    assert_eq!((seen, pages), (expected, 3));
    for query in [
        "limit=0",
        "limit=101",
        "limit=+5",
        "limit=05",
        "limit=",
        "limit=x",
        "cursor=",
        "cursor=x",
        "state=Pending",
        "state=",
        "sate=denied",
        "limit=2&limit=3",
        "cursor=MTIz",
    ] {
        let answer = room.get(&format!("/review/api/requests?{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.code()),
            (400, "bad-request"),
            "{query}"
        );
    }
}

#[tokio::test]
async fn only_a_reviewers_bearer_token_opens_the_api() {
    let room = Room::new();
    let id = pending(&room, "Jane").await;
    let header = |value: &str| vec![("authorization", value.to_owned())];
    let pair = "ZW50cmE6OWY4NmQwODE4ODRjN2Q2NTlhMmZlYWEwYzU1YWQwMTU="; // entra: and Rita's token
    let mut browser = crate::browser::Browser::logged_in(&room, RITA).await;
    let cookie = format!("vestibule_review={}", browser.cookie.take().unwrap());
    for proof in [
        vec![],
        header("Bearer"),
        header("Bearer "),
        header(RITA),
        header(&format!("Bearer {}", RITA.to_uppercase())),
        header(&format!("Bearer rita:{RITA}")),
        header(&format!("Bearer {RITA} {ROB}")),
        header(&format!("Basic {RITA}")),
        header(&format!("Basic {pair}")),
        vec![("cookie", cookie)],
        vec![bearer(RITA), bearer(ROB)],
    ] {
        for (method, path) in [
            (Method::GET, "/review/api/requests".to_owned()),
            (Method::GET, format!("/review/api/requests/{id}")),
            (Method::POST, format!("/review/api/requests/{id}/approve")),
        ] {
            let answer = room.send(call(method, &path, &proof, "")).await;
            assert_eq!(
                (answer.status.as_u16(), &*answer.code()),
                (401, "unauthorized"),
                "{path} {proof:?}"
            );
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{answer:?}");
        }
    }
    let lower = room
        .send(call(
            Method::GET,
            "/review/api/requests",
            &header(&format!("bearer {ROB}")),
            "",
        ))
        .await;
    assert_eq!(lower.json()["requests"][0]["state"], "pending");
}

#[tokio::test]
async fn bad_calls_are_refused_and_change_nothing() {
    let room = Room::new();
    let id = pending(&room, "Jane").await;
    let path = format!("/review/api/requests/{id}");
    let approve = format!("{path}/approve");
    for (bad, status) in [
        ("[]".to_owned(), 400),
        ("{".to_owned(), 400),
        (r#"{"reason":5}"#.to_owned(), 400),
        (r#"{"why":"x"}"#.to_owned(), 400),
        (r#"{"reason":"a\u0007"}"#.to_owned(), 400),
        (format!(r#"{{"reason":"{}"}}"#, "ß".repeat(1001)), 400),
        (format!(r#"{{"reason":"{}"}}"#, " ".repeat(16 * 1024)), 413),
        (r#"{"version":2}"#.to_owned(), 409),
    ] {
        assert_eq!(room.post(RITA, &approve, &bad).await.status, status, "{bad:.40}");
    }
    let text = [bearer(RITA), ("content-type", "text/plain".to_owned())];
    let form = [
        bearer(RITA),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
    ];
    for headers in [&text[..], &form[..], &text[..1]] {
        let answer = room.send(call(Method::POST, &approve, headers, "{}")).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.code()),
            (415, "unsupported-media-type")
        );
    }
    let other = format!("/review/api/requests/{}-2/approve", id.applicant);
    for unknown in [
        &*other,
        "/review/api/requests/x/approve",
        &format!("{path}/admit"),
        "/review/api/",
        "/review/api/x",
    ] {
        let answer = room.post(RITA, unknown, "").await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.code()),
            (404, "not-found"),
            "{unknown}"
        );
    }
    for (method, path, allow) in [
        (Method::GET, &*approve, "POST"),
        (Method::POST, &*path, "GET, HEAD"),
        (Method::DELETE, &*path, "GET, HEAD"),
        (Method::PUT, "/review/api/requests", "GET, HEAD"),
    ] {
        let answer = room.send(call(method, path, &[bearer(RITA)], "")).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, allow), "{path}");
    }
    assert_eq!(room.get(&path).await.json()["version"], 1);
    let json = "application/json; charset=utf-8".to_owned();
    let answer = room
        .send(call(
            Method::POST,
            &approve,
            &[bearer(RITA), ("content-type", json)],
            r#"{"version":1}"#,
        ))
        .await;
    assert_eq!(answer.json()["applied"], true);
}

#[tokio::test]
async fn head_is_answered_as_get() {
    let room = Room::new();
    let answer = room
        .send(call(Method::HEAD, "/review/api/requests", &[bearer(RITA)], ""))
        .await;
    assert_eq!(answer.status, 200);
}
