//! What is sent, and what is read of the reply.

use claims::{Hash, Value};
use policy::outside::{Body, Call, Filled, Found, Method, Outside, Piece};

use crate::{
    house::{found, get, here, not_sent, secret, text},
    server::{Server, json, reply},
};

#[tokio::test]
async fn values_are_read_where_the_policy_says() {
    let server = Server::new([json(r#"{"tier": "gold", "more": [1.10]}"#)]).await;
    let came = here().call(&get(server.url("/people/jane%40roe.example?app=1"))).await;
    let gold = Value::Text("gold".to_owned());
    assert_eq!(
        came,
        Ok(Found::Values(vec![Some(gold), Some(Value::Number("1.10".to_owned()))]))
    );
    let request = &server.requests()[0];
    assert_eq!(request.line, "GET /people/jane%40roe.example?app=1 HTTP/1.1");
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("content-type"), None);
    assert_eq!(request.header("idempotency-key"), None);
}

#[tokio::test]
async fn what_is_not_there_is_an_answer() {
    let server = Server::new([reply("404 None", "retry-after: 1\r\n", "<html>")]).await;
    assert_eq!(here().call(&get(server.url("/"))).await, Ok(Found::Nothing));
    let other = Server::new([json(r#"{"tier": "gold"}"#), json("{}"), json("7")]).await;
    assert_eq!(here().call(&get(other.url("/"))).await, found("gold"));
    for _ in 0..2 {
        let came = here().call(&get(other.url("/"))).await;
        assert_eq!(came, Ok(Found::Values(vec![None, None])));
    }
}

#[tokio::test]
async fn json_and_forms_say_what_they_are() {
    let server = Server::new([json("{}")]).await;
    let mut call = get(server.url("/"));
    call.idempotency_key = Some(Hash::of(&["jane"]));
    for (method, name) in [(Method::Post, "POST"), (Method::Put, "PUT")] {
        call.method = method;
        call.body = Some(Body::Json(r#"{"email":"jane"}"#.to_owned()));
        here().call(&call).await.unwrap();
        let request = server.requests().pop().unwrap();
        assert_eq!(request.line, format!("{name} / HTTP/1.1"));
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.body, r#"{"email":"jane"}"#);
        let key = Hash::of(&["jane"]).to_string();
        assert_eq!(request.header("idempotency-key"), Some(&*key));
    }
    let fields = [
        ("a", text("jane & joe=é")),
        ("token", Filled(vec![secret("env:TOKEN")])),
    ];
    call.body = Some(Body::Form(fields.map(|(name, value)| (name.to_owned(), value)).into()));
    here().call(&call).await.unwrap();
    let request = server.requests().pop().unwrap();
    assert_eq!(
        request.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(request.body, "a=jane+%26+joe%3D%C3%A9&token=hunter2%26%3D");
    call.body = None;
    here().call(&call).await.unwrap();
    let request = server.requests().pop().unwrap();
    assert_eq!(
        (request.header("content-type"), request.header("content-length")),
        (None, Some("0"))
    );
}

#[tokio::test]
async fn headers_carry_secrets_and_claims() {
    let server = Server::new([json("{}")]).await;
    let bearer = Filled(vec![Piece::Text("Bearer ".to_owned()), secret("env:TOKEN")]);
    let call = with_headers(
        get(server.url("/")),
        [
            ("Authorization", bearer),
            ("Accept-Language", text("de-CH")),
            ("X-Name", text("Zoë")),
        ],
    );
    here().call(&call).await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.header("authorization"), Some("Bearer hunter2&="));
    assert_eq!(request.header("accept-language"), Some("de-CH"));
    assert_eq!(request.header("x-name"), Some("Zoë"));
}

#[tokio::test]
async fn nothing_is_sent_with_a_value_that_is_none() {
    let server = Server::new([json("{}")]).await;
    let url = || get(server.url("/"));
    let header = |value| with_headers(url(), [("X-Name", value)]);
    let form = |value| Call {
        body: Some(Body::Form(vec![("a".to_owned(), value)])),
        ..url()
    };
    for (call, says) in [
        (
            header(text("jane\r\nX-More: 1")),
            "without control characters for the header `x-name`",
        ),
        (header(text("jane\tdoe")), "without control characters"),
        (header(text("jane\u{85}doe")), "without control characters"),
        (header(Filled(vec![secret("env:BAD")])), "without control characters"),
        (
            header(Filled(vec![secret("env:NONE")])),
            "the secret env:NONE cannot be read: the variable is not set",
        ),
        (
            form(Filled(vec![secret("env:NONE")])),
            "the secret env:NONE cannot be read",
        ),
        (
            header(Filled(vec![secret("hunter2")])),
            "no reference to a secret (not shown)",
        ),
        (
            with_headers(url(), [("X Name", text("jane"))]),
            "the name of a header is none",
        ),
        (get("https://jane@roe.example/".to_owned()), "its address is none"),
    ] {
        let why = not_sent(here().call(&call).await);
        assert!(why.starts_with("`crm`: ") && why.contains(says), "{why}");
        let shown = format!("{why} {call:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("jane"), "{shown}");
    }
    assert_eq!(server.count(), 0);
}

fn with_headers<const N: usize>(call: Call, headers: [(&str, Filled); N]) -> Call {
    Call {
        headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
        ..call
    }
}
