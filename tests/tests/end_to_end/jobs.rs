//! Jobs: what wakes them, what they answer, and that nobody outside can.

use std::time::Duration;

use end_to_end::{
    azure_host::AzureHost,
    events::Caller,
    http::{self, Front, Request},
    process::{Process, Program, poll},
    runtime_api::{Invocation, Lambda},
    wake_ups::{Change, passes, record, schedule, stream},
};
use serde_json::{Value, json};

use crate::deployment::{Deployment, Platform, Store, jane, root};

const SOON: Duration = Duration::from_secs(20);

fn job(runs: &str) -> Program {
    Program::of_workspace("job").env("RUNS", runs)
}

/// With the time limit that the template gives it.
fn on_lambda(runs: &str) -> Lambda {
    let template = template();
    let (_, deliver) = template.split_once("\n  Deliver:\n").unwrap();
    let limit = deliver.lines().find_map(|line| line.trim().strip_prefix("Timeout: "));
    Lambda::start(job(runs)).timeout(Duration::from_secs(limit.unwrap().parse().unwrap()))
}

fn template() -> String {
    std::fs::read_to_string(root().join("template.yaml")).unwrap()
}

fn inserts() -> Value {
    let insert = |number: &str| record(Change::Insert, ("O#ab#mail", "EFFECT#0"), number);
    stream(vec![
        insert("4421584500000000017450439091"),
        insert("4421584500000000017450439092"),
    ])
}

