//! What another site, another reviewer or a tampered cookie can do: nothing.

use crate::{
    browser::{Browser, field},
    people::pending,
    room::{Answer, RITA, ROB, Room},
};

/// A room with a request, and Rita before its page.
struct Scene {
    room: Room,
    path: String,
}

impl Scene {
    async fn new() -> Scene {
        let room = Room::new();
        let path = format!("/review/requests/{}", pending(&room, "Jane").await);
        Scene { room, path }
    }

    async fn rita(&self) -> (Browser<'_>, Answer) {
        let mut rita = Browser::logged_in(&self.room, RITA).await;
        let page = rita.get(&self.path).await;
        (rita, page)
    }

    async fn assert_undecided(&self) {
        let id = self.path.rsplit('/').next().unwrap();
        let request = self.room.get(&format!("/review/api/requests/{id}")).await.json();
        assert_eq!(
            (request["state"].as_str(), request["version"].as_u64()),
            (Some("pending"), Some(1))
        );
    }
}

#[tokio::test]
async fn every_form_of_a_session_needs_its_secret() {
    let scene = Scene::new().await;
    let (mut rita, page) = scene.rita().await;
    let mut rob = Browser::logged_in(&scene.room, ROB).await;
    let of_rob = field(&rob.get(&scene.path).await, "csrf");
    let (mut other, _) = scene.rita().await;
    let of_another_session = field(&other.get(&scene.path).await, "csrf");
    let (own, decide) = (field(&page, "csrf"), format!("{}/decide", scene.path));
    let changed = own.replace(own.chars().next().unwrap(), "x");
    let rest = [("ruling", "approve"), ("version", "1"), ("reason", "")];
    for secret in [
        None,
        Some(""),
        Some("00"),
        Some(&*of_rob),
        Some(&*of_another_session),
        Some(&*changed),
    ] {
        let fields: Vec<_> = secret.map(|secret| ("csrf", secret)).into_iter().chain(rest).collect();
        assert_eq!(rita.post(&decide, &fields).await.status, 403, "{secret:?}");
        assert_eq!(rita.post("/review/logout", &fields).await.status, 403, "{secret:?}");
    }
    let twice = [&[("csrf", &*own), ("csrf", &*own)], &rest[..2]].concat();
    assert_eq!(rita.post(&decide, &twice).await.status, 403);
    assert!(rita.cookie.is_some(), "nobody logged her out");
    scene.assert_undecided().await;
    assert_eq!(rita.decide(&page, &scene.path, "approve", "").await.status, 303);
}

#[tokio::test]
async fn a_post_from_another_site_is_refused_even_with_the_secret() {
    let scene = Scene::new().await;
    let (mut rita, page) = scene.rita().await;
    let cookie = rita.cookie.clone();
    for foreign in [
        vec![("origin", "https://evil.example")],
        vec![("origin", "http://gate.example.evil.example")],
        vec![("origin", "null")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site"), ("origin", "https://other.example")],
        vec![("sec-fetch-site", "cross-site"), ("origin", "https://gate.example")],
    ] {
        rita.origin = foreign
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        assert_eq!(
            rita.decide(&page, &scene.path, "approve", "").await.status,
            403,
            "{foreign:?}"
        );
        let log_in = rita.post("/review/login", &[("token", ROB)]).await;
        assert_eq!(
            (log_in.status.as_u16(), log_in.header("set-cookie")),
            (403, ""),
            "{foreign:?}"
        );
        let csrf = field(&page, "csrf");
        assert_eq!(
            rita.post("/review/logout", &[("csrf", &csrf)]).await.status,
            403,
            "{foreign:?}"
        );
    }
    assert_eq!(rita.cookie, cookie);
    scene.assert_undecided().await;
    rita.origin = vec![("origin", "https://gate.example".to_owned())];
    assert_eq!(rita.decide(&page, &scene.path, "approve", "").await.status, 303);
}

#[tokio::test]
async fn a_tampered_cookie_is_no_session() {
    let scene = Scene::new().await;
    let (mut rita, page) = scene.rita().await;
    let cookie = rita.cookie.clone().unwrap();
    let parts: Vec<_> = cookie.split('.').collect();
    let [name, begun, nonce, proof] = parts[..] else {
        panic!("{cookie}")
    };
    let rob = "Um9iIMOW";
    let later = (begun.parse::<i64>().unwrap() + 1).to_string();
    for value in [
        format!("{rob}.{begun}.{nonce}.{proof}"),
        format!("{name}.{later}.{nonce}.{proof}"),
        format!("{name}.{begun}.00.{proof}"),
        format!("{name}.{begun}.{nonce}.{}", field(&page, "csrf")),
        format!("{name}.{begun}.{nonce}"),
        format!("{name}.{begun}.{nonce}."),
        RITA.to_owned(),
        String::new(),
    ] {
        rita.cookie = Some(value.clone());
        assert!(!rita.get("/review").await.body.contains("Jane"), "{value}");
        assert_eq!(
            rita.decide(&page, &scene.path, "approve", "").await.status,
            401,
            "{value}"
        );
    }
    scene.assert_undecided().await;
    rita.cookie = Some(cookie);
    assert!(rita.get("/review").await.body.contains("Jane"));
}

#[tokio::test]
async fn a_changed_token_ends_its_sessions_and_no_others() {
    let scene = Scene::new().await;
    let (rita, _) = scene.rita().await;
    let rob = Browser::logged_in(&scene.room, ROB).await;
    let renewed = Room::with(|parts| {
        let lines = format!("rita:af86d081884c7d659a2feaa0c55ad015\nRob Ö:{ROB}");
        parts.reviewers = review::Reviewers::parse(&lines).unwrap();
    });
    let mut rita = Browser { room: &renewed, ..rita };
    let mut rob = Browser { room: &renewed, ..rob };
    assert!(rita.get("/review").await.body.contains("Your session has ended"));
    assert!(rob.get("/review").await.body.contains("Logged in as"));
}

#[tokio::test]
async fn forms_that_are_not_ours_are_refused() {
    let scene = Scene::new().await;
    let (mut rita, page) = scene.rita().await;
    let (csrf, decide) = (field(&page, "csrf"), format!("{}/decide", scene.path));
    let long = "ß".repeat(1001);
    let huge = "x".repeat(17 * 1024);
    for (ruling, version, reason, status) in [
        ("admit", "1", "", 400),
        ("", "1", "", 400),
        ("approve", "", "", 400),
        ("approve", "x", "", 400),
        ("approve", "2", "", 409),
        ("approve", "1", "a\u{7}", 400),
        ("approve", "1", &*long, 400),
        ("approve", "1", &*huge, 413),
    ] {
        let fields = [
            ("csrf", &*csrf),
            ("ruling", ruling),
            ("version", version),
            ("reason", reason),
        ];
        assert_eq!(
            rita.post(&decide, &fields).await.status,
            status,
            "{ruling} {version} {reason:.10}"
        );
    }
    let answer = rita.decide(&page, &scene.path, "approve", &long).await;
    assert!(
        answer.body.contains("at most 1000") && answer.body.contains(&long),
        "what was typed is not lost"
    );
    scene.assert_undecided().await;
}
