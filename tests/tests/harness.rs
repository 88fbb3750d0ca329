//! The harness's own tests: each stand-in does to a small program what its platform would do.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests, which clippy does not take for tests.

use base64::{Engine, prelude::BASE64_STANDARD};
use end_to_end::azure_host::AzureHost;
use end_to_end::clock::Clock;
use end_to_end::dynamodb_local::{DynamoDb, block_on};
use end_to_end::events::Caller;
use end_to_end::http::{self, Connection, Front, Request};
use end_to_end::plain::Server;
use end_to_end::process::Program;
use end_to_end::runtime_api::{Invocation, Lambda};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

const SECOND: Duration = Duration::from_secs(1);

fn stand_in() -> Program {
    Program::new(env!("CARGO_BIN_EXE_stand-in"))
}

fn call() -> Request {
    Request::post("/echo")
        .query("code", "a b&c")
        .basic("name", "secret")
        .json(&json!({ "email": "ü@example.com" }))
}

fn body_of(echo: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(echo["body"].as_str().unwrap()).unwrap()
}

#[test]
fn every_lambda_event_carries_the_whole_request_and_answer() {
    let lambda = Lambda::start(stand_in());
    for caller in Caller::ALL {
        let answer = lambda.call(caller, &call());
        assert_eq!(answer.status, 200, "{caller:?}\n{}", lambda.process().logs());
        assert_eq!(answer.header("content-type"), Some("application/json"), "{caller:?}");
        let echo = answer.json();
        assert_eq!(echo["method"], "POST", "{caller:?}");
        assert!(echo["path"].as_str().unwrap().ends_with("/echo"), "{caller:?}: {echo}");
        assert_eq!(
            echo["headers"]["authorization"][0], "Basic bmFtZTpzZWNyZXQ=",
            "{caller:?}"
        );
        assert_eq!(body_of(&echo), call().body, "{caller:?}");
        let query = echo["query"].as_str().unwrap();
        assert!(query.starts_with("code=a"), "{caller:?}: {query}");
    }
}

#[test]
fn bytes_that_are_no_text_survive_where_the_service_lets_them() {
    let lambda = Lambda::start(stand_in());
    let request = Request::post("/bytes")
        .header("Content-Type", "application/json")
        .body([0xff, 0, 0xfe]);
    for caller in Caller::ALL {
        let answer = lambda.call(caller, &request);
        let expected = if caller == Caller::RestApi {
            b"/wD+".to_vec()
        } else {
            vec![0xff, 0, 0xfe]
        };
        assert_eq!(answer.body, expected, "{caller:?}");
        // Only a load balancer without multi-value headers loses one of two cookies.
        let cookies = if caller == (Caller::LoadBalancer { multi_value: false }) {
            1
        } else {
            2
        };
        assert_eq!(answer.headers.all("set-cookie").count(), cookies, "{caller:?}");
    }
}

#[test]
fn a_panic_is_an_error_answer_and_the_process_serves_on() {
    let lambda = Lambda::start(stand_in());
    let id = lambda.process().id();
    let panicking = lambda.invoke(&Caller::HttpApi.event(&Request::post("/panic")));
    let Invocation::Error(report) = panicking else {
        panic!("{panicking:?}")
    };
    assert!(
        report.body["errorMessage"].as_str().unwrap().contains("asked to panic"),
        "{report:?}"
    );
    assert_eq!(lambda.call(Caller::HttpApi, &Request::post("/panic")).status, 502);
    assert_eq!(lambda.call(Caller::HttpApi, &call()).status, 200);
    assert_eq!(lambda.process().id(), id);
    lambda.process().wait_for_line(|line| line.contains("asked to panic"));
}

#[test]
fn a_process_that_ends_is_told_apart_from_one_that_hangs() {
    let mut lambda = Lambda::start(stand_in()).timeout(SECOND);
    assert_eq!(lambda.call(Caller::RestApi, &call()).status, 200);
    assert!(lambda.process().peak_memory() > 100_000);
    let hanging = lambda.invoke(&Caller::RestApi.event(&Request::get("/hang")));
    assert!(matches!(hanging, Invocation::TimedOut), "{hanging:?}");
    lambda.restart();
    let dying = lambda.invoke(&Caller::RestApi.event(&Request::get("/exit")));
    assert!(
        matches!(dying, Invocation::Died(status) if status.code() == Some(7)),
        "{dying:?}"
    );
    lambda.restart();
    assert_eq!(lambda.call(Caller::RestApi, &call()).status, 200);
    lambda.process().wait_for_line(|line| line.contains("/echo"));
    assert_eq!(lambda.process().json_lines().len(), 1);
}

