//! What the log says. A program of its own: whether a line is heard at all is remembered for the whole process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "review/browser.rs"]
mod browser;
#[path = "review/document.rs"]
mod document;
#[path = "review/people.rs"]
mod people;
#[path = "review/room.rs"]
#[expect(dead_code, reason = "the other tests use more of it")]
mod room;

use end_to_end::log::Log;
use http::Method;
use lists::Kind;
use policy::StoredList;
use store::ListName;

use crate::{
    browser::Browser,
    people::{parked, pending},
    room::{RITA, ROB, Room, bearer, call},
};

#[tokio::test]
async fn the_log_names_the_decision_and_nothing_personal_or_secret() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let room = Room::with(|parts| {
        parts.lists = vec![StoredList {
            name: ListName::parse("partners").unwrap(),
            kind: Kind::Domains,
            fetch: None,
        }];
    });
    let id = pending(&room, "Jane").await;
    let path = format!("/review/requests/{id}");
    let mut rita = Browser::logged_in(&room, RITA).await;
    let page = rita.get(&path).await;
    assert_eq!(log.take(), "", "looking is not logged");
    rita.decide(&page, &path, "deny", "a secret reason").await;
    let line = log.take();
    assert!(
        line.contains("vestibule: review: deny") && line.contains(&format!("request={id}")),
        "{line}"
    );
    assert!(
        line.contains("reviewer=\"c5420b43786b\"") && line.contains("applied=true"),
        "{line}"
    );
    let all = line
        + &{
            room.post(
                ROB,
                &format!("/review/api/requests/{id}/approve"),
                r#"{"reason":"a secret reason"}"#,
            )
            .await;
            let line = log.take();
            assert!(
                line.contains("review: approve") && line.contains("applied=false") && line.contains("6c123d17c0e5"),
                "{line}"
            );
            line
        };
    let all = all
        + &{
            Browser::new(&room)
                .post("/review/login", &[("token", "wrong-token")])
                .await;
            let line = log.take();
            assert!(
                line.contains("WARN") && line.contains("review: log-in refused"),
                "{line}"
            );
            line
        };
    let all = all
        + &{
            room.send(call(Method::GET, "/review/api/requests", &[bearer("wrong-token")], ""))
                .await;
            log.take()
        };
    let all = all
        + &{
            let effect = format!("/review/api/effects/{}", parked(&room, "Jane", 1).await.id);
            room.get(&effect).await;
            assert_eq!(log.take(), "", "looking is not logged");
            room.post(RITA, &format!("{effect}/retry"), "").await;
            let retried = log.take();
            room.post(ROB, &format!("{effect}/drop"), "").await;
            let dropped = log.take();
            let id = effect.rsplit('/').next().unwrap();
            for (line, verb, reviewer, applied) in [
                (&retried, "retry", "c5420b43786b", true),
                (&dropped, "drop", "6c123d17c0e5", false),
            ] {
                assert!(line.contains(&format!("vestibule: review: {verb} an effect")), "{line}");
                assert!(
                    line.contains(&format!("effect={id}")) && line.contains(reviewer),
                    "{line}"
                );
                assert!(line.contains(&format!("applied={applied}")), "{line}");
            }
            retried + &dropped
        };
    let all = all
        + &{
            let entries = r#"{"entries":["secret.example","a.example","A.example"]}"#;
            room.post(RITA, "/review/api/lists/partners/add", entries).await;
            let line = log.take();
            for part in [
                "review: add entries",
                "list=\"partners\"",
                "reviewer=\"c5420b43786b\"",
                "entries=3",
                "changed=2",
            ] {
                assert!(line.contains(part), "{part}: {line}");
            }
            line
        };
    for secret in [
        "secret.example",
        "secret reason",
        "wrong-token",
        RITA,
        ROB,
        "Jane",
        "jane@",
        "google",
        "c2Vh",
    ] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    assert_eq!(all.lines().count(), 7, "{all}");
}
