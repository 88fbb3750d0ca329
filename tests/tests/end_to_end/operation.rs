//! Starting, stopping and what is logged.

use std::{collections::HashMap, path::Path, thread, time::Duration};

use end_to_end::{
    azure_host::AzureHost,
    events::Caller,
    http::{Connection, Front, Request},
    plain::Server,
    process::{Finished, Program},
    runtime_api::{Invocation, Lambda},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::deployment::{CREDENTIALS, Deployment, PASSWORD, Platform, RITA, Store, USER, jane, message, root};

const SOON: Duration = Duration::from_secs(20);

/// Settings that are right, in a folder of their own.
fn settings(folder: &Path) -> HashMap<String, String> {
    HashMap::from(
        [
            ("VESTIBULE_POLICY", root().join("policy.toml").display().to_string()),
            ("VESTIBULE_STORE", format!("sqlite:{}", folder.join("v.db").display())),
            ("VESTIBULE_BASIC_CREDENTIALS", CREDENTIALS.to_owned()),
            ("VESTIBULE_AUDIT_KEY", "0123456789abcdef".repeat(4)),
            ("PORT", "0".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    )
}

fn start(binary: &str, change: impl Fn(&mut HashMap<String, String>)) -> Finished {
    let folder = TempDir::new().unwrap();
    let mut environment = settings(folder.path());
    change(&mut environment);
    let program = Program::of_workspace(binary).envs(environment);
    let program = if binary == "vestibule" {
        program.args(["serve"])
    } else {
        program
    };
    program.folder(folder.path()).run(SOON)
}

#[test]
fn a_wrong_setting_is_named_and_exits_2() {
    for (name, value, wants) in [
        ("VESTIBULE_POLICY", Some("nowhere.toml"), "the path of a policy file"),
        ("VESTIBULE_STORE", None, "`sqlite:PATH` or `dynamodb:TABLE`"),
        ("VESTIBULE_STORE", Some("mysql:x"), "`sqlite:PATH` or `dynamodb:TABLE`"),
        ("VESTIBULE_AUDIT_KEY", None, "openssl rand -hex 32"),
        ("VESTIBULE_AUDIT_KEY", Some("hunter2"), "64 hex digits"),
        ("VESTIBULE_BASIC_CREDENTIALS", None, "1 to 8 lines"),
        ("VESTIBULE_BASIC_CREDENTIALS", Some("hunter2"), "1 to 8 lines"),
        (
            "VESTIBULE_DEADLINE_MS",
            Some("never"),
            "a whole number from 100 to 20000",
        ),
        ("PORT", Some("http"), "a whole number"),
    ] {
        for binary in ["vestibule", "post-attribute-collection"] {
            let finished = start(binary, |environment| match value {
                Some(value) => drop(environment.insert(name.into(), value.into())),
                None => drop(environment.remove(name)),
            });
            assert_eq!(finished.code, Some(2), "{name}={value:?}: {finished:?}");
            assert!(
                finished.stderr.contains(name) && finished.stderr.contains(wants),
                "{}",
                finished.stderr
            );
            assert!(!finished.stderr.contains("hunter2"), "a secret is shown");
        }
    }
}

#[test]
fn reviewers_with_weak_tokens_are_refused() {
    for lines in ["rita:short", "rita", "rita:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        let finished = start("vestibule", |environment| {
            environment.insert("VESTIBULE_REVIEWERS".into(), lines.into());
        });
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(
            finished.stderr.contains("VESTIBULE_REVIEWERS") && !finished.stderr.contains("short"),
            "{finished:?}"
        );
    }
}

#[test]
fn a_policy_that_does_not_compile_is_refused_with_its_line() {
    let folder = TempDir::new().unwrap();
    let broken = folder.path().join("broken.toml");
    for (text, place) in [
        (
            "[steps.post-attribute-collection]\notherwise = \"sometimes\"\n",
            "2:13: ",
        ),
        ("", "1:1: no `[steps]`"),
        (
            "[steps.post-attribute-collection]\n",
            "1:8: `post-attribute-collection` does not say `otherwise`",
        ),
    ] {
        std::fs::write(&broken, text).unwrap();
        let finished = start("vestibule", |environment| {
            environment.insert("VESTIBULE_POLICY".into(), broken.display().to_string());
        });
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(
            finished.stderr.contains("broken.toml") && finished.stderr.contains(place),
            "{}",
            finished.stderr
        );
    }
    std::fs::write(&broken, "[steps.post-attribute-collection]\notherwise = \"block\"\n").unwrap();
    let finished = start("post-federation-signup", |environment| {
        environment.insert("VESTIBULE_POLICY".into(), broken.display().to_string());
    });
    assert!(
        finished.code == Some(2) && finished.stderr.contains("no `[steps.post-federation-signup]`"),
        "{finished:?}"
    );
}

fn check_policy(file: &Path) -> Finished {
    let args = ["policy".to_owned(), "check".to_owned(), file.display().to_string()];
    Program::of_workspace("vestibule").args(args).run(SOON)
}

#[test]
fn a_policy_is_checked_without_a_start_and_says_what_the_start_says() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("mine.toml");
    for text in [
        "steps = 1\nrules = 2\n",
        "[steps.post-attribute-collection]\notherwise = \"sometimes\"\n[approvals]\nunused = \"0 days\"\n",
    ] {
        std::fs::write(&file, text).unwrap();
        let checked = check_policy(&file);
        let started = start("vestibule", |environment| {
            environment.insert("VESTIBULE_POLICY".into(), file.display().to_string());
        });
        assert_eq!((checked.code, checked.stdout.as_str()), (Some(1), ""), "{checked:?}");
        assert!(checked.stderr.lines().count() >= 6, "both mistakes: {checked:?}");
        assert_eq!(checked.stderr, started.stderr);
    }
    // The functions of the other steps would not start.
    std::fs::write(&file, "[steps.post-attribute-collection]\notherwise = \"block\"\n").unwrap();
    let checked = check_policy(&file);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    for step in ["post-federation-signup", "pre-token-issuance"] {
        assert!(
            checked.stderr.contains(&format!("no `[steps.{step}]`")),
            "{step}: {checked:?}"
        );
    }
    let nowhere = check_policy(&folder.path().join("nowhere.toml"));
    assert!(
        nowhere.code == Some(1) && nowhere.stderr.contains("nowhere.toml"),
        "{nowhere:?}"
    );
    let example = root().join("policy.toml");
    let checked = check_policy(&example);
    let says = format!("{}: no mistakes\n", example.display());
    assert_eq!((checked.code, checked.stdout), (Some(0), says), "{}", checked.stderr);
}

