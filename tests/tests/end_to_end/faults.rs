//! A store that hangs or is gone: the polite block, within the deadline; nothing lost; the next call succeeds.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use end_to_end::{dynamodb_local::DynamoDb, events::Caller};
use tempfile::TempDir;

use crate::deployment::{CREDENTIALS, Deployment, Platform, RITA, jane, message, root};

const FAILED: &str = "We cannot process your sign-up at the moment. Please try again later.";
const WAITING: &str = "Thank you. Your request is waiting for approval. Please come back tomorrow.";

/// Twice the usual one, and half of what B2C waits: this machine runs other tests beside these.
const DEADLINE: Duration = Duration::from_millis(3000);

/// With a DynamoDB of its own.
fn deployment(platform: Platform, dynamodb: &DynamoDb) -> Deployment {
    let table = dynamodb.create_table();
    let mut environment: HashMap<String, String> = dynamodb
        .env()
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect();
    environment.extend([
        (
            "VESTIBULE_POLICY".to_owned(),
            root().join("policy.toml").display().to_string(),
        ),
        ("VESTIBULE_BASIC_CREDENTIALS".to_owned(), CREDENTIALS.to_owned()),
        ("VESTIBULE_AUDIT_KEY".to_owned(), "0123456789abcdef".repeat(4)),
        ("VESTIBULE_REVIEWERS".to_owned(), format!("rita:{RITA}")),
        ("VESTIBULE_STORE".to_owned(), format!("dynamodb:{table}")),
        ("VESTIBULE_DEADLINE_MS".to_owned(), DEADLINE.as_millis().to_string()),
    ]);
    Deployment::start(platform, environment, TempDir::new().unwrap())
}

fn blocked_in_time(deployment: &Deployment) {
    for submit in [false, true] {
        let start = Instant::now();
        let answer = if submit {
            deployment.submit(&jane("Jane Roe"))
        } else {
            deployment.check(&jane("Jane Roe"))
        };
        let took = start.elapsed();
        assert_eq!(message(&answer), FAILED);
        assert!(took < DEADLINE + Duration::from_secs(1), "{took:?}");
    }
    let says_why = |logs: &str| logs.contains("the store did not answer") || logs.contains("no answer within 3000 ms");
    let logs = deployment.logs_once(says_why);
    assert!(says_why(&logs), "{logs}");
}

/// What she is told once the store answers in time again: on a machine under load its first transactions may not.
fn answered(deployment: &Deployment) -> String {
    const PATIENCE: Duration = Duration::from_secs(60);
    let start = Instant::now();
    loop {
        let answer = deployment.submit(&jane("Jane Roe"));
        if message(&answer) != FAILED || start.elapsed() > PATIENCE {
            return message(&answer).to_owned();
        }
    }
}

fn survives(platform: Platform) {
    let mut dynamodb = DynamoDb::start();
    let deployment = deployment(platform, &dynamodb);
    // Warm, so that only the fault is measured.
    deployment.check(&jane("Jane Roe"));
    dynamodb.pause();
    blocked_in_time(&deployment);
    dynamodb.resume();
    // A write that was under way may have landed; either way there is one request.
    assert_eq!(answered(&deployment), WAITING);
    assert_eq!(deployment.requests("pending").len(), 1);
    dynamodb.kill();
    blocked_in_time(&deployment);
    dynamodb.restart();
    assert_eq!(
        answered(&deployment),
        WAITING,
        "answered before, and kept over the crash"
    );
    assert_eq!(deployment.requests("pending").len(), 1);
}

#[test]
fn a_store_that_hangs_or_is_gone_blocks_politely_behind_lambda() {
    survives(Platform::Lambda(Caller::HttpApi));
}

#[test]
fn a_store_that_hangs_or_is_gone_blocks_politely_behind_azure() {
    survives(Platform::Azure);
}

#[test]
fn a_store_that_hangs_or_is_gone_blocks_politely_on_a_plain_port() {
    survives(Platform::Plain);
}
