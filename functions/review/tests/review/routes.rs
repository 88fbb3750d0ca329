//! Requests that certain reviewers are asked about, together.

use approvals::Held;
use serde_json::{Value, json};
use store::{Asked, ListName, ListPlace, Person, Plan, Reasons, RequestId, RouteName, Share, Stage, TimeOut};

use crate::{
    browser::Browser,
    people::{body, google, handed_to},
    room::{DAY, RITA, ROB, Room},
};

/// Rita and Rob are of the group hr, Rob alone of security; there are lists to block with.
pub(crate) fn room() -> Room {
    Room::with(|parts| {
        let group = |name: &str, people: &[&str]| {
            let people: Vec<_> = people.iter().map(|name| Person::of(name)).collect();
            (name.to_owned(), people)
        };
        let groups = [group("hr", &["Rita", "ROB Ö"]), group("security", &["Rob Ö"])];
        parts.desk.terms.groups = groups.into_iter().collect();
        parts.desk.terms.block.addresses = ListName::parse("blocked-people");
        parts.desk.terms.block.domains = ListName::parse("blocked-domains");
    })
}

pub(crate) fn stage(name: &str, asked: Asked) -> Stage {
    Stage {
        name: name.to_owned(),
        asked,
        approve: 1,
        deny: 1,
        among: Vec::new(),
        remind: Vec::new(),
        escalate: None,
        lasts: 10 * DAY,
        then: TimeOut::Expire,
    }
}

pub(crate) fn group(name: &str) -> Asked {
    Asked::Group(name.to_owned())
}

pub(crate) fn held(stages: Vec<Stage>) -> Held {
    let plan = Plan {
        stages,
        reasons: Reasons::Optional,
        cool_down: None,
    };
    Held {
        route: RouteName::parse("germany"),
        plan,
    }
}

