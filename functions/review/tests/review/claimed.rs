//! Groups to which reviewers belong by what their log-in claims.

use approvals::{Group, GroupClaim, Groups};
use review::Reviewers;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Person, Share, Stage};

use crate::{
    browser::Browser,
    people::{google, handed_to},
    room::{RITA, ROB, Room},
    routes::{decide, group, held, stage},
};

/// `hr` is whoever claims so; `security` is Rob by name, and whoever claims so; nobody who logs in claims `board`.
fn groups() -> Groups {
    let group = |name: &str, people: &[&str], claims: &[&str]| {
        let group = Group {
            people: people.iter().copied().map(Person::of).collect(),
            claims: claims.iter().filter_map(|text| GroupClaim::parse(text)).collect(),
        };
        (name.to_owned(), group)
    };
    [
        group("board", &["max"], &["board-approvers"]),
        group("hr", &[], &["hr-approvers"]),
        group("security", &["Rob Ö"], &["it", "security"]),
    ]
    .into_iter()
    .collect()
}

/// Rita's token is in the setting as it is, Rob's as a digest. What the groups are is known from the tokens, as it is where
/// the room is put together, or not before somebody logs in.
fn room(tokens_are_all: bool) -> Room {
    Room::with(|parts| {
        let digest = hex::encode(Sha256::digest(ROB));
        let lines = format!("rita[ hr-approvers;security ]:{RITA}\nRob Ö [hr-approvers] : sha256:{digest}");
        parts.reviewers = Reviewers::parse(&lines).unwrap();
        parts.desk.terms.groups = match tokens_are_all {
            true => parts.reviewers.in_groups(&groups()),
            false => groups(),
        };
    })
}

async fn waits(room: &Room, token: &str, whom: &str) -> usize {
    let path = format!("/review/api/requests?waits={whom}");
    let request = crate::room::call(http::Method::GET, &path, &[crate::room::bearer(token)], "");
    let answer = room.send(request).await;
    answer.json()["requests"].as_array().unwrap().len()
}

#[tokio::test]
async fn who_claims_a_group_is_asked_and_counts_for_it() {
    for tokens_are_all in [false, true] {
        let room = room(tokens_are_all);
        let share = Share {
            group: "security".to_owned(),
            at_least: 2,
        };
        let two = Stage {
            approve: 2,
            among: vec![share],
            ..stage("two", group("hr"))
        };
        let id = handed_to(&room, &google("Jane"), held(vec![two])).await;
        for token in [RITA, ROB] {
            assert_eq!(waits(&room, token, "me").await, 1);
            assert_eq!(waits(&room, token, "group:hr").await, 1);
        }
        let mut browser = Browser::logged_in(&room, RITA).await;
        let page = browser.get(&format!("/review/requests/{id}")).await;
        assert!(page.body.contains("Vote to approve"), "{}", page.body);
        let (status, first) = decide(&room, RITA, &id, "approve", json!({})).await;
        assert_eq!((status, &first["request"]["state"]), (200, &json!("pending")));
        let shown = room.get(&format!("/review/api/requests/{id}")).await.json();
        let share = &shown["stages"][0]["among"][0];
        assert_eq!((&share["group"], &share["approvals"]), (&json!("security"), &json!(1)));
        assert_eq!(waits(&room, RITA, "me").await, 0);
        let (_, again) = decide(&room, RITA, &id, "approve", json!({})).await;
        assert_eq!(again["applied"], false, "she counts once, for however many groups");
        // He is of the one by claim and of the other by name.
        let (_, second) = decide(&room, ROB, &id, "approve", json!({})).await;
        assert_eq!(second["request"]["state"], "approved", "{second}");
    }
}

#[tokio::test]
async fn who_does_not_claim_a_group_is_not_asked() {
    for tokens_are_all in [false, true] {
        let room = room(tokens_are_all);
        let id = handed_to(&room, &google("Jane"), held(vec![stage("board", group("board"))])).await;
        for token in [RITA, ROB] {
            assert_eq!(waits(&room, token, "me").await, 0);
            let (status, refused) = decide(&room, token, &id, "approve", json!({})).await;
            assert_eq!((status, &refused["error"]["code"]), (403, &json!("not-asked")));
        }
    }
}

/// With tokens it is known who claims what; later log-ins may bring anybody.
#[tokio::test]
async fn a_request_is_handed_to_a_group_that_somebody_can_claim() {
    for (tokens_are_all, to, expected) in [
        (true, "group:security", (200, Value::Null)),
        (true, "group:board", (409, json!("too-few"))),
        (false, "group:board", (200, Value::Null)),
        (false, "group:sales", (409, json!("no-such-group"))),
    ] {
        let room = room(tokens_are_all);
        let id = handed_to(&room, &google("Jane"), held(vec![stage("hr", group("hr"))])).await;
        let (status, done) = decide(&room, RITA, &id, "reassign", json!({"to": to})).await;
        assert_eq!(
            (status, done["error"]["code"].clone()),
            expected,
            "{tokens_are_all} {to}"
        );
    }
}
