//! What rules want said goes into the outbox, once for each call and answer.

use std::{sync::Arc, time::Duration};

use approvals::Ruling;
use claims::Step;
use futures_util::future::join_all;
use serde_json::{Value as Json, json};
use store::{Effect, StoreError};

use crate::{house::*, stores::Faulty};

fn emitting(rules: &str) -> House {
    House::new(&format!(
        r#"{rules}
[[rules]]
name = "tell sales"
step = ["post-federation-signup", "post-attribute-collection", "pre-token-issuance"]
emit = {{ event = "seen", claims = ["displayName", "email", "city"], on = ["continue", "block", "ask-again", "hold", "error"] }}
"#
    ))
}

/// What was said: the step, the answer, and the claims.
async fn said(house: &House) -> Vec<(Step, String, Json)> {
    let entries = house.events().await;
    let told = entries.into_iter().map(|entry| match entry.effect {
        Effect::Publish {
            event,
            outcome,
            step,
            claims,
        } => {
            assert_eq!(event, "seen");
            (step, outcome, serde_json::to_value(claims).unwrap())
        }
        other => panic!("{other:?} is no event"),
    });
    told.collect()
}

fn with(event: &str, step: Step, claims: Json) -> (Step, String, Json) {
    (step, event.to_owned(), claims)
}

#[tokio::test]
async fn an_event_is_said_with_its_claims_as_the_policy_left_them_once_a_call() {
    let house = emitting(HOLDING);
    let claims = json!({"displayName": "Jane Roe", "email": "jane@example.com"});
    let bodies = vec![jane(" JANE ROE "); 8];
    join_all(bodies.iter().map(|body| house.submit(body))).await;
    house.submit(&bodies[0]).await;
    assert_eq!(said(&house).await, [with("hold", SECOND, claims.clone())]);
    // Decided, the same call has another answer, and that is news.
    house.rule(Ruling::Deny).await;
    house.clock.forward(Duration::from_millis(1));
    house.submit(&bodies[0]).await;
    house.submit(&bodies[0]).await;
    assert_eq!(
        said(&house).await,
        [with("hold", SECOND, claims.clone()), with("block", SECOND, claims)]
    );
}

#[tokio::test]
async fn every_answer_of_every_step_can_be_said() {
    let evil = json!({"email": "a@evil.test"});
    let nameless = json!({"email": "a@b.example"});
    let german = json!({"email": "a@b.example", "displayName": "Al", "country": "DE"});
    let admitted = json!({"email": "a@b.example", "displayName": "Al"});
    for (step, body, outcome, claims) in [
        (FIRST, &evil, "block", &evil),
        (FIRST, &nameless, "continue", &nameless),
        (SECOND, &evil, "block", &evil),
        (SECOND, &nameless, "ask-again", &nameless),
        (SECOND, &german, "continue", &admitted),
        (TOKEN, &nameless, "continue", &nameless),
    ] {
        let house = emitting(HOLDING);
        for _ in 0..2 {
            house.call(step, &body.to_string()).await;
        }
        assert_eq!(
            said(&house).await,
            [with(outcome, step, claims.clone())],
            "{step} {body}"
        );
    }
    let house = emitting(OPEN);
    let nowhere = json!({"city": "Nowhere"});
    for _ in 0..2 {
        assert_eq!(house.call(TOKEN, &nowhere.to_string()).await.0, 500);
    }
    assert_eq!(said(&house).await, [with("error", TOKEN, nowhere)]);
}

#[tokio::test]
async fn an_event_that_cannot_be_kept_lets_nobody_in_but_at_the_token_step() {
    let down = || Faulty {
        failure: Some(StoreError::Unavailable("gone".into())),
        asked: Arc::default(),
    };
    for (step, goes_on) in [(FIRST, false), (SECOND, false), (TOKEN, true)] {
        let house = emitting(OPEN).behind(down());
        let body = json!({"city": "Wien", "displayName": "Al"}).to_string();
        let (status, answer) = house.call(step, &body).await;
        assert_eq!((status, answer["action"] == "Continue"), (200, goes_on), "{step}");
        assert!(answer["extension_Tier"].is_null(), "no claims are added");
    }
    let house = emitting(OPEN).behind(down());
    assert_eq!(
        house.call(TOKEN, r#"{"city":"Nowhere"}"#).await.0,
        500,
        "a rule refused"
    );
}
