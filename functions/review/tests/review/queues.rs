//! Lists of requests: what narrows them, how they go on, and how many there are.

use std::collections::BTreeSet;

use approvals::Held;
use serde_json::{Value, json};
use store::{
    Asked, Commit, Committed, Counter, MAX_WRITES, MOST_LOOKED_AT, Person, RequestId, RouteName, StateName, Write,
};

use crate::{
    browser::Browser,
    people::{body, google, handed_to, pending, submit_body, submitting},
    room::{DAY, RITA, ROB, Room, bearer, call},
    routes::{decide, group, held, room, stage},
};

async fn list(room: &Room, token: &str, query: &str) -> Value {
    let path = format!("/review/api/requests{query}");
    let answer = room.send(call(http::Method::GET, &path, &[bearer(token)], "")).await;
    assert_eq!(answer.status, 200, "{query}: {answer:?}");
    answer.json()
}

async fn search(room: &Room, said: Value) -> Value {
    let answer = room.post(RITA, "/review/api/requests/search", &said.to_string()).await;
    assert_eq!(answer.status, 200, "{said}: {answer:?}");
    answer.json()
}

fn ids(page: &Value) -> Vec<String> {
    let requests = page["requests"].as_array().unwrap().iter();
    requests
        .map(|request| request["id"].as_str().unwrap().to_owned())
        .collect()
}

fn texts(requests: &[RequestId]) -> Vec<String> {
    requests.iter().map(RequestId::to_string).collect()
}

