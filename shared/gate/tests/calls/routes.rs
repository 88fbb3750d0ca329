//! People who wait for the reviewers of a route.

use std::sync::Arc;

use approvals::{Decide, Decided, Decider, Refusal, Reviewer, Ruling};
use policy::Policy;
use serde_json::json;
use store::{Asked, Committed, StateName};

use crate::house::{DAY, DENIED, FIRST, House, PENDING, SECOND, WAITING, audit_key, message};

const STEPS: &str = r#"
languages = ["en", "de"]
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "continue"
[[rules]]
name = "codes"
step = "post-attribute-collection"
normalise = { claims = ["country"], with = ["country-iso"] }
"#;

const HOLD: &str = r#"
[[rules]]
name = "everybody waits"
step = "post-attribute-collection"
hold = "germany"
"#;

const ROUTES: &str = r#"
[groups]
team = ["rita", "tom"]
hr = ["eve"]
board = ["ada", "rita"]
[routes.germany]
messages = { waiting = "two-looks", pending = "still-two", denied = "no-luck" }
[[routes.germany.stages]]
name = "team"
ask = [{ group = "team", when = { claim = "country", is = "DE" } }, { group = "hr" }]
[[routes.germany.stages]]
name = "board"
ask = "board"
[messages.two-looks]
en = "Two people look at your request, {displayName}."
de = "Zwei Menschen sehen sich Ihre Anfrage an, {displayName}."
[messages.still-two]
en = "Two people still look at your request."
de = "Zwei Menschen sehen sich Ihre Anfrage noch an."
[messages.no-luck]
en = "Not this time, {displayName}."
de = "Dieses Mal nicht, {displayName}."
"#;

fn house() -> House {
    House::new(&format!("{STEPS}{HOLD}{ROUTES}"))
}

fn jo(country: &str) -> String {
    json!({"email": "jo@example.com", "displayName": "Jo", "country": country, "ui_locales": "de-AT",
        "identities": [{"signInType": "federated", "issuer": "google.com", "issuerAssignedId": "1"}]})
    .to_string()
}

/// Somebody decides on the only pending request, as a member of the groups that the policy puts them in.
async fn decide(house: &House, name: &str, ruling: Ruling) -> Option<Refusal> {
    let [request] = house.pending().await.try_into().unwrap();
    let terms = house.policy.terms();
    let reviewer = Decider::Reviewer(Reviewer::named(name, terms.groups.of(name, &[])));
    let Decided { transition, refused } = approvals::decide(
        &request,
        &Decide::new(ruling, reviewer),
        store::Clock::now(&house.clock),
        terms,
    );
    if let Some(transition) = transition {
        let committed = house
            .store
            .commit(&transition.commit(None, &[], &audit_key().seal().unwrap()))
            .await;
        assert_eq!(committed, Ok(Committed::Applied));
    }
    refused
}

async fn asked(house: &House) -> Asked {
    let [request] = house.pending().await.try_into().unwrap();
    request.review().unwrap().stage().asked.clone()
}

fn group(name: &str) -> Asked {
    Asked::Group(name.to_owned())
}

#[tokio::test]
async fn the_story_of_two_stages() {
    let house = house();
    let told = house.submit(&jo("Deutschland")).await;
    assert_eq!(message(&told), "Zwei Menschen sehen sich Ihre Anfrage an, Jo.");
    for step in [FIRST, SECOND] {
        let body = jo("Deutschland").replace("google.com", "google");
        let told = house.call(step, &body).await.1;
        let wanted = "Zwei Menschen sehen sich Ihre Anfrage noch an.";
        // The very same call again gets the very same answer.
        assert!(message(&told) == wanted || step == SECOND, "{step}: {told}");
    }
    let [request] = house.pending().await.try_into().unwrap();
    assert_eq!(request.route.as_ref().unwrap().as_str(), "germany");
    assert_eq!(
        asked(&house).await,
        group("team"),
        "by the country as the policy leaves it"
    );
    assert_eq!(decide(&house, "ada", Ruling::Approve).await, Some(Refusal::NotAsked));
    assert_eq!(decide(&house, "rita", Ruling::Approve).await, None);
    assert_eq!(asked(&house).await, group("board"));
    let told = house.call(FIRST, &jo("Deutschland")).await.1;
    assert_eq!(message(&told), "Zwei Menschen sehen sich Ihre Anfrage noch an.");
    assert_eq!(decide(&house, "rita", Ruling::Approve).await, Some(Refusal::Voted));
    assert_eq!(decide(&house, "ada", Ruling::Approve).await, None);
    assert_eq!(house.submit(&jo("Deutschland")).await["action"], "Continue");
    assert_eq!(house.listed(StateName::Admitted).await.len(), 1);
}

