//! The story of an approval and of a denial, on every platform and on both stores.

use std::time::Duration;

use end_to_end::events::Caller;
use serde_json::json;

use crate::deployment::{Deployment, Platform, Store, jane, message};

const WAITING: &str = "Thank you. Your request is waiting for approval. Please come back tomorrow.";
const PENDING: &str = "Your request is being processed. Please come back later.";
const DENIED: &str = "Your request was denied.";

fn approval(platform: Platform, store: Store) {
    let deployment = Deployment::new(platform, store);
    let go_on = json!({"version": "1.0.0", "action": "Continue"});
    assert_eq!(deployment.check(&jane("jane roe")), go_on);
    assert_eq!(message(&deployment.submit(&jane("jane roe"))), WAITING);
    assert_eq!(
        message(&deployment.submit(&jane("jane roe"))),
        WAITING,
        "a retry gets the first answer"
    );
    assert_eq!(message(&deployment.check(&jane("jane roe"))), PENDING);
    deployment.restart();
    assert_eq!(
        message(&deployment.check(&jane("jane roe"))),
        PENDING,
        "after a restart"
    );
    let decided = deployment.decide("approve");
    assert_eq!(
        (&decided["applied"], &decided["request"]["state"]),
        (&json!(true), &json!("approved"))
    );
    assert_eq!(deployment.check(&jane("jane roe")), go_on);
    let let_in = deployment.submit(&jane("King Jane"));
    assert_eq!(
        let_in,
        json!({"version": "1.0.0", "action": "Continue", "displayName": "Jane Roe", "country": "Germany",
            "extension_0f5bb1a6e5d54d4f9f5e6a9c2b7d8e10_Age": 41})
    );
    deployment.clock.advance(Duration::from_secs(3500));
    assert_eq!(
        deployment.submit(&jane("King Jane")),
        let_in,
        "the same answer within the hour"
    );
    deployment.clock.advance(Duration::from_secs(200));
    assert_eq!(
        message(&deployment.submit(&jane("jane roe"))),
        WAITING,
        "after the hour it counts as none"
    );
    assert_eq!(
        (
            deployment.requests("pending").len(),
            deployment.requests("admitted").len()
        ),
        (1, 1)
    );
}

fn denial(platform: Platform, store: Store) {
    let deployment = Deployment::new(platform, store);
    deployment.submit(&jane("Jane Roe"));
    assert_eq!(deployment.decide("deny")["request"]["state"], "denied");
    assert_eq!(message(&deployment.check(&jane("Jane Roe"))), DENIED);
    assert_eq!(message(&deployment.submit(&jane("Jane Roe"))), DENIED);
    let same_address = json!({"email": "Jane.Roe@EXAMPLE.com", "displayName": "Somebody Else"});
    assert_eq!(
        message(&deployment.submit(&same_address)),
        DENIED,
        "another key, the same address"
    );
    deployment.clock.advance(Duration::from_secs(31 * 24 * 60 * 60));
    assert_eq!(
        message(&deployment.submit(&jane("Jane Roe"))),
        WAITING,
        "the cool-down is over"
    );
}

macro_rules! stories {
    ($($name:ident: $platform:expr, $store:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn approval() {
                super::approval($platform, $store);
            }

            #[test]
            fn denial() {
                super::denial($platform, $store);
            }
        }
    )*};
}

stories! {
    plain_on_sqlite: Platform::Plain, Store::Sqlite;
    plain_on_dynamodb: Platform::Plain, Store::DynamoDb;
    azure_on_sqlite: Platform::Azure, Store::Sqlite;
    azure_on_dynamodb: Platform::Azure, Store::DynamoDb;
    http_api_on_dynamodb: Platform::Lambda(Caller::HttpApi), Store::DynamoDb;
    http_api_on_sqlite: Platform::Lambda(Caller::HttpApi), Store::Sqlite;
    rest_api_on_dynamodb: Platform::Lambda(Caller::RestApi), Store::DynamoDb;
    function_url_on_dynamodb: Platform::Lambda(Caller::FunctionUrl), Store::DynamoDb;
    load_balancer_on_dynamodb: Platform::Lambda(Caller::LoadBalancer { multi_value: false }), Store::DynamoDb;
    load_balancer_with_many_values_on_dynamodb:
        Platform::Lambda(Caller::LoadBalancer { multi_value: true }), Store::DynamoDb;
}
