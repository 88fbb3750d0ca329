//! How many may sign up.

use std::time::Duration;

use approvals::Ruling;
use serde_json::json;

use crate::{
    house::{House, OPEN, action, person},
    provider::Provider,
};

const HOUR: Duration = Duration::from_secs(3600);

fn limited(limit: &str) -> String {
    format!("{OPEN}[[rules]]\nname = \"not too many\"\nstep = \"post-attribute-collection\"\nlimit = {limit}\n")
}

/// Those may pass beside the limit whose calls were under way when it was reached.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_five_hundred_at_once_so_many_pass_as_the_limit_says_and_those_in_flight() {
    const AT_ONCE: usize = 20;
    let policy = limited("{ by = \"all\", at_most = 100, within = \"1 hour\" }");
    for house in House::on_both(&policy) {
        let people = (0..500).map(|n| person(n, json!({}))).collect();
        let answers = house.submit_all(people, AT_ONCE).await;
        let passed = answers.iter().filter(|answer| action(answer) == "Continue").count();
        assert!((100..100 + AT_ONCE).contains(&passed), "{}: {passed}", house.name);
        assert_eq!(action(&house.submit(&person(500, json!({}))).await), "ShowBlockPage");
        house.clock.forward(HOUR);
        assert_eq!(
            action(&house.submit(&person(501, json!({}))).await),
            "Continue",
            "another window"
        );
    }
}

/// Whoever was let in is let in when the service asks again, though the limit is reached by now.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_call_counts_once_and_is_answered_alike() {
    let policy = limited("{ by = \"all\", at_most = 3, within = \"1 day\" }");
    for house in House::on_both(&policy) {
        let of = |n: usize| person(n, json!({"displayName": "Jane"}));
        for round in 0..4 {
            for n in 0..3 {
                assert_eq!(
                    action(&house.submit(&of(n)).await),
                    "Continue",
                    "{} {round} {n}",
                    house.name
                );
            }
        }
        let storm = vec![of(1); 100];
        let answers = house.submit_all(storm, 50).await;
        assert!(answers.iter().all(|answer| action(answer) == "Continue"));
        assert_eq!(action(&house.submit(&of(3)).await), "ShowBlockPage");
    }
}

#[tokio::test]
async fn each_domain_address_and_machine_is_counted_by_itself() {
    for (by, same, other) in [
        ("domain", json!({"email": "b@one.test"}), json!({"email": "b@two.test"})),
        (
            "address",
            json!({"email": "A@one.test"}),
            json!({"email": "b@one.test"}),
        ),
        (
            "client",
            json!({"ipAddress": "2001:db8:1:2::9"}),
            json!({"ipAddress": "2001:db8:1:3::1"}),
        ),
    ] {
        let house = House::on_sqlite(&limited(&format!(
            "{{ by = \"{by}\", at_most = 1, within = \"1 hour\" }}"
        )));
        let first = json!({"email": "a@one.test", "ipAddress": "2001:db8:1:2::1"});
        assert_eq!(action(&house.submit(&first.to_string()).await), "Continue", "{by}");
        for (body, expected) in [(same, "ShowBlockPage"), (other, "Continue")] {
            let mut claims = first.clone();
            claims
                .as_object_mut()
                .unwrap()
                .extend(body.as_object().unwrap().clone());
            claims["displayName"] = json!("again");
            assert_eq!(action(&house.submit(&claims.to_string()).await), expected, "{by}");
        }
    }
}

/// A person who waits is counted once, and not again when they are let in.
#[tokio::test]
async fn beyond_it_people_wait() {
    let policy = format!(
        "{}otherwise = \"hold\"\n",
        limited("{ by = \"domain\", at_most = 2, within = \"1 day\" }")
    );
    let house = House::on_sqlite(&policy);
    let mut told = Vec::new();
    for n in 0..4 {
        let answer = house.submit(&person(n, json!({}))).await;
        told.push(action(&answer).to_owned());
    }
    assert_eq!(told, ["Continue", "Continue", "ShowBlockPage", "ShowBlockPage"]);
    let counts = house
        .rows
        .list(&store::Listing::of(store::Which::State(store::StateName::Pending), 10))
        .await;
    assert_eq!(counts.unwrap().requests.len(), 2);
}

