//! What nobody should send, and what it is answered, on every platform.

use end_to_end::{
    events::Caller,
    http::{Request, Response},
};
use serde_json::{Value, json};

use crate::deployment::{Deployment, PASSWORD, Platform, Store, USER, jane, message};

const SECOND: &str = "/post-attribute-collection";

fn platforms() -> impl Iterator<Item = Deployment> {
    let lambda = [
        Caller::HttpApi,
        Caller::RestApi,
        Caller::LoadBalancer { multi_value: false },
    ]
    .map(Platform::Lambda);
    [Platform::Plain, Platform::Azure]
        .into_iter()
        .chain(lambda)
        .map(|p| Deployment::new(p, Store::Sqlite))
}

fn post(body: impl Into<Vec<u8>>) -> Request {
    Request::post(SECOND)
        .basic(USER, PASSWORD)
        .header("Content-Type", "application/json")
        .body(body)
}

/// The status of an answer that lets nobody in.
fn refused(response: &Response) -> u16 {
    assert!(!response.text().contains("action"), "{}", response.text());
    response.status
}

#[test]
fn bodies_that_are_no_object_get_400_without_an_action() {
    let nested = "[".repeat(10_000);
    for deployment in platforms() {
        for body in [
            "",
            "not JSON",
            "[]",
            "\"text\"",
            r#"{"a":1,}"#,
            &nested,
            &format!("{{\"a\":{nested}"),
        ] {
            let response = deployment.send(post(body));
            assert_eq!(refused(&response), 400, "{body:.30}");
        }
        assert_eq!(
            refused(&deployment.send(post(b"{\"email\":\"\xff\xfe\"}".to_vec()))),
            400,
            "not UTF-8"
        );
    }
}

#[test]
fn sizes_are_bounded() {
    for deployment in platforms() {
        let sized = |bytes: usize| {
            let frame = r#"{"email":"a@b.example","jobTitle":""}"#.len();
            post(json!({"email": "a@b.example", "jobTitle": "x".repeat(bytes - frame)}).to_string())
        };
        let response = deployment.send(sized(100 * 1024));
        assert_eq!(
            (response.status, &response.json()["action"]),
            (400, &json!("ValidationError")),
            "no name, and that is all"
        );
        assert_eq!(refused(&deployment.send(sized(128 * 1024 + 1))), 413);
    }
}

#[test]
fn methods_paths_and_content_types_are_checked() {
    for deployment in platforms() {
        let body = jane("Jane Roe").to_string();
        for method in ["PUT", "DELETE", "PATCH"] {
            let request = Request {
                method: method.into(),
                ..post(body.as_str())
            };
            let status = refused(&deployment.send(request));
            assert!(matches!(status, 404 | 405), "{method}: {status}");
        }
        let wrong_type = Request::post(SECOND)
            .basic(USER, PASSWORD)
            .header("Content-Type", "text/xml")
            .body("<a/>");
        assert_eq!(refused(&deployment.send(wrong_type)), 415);
        let no_type = Request::post(SECOND).basic(USER, PASSWORD).body(body.as_str());
        assert_eq!(
            message(&deployment.send(no_type).json()),
            "Thank you. Your request is waiting for approval. Please come back tomorrow."
        );
    }
    let plain = Deployment::new(Platform::Plain, Store::Sqlite);
    let get = plain.send(Request::get(SECOND));
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    for path in [
        "/elsewhere",
        "/post-attribute-collection/x",
        "/prod/post-attribute-collection",
        "/",
    ] {
        assert_eq!(
            refused(&plain.send(Request {
                path: path.into(),
                ..post("{}")
            })),
            404,
            "{path}"
        );
    }
}

#[test]
fn callers_without_the_right_credentials_get_401_and_an_empty_body() {
    for deployment in platforms() {
        let request = || {
            Request::post(SECOND)
                .header("Content-Type", "application/json")
                .body("not even JSON")
        };
        let wrong = [
            request(),
            request().basic(USER, "wrong"),
            request().basic("wrong", PASSWORD),
            request().basic("", ""),
            request().basic(USER, ""),
            request().header("Authorization", "Basic %%%"),
            request().header("Authorization", "Basic"),
            request().bearer(PASSWORD),
            // The digest in the setting is no password.
            request().basic(
                USER,
                "sha256:b758073424950a23ef0eef85216a005c1c41e848e601a3cd853ee658ef1fcf8f",
            ),
        ];
        for request in wrong {
            let response = deployment.send(request);
            assert_eq!((response.status, response.text()), (401, ""));
            // A REST API renames this header; the service reads the status.
            let challenge = response
                .header("www-authenticate")
                .or(response.header("x-amzn-remapped-www-authenticate"));
            assert!(
                challenge.is_some_and(|challenge| challenge.starts_with("Basic realm=")),
                "{challenge:?}"
            );
        }
    }
}

#[test]
fn a_body_that_names_another_step_goes_nowhere() {
    for deployment in platforms() {
        let named = |step: &str| {
            let mut body = jane("Jane Roe");
            body["step"] = Value::from(step);
            body
        };
        let failed = "We cannot process your sign-up at the moment. Please try again later.";
        assert_eq!(message(&deployment.check(&named("PostAttributeCollection"))), failed);
        assert_eq!(message(&deployment.submit(&named("PostFederationSignup"))), failed);
        let token = deployment.call("pre-token-issuance", &named("PostAttributeCollection"));
        assert_eq!(refused(&token), 500);
        assert_eq!(
            deployment
                .call("pre-token-issuance", &named("PreTokenApplicationClaims"))
                .json()["action"],
            "Continue"
        );
        assert!(deployment.requests("pending").is_empty());
    }
}

#[test]
fn replies_are_json_and_nobody_keeps_them() {
    for deployment in platforms() {
        let response = deployment.call("post-federation-signup", &jane("Jane Roe"));
        assert_eq!(response.header("content-type"), Some("application/json"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
    }
}