#[test]
fn a_function_that_refuses_to_start_has_died() {
    let lambda = Lambda::start(stand_in().env("STAND_IN_REFUSES", "2"));
    let refused = lambda.invoke(&Caller::HttpApi.event(&call()));
    assert!(
        matches!(refused, Invocation::Died(status) if status.code() == Some(2)),
        "{refused:?}"
    );
    assert_eq!(lambda.process().wait_for_line(|line| !line.is_empty()), "refused");
}

#[test]
fn a_plain_server_answers_ends_in_order_and_comes_back() {
    let mut server = Server::start(stand_in());
    let echo = server.send(&call()).json();
    assert_eq!(echo["query"], "code=a%20b%26c");
    assert_eq!(body_of(&echo), call().body);

    let mut half = Connection::open(server.address()).unwrap();
    let head = b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    half.write(head).unwrap();
    half.wait_for_continue().unwrap();
    let finishing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        half.write(b"ab").unwrap();
        half.read_response("POST").unwrap()
    });
    assert_eq!(server.terminate(), Some(0));
    assert_eq!(body_of(&finishing.join().unwrap().json()), b"ab");

    server.restart();
    assert_eq!(server.send(&Request::get("/x")).status, 200);
    server.kill();
    assert!(http::send(server.address(), &Request::get("/x")).is_err());
}

#[test]
fn raw_bytes_reach_the_server_as_they_are() {
    let server = Server::start(stand_in());
    assert_eq!(
        http::send_raw(server.address(), b"NO HTTP AT ALL\r\n\r\n")
            .unwrap()
            .status,
        400
    );
    let closed = http::send_raw(server.address(), b"GET /exit HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(closed.is_err(), "{closed:?}");
    assert_eq!(server.process().wait(10 * SECOND), Some(7));
}

#[test]
fn a_program_that_ends_by_itself_is_read_to_its_end() {
    let finished = stand_in().env("STAND_IN_REFUSES", "2").run(10 * SECOND);
    assert_eq!(
        (finished.code, finished.stdout.as_str(), finished.stderr.as_str()),
        (Some(2), "refused\n", "")
    );
}

#[test]
fn the_azure_host_forwards_what_a_function_allows() {
    let app = app();
    let host = AzureHost::start(app.path(), stand_in()).unwrap();
    assert_eq!(AzureHost::executable_of(app.path()), "vestibule");

    let repeated = Request::post("/api/check")
        .query("a", "1")
        .query("b", "2")
        .query("a", "3")
        .json(&json!({}));
    let echo = host.send(&repeated).json();
    assert_eq!(echo["path"], "/api/check");
    assert_eq!(echo["query"], "a=1%2C3&b=2");
    assert_eq!(
        echo["headers"]["x-azure-functions-invocationid"][0]
            .as_str()
            .unwrap()
            .len(),
        36
    );
    assert!(
        echo["headers"]["user-agent"][0]
            .as_str()
            .unwrap()
            .starts_with("Azure-Functions-Host/")
    );
    assert_eq!(body_of(&echo), b"{}");

    let chunked = Request::post("/api/check")
        .header("Transfer-Encoding", "chunked")
        .body("2\r\n{}\r\n0\r\n\r\n");
    assert_eq!(body_of(&host.send(&chunked).json()), b"");

    assert_eq!(host.send(&Request::get("/api/check")).status, 404);
    assert_eq!(host.send(&Request::post("/check")).status, 404);
    assert_eq!(
        host.send(&Request::get("/api/review/a/b")).json()["path"],
        "/api/review/a/b"
    );

    host.kill();
    assert_eq!(host.send(&Request::get("/api/review")).status, 200);
}

#[test]
fn the_azure_host_gives_up_after_three_failed_starts() {
    let shut_down = AzureHost::start(app().path(), stand_in().env("STAND_IN_REFUSES", "2")).unwrap_err();
    assert_eq!(shut_down.0.len(), 3);
    assert!(shut_down.0[2].contains("refused"));
}

#[test]
fn a_clock_moves_the_wall_clock_and_no_timer() {
    let clock = Clock::new();
    let server = Server::start(stand_in().clock(&clock));
    assert_time(&server, SystemTime::now());
    clock.advance(3_600 * SECOND);
    assert_time(&server, SystemTime::now() + 3_600 * SECOND);
    clock.advance(24 * 3_600 * SECOND);
    assert_time(&server, SystemTime::now() + 25 * 3_600 * SECOND);
    assert_time(&server, clock.now());
}

#[test]
fn a_clock_moves_a_lambda_and_its_deadlines() {
    let clock = Clock::new();
    clock.advance(3_600 * SECOND);
    let lambda = Lambda::start(stand_in().clock(&clock));
    assert_time(&lambda.behind(Caller::FunctionUrl), SystemTime::now() + 3_600 * SECOND);
}

#[test]
fn a_clock_holds_under_many_calls_at_once() {
    let clock = Clock::new();
    let server = Server::start(stand_in().clock(&clock));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let before = clock.now();
                    let seen = UNIX_EPOCH
                        + Duration::from_millis(
                            server.send(&Request::get("/time")).json()["unix_ms"].as_u64().unwrap(),
                        );
                    // The clock may move in between, never back.
                    assert!(
                        seen + SECOND > before && seen < clock.now() + SECOND,
                        "{seen:?} {before:?}"
                    );
                }
            });
        }
        scope.spawn(|| {
            (0..20).for_each(|_| {
                clock.advance(60 * SECOND);
                thread::sleep(Duration::from_millis(20));
            })
        });
    });
}

