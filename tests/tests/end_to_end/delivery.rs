//! What follows a decision: an account and mails, by the real binaries, a directory that is strict and a real mail
//! server.

use std::time::Duration;

use end_to_end::{
    http::Request,
    mail_server::{MailServer, Options},
    process::poll,
};
use graph_stand_in::{CLIENT_ID, DOMAIN, Fault, GraphStandIn, SECRET};
use serde_json::{Value, json};

use crate::deployment::{Deployment, Platform, RITA, Store, message};

const POLICY: &str = r#"
languages = ["en", "de"]
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "continue"
[steps.pre-token-issuance]
otherwise = "continue"
[approvals]
account = "graph"
[mail]
applicants = ["received", "approved", "denied"]
reviewers = ["rita@contoso.example", "rob@contoso.example"]
[[rules]]
name = "tidy names"
step = "post-attribute-collection"
normalise = { claims = ["displayName"], with = ["trim", "name-case"] }
[[rules]]
name = "everybody waits"
step = "post-attribute-collection"
hold = true
"#;

const ON_ITS_WAY: &str =
    "Your request was approved, and your account is on its way. Please come back in a few minutes.";
const READY: &str = "Your account is ready. Please sign in, or follow the link in the e-mail that we sent you.";

const BEREIT: &str =
    "Ihr Konto ist bereit. Bitte melden Sie sich an oder folgen Sie dem Link in unserer E-Mail an Sie.";

/// A deployment with a directory and a mail server beside it.
struct Company {
    deployment: Deployment,
    graph: GraphStandIn,
    mail: MailServer,
}

impl Company {
    fn new(store: Store) -> Company {
        let graph = GraphStandIn::start();
        let mail = MailServer::start(&Options::default());
        let settings = [
            ("VESTIBULE_ALLOW_LOOPBACK", "yes".to_owned()),
            ("VESTIBULE_GRAPH_URL", graph.url()),
            (
                "VESTIBULE_GRAPH_TENANT",
                "8c1c0b6e-4c4f-4f0f-9d3b-0a4a4d1f3e11".to_owned(),
            ),
            ("VESTIBULE_GRAPH_DOMAIN", DOMAIN.to_owned()),
            ("VESTIBULE_GRAPH_CLIENT_ID", CLIENT_ID.to_owned()),
            ("VESTIBULE_GRAPH_CREDENTIAL", format!("secret:{SECRET}")),
            (
                "VESTIBULE_INVITE_REDIRECT_URL",
                "https://app.contoso.example/".to_owned(),
            ),
            ("VESTIBULE_MAIL", format!("smtp://127.0.0.1:{}?tls=none", mail.port())),
            ("VESTIBULE_MAIL_FROM", "Contoso <no-reply@contoso.example>".to_owned()),
            ("VESTIBULE_REVIEW_URL", "https://gate.contoso.example/review".to_owned()),
            ("VESTIBULE_SEAL_KEY", "5e".repeat(32)),
            ("VESTIBULE_DELIVERY_SCHEDULE", format!("0s{}", ",1s".repeat(19))),
        ];
        let deployment = Deployment::with_settings(Platform::Plain, store, POLICY, settings);
        Company {
            deployment,
            graph,
            mail,
        }
    }

    /// Both steps say this, soon.
    fn both_steps_say(&self, body: &Value, text: &str) {
        let says = || (message(&self.deployment.check(body)) == text).then_some(());
        let said = poll(Duration::from_secs(20), says).is_some();
        assert!(said, "not yet: {text}\n{}", self.deployment.logs_once(|_| true));
        assert_eq!(message(&self.deployment.submit(body)), text);
    }

    fn letters_to<'l>(letters: &'l [Value], to: &str) -> Vec<&'l Value> {
        letters
            .iter()
            .filter(|letter| letter["to"].to_string().contains(to))
            .collect()
    }
}

fn body(email: &str, identities: Value) -> Value {
    json!({"email": email, "displayName": " jane ROE ", "country": "Germany", "identities": identities,
        "ui_locales": "en-US"})
}