#[track_caller]
fn answer(invocation: Invocation) -> Value {
    match invocation {
        Invocation::Response(bytes, _) => serde_json::from_slice(&bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn error(invocation: Invocation) -> Value {
    match invocation {
        Invocation::Error(report) => report.body,
        other => panic!("{other:?}"),
    }
}

/// The lines that say what runs did, once there are so many: a line may be read a moment after the answer.
fn runs_once(look: impl Fn() -> Vec<Value>, count: usize) -> Vec<Value> {
    poll(SOON, || Some(look()).filter(|lines| lines.len() >= count)).unwrap_or_else(look)
}

/// The lines that say what runs did.
fn runs(process: &Process) -> Vec<Value> {
    let lines = process.json_lines();
    lines.into_iter().filter(|line| line["job"] == "deliver").collect()
}

#[test]
fn a_stream_gets_its_first_record_back_when_a_run_fails_and_none_otherwise() {
    let lambda = on_lambda("done fail panic done");
    let none = json!({ "batchItemFailures": [] });
    assert_eq!(answer(lambda.invoke(&inserts())), none);
    let first = json!({ "itemIdentifier": "4421584500000000017450439091" });
    let failed = answer(lambda.invoke(&inserts()));
    assert_eq!(failed, json!({ "batchItemFailures": [first] }));
    let panicked = error(lambda.invoke(&inserts()));
    assert_eq!(panicked["errorType"], "Panicked");
    assert_eq!(answer(lambda.invoke(&inserts())), none);
    assert_eq!(answer(lambda.invoke(&stream(vec![]))), none);
}

#[test]
fn the_template_asks_the_stream_to_read_the_answer() {
    let template = template();
    assert!(template.contains("FunctionResponseTypes: [ReportBatchItemFailures]"));
    assert!(
        template.contains("StreamViewType: KEYS_ONLY"),
        "the stream holds claims"
    );
}

#[test]
fn a_schedule_gets_null_or_an_error() {
    let lambda = on_lambda("done fail panic done");
    let id = lambda.process().id();
    assert_eq!(answer(lambda.invoke(&schedule())), Value::Null);
    assert_eq!(error(lambda.invoke(&schedule()))["errorType"], "JobFailed");
    let panicked = error(lambda.invoke(&schedule()));
    assert_eq!(panicked["errorType"], "Panicked");
    assert!(!panicked.to_string().contains("secret"), "{panicked}");
    for event in [schedule(), json!("anything"), json!({ "Records": 1 })] {
        assert_eq!(answer(lambda.invoke(&event)), Value::Null, "{event}");
    }
    assert_eq!(lambda.process().id(), id);
}

#[test]
fn one_line_for_each_run_that_did_something() {
    let lambda = on_lambda("done idle fail panic done");
    for _ in 0..5 {
        lambda.invoke(&inserts());
    }
    let lines = runs_once(|| runs(lambda.process()), 3);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!((&lines[0]["level"], &lines[0]["done"]), (&json!("INFO"), &json!(1)));
    assert_eq!(lines[1]["level"], "ERROR");
    assert_eq!(lines[1]["reason"], "the script says so");
    for line in &lines {
        assert!(line["milliseconds"].is_u64(), "{line}");
        assert_eq!(line["span"]["invocation"].as_str().map(str::len), Some(36), "{line}");
    }
    let logs = lambda.process().logs();
    assert!(
        logs.contains("a handler panicked") && !logs.contains("secret"),
        "{logs}"
    );
    // Keys are hashes, and still no line says whose effects they were.
    assert!(!logs.contains("O#"), "{logs}");
}

#[test]
fn a_run_gets_the_time_of_its_invocation_less_what_its_last_piece_of_work_may_take() {
    let lambda = on_lambda("time");
    lambda.invoke(&schedule());
    let line = runs_once(|| runs(lambda.process()), 1).remove(0);
    // 60 s for the last piece, 5 s for the answer; and starting the process may have taken some.
    let seconds = line["done"].as_u64().unwrap();
    assert!((200..=235).contains(&seconds), "{line}");
    let short = Lambda::start(job("done")).timeout(Duration::from_secs(61));
    let refused = error(short.invoke(&inserts()));
    assert_eq!(refused["errorType"], "TimeTooShort", "{refused}");
    assert!(refused.to_string().contains("65 s"), "{refused}");
}

#[test]
fn without_a_platform_a_job_runs_at_intervals_and_finishes_its_run_at_sigterm() {
    let process = job("done fail panic slow").spawn();
    process.wait_for_line(|line| line.contains("deliver: 1 done, 0 failed, 0 given up"));
    process.wait_for_line(|line| line.contains("the run failed"));
    process.wait_for_line(|line| line.contains("a handler panicked"));
    assert_eq!(process.terminate(SOON), Some(0));

    let process = job("slow").spawn();
    process.wait_for_line(|line| line == "begun");
    assert!(!process.logs().contains("deliver: 1 done"), "{}", process.logs());
    assert_eq!(process.terminate(SOON), Some(0));
    process.wait_for_line(|line| line.contains("asked to end: deliver runs no more"));
    assert!(process.logs().contains("deliver: 1 done"), "{}", process.logs());
}

#[test]
fn behind_the_azure_host_a_timer_is_answered_as_the_host_wants_it() {
    let host = AzureHost::start(&root().join("azure"), job("done fail panic done")).unwrap();
    for (status, logs) in [(200, 0), (500, 1), (500, 1), (200, 0), (200, 0)] {
        let answer = host.fire("deliver");
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.headers.get("content-type"), Some("application/json"));
        let answer = answer.json();
        assert_eq!(answer["Outputs"], json!({}));
        assert_eq!(answer["Logs"].as_array().unwrap().len(), logs);
        assert!(answer.as_object().unwrap().contains_key("ReturnValue"));
    }
    assert_eq!(runs_once(|| host.process(runs), 3).len(), 3);
}

#[test]
fn nobody_outside_wakes_a_job() {
    let host = AzureHost::start(&root().join("azure"), job("done done")).unwrap();
    let outside = |path: &str| host.send(&Request::post(path).body("{}")).status;
    assert_eq!((outside("/deliver"), outside("/api/deliver")), (404, 404));

    let address = host.executable_address();
    let invocation = |request: Request| request.header("X-Azure-Functions-InvocationId", "0f5bb1a6");
    for (request, status) in [
        (Request::post("/deliver"), 404),
        (invocation(Request::post("/api/deliver")), 404),
        (invocation(Request::post("/deliver/")), 404),
        (invocation(Request::post("//deliver")), 404),
        (invocation(Request::post("/Deliver")), 404),
        (invocation(Request::get("/deliver")), 405),
    ] {
        assert_eq!(http::send(address, &request).unwrap().status, status, "{request:?}");
    }
    // The first run of the script is the one that the timer gets.
    assert_eq!(host.fire("deliver").status, 200);
    assert_eq!(runs_once(|| host.process(runs), 1).len(), 1);
}

/// Every item of a table in which everything happened that this policy makes happen.
fn items() -> Vec<(String, String)> {
    let policy = "[mail]\napplicants = [\"received\", \"approved\"]\nreviewers = [\"rita@example.com\"]\n";
    let policy = format!(
        "{}\n{policy}",
        std::fs::read_to_string(root().join("policy.toml")).unwrap()
    );
    let deployment = Deployment::with_policy(Platform::Lambda(Caller::HttpApi), Store::DynamoDb, &policy);
    deployment.submit(&jane("Jane"));
    deployment.decide("approve");
    deployment.keys()
}

#[test]
fn the_stream_wakes_for_new_effects_and_for_nothing_else() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let pattern = template
        .lines()
        .find_map(|line| line.trim().strip_prefix("- Pattern: '"));
    let pattern: Value = serde_json::from_str(pattern.unwrap().trim_end_matches('\'')).unwrap();
    let items = items();
    let passing = |change| {
        let pass = |(pk, sk): &&(String, String)| passes(&pattern, &record(change, (pk, sk), "1"));
        items.iter().filter(pass).map(|(_, sk)| sk.as_str()).collect::<Vec<_>>()
    };
    let effects = items.iter().filter(|(_, sk)| sk.starts_with("EFFECT#"));
    let effects: Vec<_> = effects.map(|(_, sk)| sk.as_str()).collect();
    assert!(!effects.is_empty() && effects.len() < items.len(), "{items:?}");
    assert_eq!(passing(Change::Insert), effects);
    // An attempt and what came of it are no news: the one who made them knows.
    assert!(passing(Change::Modify).is_empty() && passing(Change::Remove).is_empty());
}
