//! Secrets of AWS's services, for which moto stands in, and of one that answers as it is told.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use crate::end::AwsEnd;
use end_to_end::{
    http::{self, Request},
    moto::Moto,
};
use secrets::{FRESH, PlainText, STALE, SecretRef, Secrets, Variables};
use serde_json::{Value, json};
use store::{Clock, Timestamp};

#[derive(Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

fn variables(pairs: impl IntoIterator<Item = (&'static str, String)>) -> Variables {
    let pairs: BTreeMap<_, _> = pairs.into_iter().collect();
    Arc::new(move |name: &str| pairs.get(name).cloned())
}

fn reference(text: &str) -> SecretRef {
    SecretRef::parse(text, PlainText::Refuse).unwrap()
}

/// Does something in AWS as an administrator would.
fn call(moto: &Moto, service: &str, target: &str, body: &Value) {
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=test/20261122/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    let request = Request::post("/")
        .body(body.to_string())
        .header("Content-Type", "application/x-amz-json-1.1")
        .header("X-Amz-Target", target)
        .header("Authorization", &scope);
    let answer = http::send(moto.address(), &request).unwrap();
    assert_eq!(answer.status, 200, "{target}");
}

#[tokio::test]
async fn secrets_come_from_secrets_manager_and_parameter_store() {
    let moto = Moto::start();
    let create = |name: &str, text: &str| {
        let body =
            json!({"Name": name, "SecretString": text, "ClientRequestToken": "0123456789abcdef0123456789abcdef"});
        call(&moto, "secretsmanager", "secretsmanager.CreateSecret", &body);
    };
    create("vestibule/mail", "hunter2");
    create("vestibule/all", r#"{"mail": "hunter3", "port": 25}"#);
    let parameter = json!({"Name": "/vestibule/mail", "Value": "hunter4", "Type": "SecureString"});
    call(&moto, "ssm", "AmazonSSM.PutParameter", &parameter);
    let secrets = Secrets::new(variables(moto.env()), Arc::new(Hand::default()));
    for (place, secret) in [
        ("secretsmanager:vestibule/mail", "hunter2"),
        ("secretsmanager:vestibule/all#mail", "hunter3"),
        ("ssm:/vestibule/mail", "hunter4"),
    ] {
        assert_eq!(secrets.read(&reference(place)).await.unwrap().expose(), secret);
    }
    for (place, says) in [
        ("secretsmanager:nowhere", "AWS answers ResourceNotFoundException"),
        ("secretsmanager:vestibule/all#port", "no such key with a text"),
        ("secretsmanager:vestibule/mail#mail", "no JSON object"),
        ("ssm:/nowhere", "AWS answers ParameterNotFound"),
    ] {
        let error = secrets.read(&reference(place)).await.unwrap_err().to_string();
        assert!(
            error.contains(says) && error.contains(place) && !error.contains("hunter"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn while_secrets_manager_is_gone_the_last_secret_serves_for_a_while() {
    let moto = Moto::start();
    let body =
        json!({"Name": "mail", "SecretString": "hunter2", "ClientRequestToken": "0123456789abcdef0123456789abcdef"});
    call(&moto, "secretsmanager", "secretsmanager.CreateSecret", &body);
    let clock = Arc::new(Hand::default());
    let secrets = Secrets::new(variables(moto.env()), clock.clone());
    let mail = reference("secretsmanager:mail");
    assert_eq!(secrets.read(&mail).await.unwrap().expose(), "hunter2");
    drop(moto);
    clock.0.store(FRESH.as_millis() as i64, Ordering::SeqCst);
    assert_eq!(secrets.read(&mail).await.unwrap().expose(), "hunter2");
    clock.0.store((FRESH + STALE).as_millis() as i64, Ordering::SeqCst);
    let error = secrets.read(&mail).await.unwrap_err().to_string();
    assert!(error.contains("AWS cannot be reached"), "{error}");
}

/// On as many threads as there are readers: each would ask by itself if none waited for another.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn many_who_need_a_secret_at_once_ask_once() {
    let end = AwsEnd::answering("200 OK", r#"{"Name": "mail", "SecretString": "hunter2"}"#);
    let secrets = Arc::new(Secrets::new(variables(end.env()), Arc::new(Hand::default())));
    let reads = (0..8).map(|_| {
        let secrets = Arc::clone(&secrets);
        tokio::spawn(async move { secrets.read(&reference("secretsmanager:mail")).await })
    });
    for read in reads.collect::<Vec<_>>() {
        assert_eq!(read.await.unwrap().unwrap().expose(), "hunter2");
    }
    assert_eq!(end.requests().len(), 1);
}

/// A stand-in checks no signatures: this end does, as the documentation says one is made.
#[tokio::test]
async fn what_is_asked_is_signed() {
    let end = AwsEnd::answering("200 OK", r#"{"Parameter": {"Value": "hunter2"}}"#);
    let mut environment: BTreeMap<_, _> = end.env().into();
    environment.insert("AWS_SESSION_TOKEN", "a/session+token".to_owned());
    let clock = Arc::new(Hand(AtomicI64::new(1_795_380_781_000)));
    let secrets = Secrets::new(variables(environment), clock);
    assert_eq!(secrets.read(&reference("ssm:mail")).await.unwrap().expose(), "hunter2");
    let requests = end.requests();
    let [request] = &requests[..] else {
        panic!("{} requests", requests.len())
    };
    assert_eq!(request.header("x-amz-date"), Some("20261122T205301Z"));
    assert_eq!(request.header("x-amz-security-token"), Some("a/session+token"));
    assert_eq!(request.header("x-amz-target"), Some("AmazonSSM.GetParameter"));
    assert_eq!(request.body, r#"{"Name":"mail","WithDecryption":true}"#);
    for signed in ["host", "x-amz-date", "x-amz-security-token", "x-amz-target"] {
        assert!(request.signed_headers().contains(&signed), "{signed}");
    }
    assert_eq!(
        request.signature(),
        request.wanted_signature("test", "20261122", "eu-west-1", "ssm")
    );
}

#[tokio::test]
async fn why_aws_gave_no_secret_is_said_by_its_code_alone() {
    let personal = r#"{"__type": "com.amazon#AccessDeniedException", "Message": "hunter2 is not allowed"}"#;
    for (status, body, says) in [
        ("400 Bad", personal, "AWS answers AccessDeniedException"),
        ("503 Slow", "<hunter2>", "AWS answers with status 503"),
        (
            "400 Bad",
            r#"{"__type": "hunter2 is not allowed"}"#,
            "AWS answers with status 400",
        ),
        ("302 Found", "", "AWS answers with status 302"),
        ("200 OK", "hunter2", "AWS answers what cannot be read"),
        ("200 OK", r#"{"SecretBinary": "aHVudGVyMg=="}"#, "it is binary"),
    ] {
        let end = AwsEnd::answering(status, body);
        let secrets = Secrets::new(variables(end.env()), Arc::new(Hand::default()));
        let error = secrets
            .read(&reference("secretsmanager:mail"))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(says) && !error.contains("hunter2"), "{error}");
    }
}

/// Whoever asks has the time of a call, and there is a value.
#[tokio::test]
async fn while_a_place_hangs_the_last_value_serves() {
    let end = AwsEnd::answering("200 OK", r#"{"SecretString":"first"}"#);
    let clock = Arc::new(Hand::default());
    let secrets = Secrets::new(variables(end.env()), clock.clone());
    let wanted = reference("secretsmanager:vestibule/mail");
    assert_eq!(secrets.read(&wanted).await.unwrap().expose(), "first");
    end.hangs();
    let fresh = i64::try_from(FRESH.as_millis()).unwrap();
    clock.0.fetch_add(fresh, Ordering::SeqCst);
    for _ in 0..3 {
        // A question to AWS may take five seconds.
        let read = tokio::time::timeout(Duration::from_secs(3), secrets.read(&wanted)).await;
        assert_eq!(read.unwrap().unwrap().expose(), "first");
    }
    // Others do not wait for it again and again.
    assert_eq!(end.requests().len(), 2);
}