/// Whom another rule turns away is not counted, though the store is told of it.
#[tokio::test]
async fn only_who_goes_on_or_waits_is_counted() {
    const NO_EVE: &str = r#"
        [[rules]]
        name = "no eve"
        step = "post-attribute-collection"
        when = { claim = "displayName", is = "Eve" }
        block = true
        [[rules]]
        name = "told"
        step = "post-attribute-collection"
        emit = { event = "turned-away", on = ["block"] }
    "#;
    let policy = limited("{ by = \"all\", at_most = 1, within = \"1 day\" }") + NO_EVE;
    let house = House::on_sqlite(&policy);
    for n in 0..3 {
        let answer = house.submit(&person(n, json!({"displayName": "Eve"}))).await;
        assert_eq!(action(&answer), "ShowBlockPage");
    }
    let jane = |n| person(n, json!({"displayName": "Jane"}));
    assert_eq!(action(&house.submit(&jane(4)).await), "Continue");
    assert_eq!(action(&house.submit(&jane(5)).await), "ShowBlockPage");
}

/// An answer that something failed for is not given again, and another one may come of the same call.
#[tokio::test]
async fn a_call_that_is_answered_anew_is_counted_once() {
    let crm = Provider::answering(r#"{"tier":"gold"}"#).await;
    let looked_up = format!(
        r#"
        [look_ups.crm]
        url = "{}"
        claims = {{ extension_Tier = "/tier" }}
        [[rules]]
        name = "tier"
        step = "post-attribute-collection"
        look_up = "crm"
        on_failure = "continue"
        "#,
        crm.url
    );
    let house = House::on_sqlite(&(limited("{ by = \"all\", at_most = 2, within = \"1 day\" }") + &looked_up));
    crm.answers_with("401 Who");
    assert_eq!(house.submit(&person(1, json!({}))).await["extension_Tier"], "");
    crm.answers_with("200 OK");
    assert_eq!(house.submit(&person(1, json!({}))).await["extension_Tier"], "gold");
    assert_eq!(action(&house.submit(&person(2, json!({}))).await), "Continue");
    assert_eq!(action(&house.submit(&person(3, json!({}))).await), "ShowBlockPage");
}

/// Who waits is counted already, and whoever was approved comes in though others fill the limit.
#[tokio::test]
async fn nobody_is_in_their_own_way() {
    let policy = limited("{ by = \"all\", at_most = 1, within = \"1 day\" }")
        + "[[rules]]\nname = \"hold\"\nstep = \"post-attribute-collection\"\nhold = true\n";
    let house = House::on_sqlite(&policy);
    let waiting = house.submit(&person(1, json!({"displayName": "Jane"}))).await;
    let changed = house.submit(&person(1, json!({"displayName": "Jane Roe"}))).await;
    assert_ne!(waiting["userMessage"], changed["userMessage"]);
    let full = house.submit(&person(2, json!({}))).await;
    assert!(full["userMessage"] != waiting["userMessage"] && full["userMessage"] != changed["userMessage"]);
    house.decide(Ruling::Approve).await;
    assert_eq!(
        action(&house.submit(&person(1, json!({"displayName": "Jane Roe"}))).await),
        "Continue"
    );
}

/// They cannot be told from one another, and none gets the answer of another.
#[tokio::test]
async fn people_without_a_name_count_each() {
    let house = House::on_sqlite(&limited("{ by = \"all\", at_most = 2, within = \"1 day\" }"));
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(action(&house.submit(r#"{"city":"Wien"}"#).await).to_owned());
    }
    assert_eq!(told, ["Continue", "Continue", "ShowBlockPage", "ShowBlockPage"]);
}