pub(crate) async fn decide(room: &Room, token: &str, id: &RequestId, verb: &str, said: Value) -> (u16, Value) {
    let path = format!("/review/api/requests/{id}/{verb}");
    let answer = room.post(token, &path, &said.to_string()).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn two_have_to_approve_and_each_counts_once() {
    let room = room();
    let mut both = stage("both", group("hr"));
    both.approve = 2;
    let id = handed_to(&room, &google("Jane"), held(vec![both])).await;
    let (status, first) = decide(&room, RITA, &id, "approve", json!({"reason": "known"})).await;
    assert_eq!((status, &first["applied"]), (200, &json!(true)));
    let review = &first["request"]["review"];
    assert_eq!(first["request"]["state"], "pending");
    assert_eq!(first["request"]["route"], "germany");
    for (key, value) in [
        ("stage", json!("both")),
        ("number", json!(1)),
        ("stages", json!(1)),
        ("asked", json!("group:hr")),
        ("approvals", json!(1)),
        ("approvals_wanted", json!(2)),
        ("denials", json!(0)),
        ("ends", json!("2026-12-02T20:53:01Z")),
        ("then", json!("expire")),
    ] {
        assert_eq!(review[key], value, "{key}");
    }
    let voted = &first["request"]["history"][1];
    assert_eq!(
        (&voted["event"], &voted["approves"], &voted["from"], &voted["reason"]),
        (&json!("voted"), &json!(true), &json!("pending"), &json!("known"))
    );
    // She has voted: nothing she says now counts.
    for verb in ["approve", "deny"] {
        let (status, again) = decide(&room, RITA, &id, verb, json!({})).await;
        assert_eq!((status, &again["applied"]), (200, &json!(false)), "{verb}");
        assert_eq!(again["request"]["review"]["approvals"], 1, "{verb}");
    }
    let (_, second) = decide(&room, ROB, &id, "approve", json!({})).await;
    assert_eq!(
        (&second["applied"], &second["request"]["state"]),
        (&json!(true), &json!("approved"))
    );
    assert_eq!(second["request"]["review"], json!(null));
}

#[tokio::test]
async fn who_is_not_asked_decides_nothing() {
    let room = room();
    let stages = vec![stage("security", group("security")), stage("hr", group("hr"))];
    let id = handed_to(&room, &google("Jane"), held(stages)).await;
    for verb in ["approve", "deny", "withdraw"] {
        let (status, refused) = decide(&room, RITA, &id, verb, json!({})).await;
        assert_eq!(
            (status, &refused["error"]["code"]),
            (403, &json!("not-asked")),
            "{verb}"
        );
    }
    let page = Browser::logged_in(&room, RITA)
        .await
        .get(&format!("/review/requests/{id}"))
        .await;
    assert!(page.body.contains("Other reviewers are asked at this stage.") && !page.body.contains("name=\"ruling\""));
    // The next stage asks her; Rob has had his say.
    let (_, passed) = decide(&room, ROB, &id, "approve", json!({})).await;
    assert_eq!(passed["request"]["review"]["stage"], "hr");
    assert_eq!(decide(&room, ROB, &id, "approve", json!({})).await.1["applied"], false);
    let (_, approved) = decide(&room, RITA, &id, "approve", json!({})).await;
    assert_eq!(approved["request"]["state"], "approved");
    let events: Vec<_> = approved["request"]["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["event"].clone())
        .collect();
    assert_eq!(events, ["opened", "passed", "approved"]);
}

#[tokio::test]
async fn nobody_decides_on_themselves() {
    let room = Room::with(|parts| {
        parts.reviewers = review::Reviewers::parse(&format!("Jane@Example.com:{RITA}")).unwrap();
    });
    let id = handed_to(&room, &body("Jane", "jane@example.com"), Held::by_anybody()).await;
    for verb in ["approve", "deny", "withdraw"] {
        let (status, refused) = decide(&room, RITA, &id, verb, json!({})).await;
        assert_eq!(
            (status, &refused["error"]["code"]),
            (403, &json!("own-request")),
            "{verb}"
        );
    }
    let page = Browser::logged_in(&room, RITA)
        .await
        .get(&format!("/review/requests/{id}"))
        .await;
    assert!(page.body.contains("Nobody decides on their own request.") && !page.body.contains("name=\"ruling\""));
}

#[tokio::test]
async fn a_route_may_want_reasons() {
    let room = room();
    let mut held = held(vec![stage("hr", group("hr"))]);
    held.plan.reasons = Reasons::ToDeny;
    let id = handed_to(&room, &google("Jane"), held).await;
    for said in [json!({}), json!({"reason": " \n "})] {
        let (status, refused) = decide(&room, RITA, &id, "deny", said).await;
        assert_eq!((status, &refused["error"]["code"]), (409, &json!("no-reason")));
    }
    let (_, denied) = decide(&room, RITA, &id, "deny", json!({"reason": "unknown to us"})).await;
    assert_eq!(denied["request"]["state"], "denied");
}

#[tokio::test]
async fn a_denial_can_block_for_good() {
    let room = room();
    let id = handed_to(
        &room,
        &body("Eve", "Eve@Evil.Example"),
        held(vec![stage("hr", group("hr"))]),
    )
    .await;
    for (verb, block, code) in [
        ("approve", json!(["address"]), "nothing-to-block"),
        ("deny", json!(["planet"]), "bad-request"),
    ] {
        let (_, refused) = decide(&room, RITA, &id, verb, json!({"block": block})).await;
        assert_eq!(refused["error"]["code"], code, "{verb}");
    }
    let (_, denied) = decide(&room, RITA, &id, "deny", json!({"block": ["domain", "address"]})).await;
    assert_eq!(denied["request"]["state"], "denied");
    assert_eq!(denied["request"]["history"][1]["block"], json!(["address", "domain"]));
    for (list, text) in [
        ("blocked-people", "eve@evil.example"),
        ("blocked-domains", "evil.example"),
    ] {
        let place = ListPlace {
            list: ListName::parse(list).unwrap(),
            version: None,
        };
        let entries = room.store.page(&place, None, 10).await.unwrap();
        let entries: Vec<_> = entries
            .iter()
            .map(|entry| (&*entry.text, entry.by.as_deref()))
            .collect();
        assert_eq!(entries, [(text, Some("rita"))], "{list}");
    }
}

#[tokio::test]
async fn without_lists_nothing_can_be_blocked() {
    let room = Room::new();
    let id = handed_to(&room, &google("Jane"), Held::by_anybody()).await;
    let (status, _) = decide(&room, RITA, &id, "deny", json!({"block": ["address"]})).await;
    assert_eq!(status, 409);
    let page = Browser::logged_in(&room, RITA)
        .await
        .get(&format!("/review/requests/{id}"))
        .await;
    assert!(!page.body.contains("name=\"block\""));
}

#[tokio::test]
async fn the_page_says_who_is_asked_and_how_far_it_is() {
    let room = room();
    let mut both = stage("both", group("hr"));
    both.approve = 2;
    both.among = vec![Share {
        group: "security".to_owned(),
        at_least: 1,
    }];
    let id = handed_to(
        &room,
        &google("Jane"),
        held(vec![both, stage("last", group("security"))]),
    )
    .await;
    let path = format!("/review/requests/{id}");
    let mut rita = Browser::logged_in(&room, RITA).await;
    let page = rita.get(&path).await;
    for part in [
        "the group hr",
        "stage 1 of 2",
        "0 of 2",
        "must be of the group",
        "name=\"block\"",
        "germany",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let answer = rita.decide(&page, &path, "approve", "").await;
    assert_eq!(answer.header("location"), format!("{path}?notice=done"));
    let page = rita.get(answer.header("location")).await;
    for part in ["Your vote is recorded.", "1 of 2", "You have voted on these claims."] {
        assert!(page.body.contains(part), "{part}");
    }
    assert!(!page.body.contains("name=\"ruling\""));
    let mut rob = Browser::logged_in(&room, ROB).await;
    let page = rob.get(&path).await;
    rob.decide(&page, &path, "approve", "").await;
    for part in ["stage 2 of 2", "the group security", "You have voted on these claims."] {
        assert!(rita.get(&path).await.body.contains(part), "{part}");
    }
}

/// Whoever decides when time is over learns that, though nothing had recorded it.
#[tokio::test]
async fn a_decision_after_the_time_changes_nothing() {
    let room = room();
    let id = handed_to(&room, &google("Jane"), held(vec![stage("hr", group("hr"))])).await;
    room.clock.advance(10 * DAY);
    let (status, late) = decide(&room, RITA, &id, "approve", json!({})).await;
    assert_eq!(
        (status, &late["applied"], &late["request"]["state"]),
        (200, &json!(false), &json!("expired"))
    );
    assert_eq!(late["request"]["history"][1]["by"], json!({"kind": "clock"}));
}

/// Another vote is no reason to look again: the applicant changed nothing.
#[tokio::test]
async fn a_vote_of_another_does_not_stand_in_the_way() {
    let room = room();
    let mut both = stage("both", group("hr"));
    both.approve = 2;
    let id = handed_to(&room, &google("Jane"), held(vec![both, stage("last", group("hr"))])).await;
    let path = format!("/review/requests/{id}");
    let (mut rita, mut rob) = (
        Browser::logged_in(&room, RITA).await,
        Browser::logged_in(&room, ROB).await,
    );
    let (hers, his) = (rita.get(&path).await, rob.get(&path).await);
    rita.decide(&hers, &path, "approve", "").await;
    let answer = rob.decide(&his, &path, "approve", "").await;
    assert_eq!(answer.header("location"), format!("{path}?notice=done"), "{answer:?}");
    let again = rita.decide(&hers, &path, "approve", "").await;
    assert_eq!(
        again.header("location"),
        format!("{path}?notice=done"),
        "a second click"
    );
    let again = rita.decide(&hers, &path, "deny", "").await;
    assert_eq!(again.header("location"), format!("{path}?notice=already"));
    let page = rita.get(again.header("location")).await;
    assert!(page.body.contains("You had voted on these claims already."));
    assert!(page.body.contains("voted to approve"));
}

#[tokio::test]
async fn who_saw_another_stage_looks_again() {
    let room = Room::with(|parts| {
        let tokens = format!("rita:{RITA}\nRob Ö:{ROB}\ntom:0f4c2b1d9e8a7b6c5d4e3f2a1b0c9d8e");
        parts.reviewers = review::Reviewers::parse(&tokens).unwrap();
    });
    let id = handed_to(
        &room,
        &google("Jane"),
        held(vec![stage("one", Asked::Anybody), stage("two", Asked::Anybody)]),
    )
    .await;
    decide(&room, RITA, &id, "approve", json!({})).await;
    let (status, refused) = decide(&room, ROB, &id, "approve", json!({"version": 1})).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("moved")));
    let (status, _) = decide(&room, ROB, &id, "approve", json!({"version": 2})).await;
    assert_eq!(status, 200);
}

/// What somebody wrote into the store is nothing to act on.
#[tokio::test]
async fn a_request_that_is_not_as_it_was_written_is_decided_by_nobody() {
    let room = room();
    let id = handed_to(&room, &google("Jane"), held(vec![stage("security", group("security"))])).await;
    let request = room.store.request(&id).await.unwrap().unwrap();
    let mut review = request.review().unwrap().clone();
    review.plan.stages[0].asked = group("hr");
    let forged = store::Request {
        state: store::State::Pending(Box::new(review)),
        ..request.clone()
    };
    let write = store::Write::Request {
        request: Box::new(forged),
        replaces: Some(request.version),
    };
    let commit = store::Commit { writes: vec![write] };
    assert_eq!(room.store.commit(&commit).await, Ok(store::Committed::Applied));
    let (status, refused) = decide(&room, RITA, &id, "approve", json!({})).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("not-as-written")));
}

/// Who wanted it, and not whoever denies last, stands behind it.
#[tokio::test]
async fn what_is_blocked_is_blocked_in_the_name_of_who_wanted_it() {
    let room = room();
    let mut both = stage("both", group("hr"));
    both.deny = 2;
    let id = handed_to(&room, &body("Eve", "eve@evil.example"), held(vec![both])).await;
    let (_, voted) = decide(&room, RITA, &id, "deny", json!({"block": ["domain"]})).await;
    assert_eq!(voted["request"]["history"][1]["block"], json!(["domain"]));
    let (_, denied) = decide(&room, ROB, &id, "deny", json!({})).await;
    assert_eq!(denied["request"]["history"][2]["block"], json!(["domain"]));
    let place = ListPlace {
        list: ListName::parse("blocked-domains").unwrap(),
        version: None,
    };
    let entries = room.store.page(&place, None, 10).await.unwrap();
    assert_eq!(entries[0].by.as_deref(), Some("rita"));
    let page = Browser::logged_in(&room, RITA)
        .await
        .get(&format!("/review/requests/{id}"))
        .await;
    assert!(page.body.contains("blocking the domain"));
}
