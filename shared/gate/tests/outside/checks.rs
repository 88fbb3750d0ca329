//! Checks that are made once for an applicant and an input.

use std::time::Duration;

use approvals::Ruling;
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    house::{House, OPEN, action, person},
    provider::Provider,
};

/// Whoever is not verified is turned away, and whoever has to be looked at waits.
fn verified(provider: &Provider, more: &str) -> String {
    verified_at(&provider.url, more)
}

fn verified_at(url: &str, more: &str) -> String {
    format!(
        "{OPEN}
[checks.identity]
url = \"{url}\"
method = \"POST\"
body = {{ name = \"{{displayName}}\" }}
outcome = \"/status\"
pass = [\"ok\"]
refer = [\"review\"]
fail = [\"no\"]
keep = \"1 day\"
{more}
[[rules]]
name = \"verified\"
step = \"post-attribute-collection\"
verify = \"identity\"
"
    )
}

fn jane(n: usize) -> String {
    person(n, json!({"displayName": "Jane"}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_calls_for_one_applicant_pay_once() {
    for place in 0..2 {
        let provider = Provider::silent(r#"{"status":"ok"}"#).await;
        let house = House::on_both(&verified(&provider, "")).into_iter().nth(place).unwrap();
        let calls = house.submit_all(vec![jane(1); 200], 200);
        let letting = async {
            provider.is_asked().await;
            provider.let_answer();
        };
        let (answers, ()) = tokio::join!(calls, letting);
        let passed = answers.iter().filter(|answer| action(answer) == "Continue").count();
        assert_eq!(passed, 200, "{}", house.name);
        // A storm of retries, and other claims that are no input of the check.
        let retries = (0..100).map(|n| match n % 2 {
            0 => jane(1),
            _ => person(1, json!({"displayName": "Jane", "city": format!("City {n}")})),
        });
        let answers = house.submit_all(retries.collect(), 50).await;
        assert!(answers.iter().all(|answer| action(answer) == "Continue"));
        assert_eq!(provider.asked(), 1, "{}", house.name);
        house.submit(&person(1, json!({"displayName": "Joan"}))).await;
        assert_eq!(provider.asked(), 2, "another input");
        house.submit(&jane(2)).await;
        assert_eq!(provider.asked(), 3, "another applicant");
    }
}

#[tokio::test]
async fn what_a_check_says_is_done() {
    for (status, expected, waits) in [
        ("ok", "Continue", 0),
        ("review", "ShowBlockPage", 1),
        ("no", "ShowBlockPage", 0),
    ] {
        let provider = Provider::answering(&json!({"status": status}).to_string()).await;
        let house = House::on_sqlite(&verified(&provider, ""));
        assert_eq!(action(&house.submit(&jane(1)).await), expected, "{status}");
        let listing = store::Listing::of(store::Which::State(store::StateName::Pending), 10);
        assert_eq!(
            house.rows.list(&listing).await.unwrap().requests.len(),
            waits,
            "{status}"
        );
        assert_eq!(provider.bodies(), [r#"{"name":"Jane"}"#]);
    }
}

/// It may have been paid: for ten minutes nobody pays again.
#[tokio::test]
async fn a_reply_that_means_nothing_is_not_paid_for_twice() {
    let provider = Provider::answering(r#"{"status":"perhaps"}"#).await;
    let house = House::on_sqlite(&verified(&provider, ""));
    for _ in 0..3 {
        assert_eq!(action(&house.submit(&jane(1)).await), "ShowBlockPage");
    }
    assert_eq!(provider.asked(), 1);
    provider.answers(r#"{"status":"ok"}"#);
    house.clock.forward(Duration::from_secs(11 * 60));
    assert_eq!(action(&house.submit(&jane(1)).await), "Continue");
    assert_eq!(provider.asked(), 2);
}

/// Nothing was sent: the next one tries again.
#[tokio::test]
async fn a_provider_that_nobody_reaches_costs_nothing() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let house = House::on_sqlite(&verified_at(&format!("http://{free}/"), ""));
    assert_eq!(action(&house.submit(&jane(1)).await), "ShowBlockPage");
    let provider = Provider::at(free, r#"{"status":"ok"}"#).await;
    assert_eq!(action(&house.submit(&jane(1)).await), "Continue");
    assert_eq!(provider.asked(), 1);
}

/// The applicant has given up by then; who comes again gets the result.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_result_that_comes_after_the_call_is_kept() {
    let provider = Provider::silent(r#"{"status":"ok"}"#).await;
    let mut house = House::on_sqlite(&verified(&provider, "deadline_ms = 1400"));
    let patient = house.deadline;
    house.deadline = Duration::from_millis(300);
    assert_eq!(action(&house.submit(&jane(1)).await), "ShowBlockPage");
    provider.is_asked().await;
    house.deadline = patient;
    provider.let_answer();
    assert_eq!(action(&house.submit(&jane(1)).await), "Continue");
    assert_eq!(provider.asked(), 1);
}

/// Whoever is denied costs nothing more.
#[tokio::test]
async fn nobody_pays_for_whom_an_earlier_rule_turns_away() {
    let provider = Provider::answering(r#"{"status":"ok"}"#).await;
    let policy = verified(&provider, "").replacen(
        "[[rules]]",
        "[[rules]]\nname = \"no eve\"\nstep = \"post-attribute-collection\"\nwhen = { claim = \"displayName\", is = \"Eve\" }\nblock = true\n[[rules]]",
        1,
    );
    let house = House::on_sqlite(&policy);
    assert_eq!(
        action(&house.submit(&person(1, json!({"displayName": "Eve"}))).await),
        "ShowBlockPage"
    );
    assert_eq!(provider.asked(), 0);
}

/// The provider may have taken its money.
#[tokio::test]
async fn a_reply_that_never_came_is_not_paid_for_twice() {
    let provider = Provider::answering(r#"{"status":"ok"}"#).await;
    provider.hangs_up(true);
    let house = House::on_sqlite(&verified(&provider, ""));
    for _ in 0..3 {
        assert_eq!(action(&house.submit(&jane(1)).await), "ShowBlockPage");
    }
    assert_eq!(provider.asked(), 1);
    provider.hangs_up(false);
    house.clock.forward(Duration::from_secs(11 * 60));
    assert_eq!(action(&house.submit(&jane(1)).await), "Continue");
    // The provider is told that it is the same call, until it has answered and the answer is no longer good.
    house.clock.forward(Duration::from_secs(2 * 86_400));
    assert_eq!(action(&house.submit(&jane(1)).await), "Continue");
    let keys = provider.keys();
    assert!(keys.len() == 3 && keys[0] == keys[1] && keys[1] != keys[2], "{keys:?}");
}

/// A wrong key is put right, and nobody is kept waiting.
#[tokio::test]
async fn what_the_provider_refused_is_asked_again() {
    let provider = Provider::answering(r#"{"status":"ok"}"#).await;
    let house = House::on_sqlite(&verified(&provider, ""));
    for refusal in ["401 Who", "400 Bad", "404 None", "429 Slow"] {
        provider.answers_with(refusal);
        assert_eq!(action(&house.submit(&jane(1)).await), "ShowBlockPage", "{refusal}");
    }
    provider.answers_with("200 OK");
    assert_eq!(action(&house.submit(&jane(1)).await), "Continue");
    assert_eq!(provider.asked(), 5);
}

/// Over a connection that was dropped meanwhile a check would be lost, and could not be made again.
#[tokio::test]
async fn each_check_has_a_connection_of_its_own() {
    let provider = Provider::answering(r#"{"status":"ok"}"#).await;
    let house = House::on_sqlite(&verified(&provider, ""));
    house.submit_all((0..3).map(jane).collect(), 1).await;
    assert_eq!((provider.asked(), provider.connections()), (3, 3));
}

/// Whatever they send, somebody has to pay for each.
#[tokio::test]
async fn nobody_is_checked_more_than_twenty_times_a_day() {
    let provider = Provider::answering(r#"{"status":"no"}"#).await;
    let house = House::on_sqlite(&verified(&provider, ""));
    let try_again = async |n: usize| {
        house
            .submit(&person(1, json!({"displayName": format!("Jane {n}")})))
            .await
    };
    for n in 0..30 {
        assert_eq!(action(&try_again(n).await), "ShowBlockPage");
    }
    assert_eq!(provider.asked(), 20);
    provider.answers(r#"{"status":"ok"}"#);
    assert_eq!(action(&try_again(31).await), "ShowBlockPage");
    assert_eq!(
        action(&house.submit(&jane(2)).await),
        "Continue",
        "others are not in their way"
    );
    house.clock.forward(Duration::from_secs(86_400));
    assert_eq!(action(&try_again(32).await), "Continue");
}

/// A reviewer has decided; what was good for the check by then is not asked again.
#[tokio::test]
async fn nobody_pays_for_whom_reviewers_decided() {
    let provider = Provider::answering(r#"{"status":"review"}"#).await;
    for (ruling, expected) in [(Ruling::Approve, "Continue"), (Ruling::Deny, "ShowBlockPage")] {
        let house = House::on_sqlite(&verified(&provider, ""));
        house.submit(&jane(1)).await;
        house.decide(ruling).await;
        let asked = provider.asked();
        house.clock.forward(Duration::from_secs(2 * 86_400));
        provider.answers(r#"{"status":"no"}"#);
        assert_eq!(
            action(&house.submit(&person(1, json!({"displayName": "Joan"}))).await),
            expected
        );
        assert_eq!(provider.asked(), asked);
        provider.answers(r#"{"status":"review"}"#);
    }
}
