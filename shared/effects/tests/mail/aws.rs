//! Letters through AWS's services, for which moto stands in, and through one that answers as it is told.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use crate::support::{Opening, applicant, later, letter, never};
use effects::{
    Attempt,
    mail::{Letter, LetterKind},
};
use end_to_end::{
    http::{self, Request},
    moto::Moto,
};
use secrets::Variables;
use serde_json::json;

fn variables(pairs: impl IntoIterator<Item = (&'static str, String)>) -> Variables {
    let pairs: BTreeMap<_, _> = pairs.into_iter().collect();
    Arc::new(move |name: &str| pairs.get(name).cloned())
}

/// Lets SES send for a domain, as an administrator would.
fn verify_identity(moto: &Moto, domain: &str) {
    let scope = "AWS4-HMAC-SHA256 Credential=test/20261122/eu-west-1/ses/aws4_request, SignedHeaders=host, Signature=0";
    let request = Request::post("/v2/email/identities").json(&json!({"EmailIdentity": domain}));
    let answer = http::send(moto.address(), &request.header("Authorization", scope)).unwrap();
    assert_eq!(answer.status, 200);
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
    verify_identity(&moto, "contoso.com");
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
}

impl AwsEnd {
    fn answering(status: u16, code: &'static str, body: &'static str) -> AwsEnd {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                read_request(&stream);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\nx-amzn-errortype: {code}\r\ncontent-type: application/json\r\n\
                     content-length: {length}\r\nconnection: close\r\n\r\n"
                );
                let _ = (&stream).write_all(format!("{head}{body}").as_bytes());
            }
        });
        AwsEnd { address }
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