#[test]
fn a_local_run_that_cannot_start_prints_no_addresses() {
    let folder = TempDir::new().unwrap();
    let broken = folder.path().join("broken.toml");
    std::fs::write(&broken, "nonsense").unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (flag, value, says) in [
        ("--port", port.as_str(), "choose a free port"),
        ("--policy", &broken.display().to_string(), "1:9: "),
    ] {
        let mut environment = settings(folder.path());
        environment.remove("VESTIBULE_BASIC_CREDENTIALS");
        let run = Program::of_workspace("vestibule").args(["serve", "--local", flag, value]);
        let finished = run.envs(environment).folder(folder.path()).run(SOON);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
        assert!(finished.stderr.contains(says), "{finished:?}");
    }
}

#[test]
fn flags_win_over_the_environment() {
    let folder = TempDir::new().unwrap();
    let mut environment = settings(folder.path());
    environment.insert("VESTIBULE_POLICY".into(), "nowhere.toml".into());
    environment.insert("PORT".into(), "1".into());
    let policy = root().join("policy.toml").display().to_string();
    let flags = ["serve", "--policy", &policy, "--port", "{port}"].map(str::to_owned);
    let server = Server::start(Program::of_workspace("vestibule").args(flags).envs(environment));
    assert_eq!(server.send(&Request::get("/healthz")).status, 200);
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn deployed_functions_hold_digests_only() {
    let folder = TempDir::new().unwrap();
    let plain = format!("{USER}:{PASSWORD}");
    let environment = settings(folder.path());
    let program = Program::of_workspace("post-attribute-collection").envs(environment.clone());
    let lambda = Lambda::start(program.env("VESTIBULE_BASIC_CREDENTIALS", &plain));
    let request = Request::post("/post-attribute-collection")
        .basic(USER, PASSWORD)
        .json(&jane("Jane"));
    assert!(
        matches!(lambda.invoke(&Caller::HttpApi.event(&request)), Invocation::Died(status) if status.code() == Some(2))
    );
    assert!(!lambda.process().logs().contains(PASSWORD));
    let plain_port = Program::of_workspace("post-attribute-collection").envs(environment);
    let server = Server::start(plain_port.env("VESTIBULE_BASIC_CREDENTIALS", &plain));
    assert_eq!(server.send(&request).status, 200);
}

#[test]
fn without_reviewers_there_is_no_room_and_the_gate_serves_on() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(
        Program::of_workspace("vestibule")
            .args(["serve"])
            .envs(settings(folder.path())),
    );
    for path in ["/review", "/review/api/requests", "/review/login"] {
        assert_eq!(server.send(&Request::get(path)).status, 404, "{path}");
    }
    let submit = Request::post("/post-attribute-collection")
        .basic(USER, PASSWORD)
        .json(&jane("Jane Roe"));
    assert_eq!(server.send(&submit).json()["action"], "ShowBlockPage");
}