fn identity(issuer: &str, id: &str) -> Value {
    json!([{"signInType": "federated", "issuer": issuer, "issuerAssignedId": id}])
}

/// A guest of an identity provider: an account with the reviewed claims, and both steps say where it is.
fn a_guest(store: Store) {
    let company = Company::new(store);
    let jane = body("jane.roe@example.com", identity("google.com", "1023"));
    company.deployment.submit(&jane);
    // Who is told after the decision would find nothing to decide.
    let to_reviewers = company.mail.letters(2);
    assert_eq!(company.deployment.decide("approve")["applied"], true);
    company.both_steps_say(&jane, READY);
    let [user] = company.graph.users().try_into().unwrap();
    assert_eq!(
        (&user["displayName"], &user["country"]),
        (&json!("Jane Roe"), &json!("Germany"))
    );
    assert_eq!(
        (&user["mail"], &user["userType"]),
        (&json!("jane.roe@example.com"), &json!("Guest"))
    );
    assert_eq!(user["identities"][0]["issuer"], "google.com");
    let [request] = company.deployment.requests("provisioned").try_into().unwrap();
    assert_eq!(request["display_name"], "Jane Roe");

    for reviewer in ["rita@contoso.example", "rob@contoso.example"] {
        let [letter] = Company::letters_to(&to_reviewers, reviewer).try_into().unwrap();
        assert!(
            letter["text"]
                .to_string()
                .contains("https://gate.contoso.example/review"),
            "{letter}"
        );
    }
    assert!(
        Company::letters_to(&company.mail.letters(2), "jane").is_empty(),
        "nobody proved this address, and the policy does not say to write to it"
    );
}

/// Somebody with a one-time passcode, who is told in German.
fn somebody_with_a_passcode(store: Store) {
    let company = Company::new(store);
    let mut jane = body("jane.roe@example.com", identity("mail", "Jane.Roe@example.com"));
    jane["ui_locales"] = json!("de-AT");
    company.deployment.submit(&jane);
    company.mail.letters(3);
    company.deployment.decide("approve");
    company.both_steps_say(&jane, BEREIT);
    assert_eq!(company.graph.users().len(), 1);
    let letters = company.mail.letters(4);
    let subjects: Vec<_> = Company::letters_to(&letters, "jane.roe@example.com")
        .iter()
        .map(|letter| letter["subject"].to_string())
        .collect();
    assert_eq!(subjects.len(), 2, "received and approved, in this order: {letters:?}");
    assert!(subjects.iter().all(|subject| subject.contains("Ihr")), "{subjects:?}");
}

/// Somebody with an Entra or Microsoft account: an invitation, whose link comes by mail and by nothing else.
fn somebody_who_is_invited(store: Store) {
    let company = Company::new(store);
    let jane = json!({"email": "jane@partner.example", "displayName": "Jane Roe", "ui_locales": "en"});
    company.deployment.submit(&jane);
    company.mail.letters(2);
    company.deployment.decide("approve");
    company.both_steps_say(&jane, READY);
    let [invitation] = company.graph.invitations().try_into().unwrap();
    let link = invitation["inviteRedeemUrl"].as_str().unwrap();
    let letters = company.mail.letters(3);
    let [letter] = Company::letters_to(&letters, "jane@partner.example")
        .try_into()
        .unwrap();
    assert!(letter["text"].to_string().contains(link), "{letter}");
    let [user] = company.graph.users().try_into().unwrap();
    assert_eq!(user["displayName"], "Jane Roe");
    assert!(
        !company.deployment.logs_once(|_| true).contains(link),
        "the link is a secret"
    );
}

/// Somebody who gave no e-mail address: reviewers are told of them too.
fn somebody_without_an_address(store: Store) {
    let company = Company::new(store);
    let mut jane = body("", identity("google.com", "1023"));
    jane.as_object_mut().unwrap().remove("email");
    company.deployment.submit(&jane);
    let letters = company.mail.letters(2);
    for reviewer in ["rita@contoso.example", "rob@contoso.example"] {
        assert_eq!(Company::letters_to(&letters, reviewer).len(), 1, "{letters:?}");
    }
}