#[test]
fn dynamodb_keeps_its_items_over_a_kill_and_hangs_while_paused() {
    let mut dynamodb = DynamoDb::start();
    let table = dynamodb.create_table();
    assert_ne!(dynamodb.create_table(), table);
    let put = || {
        let put = dynamodb.client().put_item().table_name(&table);
        let put = put
            .item("pk", text("a"))
            .item("sk", text("b"))
            .item("queue", text("c"))
            .item("queued", text("d"));
        block_on(async { tokio::time::timeout(SECOND, put.send()).await })
    };
    put().unwrap().unwrap();
    dynamodb.pause();
    assert!(put().is_err(), "a paused DynamoDB answered");
    dynamodb.resume();
    assert_eq!(dynamodb.items(&table).len(), 1);
    dynamodb.kill();
    dynamodb.restart();
    assert_eq!(dynamodb.items(&table)[0]["queued"], text("d"));
    let index = dynamodb.client().query().table_name(&table).index_name("queue");
    let index = index
        .key_condition_expression("queue = :c")
        .expression_attribute_values(":c", text("c"));
    assert_eq!(block_on(index.send()).unwrap().count(), 1);
}

#[test]
fn tests_share_one_dynamodb() {
    assert_eq!(DynamoDb::shared().endpoint(), DynamoDb::shared().endpoint());
    let table = DynamoDb::shared().create_table();
    assert!(DynamoDb::shared().items(&table).is_empty());
}

fn text(text: &str) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned())
}

#[track_caller]
fn assert_time(front: &impl Front, expected: SystemTime) {
    let time = front.send(&Request::get("/time")).json();
    let expected = expected.duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let seen = time["unix_ms"].as_u64().unwrap();
    assert!(seen.abs_diff(expected) < 3_000, "saw {seen}, expected {expected}");
    let slept = time["slept_ms"].as_u64().unwrap();
    assert!((95..2_000).contains(&slept), "a timer of 100 ms took {slept} ms");
}

/// An app's folder as the product's `azure/` is laid out.
fn app() -> TempDir {
    let app = TempDir::new().unwrap();
    write(
        &app.path().join("host.json"),
        &json!({
            "version": "2.0",
            "customHandler": {
                "description": { "defaultExecutablePath": "vestibule", "arguments": ["serve"] },
                "enableForwardingHttpRequest": true,
            },
        }),
    );
    write(
        &app.path().join("check/function.json"),
        &function(json!({ "methods": ["post"] })),
    );
    write(
        &app.path().join("review/function.json"),
        &function(json!({ "route": "review/{*rest}" })),
    );
    app
}

fn function(more: Value) -> Value {
    let mut trigger = json!({ "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous" });
    trigger
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    json!({ "bindings": [trigger, { "type": "http", "direction": "out", "name": "res" }] })
}

fn write(path: &Path, value: &Value) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, value.to_string()).unwrap();
}