#[tokio::test]
async fn what_waits_for_me_asks_me_and_has_no_vote_of_mine() {
    let room = room();
    let two = |name: &str, asked: Asked| {
        let mut stage = stage(name, asked);
        stage.approve = 2;
        held(vec![stage])
    };
    let soon = std::time::Duration::from_secs(1);
    let anybody = pending(&room, "Ann").await;
    room.clock.advance(soon);
    let hr = handed_to(&room, &google("Ben"), two("hr", group("hr"))).await;
    room.clock.advance(soon);
    let security = handed_to(&room, &google("Cem"), two("security", group("security"))).await;
    let rita = Asked::Person(Person::of("RITA"));
    room.clock.advance(soon);
    let mine = handed_to(&room, &google("Dot"), held(vec![stage("rita", rita)])).await;
    assert_eq!(ids(&list(&room, RITA, "?waits=me").await), texts(&[anybody, hr, mine]));
    assert_eq!(
        ids(&list(&room, ROB, "?waits=me").await),
        texts(&[anybody, hr, security])
    );
    decide(&room, RITA, &hr, "approve", json!({})).await;
    assert_eq!(ids(&list(&room, RITA, "?waits=me").await), texts(&[anybody, mine]));
    assert_eq!(
        ids(&list(&room, ROB, "?waits=me").await),
        texts(&[anybody, hr, security])
    );
    for (waits, expected) in [("anybody", anybody), ("group:hr", hr), ("group:security", security)] {
        let query = format!("?waits={waits}");
        assert_eq!(ids(&list(&room, ROB, &query).await), texts(&[expected]), "{waits}");
    }
    assert_eq!(ids(&list(&room, RITA, "?waits=group:nobody").await), texts(&[]));
    // A name stands in a body alone: where calls are logged, their addresses are.
    for (waits, expected) in [
        ("person:rita", mine),
        ("person:Rita", mine),
        ("group:hr", hr),
        ("me", anybody),
    ] {
        let found = search(&room, json!({"waits": waits, "limit": 1})).await;
        assert_eq!(ids(&found), texts(&[expected]), "{waits}");
    }
    for query in ["waits=person:rita", "waits=person%3Arita%40contoso.com"] {
        let answer = room.get(&format!("/review/api/requests?{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.code()),
            (400, "bad-request"),
            "{query}"
        );
        assert!(answer.body.contains("requests/search"), "{answer:?}");
        let page = Browser::logged_in(&room, RITA)
            .await
            .get(&format!("/review?{query}"))
            .await;
        assert_eq!(page.status, 400, "{query}");
    }
    let next = search(&room, json!({"waits": "group:security", "limit": 1, "cursor": null})).await;
    assert_eq!(ids(&next), texts(&[security]));
    assert_eq!(
        list(&room, RITA, "").await["requests"].as_array().unwrap().len(),
        4,
        "all of them"
    );
}

#[tokio::test]
async fn nobody_waits_for_themselves() {
    let room = Room::with(|parts| {
        parts.reviewers = review::Reviewers::parse(&format!("Ann@Example.com:{RITA}\nrob:{ROB}")).unwrap();
    });
    let own = pending(&room, "Ann").await;
    room.clock.advance(DAY);
    let other = pending(&room, "Ben").await;
    assert_eq!(ids(&list(&room, RITA, "?waits=me").await), texts(&[other]));
    assert_eq!(ids(&list(&room, ROB, "?waits=me").await), texts(&[own, other]));
    // A page that lost what is not for her goes on all the same.
    let page = list(&room, RITA, "?waits=me&limit=1").await;
    assert_eq!(ids(&page), texts(&[]));
    let next = page["next"].as_str().unwrap();
    let page = list(&room, RITA, &format!("?waits=me&limit=1&cursor={next}")).await;
    assert_eq!(ids(&page), texts(&[other]));
}

#[tokio::test]
async fn lists_are_narrowed_by_route_and_age_and_turned_round() {
    let room = room();
    let mut all = Vec::new();
    for name in ["Ann", "Ben", "Cem"] {
        all.push(pending(&room, name).await);
        room.clock.advance(DAY);
    }
    let german = handed_to(&room, &google("Dot"), held(vec![stage("hr", group("hr"))])).await;
    assert_eq!(ids(&list(&room, RITA, "?route=germany").await), texts(&[german]));
    assert_eq!(ids(&list(&room, RITA, "?route=france").await), texts(&[]));
    // The clock began at 2026-11-22T20:53:01.007Z.
    for (query, expected) in [
        ("?before=2026-11-23T20:53:01.007Z", vec![all[0]]),
        (
            "?since=2026-11-23T20:53:01.007Z&before=2026-11-24T20:53:02Z",
            vec![all[1], all[2]],
        ),
        ("?since=2026-11-24T21:53:01.008%2B01:00", vec![german]),
        ("?since=2026-11-24T00:00:00Z&order=newest", vec![german, all[2]]),
        ("?order=newest&limit=1", vec![german]),
        ("?state=approved", vec![]),
        ("?waits=anybody&state=denied", vec![]),
        ("?waits=anybody&state=pending&limit=1", vec![all[0]]),
    ] {
        assert_eq!(ids(&list(&room, RITA, query).await), texts(&expected), "{query}");
    }
    for query in [
        "since=yesterday",
        "since=",
        "before=2026-11-24",
        "order=age",
        "order=",
        "route=",
        "route=a%20b",
        "waits=",
        "waits=you",
        "waits=group:",
        "address=a@b.example",
        "waits=me&waits=me",
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
async fn an_address_and_a_domain_are_searched_in_a_body() {
    let room = room();
    let jane = submit_body(&room, &body("Jane", "Jane@Example.com")).await;
    let joe = submit_body(&room, &body("Joe", "joe@example.com")).await;
    let bea = submit_body(&room, &body("Bea", "bea@BÜCHER.example")).await;
    decide(&room, RITA, &joe, "deny", json!({})).await;
    for (said, expected) in [
        (json!({"address": "jane@example.com"}), vec![jane]),
        (json!({"address": " JANE@EXAMPLE.COM "}), vec![jane]),
        (json!({"address": "nobody@example.com"}), vec![]),
        (json!({"domain": "xn--bcher-kva.example"}), vec![bea]),
        (json!({"domain": "example.com"}), vec![joe, jane]),
        (json!({"domain": "example.com", "order": "oldest"}), vec![jane, joe]),
        (json!({"domain": "example.com", "state": "denied"}), vec![joe]),
        (json!({"domain": "example.com", "waits": "anybody"}), vec![jane]),
        (json!({"domain": "example.com", "waits": "me"}), vec![jane]),
        (json!({"domain": "example.com", "waits": "group:hr"}), vec![]),
        (
            json!({"domain": "example.com", "waits": "me", "state": "denied"}),
            vec![],
        ),
        (
            json!({"domain": "example.com", "limit": 1.0, "order": "oldest"}),
            vec![jane],
        ),
        (json!({"domain": "example.com", "route": "germany"}), vec![]),
        (
            json!({"domain": "example.com", "before": "2026-01-01T00:00:00Z", "limit": null}),
            vec![],
        ),
    ] {
        let found: BTreeSet<_> = ids(&search(&room, said.clone()).await).into_iter().collect();
        assert_eq!(found, texts(&expected).into_iter().collect(), "{said}");
    }
    let first = search(&room, json!({"domain": "example.com", "limit": 1})).await;
    let second = search(
        &room,
        json!({"domain": "example.com", "limit": 1, "cursor": first["next"]}),
    )
    .await;
    assert_eq!((ids(&first).len(), ids(&second).len()), (1, 1));
    assert_ne!(ids(&first), ids(&second));
    for said in [
        json!({}),
        json!({"address": "a@b.example", "domain": "b.example"}),
        json!({"address": 5}),
        json!([]),
        json!({"domain": "a b"}),
        json!({"domain": "b.example", "limit": 0}),
        json!({"domain": "b.example", "limit": 101}),
        json!({"domain": "b.example", "cursor": "x"}),
        json!({"domain": "b.example", "more": 1}),
        json!({"domain": "b.example", "cursor": first["next"]}),
        json!({"domain": "example.com", "state": "denied", "cursor": first["next"]}),
    ] {
        let answer = room.post(RITA, "/review/api/requests/search", &said.to_string()).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.code()),
            (400, "bad-request"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_cursor_is_refused_at_any_list_but_its_own() {
    let room = room();
    for name in ["Ann", "Ben", "Cem"] {
        pending(&room, name).await;
    }
    let cursor = |page: Value| page["next"].as_str().unwrap().to_owned();
    let plain = cursor(list(&room, RITA, "?limit=1").await);
    let mine = cursor(list(&room, RITA, "?limit=1&waits=me").await);
    assert_eq!(
        ids(&list(&room, ROB, &format!("?limit=2&cursor={plain}")).await).len(),
        2,
        "of any length"
    );
    assert_eq!(
        ids(&list(&room, RITA, &format!("?limit=2&waits=me&cursor={mine}")).await).len(),
        2
    );
    let mut forged = plain.clone();
    forged.replace_range(..1, if forged.starts_with('A') { "B" } else { "A" });
    for (token, query) in [
        (RITA, format!("?state=denied&cursor={plain}")),
        (RITA, format!("?order=newest&cursor={plain}")),
        (RITA, format!("?route=germany&cursor={plain}")),
        (RITA, format!("?since=2020-01-01T00:00:00Z&cursor={plain}")),
        (RITA, format!("?waits=me&cursor={plain}")),
        (RITA, format!("?cursor={mine}")),
        (ROB, format!("?waits=me&cursor={mine}")),
        (RITA, format!("?cursor={forged}")),
    ] {
        let path = format!("/review/api/requests{query}");
        let answer = room.send(call(http::Method::GET, &path, &[bearer(token)], "")).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.code()),
            (400, "bad-request"),
            "{query}"
        );
    }
    // The pages go on with cursors of their own.
    let other =
        Room::with(|parts| parts.desk.audit = approvals::AuditKey::parse(&"f123456789abcdef".repeat(4)).unwrap());
    let answer = other.get(&format!("/review/api/requests?cursor={plain}")).await;
    assert_eq!(answer.status, 400, "signed with another key");
}

#[tokio::test]
async fn a_page_that_looked_at_enough_says_so() {
    let room = room();
    let mut rows = Vec::new();
    for number in 0..=MOST_LOOKED_AT {
        let body = google(&format!("Person {number}"));
        let (_, commit) = submitting(&room, &body, Held::by_anybody()).await;
        rows.extend(
            commit
                .writes
                .into_iter()
                .filter(|write| matches!(write, Write::Request { .. })),
        );
    }
    for writes in rows.chunks(MAX_WRITES) {
        let commit = Commit {
            writes: writes.to_vec(),
        };
        assert_eq!(room.store.commit(&commit).await, Ok(Committed::Applied));
    }
    let page = list(&room, RITA, "?route=germany").await;
    assert_eq!((ids(&page).len(), &page["cut_short"]), (0, &json!(true)), "{page}");
    let next = page["next"].as_str().unwrap();
    let page = list(&room, RITA, &format!("?route=germany&cursor={next}")).await;
    assert_eq!(
        (ids(&page).len(), &page["cut_short"], &page["next"]),
        (0, &json!(false), &json!(null)),
        "{page}"
    );
}

#[tokio::test]
async fn requests_are_counted_by_state_and_route() {
    let room = room();
    assert_eq!(room.get("/review/api/counts").await.json(), json!({"counts": []}));
    let counter = |state, route: Option<&str>| Counter {
        state,
        route: route.and_then(RouteName::parse),
    };
    let writes = [
        (counter(StateName::Pending, None), 3),
        (counter(StateName::Pending, Some("germany")), 2),
        (counter(StateName::Denied, None), 1),
    ];
    let writes = writes.map(|(counter, by)| Write::Count { counter, by });
    let commit = Commit {
        writes: writes.to_vec(),
    };
    assert_eq!(room.store.commit(&commit).await, Ok(Committed::Applied));
    let counts = room.get("/review/api/counts").await.json();
    assert_eq!(
        counts["counts"],
        json!([
            {"state": "pending", "route": null, "count": 3},
            {"state": "pending", "route": "germany", "count": 2},
            {"state": "denied", "route": null, "count": 1},
        ])
    );
    assert_eq!(room.get("/review/api/counts?state=denied").await.status, 400);
}