fn a_denial(store: Store) {
    let company = Company::new(store);
    let jane = body("jane.roe@example.com", identity("mail", "jane.roe@example.com"));
    company.deployment.submit(&jane);
    company.mail.letters(3);
    company.deployment.decide("deny");
    let letters = company.mail.letters(4);
    assert_eq!(
        Company::letters_to(&letters, "jane.roe@example.com").len(),
        2,
        "received and denied"
    );
    assert!(company.graph.users().is_empty());
}

/// The directory is down for a while, and the mail server goes on; then the account is created, once.
fn a_directory_that_is_down(store: Store) {
    let company = Company::new(store);
    for _ in 0..3 {
        company.graph.fault("POST /users", Fault::Refuse(503, None));
    }
    company.graph.fault("POST /users", Fault::LoseReply);
    let jane = body("jane.roe@example.com", identity("mail", "jane.roe@example.com"));
    company.deployment.submit(&jane);
    company.mail.letters(3);
    company.deployment.decide("approve");
    company.both_steps_say(&jane, ON_ITS_WAY);
    company.deployment.restart();
    // What the process held when it was killed is free again.
    company.deployment.clock.advance(Duration::from_secs(200));
    company.both_steps_say(&jane, READY);
    assert_eq!(company.graph.users().len(), 1);
    assert_eq!(company.mail.letters(4).len(), 4, "the news once");
}