#[test]
fn a_wrong_setting_behind_the_azure_host_serves_blocks() {
    let folder = TempDir::new().unwrap();
    let broken = folder.path().join("broken.toml");
    std::fs::write(&broken, "nonsense").unwrap();
    let mut environment = settings(folder.path());
    environment.insert("VESTIBULE_POLICY".into(), broken.display().to_string());
    let host = AzureHost::start(
        &root().join("azure"),
        Program::of_workspace("vestibule").envs(environment),
    )
    .unwrap();
    let call = |step: &str| {
        host.send(
            &Request::post(&format!("/api/{step}"))
                .basic(USER, PASSWORD)
                .json(&jane("Jane")),
        )
        .json()
    };
    assert!(message(&call("post-federation-signup")).contains("at the moment"));
    assert!(message(&call("post-attribute-collection")).contains("at the moment"));
    assert_eq!(
        call("pre-token-issuance"),
        json!({"version": "1.0.0", "action": "Continue"})
    );
    assert_eq!(host.send(&Request::get("/api/healthz")).status, 503);
    let logs = host.process(end_to_end::process::Process::logs);
    assert!(logs.contains("broken.toml"), "the log says why: {logs}");
}

#[test]
fn sigterm_finishes_calls_in_flight_says_so_and_exits_0() {
    let folder = TempDir::new().unwrap();
    let environment = settings(folder.path());
    let server = Server::start(Program::of_workspace("vestibule").args(["serve"]).envs(environment));
    let body = jane("Jane Roe").to_string();
    let request = Request::post("/post-attribute-collection")
        .basic(USER, PASSWORD)
        .header("Expect", "100-continue")
        .json(&jane("Jane Roe"));
    let bytes = request.to_bytes(&server.address().to_string());
    let (head, tail) = bytes.split_at(bytes.len() - body.len() / 2);
    let mut connection = Connection::open(server.address()).unwrap();
    connection.write(head).unwrap();
    connection.wait_for_continue().unwrap();
    thread::scope(|scope| {
        let end = scope.spawn(|| server.terminate());
        // The listener closes first: from then on the process is on its way out.
        let refused = || Connection::open(server.address()).is_err().then_some(());
        end_to_end::process::poll(SOON, refused).expect("a listener that closes");
        connection.write(tail).unwrap();
        let response = connection.read_response("POST").unwrap();
        assert_eq!(response.json()["action"], "ShowBlockPage");
        assert_eq!(end.join().unwrap(), Some(0));
        let says = |line: &str| line.contains("asked to end: ") && line.contains("every call in flight was answered");
        server.process().wait_for_line(says);
    });
}

