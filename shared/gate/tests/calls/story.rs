//! People who are held, approved, denied, and come again.

use std::time::Duration;

use approvals::Ruling;
use futures_util::future::join_all;
use serde_json::json;
use store::StateName;

use crate::house::{DAY, DENIED, FAILED, FIRST, HOLDING, House, PENDING, SECOND, WAITING, jane, message};

#[tokio::test]
async fn the_story_of_an_approval() {
    let house = House::new(HOLDING);
    assert_eq!(
        house.call(FIRST, &jane("jane roe")).await,
        (200, json!({"version": "1.0.0", "action": "Continue"}))
    );
    assert_eq!(message(&house.submit(&jane("jane roe")).await), WAITING);
    assert_eq!(message(&house.call(FIRST, &jane("jane roe")).await.1), PENDING);
    house.rule(Ruling::Approve).await;
    assert_eq!(house.call(FIRST, &jane("x")).await.1["action"], "Continue");
    let let_in = house.submit(&jane("King")).await;
    assert_eq!(
        let_in,
        json!({"version": "1.0.0", "action": "Continue", "displayName": "Jane Roe", "extension_Age": 41})
    );
    house.clock.forward(Duration::from_secs(3599));
    assert_eq!(house.submit(&jane("King")).await, let_in);
    house.clock.forward(Duration::from_secs(1));
    assert_eq!(message(&house.submit(&jane("King")).await), WAITING);
    assert_eq!(
        house.listed(StateName::Admitted).await.len(),
        1,
        "the earlier request is kept"
    );
}

#[tokio::test]
async fn the_story_of_a_denial() {
    let house = House::new(HOLDING);
    house.submit(&jane("Jane Roe")).await;
    house.rule(Ruling::Deny).await;
    for step in [FIRST, SECOND] {
        assert_eq!(message(&house.call(step, &jane("Jane Roe")).await.1), DENIED);
    }
    let same_address = json!({"email": " JANE@Example.com", "displayName": "Jim"}).to_string();
    for step in [FIRST, SECOND] {
        assert_eq!(
            message(&house.call(step, &same_address).await.1),
            DENIED,
            "another key, the same address"
        );
    }
    house.clock.forward(30 * DAY);
    assert_eq!(message(&house.submit(&jane("Jane Roe")).await), WAITING);
}

