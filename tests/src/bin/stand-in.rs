//! A program that stands in for the product in the harness's own tests. Like the product it is a Lambda function, an
//! Azure custom handler or a plain server, as the environment says; it answers with what it received, and does what
//! a program should not do when the path asks for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // Test support.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::env;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Ok(code) = env::var("STAND_IN_REFUSES") {
        println!("refused");
        std::process::exit(code.parse().expect("an exit code"));
    }
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return lambda().await;
    }
    let port = env::var("FUNCTIONS_CUSTOMHANDLER_PORT")
        .or_else(|_| env::var("PORT"))
        .expect("a port");
    serve(port.parse().expect("a port's number")).await;
}

async fn lambda() {
    let service = lambda_http::service_fn(|request: lambda_http::Request| async {
        let (parts, body) = request.into_parts();
        let answer = answer(Request::from_parts(parts, Bytes::copy_from_slice(&body))).await;
        Ok::<_, Infallible>(answer.map(Full::new))
    });
    lambda_http::run(service).await.expect("a Runtime API");
}

async fn serve(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
    let mut end = signal(SignalKind::terminate()).expect("signals");
    let graceful = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted.expect("a connection").0,
            _ = end.recv() => break,
        };
        let service = service_fn(|request: Request<Incoming>| async {
            let (parts, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, hyper::Error>(answer(Request::from_parts(parts, body)).await.map(Full::new))
        });
        tokio::spawn(graceful.watch(http1::Builder::new().serve_connection(TokioIo::new(stream), service)));
    }
    graceful.shutdown().await;
}

async fn answer(request: Request<Bytes>) -> Response<Bytes> {
    match request.uri().path().rsplit('/').next().unwrap_or_default() {
        "panic" => panic!("asked to panic"),
        "exit" => std::process::exit(7),
        "hang" => std::future::pending().await,
        "time" => time().await,
        "slow" => {
            tokio::time::sleep(Duration::from_millis(300)).await;
            echo(&request)
        }
        "bytes" => Response::builder()
            .header("content-type", "application/octet-stream")
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .body(request.into_body())
            .expect("a response"),
        _ => echo(&request),
    }
}

/// The wall clock, and how long a timer of 100 ms took by it and by the monotonic clock.
async fn time() -> Response<Bytes> {
    let (wall, monotonic) = (SystemTime::now(), Instant::now());
    tokio::time::sleep(Duration::from_millis(100)).await;
    json_response(&json!({
        "unix_ms": wall.duration_since(UNIX_EPOCH).expect("a time after 1970").as_millis() as u64,
        "slept_ms": monotonic.elapsed().as_millis() as u64,
    }))
}

fn echo(request: &Request<Bytes>) -> Response<Bytes> {
    println!("{}", json!({ "path": request.uri().path() }));
    let mut headers = Map::new();
    for (name, value) in request.headers() {
        let values = headers.entry(name.as_str()).or_insert_with(|| json!([]));
        values
            .as_array_mut()
            .expect("a list")
            .push(String::from_utf8_lossy(value.as_bytes()).into());
    }
    json_response(&json!({
        "method": request.method().as_str(),
        "path": request.uri().path(),
        "query": request.uri().query(),
        "headers": headers,
        "body": BASE64_STANDARD.encode(request.body()),
    }))
}

fn json_response(value: &Value) -> Response<Bytes> {
    let response = Response::builder().header("content-type", "application/json");
    response.body(value.to_string().into()).expect("a response")
}
