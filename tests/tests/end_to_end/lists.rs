//! Lists that are fetched, from the server of a list to the answer that an applicant gets.

use std::{collections::HashMap, time::Duration};

use end_to_end::{
    azure_host::AzureHost,
    http::{self, Front, Request},
    list_server::{Answer, ListServer},
    process::{Process, Program, poll},
    runtime_api::{Invocation, Lambda},
    wake_ups::schedule,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::deployment::{CREDENTIALS, Deployment, Platform, Store, message, root};

const SOON: Duration = Duration::from_secs(20);

fn policy(server: &ListServer, on_failure: &str) -> String {
    let url = server.url();
    format!(
        r#"
        [lists]
        blocked = {{ url = "{url}", holds = "domains", every = "1 hour" }}
        [steps.post-federation-signup]
        otherwise = "continue"
        [steps.post-attribute-collection]
        otherwise = "continue"
        [steps.pre-token-issuance]
        otherwise = "continue"
        [[rules]]
        name = "blocked domains"
        step = "post-attribute-collection"
        deny = {{ domains = "blocked" }}
        {on_failure}
        "#
    )
}

/// `vestibule serve` beside the server, which it trusts.
fn deployment(server: &ListServer, store: Store, on_failure: &str) -> (Deployment, TempDir) {
    let folder = TempDir::new().unwrap();
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, server.authority()).unwrap();
    let settings = [
        ("VESTIBULE_ALLOW_LOOPBACK", "yes".to_owned()),
        ("SSL_CERT_FILE", trusted.display().to_string()),
    ];
    let deployment = Deployment::with_settings(Platform::Plain, store, &policy(server, on_failure), settings);
    (deployment, folder)
}

fn somebody(domain: &str) -> Value {
    json!({"email": format!("jane@{domain}"), "displayName": "Jane"})
}

#[track_caller]
fn soon(deployment: &Deployment, what: impl Fn() -> bool) {
    let happened = poll(SOON, || what().then_some(()));
    assert!(happened.is_some(), "{}", deployment.logs_once(|_| true));
}

/// From the first fetch on, and however long the server is gone.
fn a_listed_domain_is_turned_away(store: Store) {
    let server = ListServer::with_tls(Answer::Text("# theirs\nbad.example\n*.worse.example\n".to_owned()));
    let (deployment, _folder) = deployment(&server, store, "");
    let is_answered = || deployment.submit(&somebody("good.example"))["action"] == "Continue";
    soon(&deployment, is_answered);
    let denied = |domain: &str| message(&deployment.submit(&somebody(domain))).to_owned();
    let text = denied("bad.example");
    assert!(!text.contains("at the moment"), "{text}");
    assert_eq!(denied("a.worse.example"), text);
    assert!(
        deployment
            .logs_once(|_| true)
            .contains("list blocked: 2 entries fetched")
    );

    drop(server);
    deployment.clock.advance(Duration::from_secs(40 * 24 * 60 * 60));
    deployment.restart();
    let says = "list blocked: not fetched; the copy of ";
    let logs = deployment.logs_once(|logs| logs.contains(says));
    assert!(logs.contains(says) && logs.contains("age_seconds=3456"), "{logs}");
    assert!(!logs.contains("bad.example") && !logs.contains("localhost"), "{logs}");
    assert_eq!(denied("bad.example"), text);
    assert!(is_answered());
}

#[test]
fn a_fetched_list_turns_away_on_sqlite() {
    a_listed_domain_is_turned_away(Store::Sqlite);
}

#[test]
fn a_fetched_list_turns_away_on_dynamodb() {
    a_listed_domain_is_turned_away(Store::DynamoDb);
}

/// Until there is a copy, the rule fails; it is there from the next run on.
#[test]
fn without_a_copy_the_rule_says_what_happens() {
    for (on_failure, lets_in) in [("", false), ("on_failure = \"continue\"", true)] {
        let server = ListServer::with_tls(Answer::status("503 Later", "", ""));
        let (deployment, _folder) = deployment(&server, Store::Sqlite, on_failure);
        let says = "list blocked: not fetched, and never was; rules that need it fail";
        let logs = deployment.logs_once(|logs| logs.contains(says));
        assert!(logs.contains(says) && logs.contains("status 503"), "{logs}");
        for domain in ["bad.example", "good.example"] {
            let answer = deployment.submit(&somebody(domain));
            match lets_in {
                true => assert_eq!(answer["action"], "Continue", "{domain}: {answer}"),
                false => assert!(message(&answer).contains("at the moment"), "{domain}: {answer}"),
            }
        }
        // What failed is not asked again at once.
        assert_eq!(server.requests().len(), 1);
        server.answers(Answer::Text("bad.example\n".to_owned()));
        deployment.restart();
        soon(&deployment, || {
            deployment.submit(&somebody("good.example"))["action"] == "Continue"
                && deployment.submit(&somebody("bad.example"))["action"] == "ShowBlockPage"
        });
    }
}