macro_rules! on_both_stores {
    ($($story:ident)*) => {
        mod on_sqlite {
            use super::*;
            $(#[test] fn $story() { super::$story(Store::Sqlite); })*
        }
        mod on_dynamodb {
            use super::*;
            $(#[test] fn $story() { super::$story(Store::DynamoDb); })*
        }
    };
}

on_both_stores! {
    a_guest somebody_with_a_passcode somebody_who_is_invited somebody_without_an_address a_denial a_directory_that_is_down
}

/// What an earlier policy promised stays, and what nobody carries out any more is seen.
#[test]
fn a_policy_that_lets_nothing_follow_any_more() {
    let company = Company::new(Store::Sqlite);
    for _ in 0..20 {
        company.graph.fault("POST /users", Fault::Refuse(503, None));
    }
    let jane = body("jane.roe@example.com", identity("google.com", "1023"));
    company.deployment.submit(&jane);
    company.deployment.decide("approve");
    company.both_steps_say(&jane, ON_ITS_WAY);
    let (before, rest) = POLICY.split_once("[approvals]").unwrap();
    let (_, after) = rest.split_once("[[rules]]").unwrap();
    company.deployment.change_policy(&format!("{before}[[rules]]{after}"));
    company.deployment.clock.advance(Duration::from_secs(20 * 60));
    let parked = || {
        let parked = company
            .deployment
            .send(Request::get("/review/api/effects").bearer(RITA));
        let effects = parked.json()["effects"].as_array().unwrap().clone();
        effects.into_iter().find(|effect| effect["receiver"] == "account")
    };
    let parked = poll(Duration::from_secs(20), parked).unwrap();
    let failure = parked["failure"].to_string();
    assert!(failure.contains("nobody creates accounts here"), "{failure}");
    company.both_steps_say(&jane, ON_ITS_WAY);
    assert!(company.graph.users().is_empty());
}

/// 1,000 decisions while the directory and the mail server fail at random, and the process is killed 20 times: every
/// account is created once, every letter arrives, and an applicant's letters in their order.
#[test]
fn chaos() {
    const PEOPLE: usize = 1000;
    const KILLS: usize = 20;
    let seed = end_to_end::random::bits();
    println!("seed {seed}");
    let mut dice = Dice(seed);
    let company = Company::new(Store::Sqlite);
    let person = |n: usize| {
        // Every tenth mailbox takes letters at the second attempt only.
        let local = if n.is_multiple_of(10) {
            format!("greylisted{n}")
        } else {
            format!("p{n}")
        };
        let email = format!("{local}@example.com");
        (email.clone(), body(&email, identity("mail", &email)))
    };
    for round in 0..KILLS {
        for n in (0..PEOPLE).skip(round).step_by(KILLS) {
            company.deployment.submit(&person(n).1);
        }
        for request in company.deployment.requests("pending") {
            if dice.throw(3) == 0 {
                company.misfortune(&mut dice);
            }
            let id = request["id"].as_str().unwrap();
            let approve = Request::post(&format!("/review/api/requests/{id}/approve")).bearer(RITA);
            assert_eq!(company.deployment.send(approve.json(&json!({}))).status, 200);
        }
        company.deployment.restart();
        // What the process held when it was killed is free again.
        company.deployment.clock.advance(Duration::from_secs(200));
    }
    let all_there = || (company.graph.users().len() >= PEOPLE && company.provisioned() >= PEOPLE).then_some(());
    let there = poll(Duration::from_secs(240), all_there).is_some();
    assert!(
        there,
        "{} of {PEOPLE}, seed {seed}\n{}",
        company.provisioned(),
        company.troubles()
    );
    let mut names: Vec<_> = company
        .graph
        .users()
        .iter()
        .map(|user| user["mail"].to_string())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(
        (names.len(), company.graph.users().len()),
        (PEOPLE, PEOPLE),
        "an account each, seed {seed}"
    );

    let all_told = || {
        let letters = company.mail.letters(1);
        (0..PEOPLE)
            .all(|n| Company::subjects(&letters, &person(n).0).len() >= 2)
            .then_some(letters)
    };
    let letters = poll(Duration::from_secs(120), all_told);
    let letters = letters.unwrap_or_else(|| panic!("not everybody was told, seed {seed}\n{}", company.troubles()));
    for n in 0..PEOPLE {
        let subjects = Company::subjects(&letters, &person(n).0);
        let [received, approved] = subjects.as_slice() else {
            panic!("person {n}, seed {seed}: {subjects:?}")
        };
        assert!(
            received.contains("received") && approved.contains("approved"),
            "seed {seed}: {subjects:?}"
        );
    }
}

/// Random numbers that a seed brings back (SplitMix64).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

impl Company {
    /// Something goes wrong with one of the next calls to the directory.
    fn misfortune(&self, dice: &mut Dice) {
        let call = ["POST /users", "POST /users", "GET /users/{id}", "POST /token"][dice.throw(4) as usize];
        let fault = match dice.throw(4) {
            0 => Fault::LoseReply,
            1 => Fault::LoseRequest,
            2 => Fault::Refuse(429, Some(1)),
            _ => Fault::Refuse(503, None),
        };
        self.graph.fault(call, fault);
    }

    /// What was given up, and the last lines of the log that are no success.
    fn troubles(&self) -> String {
        let parked = self.deployment.send(Request::get("/review/api/effects").bearer(RITA));
        let logs = self.deployment.logs_once(|_| true);
        let last: Vec<_> = logs
            .lines()
            .rev()
            .filter(|line| !line.contains("INFO"))
            .take(30)
            .collect();
        format!("{}\n{last:#?}", parked.text())
    }

    fn provisioned(&self) -> usize {
        let path = Request::get("/review/api/requests")
            .query("state", "provisioned")
            .query("limit", "100");
        let mut count = 0;
        let mut cursor: Option<String> = None;
        loop {
            let page = match &cursor {
                None => path.clone(),
                Some(cursor) => path.clone().query("cursor", cursor),
            };
            let page = self.deployment.send(page.bearer(RITA)).json();
            count += page["requests"].as_array().unwrap().len();
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return count,
            }
        }
    }

    /// The subjects of somebody's letters in the order of their first arrival, without second copies.
    fn subjects(letters: &[Value], to: &str) -> Vec<String> {
        let mut subjects = Vec::new();
        for letter in letters.iter().filter(|letter| letter["to"][0] == to) {
            let subject = letter["subject"].to_string();
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
        subjects
    }
}