#[tokio::test]
async fn who_is_denied_by_a_route_reads_its_text() {
    let house = house();
    house.submit(&jo("France")).await;
    assert_eq!(asked(&house).await, group("hr"));
    assert_eq!(decide(&house, "eve", Ruling::Deny).await, None);
    for step in [FIRST, SECOND] {
        let told = house.call(step, &jo("France")).await.1;
        assert_eq!(message(&told), "Dieses Mal nicht, Jo.", "{step}");
    }
    // Somebody else with this address was on no route.
    let other = json!({"email": "jo@example.com", "displayName": "Jim"}).to_string();
    for step in [FIRST, SECOND] {
        assert_eq!(message(&house.call(step, &other).await.1), DENIED, "{step}");
    }
}

#[tokio::test]
async fn a_denial_of_time_is_told_by_the_route() {
    let short = "[routes.germany]\nask = \"hr\"\nmessages = { denied = \"no-luck\" }\n\
        time_out = { after = \"2 days\", then = \"deny\" }\n[groups]\nhr = [\"eve\"]\n\
        [messages.no-luck]\nen = \"Not this time.\"\nde = \"Dieses Mal nicht.\"\n";
    let house = House::new(&format!("{STEPS}{HOLD}{short}"));
    house.submit(&jo("DE")).await;
    house.clock.forward(2 * DAY);
    // Nothing has recorded it yet.
    assert_eq!(message(&house.call(FIRST, &jo("DE")).await.1), "Dieses Mal nicht.");
}

#[tokio::test]
async fn new_claims_go_to_the_reviewers_in_charge_of_them() {
    let house = house();
    house.submit(&jo("DE")).await;
    assert_eq!(decide(&house, "tom", Ruling::Approve).await, None);
    assert_eq!(asked(&house).await, group("board"));
    let told = house.submit(&jo("FR")).await;
    assert_eq!(message(&told), "Zwei Menschen sehen sich Ihre Anfrage noch an.");
    assert_eq!(asked(&house).await, group("hr"), "from the first stage on");
}

#[tokio::test]
async fn where_the_route_is_no_more_the_built_in_texts_speak_and_its_plan_holds() {
    let mut house = house();
    house.submit(&jo("DE")).await;
    let without = format!("{STEPS}{}", HOLD.replace("\"germany\"", "true"));
    house.policy = Arc::new(Policy::parse(&without).unwrap());
    let german = |body: &serde_json::Value| message(body).to_owned();
    let pending = german(&house.call(FIRST, &jo("DE")).await.1);
    assert_eq!(pending, "Ihre Anfrage wird bearbeitet. Bitte kommen Sie später wieder.");
    assert_eq!(asked(&house).await, group("team"), "what was promised stays");
    let english = jo("DE").replace("de-AT", "en");
    assert_eq!(message(&house.call(FIRST, &english).await.1), PENDING);
    let new = json!({"email": "al@example.com", "ui_locales": "en"}).to_string();
    assert_eq!(message(&house.submit(&new).await), WAITING);
}

#[tokio::test]
async fn a_denial_that_is_somebody_elses_is_not_told_by_the_route_of_a_request_that_is_over() {
    let house = house();
    house.submit(&jo("FR")).await;
    assert_eq!(decide(&house, "eve", Ruling::Withdraw).await, None);
    let other = json!({"email": "jo@example.com", "displayName": "Jim", "country": "FR"}).to_string();
    house.submit(&other).await;
    assert_eq!(decide(&house, "eve", Ruling::Deny).await, None);
    let english = jo("FR").replace("de-AT", "en");
    for step in [FIRST, SECOND] {
        assert_eq!(message(&house.call(step, &english).await.1), DENIED, "{step}");
    }
}

/// The stored answer says what was so then.
#[tokio::test]
async fn an_answer_is_not_given_again_when_time_has_ended_the_request() {
    let routes = "[routes.germany]\nask = \"anybody\"\ntime_out = { after = \"1 minute\", then = \"deny\" }\n";
    let house = House::new(&[STEPS, HOLD, routes].concat());
    let waiting = house.submit(&jo("Deutschland")).await;
    assert_eq!(house.submit(&jo("Deutschland")).await, waiting, "again");
    house.clock.forward(DAY / (24 * 60));
    let denied = house.submit(&jo("Deutschland")).await;
    assert_ne!(denied, waiting);
    assert_eq!(
        denied,
        house.call(FIRST, &jo("Deutschland")).await.1,
        "as the first step says"
    );
}