/// The settings of a program on a cloud, where nothing on loopback is reached.
fn on_a_cloud(folder: &TempDir, server: &ListServer) -> HashMap<String, String> {
    let policy_file = folder.path().join("policy.toml");
    std::fs::write(&policy_file, policy(server, "")).unwrap();
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, server.authority()).unwrap();
    let store = folder.path().join("vestibule.db");
    let settings = [
        ("VESTIBULE_POLICY", policy_file.display().to_string()),
        ("VESTIBULE_STORE", format!("sqlite:{}", store.display())),
        ("VESTIBULE_BASIC_CREDENTIALS", CREDENTIALS.to_owned()),
        ("SSL_CERT_FILE", trusted.display().to_string()),
    ];
    settings.map(|(name, value)| (name.to_owned(), value)).into()
}

fn runs(process: &Process) -> Vec<Value> {
    let lines = process.json_lines();
    lines.into_iter().filter(|line| line["job"] == "sweep").collect()
}

const REFUSED: &str = "the address is not one of the internet, or is not reached by HTTPS";

fn warning(process: &Process) -> Value {
    let lines = || process.json_lines();
    let warning = || lines().into_iter().find(|line| line["level"] == "WARN");
    poll(SOON, warning).unwrap_or_else(|| panic!("no warning\n{}", process.logs()))
}

#[test]
fn on_lambda_the_schedule_wakes_it_and_loopback_is_out_of_reach() {
    let (folder, server) = (
        TempDir::new().unwrap(),
        ListServer::with_tls(Answer::Text(String::new())),
    );
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let (_, sweep) = template.split_once("\n  Sweep:\n").unwrap();
    let limit = sweep.lines().find_map(|line| line.trim().strip_prefix("Timeout: "));
    let limit = Duration::from_secs(limit.unwrap().parse().unwrap());
    let program = Program::of_workspace("sweep").envs(on_a_cloud(&folder, &server));
    let lambda = Lambda::start(program).timeout(limit);
    match lambda.invoke(&schedule()) {
        Invocation::Response(bytes, _) => assert_eq!(bytes, b"null"),
        other => panic!("{other:?}"),
    }
    let warning = warning(lambda.process());
    assert_eq!(
        (&warning["list"], &warning["reason"]),
        (&json!("blocked"), &json!(REFUSED))
    );
    let run = poll(SOON, || runs(lambda.process()).pop()).unwrap();
    assert_eq!((&run["done"], &run["failed"]), (&json!(0), &json!(1)));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn behind_the_azure_host_a_timer_wakes_it_and_nobody_outside_does() {
    let (folder, server) = (
        TempDir::new().unwrap(),
        ListServer::with_tls(Answer::Text(String::new())),
    );
    let program = || Program::of_workspace("vestibule").envs(on_a_cloud(&folder, &server));
    let host = AzureHost::start(&root().join("azure"), program()).unwrap();
    let outside = |path: &str| host.send(&Request::post(path).body("{}")).status;
    assert_eq!((outside("/sweep"), outside("/api/sweep")), (404, 404));
    let bare = http::send(host.executable_address(), &Request::post("/sweep"));
    assert_eq!(bare.unwrap().status, 404);
    assert!(host.process(runs).is_empty(), "nobody woke it");
    assert_eq!(host.fire("sweep").status, 200);
    assert_eq!(host.process(warning)["reason"], REFUSED);
    assert_eq!(poll(SOON, || host.process(runs).pop()).unwrap()["failed"], 1);
    assert_eq!(server.requests().len(), 0);
}

/// Where the policy has no list with an address, there is nothing to do, and no store is needed.
#[test]
fn without_a_list_to_fetch_it_does_nothing() {
    let (folder, server) = (
        TempDir::new().unwrap(),
        ListServer::with_tls(Answer::Text(String::new())),
    );
    let mut settings = on_a_cloud(&folder, &server);
    let steps = policy(&server, "");
    let (_, steps) = steps.split_once("every = \"1 hour\" }").unwrap();
    let (steps, _) = steps.split_once("[[rules]]").unwrap();
    std::fs::write(folder.path().join("policy.toml"), steps).unwrap();
    settings.remove("VESTIBULE_STORE");
    let lambda = Lambda::start(Program::of_workspace("sweep").envs(settings.clone())).timeout(Duration::from_secs(900));
    assert!(matches!(lambda.invoke(&schedule()), Invocation::Response(bytes, _) if bytes == b"null"));
    let host = AzureHost::start(&root().join("azure"), Program::of_workspace("vestibule").envs(settings)).unwrap();
    assert_eq!(host.fire("sweep").status, 200);
    assert!(!folder.path().join("vestibule.db").exists());
}
