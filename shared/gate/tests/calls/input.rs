//! What the service, or somebody else, may send.

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use serde_json::json;

use crate::house::{FAILED, FIRST, House, OPEN, SECOND, TOKEN, message, post, read};

#[tokio::test]
async fn a_body_that_names_another_step_is_not_let_through() {
    let house = House::new(OPEN);
    for (step, named) in [
        (FIRST, "PostAttributeCollection"),
        (SECOND, "PostFederationSignup"),
        (SECOND, "Nonsense"),
    ] {
        let (status, body) = house.call(step, &json!({"step": named}).to_string()).await;
        assert_eq!((status, message(&body)), (200, FAILED));
    }
    let (status, body) = house.call(TOKEN, r#"{"step":"PostAttributeCollection"}"#).await;
    assert_eq!((status, body), (500, json!({"version": "1.0.0", "status": 500})));
    for named in ["PreTokenIssuance", "PreTokenApplicationClaims"] {
        assert_eq!(
            house.call(TOKEN, &json!({"step": named}).to_string()).await.1["action"],
            "Continue"
        );
    }
}

#[tokio::test]
async fn the_token_step_sets_claims_or_errs() {
    let house = House::new(OPEN);
    assert_eq!(
        house.call(TOKEN, r#"{"city":"Wien"}"#).await.1["extension_Tier"],
        "gold"
    );
    assert_eq!(
        house.call(TOKEN, r#"{"city":"Graz"}"#).await.1,
        json!({"version": "1.0.0", "action": "Continue"})
    );
    assert_eq!(house.call(TOKEN, r#"{"city":"Nowhere"}"#).await.0, 500);
}

#[tokio::test]
async fn requests_are_checked_in_order() {
    let gate = House::new(OPEN).gate(SECOND);
    let status = async |request: Request<Full<Bytes>>| gate.answer(request).await.status().as_u16();
    let wrong = |change: &dyn Fn(&mut Request<Full<Bytes>>)| {
        let mut request = post(SECOND, "{");
        change(&mut request);
        request
    };
    let path = |r: &mut Request<Full<Bytes>>| *r.uri_mut() = "/elsewhere".parse().unwrap();
    let method = |r: &mut Request<Full<Bytes>>| *r.method_mut() = http::Method::GET;
    let proof = |r: &mut Request<Full<Bytes>>| drop(r.headers_mut().remove(header::AUTHORIZATION));
    let kind = |r: &mut Request<Full<Bytes>>| {
        drop(
            r.headers_mut()
                .insert(header::CONTENT_TYPE, "text/xml".parse().unwrap()),
        )
    };
    let size = |r: &mut Request<Full<Bytes>>| *r.body_mut() = Full::from(vec![b' '; 128 * 1024 + 1]);
    assert_eq!(
        status(wrong(&|r| {
            path(r);
            method(r);
            proof(r);
            kind(r);
            size(r)
        }))
        .await,
        404
    );
    assert_eq!(
        status(wrong(&|r| {
            method(r);
            proof(r);
            kind(r);
            size(r)
        }))
        .await,
        405
    );
    assert_eq!(
        status(wrong(&|r| {
            proof(r);
            kind(r);
            size(r)
        }))
        .await,
        401
    );
    assert_eq!(
        status(wrong(&|r| {
            kind(r);
            size(r)
        }))
        .await,
        415
    );
    assert_eq!(status(wrong(&|r| size(r))).await, 413);
    assert_eq!(status(wrong(&|_| {})).await, 400);
}

#[tokio::test]
async fn a_refused_caller_gets_a_challenge_and_nothing_else() {
    let gate = House::new(OPEN).gate(SECOND);
    for proof in [
        None,
        Some("Basic Zm9vOmJhcg=="),
        Some("Bearer x"),
        Some("Basic %%%"),
        Some("Basic Og=="),
    ] {
        let mut request = post(SECOND, "{}");
        request.headers_mut().remove(header::AUTHORIZATION);
        if let Some(proof) = proof {
            request
                .headers_mut()
                .insert(header::AUTHORIZATION, proof.parse().unwrap());
        }
        let response = gate.answer(request).await;
        assert_eq!(response.status(), 401);
        assert!(
            response.headers()[header::WWW_AUTHENTICATE]
                .to_str()
                .unwrap()
                .starts_with("Basic realm=")
        );
        assert_eq!(
            response.headers().get(header::CONTENT_TYPE),
            None,
            "nothing has no type"
        );
        assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
    }
}

#[tokio::test]
async fn any_object_up_to_the_limit_is_answered() {
    let house = House::new(OPEN);
    let padded = |size: usize| {
        let frame = r#"{"displayName":""}"#.len();
        json!({"displayName": "x".repeat(size - frame)}).to_string()
    };
    assert_eq!(house.call(SECOND, &padded(100 * 1024)).await.0, 200);
    assert_eq!(house.call(SECOND, &padded(128 * 1024)).await.0, 200);
    assert_eq!(house.call(SECOND, &padded(128 * 1024 + 1)).await.0, 413);
    for bad in ["", "[]", "nonsense", "{\"a\":", &"[".repeat(10_000)] {
        let (status, body) = house.call(SECOND, bad).await;
        assert_eq!((status, body.get("action")), (400, None), "{bad:.20}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_one() {
    let mut request = post(SECOND, "{}");
    *request.method_mut() = http::Method::GET;
    let response = House::new(OPEN).gate(SECOND).answer(request).await;
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()[header::ALLOW], "POST");
}

/// A body that says how long it is, and never comes.
struct Announced(u64);

impl http_body::Body for Announced {
    type Data = Bytes;
    type Error = String;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, String>>> {
        std::task::Poll::Pending
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.0)
    }
}

#[tokio::test]
async fn a_body_that_announces_too_much_is_not_waited_for() {
    let request = post(SECOND, "").map(|_| Announced(128 * 1024 + 1));
    let (status, _) = read(House::new(OPEN).gate(SECOND).answer(request).await).await;
    assert_eq!(status, 413);
}
