//! A route with two stages: who is asked, who is told, and what the applicant reads meanwhile.

use std::time::Duration;

use end_to_end::{
    http::Request,
    mail_server::{MailServer, Options},
    process::poll,
};
use serde_json::{Value, json};

use crate::deployment::{BOB, Deployment, Platform, RITA, Store, jane, message};

const POLICY: &str = r#"
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "continue"
[steps.pre-token-issuance]
otherwise = "continue"

[groups]
germany = ["rita@contoso.example"]
elsewhere = ["eve@contoso.example"]
board = ["Bob@contoso.example", "rita@contoso.example"]

[mail]
reviewers = "asked"

[routes.partners]
messages = { waiting = "two-looks", pending = "still-two" }

[[routes.partners.stages]]
name = "team"
ask = [{ group = "germany", when = { claim = "country", is = "Germany" } }, { group = "elsewhere" }]

[[routes.partners.stages]]
name = "board"
ask = "board"

[[rules]]
name = "everybody waits"
step = "post-attribute-collection"
hold = "partners"

[messages.two-looks]
en = "Two people look at your request, {displayName}."

[messages.still-two]
en = "Two people still look at your request."
"#;

fn start(store: Store, mail: &MailServer) -> Deployment {
    let settings = [
        (
            "VESTIBULE_REVIEWERS",
            format!("rita@contoso.example:{RITA}\nbob@contoso.example:{BOB}"),
        ),
        ("VESTIBULE_ALLOW_LOOPBACK", "yes".to_owned()),
        ("VESTIBULE_MAIL", format!("smtp://127.0.0.1:{}?tls=none", mail.port())),
        ("VESTIBULE_MAIL_FROM", "Contoso <no-reply@contoso.example>".to_owned()),
        ("VESTIBULE_REVIEW_URL", "https://gate.contoso.example/review".to_owned()),
    ];
    Deployment::with_settings(Platform::Plain, store, POLICY, settings)
}

/// What comes of an approval of the only pending request.
fn approve(deployment: &Deployment, token: &str) -> (u16, Value) {
    let [request] = deployment.requests("pending").try_into().unwrap();
    let path = format!("/review/api/requests/{}/approve", request["id"].as_str().unwrap());
    let answer = deployment.send(Request::post(&path).bearer(token).json(&json!({})));
    (answer.status, answer.json())
}

fn recipients(letters: &[Value]) -> Vec<String> {
    letters
        .iter()
        .map(|letter| letter["to"].to_string().to_lowercase())
        .collect()
}

fn two_stages(store: Store) {
    let mail = MailServer::start(&Options::default());
    let deployment = start(store, &mail);
    let jane = jane("Jane Roe");
    assert_eq!(
        message(&deployment.submit(&jane)),
        "Two people look at your request, Jane Roe."
    );
    let [to] = recipients(&mail.letters(1)).try_into().unwrap();
    assert!(
        to.contains("rita@contoso.example"),
        "the German team is told, and nobody else: {to}"
    );

    let (status, refused) = approve(&deployment, BOB);
    assert_eq!((status, &refused["error"]["code"]), (403, &json!("not-asked")));
    assert_eq!(approve(&deployment, RITA).0, 200);
    assert_eq!(
        message(&deployment.check(&jane)),
        "Two people still look at your request."
    );

    let to = recipients(&mail.letters(2));
    assert!(to[1].contains("bob@contoso.example"), "{to:?}");
    deployment.restart();
    assert_eq!(approve(&deployment, RITA).0, 200, "she counts once");
    assert_eq!(deployment.requests("pending").len(), 1);
    assert_eq!(approve(&deployment, BOB).1["request"]["state"], "approved");
    assert_eq!(deployment.submit(&jane)["action"], "Continue");
    assert_eq!(mail.letters(2).len(), 2, "rita was not asked twice");
}

#[test]
fn two_stages_on_sqlite() {
    two_stages(Store::Sqlite);
}

#[test]
fn two_stages_on_dynamodb() {
    two_stages(Store::DynamoDb);
}

/// Nobody decides in time: the next call is answered by the time, and the clock of `serve` records it.
#[test]
fn what_nobody_decides_in_time_ends_by_itself() {
    let policy = r#"
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "continue"
[steps.pre-token-issuance]
otherwise = "continue"

[routes.quick]
ask = "anybody"
time_out = { after = "2 days", then = "deny" }

[[rules]]
name = "everybody waits"
step = "post-attribute-collection"
hold = "quick"
"#;
    let deployment = Deployment::with_settings(Platform::Plain, Store::Sqlite, policy, []);
    let jane = jane("Jane Roe");
    let waiting = message(&deployment.submit(&jane)).to_owned();
    deployment.clock.advance(Duration::from_secs(2 * 24 * 60 * 60));
    assert_eq!(message(&deployment.check(&jane)), "Your request was denied.");
    assert_ne!(waiting, message(&deployment.submit(&jane)));
    deployment.restart();
    eventually("the clock's first run is done", || {
        deployment.requests("denied").len() == 1
    });
    let [denied] = deployment.requests("denied").try_into().unwrap();
    let path = format!("/review/api/requests/{}", denied["id"].as_str().unwrap());
    let file = deployment.send(Request::get(&path).bearer(RITA)).json();
    let by: Vec<_> = file["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["by"]["kind"].clone())
        .collect();
    assert_eq!(by, ["applicant", "clock"]);
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    assert!(
        poll(Duration::from_secs(20), || holds().then_some(())).is_some(),
        "{what}"
    );
}
