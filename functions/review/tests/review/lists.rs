//! Lists that reviewers edit.

use http::Method;
use lists::Kind;
use policy::{Fetch, StoredList};
use serde_json::{Value, json};
use store::{ListCopy, ListEntry, ListName, ListPlace, ListQuestion, Listed, Origin, Timestamp};

use crate::room::{DAY, RITA, ROB, Room, bearer, call};

const LISTS: &str = "/review/api/lists";
const PARTNERS: &str = "/review/api/lists/partners";

#[tokio::test]
async fn an_entry_counts_from_when_a_reviewer_adds_it() {
    let room = room();
    let added = room
        .post(
            RITA,
            &format!("{PARTNERS}/add"),
            r#"{"entries":[" Contoso.COM. ","*.fabrikam.com","contoso.com"]}"#,
        )
        .await;
    assert_eq!(
        (added.status.as_u16(), added.json()),
        (200, json!({"entries": 3, "changed": 2}))
    );
    assert_eq!(listed(&room, "contoso.com").await, Listed::Yes);
    room.clock.advance(DAY);
    let again = room
        .post(ROB, &format!("{PARTNERS}/add"), r#"{"entries":["contoso.com"]}"#)
        .await;
    assert_eq!(again.json(), json!({"entries": 1, "changed": 0}));
    let shown = room.get(PARTNERS).await.json();
    let mut entries = shown["entries"].as_array().unwrap().clone();
    entries.sort_by_key(|entry| entry["entry"].to_string());
    let entry = |text: &str| json!({"entry": text, "by": "rita", "at": "2026-11-22T20:53:01Z"});
    assert_eq!(entries, [entry("*.fabrikam.com"), entry("contoso.com")]);
    assert_eq!(shown["next"], Value::Null);

    let removed = room
        .post(
            ROB,
            &format!("{PARTNERS}/remove"),
            r#"{"entries":["CONTOSO.com","other.example"]}"#,
        )
        .await;
    assert_eq!(removed.json(), json!({"entries": 2, "changed": 1}));
    assert_eq!(listed(&room, "contoso.com").await, Listed::No);
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let room = room();
    let entries: Vec<_> = (0..100).map(|n| format!("{n}.example")).collect();
    let added = room
        .post(
            RITA,
            &format!("{PARTNERS}/add"),
            &json!({"entries": entries}).to_string(),
        )
        .await;
    assert_eq!(added.json()["changed"], 100);
    let (mut seen, mut path, mut sizes) = (Vec::new(), format!("{PARTNERS}?limit=25"), Vec::new());
    loop {
        let page = room.get(&path).await.json();
        let texts = page["entries"].as_array().unwrap();
        sizes.push(texts.len());
        seen.extend(texts.iter().map(|entry| entry["entry"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{PARTNERS}?limit=25&after={next}");
    }
    seen.sort_unstable();
    let mut entries = entries;
    entries.sort_unstable();
    assert_eq!((sizes, seen), (vec![25; 4], entries));
    for query in [
        "limit=0",
        "limit=101",
        "after=",
        "after=x",
        "after=AB",
        "cursor=x",
        "limit=1&limit=2",
    ] {
        let answer = room.get(&format!("{PARTNERS}?{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.code()),
            (400, "bad-request"),
            "{query}"
        );
    }
}

#[tokio::test]
async fn the_lists_of_the_policy_are_named() {
    let room = room();
    let lists = json!({"lists": [
        {"name": "partners", "holds": "domains", "origin": "edited"},
        {"name": "people", "holds": "addresses", "origin": "edited"},
        {"name": "blocked", "holds": "domains", "origin": "fetched"},
    ]});
    let answer = room.get(LISTS).await;
    assert_eq!(answer.json(), lists);
    assert_eq!(room.get(&format!("{LISTS}?a=b")).await.status, 400);
    assert!(!answer.body.contains("https://"), "an address may hold a secret");
    for path in ["/other", "/other/add", "/Partners"] {
        let path = format!("{LISTS}{path}");
        let answer = match path.ends_with("add") {
            true => room.post(RITA, &path, r#"{"entries":["a.example"]}"#).await,
            false => room.get(&path).await,
        };
        assert_eq!((answer.status.as_u16(), &*answer.code()), (404, "not-found"), "{path}");
    }
    for path in ["/partners/drop", "/partners/add/x"] {
        assert_eq!(room.post(RITA, &format!("{LISTS}{path}"), "{}").await.status, 404);
    }
}

#[tokio::test]
async fn a_fetched_list_is_shown_and_not_edited() {
    let room = room();
    let never = room.get(&format!("{LISTS}/blocked")).await;
    assert_eq!((never.status.as_u16(), &*never.code()), (404, "not-found"));
    let at = Timestamp::from_millis(0);
    let place = ListPlace {
        list: name("blocked"),
        version: Some(1),
    };
    let entry = ListEntry {
        text: "bad.example".to_owned(),
        by: None,
        at,
    };
    room.store.add(&place, &[entry]).await.unwrap();
    let copy = ListCopy {
        version: 1,
        entries: 1,
        fetched_at: at,
        tag: None,
    };
    assert_eq!(room.store.publish(&place.list, &copy, None).await, Ok(true));
    let shown = room.get(&format!("{LISTS}/blocked")).await.json();
    assert_eq!(
        shown["entries"],
        json!([{"entry": "bad.example", "by": null, "at": "1970-01-01T00:00:00Z"}])
    );
    for verb in ["add", "remove"] {
        let refused = room
            .post(
                RITA,
                &format!("{LISTS}/blocked/{verb}"),
                r#"{"entries":["bad.example"]}"#,
            )
            .await;
        assert_eq!((refused.status.as_u16(), &*refused.code()), (409, "fetched"));
    }
    assert_eq!(room.store.page(&place, None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn bad_calls_are_refused_and_change_nothing() {
    let room = room();
    let path = format!("{LISTS}/people/add");
    let many = |count: usize| json!({"entries": vec!["a@b.example"; count]}).to_string();
    let long = json!({"entries": [format!("{}@b.example", "x".repeat(3000))]}).to_string();
    for (bad, status) in [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ("{}", 400),
        (r#"{"entries":[]}"#, 400),
        (r#"{"entries":"a@b.example"}"#, 400),
        (r#"{"entries":[5]}"#, 400),
        (r#"{"entries":["a@b.example"],"by":"rob"}"#, 400),
        (r#"{"entries":["a@b.example","jim"]}"#, 400),
        (r##"{"entries":["#a@b.example"]}"##, 400),
        (&long, 400),
        (&many(101), 400),
        (
            &format!(r#"{{"entries":["a@b.example"{}]}}"#, " ".repeat(16 * 1024)),
            413,
        ),
    ] {
        assert_eq!(room.post(RITA, &path, bad).await.status, status, "{bad:.60}");
    }
    let wrong = room
        .post(RITA, &path, r#"{"entries":["jim","a@b.example","x@@b.example"]}"#)
        .await;
    assert!(
        wrong.body.contains("entry 1: no e-mail") && wrong.body.contains("entry 3: no e-mail"),
        "{wrong:?}"
    );
    assert!(!wrong.body.contains("jim"), "{wrong:?}");
    let body = many(1);
    let json = ("content-type", "application/json".to_owned());
    for (headers, status) in [
        (vec![json.clone()], 401),
        (vec![bearer("n4bQgYhMfWWaL-qgxVrQFb"), json], 401),
        (vec![bearer(RITA), ("content-type", "text/plain".to_owned())], 415),
    ] {
        assert_eq!(
            room.send(call(Method::POST, &path, &headers, &body)).await.status,
            status
        );
    }
    assert_eq!(room.get(&path).await.status, 405);
    assert_eq!(room.post(RITA, &format!("{LISTS}/people"), &body).await.status, 405);
    for path in [LISTS, PARTNERS] {
        assert_eq!(room.send(call(Method::GET, path, &[], "")).await.status, 401, "{path}");
    }
    let people = ListPlace {
        list: name("people"),
        version: None,
    };
    assert_eq!(room.store.page(&people, None, 9).await, Ok(Vec::new()));
    assert_eq!(
        room.post(RITA, &path, &many(100)).await.json(),
        json!({"entries": 100, "changed": 1})
    );
}

fn room() -> Room {
    let list = |text: &str, kind| StoredList {
        name: name(text),
        kind,
        fetch: None,
    };
    let fetch = Some(Fetch {
        url: "https://lists.example/?key=secret".to_owned(),
        every: DAY,
    });
    Room::with(|parts| {
        parts.lists = vec![
            list("partners", Kind::Domains),
            list("people", Kind::Addresses),
            StoredList {
                fetch,
                ..list("blocked", Kind::Domains)
            },
        ];
    })
}

fn name(text: &str) -> ListName {
    ListName::parse(text).unwrap()
}

async fn listed(room: &Room, text: &str) -> Listed {
    let question = ListQuestion {
        list: name("partners"),
        origin: Origin::Edited,
        entry: ListEntry::key(text),
    };
    room.store.listed(&[question]).await.unwrap()[0]
}
