//! Secrets and letters through AWS's services, for which moto stands in, and through one that answers as it is told.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use crate::support::{Opening, applicant, later, letter, never};
use effects::{
    Attempt,
    mail::{Letter, LetterKind},
    secret::{FRESH, PlainText, STALE, SecretRef, Secrets, Variables},
};
use end_to_end::{
    http::{self, Request},
    moto::Moto,
};
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
    let request = match service {
        "ses" => Request::post(target).json(body),
        _ => Request::post("/")
            .body(body.to_string())
            .header("Content-Type", "application/x-amz-json-1.1")
            .header("X-Amz-Target", target),
    };
    let request = request.header("Authorization", &scope);
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
    let end = AwsEnd::answering(200, "", r#"{"Name": "mail", "SecretString": "hunter2"}"#);
    let secrets = Arc::new(Secrets::new(variables(end.env()), Arc::new(Hand::default())));
    let reads = (0..8).map(|_| {
        let secrets = Arc::clone(&secrets);
        tokio::spawn(async move { secrets.read(&reference("secretsmanager:mail")).await })
    });
    for read in reads.collect::<Vec<_>>() {
        assert_eq!(read.await.unwrap().unwrap().expose(), "hunter2");
    }
    assert_eq!(end.asked.load(Ordering::SeqCst), 1);
}

fn denied() -> Letter {
    letter("jane@roe.example", "de", LetterKind::Denied(applicant("")))
}

fn ses(endpoint: &SocketAddr) -> Opening {
    let url = format!("http://{endpoint}");
    let environment = [
        ("AWS_ENDPOINT_URL_SESV2", url),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
    ];
    Opening::to("ses:eu-west-1").variables(variables(environment))
}

#[tokio::test]
async fn letters_go_out_through_amazon_ses() {
    let moto = Moto::start();
    let mailer = ses(&moto.address()).open().await;
    let why = never(mailer.send(&denied()).await);
    assert!(why.contains("AWS answers MessageRejected; SES takes neither"), "{why}");
    assert!(!why.contains("contoso"), "{why}");
    call(
        &moto,
        "ses",
        "/v2/email/identities",
        &json!({"EmailIdentity": "contoso.com"}),
    );
    assert_eq!(mailer.send(&denied()).await, Attempt::Done(()));
    let sent = moto.letters();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["from"], "no-reply@contoso.com");
    assert_eq!(sent[0]["to"][0], "jane@roe.example");
    let raw = sent[0]["raw"].as_str().unwrap();
    for line in [
        "Subject: Ihre Anfrage wurde nicht freigegeben\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Message-ID: <effect-1.",
    ] {
        assert!(raw.contains(line), "{line}\n{raw}");
    }
    let jose = letter("josé@roe.example", "", LetterKind::Denied(applicant("")));
    assert!(never(mailer.send(&jose).await).contains("Amazon SES does not support"));
}

#[tokio::test]
async fn what_amazon_ses_refuses_heals_or_is_a_persons_business() {
    for (status, code) in [
        (429, "TooManyRequestsException"),
        (400, "ThrottlingException"),
        (400, "LimitExceededException"),
        (403, "ExpiredTokenException"),
        (503, "ServiceUnavailable"),
    ] {
        let end = AwsEnd::answering(status, code, r#"{"message": "personal: jane@roe.example"}"#);
        let why = later(ses(&end.address).open().await.send(&denied()).await);
        assert_eq!(why, format!("AWS answers {code}"));
    }
    for (status, code, says) in [
        (400, "MessageRejected", "verify the address first"),
        (400, "MailFromDomainNotVerifiedException", "verify the MAIL FROM domain"),
        (400, "AccountSuspendedException", "ask AWS Support"),
        (400, "SendingPausedException", "resume it"),
        (
            400,
            "BadRequestException",
            "verify the address or domain of VESTIBULE_MAIL_FROM",
        ),
        (403, "AccessDeniedException", "allow `ses:SendEmail`"),
        (403, "SignatureDoesNotMatch", "correct the AWS credentials"),
    ] {
        let end = AwsEnd::answering(status, code, r#"{"message": "personal: jane@roe.example"}"#);
        let why = never(ses(&end.address).open().await.send(&denied()).await);
        assert!(
            why.starts_with(&format!("AWS answers {code}; ")) && why.contains(says),
            "{why}"
        );
        assert!(!why.contains("personal"), "{why}");
    }
}

#[tokio::test]
async fn an_amazon_ses_that_does_not_answer_means_later() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let mailer = ses(&address).limit(Duration::from_secs(1)).open().await;
    assert_eq!(later(mailer.send(&denied()).await), "Amazon SES took longer than 1s");
    drop(silent);
    assert_eq!(later(mailer.send(&denied()).await), "AWS cannot be reached");
}

/// An end that answers every request in the same way.
struct AwsEnd {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl AwsEnd {
    fn answering(status: u16, code: &'static str, body: &'static str) -> AwsEnd {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                read_request(&stream);
                count.fetch_add(1, Ordering::SeqCst);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\nx-amzn-errortype: {code}\r\ncontent-type: application/json\r\n\
                     content-length: {length}\r\nconnection: close\r\n\r\n"
                );
                let _ = (&stream).write_all(format!("{head}{body}").as_bytes());
            }
        });
        AwsEnd { address, asked }
    }

    fn env(&self) -> [(&'static str, String); 4] {
        [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ]
    }
}

/// Reads a request to its end, so that closing does not cut the answer off.
fn read_request(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let lines = (&mut reader).lines().map_while(Result::ok);
    for line in lines.take_while(|line| !line.is_empty()) {
        let line = line.to_lowercase();
        length = line
            .strip_prefix("content-length:")
            .map_or(length, |text| text.trim().parse().unwrap());
    }
    let _ = reader.read_exact(&mut vec![0; length]);
}