#[tokio::test]
async fn an_approval_lets_in_nobody_but_its_applicant() {
    let house = House::new(HOLDING);
    house.submit(&jane("Jane Roe")).await;
    house.rule(Ruling::Approve).await;
    let other_id = jane("Jane Roe").replace(r#""issuerAssignedId":"1""#, r#""issuerAssignedId":"2""#);
    let address_only = json!({"email": "jane@example.com", "displayName": "Jane Roe"}).to_string();
    for body in [other_id, address_only] {
        assert_eq!(
            message(&house.submit(&body).await),
            WAITING,
            "the same address, another key"
        );
    }
}

/// The same address as Jane's, without her account.
fn jim() -> String {
    json!({"email": "jane@example.com", "displayName": "Jim"}).to_string()
}

#[tokio::test]
async fn an_approval_outweighs_only_earlier_denials_of_the_address() {
    for (denied_first, told) in [(true, "Continue"), (false, "ShowBlockPage")] {
        let house = House::new(HOLDING);
        house.submit(&jane("Jane Roe")).await;
        house.submit(&jim()).await;
        let mut requests = house.pending().await;
        requests.sort_by_key(|request| request.proven);
        let [jims, janes] = requests.try_into().unwrap();
        let mut decisions = [(jims, Ruling::Deny), (janes, Ruling::Approve)];
        if !denied_first {
            decisions.reverse();
        }
        for (request, ruling) in decisions {
            house.clock.forward(Duration::from_secs(5));
            house.rule_on(&request, ruling).await;
        }
        for step in [FIRST, SECOND] {
            assert_eq!(house.call(step, &jane("Jane Roe")).await.1["action"], told, "{step}");
        }
    }
}

#[tokio::test]
async fn a_stored_answer_ends_when_the_address_is_denied_to_somebody_else() {
    let house = House::new(HOLDING);
    let admitted = json!({"email": "jane@example.com", "displayName": "Jim", "country": "DE"}).to_string();
    assert_eq!(house.submit(&admitted).await["action"], "Continue");
    house.submit(&jane("Jane Roe")).await;
    house.clock.forward(Duration::from_secs(5));
    house.rule(Ruling::Deny).await;
    assert_eq!(message(&house.submit(&admitted).await), DENIED);
}

#[tokio::test]
async fn a_denial_turns_away_the_addresses_that_identities_give() {
    let house = House::new(HOLDING);
    let body = |email: &str, id: &str| {
        json!({"email": email, "displayName": "Jane Roe", "identities": [
            {"signInType": "federated", "issuer": "google.com", "issuerAssignedId": id},
            {"signInType": "emailAddress", "issuer": "contoso.example", "issuerAssignedId": "jane@second.example"}]})
        .to_string()
    };
    house.submit(&body("jane@example.com", "1")).await;
    house.rule(Ruling::Deny).await;
    let by_second = json!({"email": "Jane@second.example", "displayName": "Jim"}).to_string();
    for other in [by_second, body("other@example.com", "2")] {
        assert_eq!(message(&house.submit(&other).await), DENIED);
    }
}

#[tokio::test]
async fn nobody_has_nine_addresses() {
    let house = House::new(HOLDING);
    let body = |count: usize| {
        let identity = |n| json!({"signInType": "emailAddress", "issuerAssignedId": format!("jane{n}@example.com")});
        let identities: Vec<_> = (1..count).map(identity).collect();
        json!({"email": "jane@example.com", "displayName": "Jane Roe", "identities": identities}).to_string()
    };
    assert_eq!(message(&house.submit(&body(9)).await), "You cannot sign up here.");
    assert!(house.pending().await.is_empty());
    assert_eq!(message(&house.submit(&body(8)).await), WAITING);
    house.rule(Ruling::Deny).await;
    assert_eq!(message(&house.submit(&body(8)).await), DENIED);
}

#[tokio::test]
async fn a_retry_gets_the_first_answer_and_creates_nothing() {
    let house = House::new(HOLDING);
    let first = house.submit(&jane("jane roe")).await;
    assert_eq!(message(&first), WAITING);
    let reordered = json!({"extension_Age": 41, "displayName": "jane roe", "email": "jane@example.com", "state": null,
        "identities": [{"issuerAssignedId": "1", "issuer": "google.com", "signInType": "federated"}]});
    assert_eq!(house.submit(&reordered.to_string()).await, first);
    house.clock.forward(Duration::from_secs(599));
    assert_eq!(house.submit(&jane("jane roe")).await, first);
    house.clock.forward(Duration::from_secs(1));
    assert_eq!(
        message(&house.submit(&jane("jane roe")).await),
        PENDING,
        "after ten minutes the state answers"
    );
    assert_eq!(house.pending().await.len(), 1);
    let id = house.pending().await[0].id;
    assert_eq!(house.store.history(&id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_stored_answer_ends_with_the_state_that_it_left() {
    let house = House::new(HOLDING);
    assert_eq!(message(&house.submit(&jane("Jane Roe")).await), WAITING);
    house.rule(Ruling::Approve).await;
    assert_eq!(house.submit(&jane("Jane Roe")).await["action"], "Continue");
}

#[tokio::test]
async fn new_claims_of_a_pending_applicant_update_the_request() {
    let house = House::new(HOLDING);
    house.submit(&jane("Jane Roe")).await;
    house.clock.forward(Duration::from_secs(5));
    assert_eq!(message(&house.submit(&jane("JANE DOE")).await), PENDING);
    let [request] = house.pending().await.try_into().unwrap();
    assert_eq!(request.received.at_key("displayName").unwrap().text(), Some("JANE DOE"));
    assert_eq!(request.reviewed.at_key("displayName").unwrap().text(), Some("Jane Doe"));
    assert_eq!(request.reviewed.at_key("extension_Age").unwrap().to_json(), "41");
    house.clock.forward(Duration::from_secs(20));
    house.submit(&jane("Jane Roe")).await;
    assert_eq!(
        house.pending().await[0].received.at_key("displayName").unwrap().text(),
        Some("JANE DOE"),
        "a late retry"
    );
    assert_eq!(house.store.history(&request.id).await.unwrap().len(), 2);
}

#[tokio::test]
async fn automatic_approval_is_admitted_at_once() {
    let house = House::new(HOLDING);
    let body = json!({"email": "a@b.example", "displayName": "ed bo", "country": "de"}).to_string();
    let answer = house.submit(&body).await;
    assert_eq!(
        answer,
        json!({"version": "1.0.0", "action": "Continue", "displayName": "Ed Bo"})
    );
    assert_eq!(house.listed(StateName::Admitted).await.len(), 1);
    assert_eq!(house.submit(&body).await, answer);
    let changed = json!({"email": "a@b.example", "displayName": "ed bo", "country": "FR"}).to_string();
    let again = house.submit(&changed).await;
    assert_eq!(again["country"], "de", "what was not approved is put back");
}

#[tokio::test]
async fn an_address_alone_does_not_use_an_approval() {
    let house = House::new(HOLDING);
    let body = json!({"email": "a@b.example", "displayName": "Al Bo"}).to_string();
    house.submit(&body).await;
    house.rule(Ruling::Approve).await;
    for step in [FIRST, SECOND] {
        assert!(message(&house.call(step, &body).await.1).contains("not confirmed"));
    }
}

#[tokio::test]
async fn nobody_can_be_held_without_a_key() {
    let house = House::new(HOLDING);
    for body in [
        r#"{"displayName": "Nobody"}"#,
        r#"{"displayName": "Nobody", "country": "DE"}"#,
    ] {
        assert_eq!(message(&house.submit(body).await), "You cannot sign up here.", "{body}");
    }
    assert!(house.pending().await.is_empty() && house.listed(StateName::Admitted).await.is_empty());
}

#[tokio::test]
async fn rules_win_over_states_when_they_block() {
    let house = House::new(HOLDING);
    house.submit(&jane("Jane Roe")).await;
    house.rule(Ruling::Approve).await;
    let evil = jane("Jane Roe").replace("jane@example.com", "jane@evil.test");
    assert_eq!(message(&house.submit(&evil).await), "You cannot sign up here.");
    let (status, body) = House::new(HOLDING).call(SECOND, &jane("  ")).await;
    assert_eq!(
        (status, &body["status"], &body["action"]),
        (400, &json!(400), &json!("ValidationError"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_submits_racing_create_one_request() {
    let house = House::new(HOLDING);
    let body = jane("Jane Roe");
    let answers = join_all((0..32).map(|_| house.submit(&body))).await;
    assert!(answers.iter().all(|answer| message(answer) == WAITING), "{answers:?}");
    let [request] = house.pending().await.try_into().unwrap();
    assert_eq!(
        (request.version, house.store.history(&request.id).await.unwrap().len()),
        (1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_used_once_however_many_come() {
    let house = House::new(HOLDING);
    house.submit(&jane("Jane Roe")).await;
    house.rule(Ruling::Approve).await;
    let names: Vec<_> = (0..16).map(|n| jane(&format!("Jane {n}"))).collect();
    let answers = join_all(names.iter().map(|body| house.submit(body))).await;
    assert!(
        answers
            .iter()
            .all(|answer| *answer == answers[0] && answer["displayName"] == "Jane Roe"),
        "{answers:?}"
    );
    let [request] = house.listed(StateName::Admitted).await.try_into().unwrap();
    assert_eq!(house.store.history(&request.id).await.unwrap().len(), 3);
}

#[tokio::test]
async fn messages_speak_the_applicants_language() {
    let house = House::new(HOLDING);
    let body = jane("Jane Roe").replacen('{', r#"{"ui_locales":"de-AT en","#, 1);
    assert!(message(&house.submit(&body).await).starts_with("Vielen Dank"));
}

#[tokio::test]
async fn accounts_that_we_create_are_for_b2b_alone() {
    let house = House::new(&format!("{HOLDING}\n[approvals]\naccount = \"graph\"\n"));
    let b2b = jane("Jane Roe");
    let with = |member: &str| b2b.replacen('{', &format!("{{{member},"), 1);
    for b2c in [
        with(r#""step":"PostAttributeCollection""#),
        with(r#""client_id":"2f1c""#),
    ] {
        assert_eq!(message(&house.submit(&b2c).await), FAILED);
    }
    assert!(house.pending().await.is_empty());
    assert_eq!(message(&house.submit(&b2b).await), WAITING);
    house.rule(Ruling::Approve).await;
    for step in [FIRST, SECOND] {
        assert!(
            message(&house.call(step, &b2b).await.1).contains("on its way"),
            "{step}"
        );
    }
}

#[tokio::test]
async fn a_claim_that_is_dropped_is_returned_as_nothing_and_not_kept() {
    let house = House::new(&format!(
        "{HOLDING}\n[[rules]]\nname = \"code\"\nstep = \"post-attribute-collection\"\ndrop = [\"extension_Code\"]"
    ));
    let with_code = jane("Jane Roe").replacen(
        '{',
        r#"{"extension_0123456789abcdef0123456789abcdef_Code":"7Z-secret","#,
        1,
    );
    house.submit(&with_code).await;
    let kept = serde_json::to_string(&house.pending().await).unwrap();
    assert!(kept.contains("Jane Roe") && !kept.contains("7Z-secret"), "{kept}");
    house.rule(Ruling::Approve).await;
    let answer = house.submit(&with_code).await;
    assert_eq!(answer["extension_0123456789abcdef0123456789abcdef_Code"], "");
    let kept = serde_json::to_string(&house.listed(StateName::Admitted).await).unwrap();
    assert!(!kept.contains("7Z-secret"), "{kept}");
}