#[test]
fn a_handler_that_panics_answers_an_error_and_the_process_serves_the_next_call() {
    let lambda = Lambda::start(Program::of_workspace("panicking"));
    for _ in 0..2 {
        assert_eq!(lambda.call(Caller::HttpApi, &Request::post("/panic")).status, 500);
        let fine = lambda.call(Caller::HttpApi, &Request::post("/fine"));
        assert_eq!((fine.status, fine.text()), (200, "fine"));
    }
    lambda
        .process()
        .wait_for_line(|line| line.contains("a handler panicked"));
    let logs = lambda.process().logs();
    assert!(!logs.contains("secret"), "{logs}");
    let server = Server::start(Program::of_workspace("panicking"));
    assert_eq!(server.send(&Request::post("/panic")).status, 500);
    assert_eq!(server.send(&Request::post("/fine")).text(), "fine");
}

#[test]
fn one_line_a_call_and_nothing_personal_in_it() {
    let personal = [
        "jane",
        "Roe",
        "example.com",
        "102345678901234567890",
        "Germany",
        PASSWORD,
        RITA,
        "a-key-in-the-url",
        "known to us",
    ];
    for platform in [Platform::Plain, Platform::Azure, Platform::Lambda(Caller::HttpApi)] {
        let deployment = Deployment::new(platform, Store::Sqlite);
        deployment.check(&jane("Jane Roe"));
        deployment.submit(&jane("Jane Roe"));
        deployment.submit(&json!({"email": "jane.roe@example.com", "displayName": "<Roe>"}));
        deployment.decide("approve");
        deployment.send(
            Request::post("/post-attribute-collection")
                .basic("jane", "Roe")
                .body("{\"Roe\":"),
        );
        deployment.send(
            Request::post("/post-attribute-collection")
                .basic(USER, PASSWORD)
                .body("{\"Roe\":"),
        );
        let lines = |logs: &str| logs.matches("post-attribute-collection: ").count();
        let logs = deployment.logs_once(|logs| lines(logs) >= 4);
        for word in personal {
            assert!(
                !logs.to_lowercase().contains(&word.to_lowercase()),
                "`{word}` is in the log:\n{logs}"
            );
        }
        assert_eq!(lines(&logs), 4, "{logs}");
    }
}

#[test]
fn log_lines_on_the_clouds_are_json_with_the_fields_to_look_for() {
    let deployment = Deployment::new(Platform::Lambda(Caller::HttpApi), Store::Sqlite);
    deployment.submit(&jane("Jane Roe"));
    let logs = deployment.logs_once(|logs| logs.contains("post-attribute-collection: "));
    let line = logs
        .lines()
        .find(|line| line.contains("post-attribute-collection: "))
        .unwrap();
    let line: Value = serde_json::from_str(
        line.split_once('{')
            .map(|(_, rest)| format!("{{{rest}"))
            .unwrap()
            .as_str(),
    )
    .unwrap();
    assert_eq!(
        (&line["step"], &line["verdict"]),
        (&json!("post-attribute-collection"), &json!("block"))
    );
    assert_eq!(line["rule"], "partners at once, others by a reviewer");
    assert_eq!(line["reason"], "the request waits for approval");
    assert!(
        line["milliseconds"].is_number() && line["call_key"].as_str().is_some_and(|key| key.len() == 64),
        "{line}"
    );
    assert!(
        line["span"]["invocation"].as_str().is_some_and(|id| id.len() > 8),
        "{line}"
    );
}
