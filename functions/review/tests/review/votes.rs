//! What the pages say of votes: in the queue, in the form, and in a form that comes back.

use serde_json::json;
use store::Share;

use crate::{
    browser::{Browser, field},
    people::{google, handed_to, pending},
    room::{RITA, ROB},
    routes::{decide, group, held, room, stage},
};

#[tokio::test]
async fn the_queue_says_who_is_asked_and_how_many_approved() {
    let room = room();
    let mut two = stage("hr", group("hr"));
    two.approve = 2;
    let id = handed_to(&room, &google("Jane"), held(vec![two])).await;
    let other = pending(&room, "Joe").await;
    decide(&room, RITA, &id, "approve", json!({})).await;
    let mut rita = Browser::logged_in(&room, RITA).await;
    let page = rita.get("/review").await;
    for text in [
        "route ",
        "germany",
        "the group hr",
        "1 of 2 approve",
        "anybody who reviews",
    ] {
        assert!(page.body.contains(text), "{text}: {page:?}");
    }
    assert!(
        page.body.contains(&id.to_string()) && page.body.contains(&other.to_string()),
        "all of them"
    );
    let page = rita.get("/review?waits=me").await;
    assert!(page.body.contains("Requests that wait for you") && page.body.contains(&other.to_string()));
    assert!(!page.body.contains(&id.to_string()), "she has voted");
    let page = Browser::logged_in(&room, ROB)
        .await
        .get("/review?waits=me&limit=1")
        .await;
    assert!(
        page.body.contains(&id.to_string()) && page.body.contains("waits=me&amp;limit=1&amp;cursor="),
        "{page:?}"
    );
    let link = page
        .body
        .split("rel=\"next\" href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    let page = Browser::logged_in(&room, ROB).await.get(&link).await;
    assert!(page.status == 200 && page.body.contains(&other.to_string()), "{page:?}");
}

#[tokio::test]
async fn the_form_says_whether_an_approval_is_a_vote() {
    let room = room();
    let mut two = stage("hr", group("hr"));
    two.approve = 2;
    two.among = vec![Share {
        group: "security".to_owned(),
        at_least: 1,
    }];
    let id = handed_to(&room, &google("Jane"), held(vec![two])).await;
    let path = format!("/review/requests/{id}");
    let (mut rita, mut rob) = (
        Browser::logged_in(&room, RITA).await,
        Browser::logged_in(&room, ROB).await,
    );
    let page = rita.get(&path).await;
    assert!(
        page.body.contains(">Vote to approve<") && page.body.contains("1 is missing."),
        "{page:?}"
    );
    rita.decide(&page, &path, "approve", "").await;
    let page = rob.get(&path).await;
    assert!(
        page.body.contains(">Approve<") && !page.body.contains("Vote to approve"),
        "his is the last: {page:?}"
    );
    let stages = vec![stage("first", group("hr")), stage("second", group("hr"))];
    let id = handed_to(&room, &google("Joe"), held(stages)).await;
    let page = rob.get(&format!("/review/requests/{id}")).await;
    assert!(
        page.body.contains(">Vote to approve<"),
        "there is a stage after: {page:?}"
    );
    let id = pending(&room, "Ann").await;
    let page = rob.get(&format!("/review/requests/{id}")).await;
    assert!(page.body.contains(">Approve<"), "{page:?}");
}

#[tokio::test]
async fn a_form_that_comes_back_keeps_what_was_ticked() {
    let room = room();
    let id = pending(&room, "Jane").await;
    let path = format!("/review/requests/{id}");
    let mut rita = Browser::logged_in(&room, RITA).await;
    let page = rita.get(&path).await;
    assert!(!page.body.contains(" checked"), "{page:?}");
    let (csrf, version) = (field(&page, "csrf"), field(&page, "version"));
    let bad = "bad\u{7}";
    let fields = [
        ("csrf", &*csrf),
        ("version", &version),
        ("ruling", "deny"),
        ("reason", bad),
        ("block", "domain"),
    ];
    let page = rita.post(&format!("{path}/decide"), &fields).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains(r#"value="domain" checked"#), "{page:?}");
    assert!(!page.body.contains(r#"value="address" checked"#), "{page:?}");
}

#[tokio::test]
async fn who_is_not_asked_any_more_is_told_on_the_page() {
    let room = room();
    let id = handed_to(&room, &google("Jane"), held(vec![stage("hr", group("hr"))])).await;
    let path = format!("/review/requests/{id}");
    let mut rita = Browser::logged_in(&room, RITA).await;
    let page = rita.get(&path).await;
    decide(&room, ROB, &id, "reassign", json!({"to": "group:security"})).await;
    let page = rita.decide(&page, &path, "approve", "known").await;
    assert_eq!(page.status, 409);
    assert!(
        page.body
            .contains("The request went on to other reviewers after you saw it."),
        "{page:?}"
    );
    assert!(
        page.body.contains("the group security") && page.body.contains("Logged in as"),
        "{page:?}"
    );
}
