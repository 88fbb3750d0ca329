//! What holds for every body: reading never fails on an object, and every reply has one of the three shapes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use claims::{CallKey, Changes, Decision, Reply, Step, UserMessage, Value, parse, render};
use proptest::prelude::*;
use serde_json::Value as Json;

fn step() -> impl Strategy<Value = Step> {
    prop::sample::select(Step::ALL.to_vec())
}

/// Keys that mean something to the service are as likely as nonsense.
fn key() -> impl Strategy<Value = String> {
    let known = [
        "email",
        "identities",
        "displayName",
        "surname",
        "lastName",
        "ui_locales",
        "step",
        "client_id",
        "clientId",
        "objectId",
        "action",
        "version",
        "status",
        "userMessage",
        "extension_0123456789abcdef0123456789abcdef_Tier",
    ];
    prop_oneof![prop::sample::select(known.to_vec()).prop_map(str::to_owned), ".{0,12}"]
}

fn json() -> impl Strategy<Value = Json> {
    let number = prop_oneof![any::<i64>().prop_map(Json::from), any::<f64>().prop_map(Json::from)];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        number,
        ".{0,20}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((key(), inner), 0..5).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<(String, Json)>> {
    prop::collection::vec((key(), json()), 0..12)
}

fn text(members: &[(String, Json)]) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(k, v)| format!("{}:{v}", Json::from(k.as_str())))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn decision(changes: Vec<(String, Json)>) -> impl Strategy<Value = Decision> {
    let mut set = Changes::none();
    for (key, json) in changes {
        set.set(&key, Value::Other(json.to_string()));
    }
    let message = UserMessage::parse("No.").unwrap();
    prop::sample::select(vec![
        Decision::Continue(set),
        Decision::Block(message.clone()),
        Decision::AskAgain(message),
    ])
}

/// The three shapes, letter by letter; at the token step an error stands for what it cannot express.
fn assert_shape(step: Step, reply: &Reply) {
    let body: serde_json::Map<String, Json> = serde_json::from_str(reply.body()).unwrap();
    assert_eq!(body["version"], "1.0.0");
    let keys: Vec<_> = body.keys().map(String::as_str).collect();
    match (reply.status(), body.get("action").and_then(Json::as_str)) {
        (200, Some("Continue")) => {
            for key in [
                "status",
                "userMessage",
                "email",
                "identities",
                "objectId",
                "step",
                "client_id",
                "ui_locales",
            ] {
                assert!(!body.contains_key(key), "{key} in {}", reply.body());
            }
            let starts = r#"{"version":"1.0.0","action":"Continue""#;
            assert!(reply.body().starts_with(starts));
        }
        (200, Some("ShowBlockPage")) => {
            assert!(step.is_sign_up());
            assert_eq!(keys, ["action", "userMessage", "version"]);
        }
        (400, Some("ValidationError")) => {
            assert_eq!(step, Step::PostAttributeCollection);
            assert_eq!(body["status"], Json::from(400));
            assert_eq!(keys, ["action", "status", "userMessage", "version"]);
        }
        (500, None) => assert_eq!(step, Step::PreTokenIssuance),
        other => panic!("not one of the three replies: {other:?}"),
    }
}

proptest! {
    #[test]
    fn any_object_is_read_and_every_reply_has_one_of_the_three_shapes(
        (step, body, decision) in (step(), body(), prop::collection::vec((key(), json().prop_filter("never null", |j| !j.is_null())), 0..4).prop_flat_map(decision))
    ) {
        let sign_up = parse(step, text(&body).as_bytes()).unwrap();
        let _ = CallKey::of(&sign_up);
        let _ = format!("{sign_up:?}");
        assert_shape(step, &render(step, &decision));
    }

    #[test]
    fn reading_never_panics(step in step(), body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(step, &body);
    }

    #[test]
    fn reading_never_panics_on_nearly_json(step in step(), body in r#"[\{\}\[\]",:0-9a-f\\u.\-+eE \n]{0,80}"#) {
        let _ = parse(step, body.as_bytes());
    }

    #[test]
    fn canonical_claims_do_not_depend_on_key_order(step in step(), body in body(), seed in any::<u64>()) {
        let mut unique: Vec<(String, Json)> = Vec::new();
        for (key, value) in body {
            if !unique.iter().any(|(k, _)| *k == key) {
                unique.push((key, value));
            }
        }
        let mut shuffled = unique.clone();
        shuffled.sort_by_key(|(key, _)| claims::Hash::of(&[key, &seed.to_string()]));
        let key = |members: &[(String, Json)]| CallKey::of(&parse(step, text(members).as_bytes()).unwrap());
        prop_assert_eq!(key(&unique), key(&shuffled));
    }

    #[test]
    fn claims_survive_being_stored(body in body()) {
        let sign_up = parse(Step::PostAttributeCollection, text(&body).as_bytes()).unwrap();
        let stored = serde_json::to_string(&sign_up.claims).unwrap();
        let read: claims::Claims = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(read.canonical(), sign_up.claims.canonical());
    }
}

#[test]
fn the_order_of_keys_inside_identities_does_not_matter() {
    let key = |body: &str| CallKey::of(&parse(Step::PostFederationSignup, body.as_bytes()).unwrap());
    assert_eq!(
        key(r#"{"identities":[{"issuer":"mail","issuerAssignedId":"a"}]}"#),
        key(r#"{"identities":[{"issuerAssignedId":"a", "issuer":"mail"}]}"#),
    );
}

#[test]
fn replies_are_the_documented_ones_to_the_letter() {
    let message = UserMessage::parse("Please wait.").unwrap();
    let mut changes = Changes::none();
    changes.set("extension_Amount", Value::Number("1.10".into()));
    changes.set("city", Value::blank());
    let second = |decision: &Decision| {
        let reply = render(Step::PostAttributeCollection, decision);
        (reply.status(), reply.into_body())
    };
    assert_eq!(
        second(&Decision::Continue(changes)),
        (
            200,
            r#"{"version":"1.0.0","action":"Continue","extension_Amount":1.10,"city":""}"#.to_owned()
        )
    );
    assert_eq!(
        second(&Decision::Block(message.clone())),
        (
            200,
            r#"{"version":"1.0.0","action":"ShowBlockPage","userMessage":"Please wait."}"#.to_owned()
        )
    );
    assert_eq!(
        second(&Decision::AskAgain(message)),
        (
            400,
            r#"{"version":"1.0.0","action":"ValidationError","status":400,"userMessage":"Please wait."}"#.to_owned()
        )
    );
}

#[test]
fn what_a_step_cannot_express_lets_nobody_in() {
    let message = UserMessage::parse("No.").unwrap();
    let first = render(Step::PostFederationSignup, &Decision::AskAgain(message.clone()));
    assert!(first.body().contains("ShowBlockPage") && first.status() == 200);
    for decision in [Decision::Block(message.clone()), Decision::AskAgain(message)] {
        let token = render(Step::PreTokenIssuance, &decision);
        assert_eq!(
            (token.status(), token.body()),
            (500, r#"{"version":"1.0.0","status":500}"#)
        );
    }
}

#[test]
fn bodies_that_are_no_object_are_refused() {
    use claims::BadBody;
    let refused = |body: &[u8]| parse(Step::PostAttributeCollection, body).unwrap_err();
    assert_eq!(refused(b""), BadBody::Empty);
    assert_eq!(refused(b" \n"), BadBody::Empty);
    assert_eq!(refused(b"\xff\xfe{}"), BadBody::NotUtf8);
    assert_eq!(refused(b"[1]"), BadBody::NotAnObject);
    assert_eq!(refused(b"\"text\""), BadBody::NotAnObject);
    assert!(matches!(refused(br#"{"a":1,}"#), BadBody::NotJson { .. }));
    assert!(matches!(refused(br#"{"a":1} x"#), BadBody::NotJson { .. }));
    assert_eq!(refused("[".repeat(10_000).as_bytes()), BadBody::NotAnObject);
    assert_eq!(
        refused(format!("{{\"a\":{}", "[".repeat(10_000)).as_bytes()),
        BadBody::TooDeep
    );
    let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    assert!(parse(Step::PostAttributeCollection, nested(32).as_bytes()).is_ok());
    assert_eq!(refused(nested(33).as_bytes()), BadBody::TooDeep);
}

#[test]
fn claims_of_every_kind_are_understood() {
    let body = r#"{"email":"a@b.example","clientId":"app","step":"PreTokenApplicationClaims","ui_locales":["de-AT","en"],
        "zz":[{"x":1}],"extension_Flag":"true","identities":"not a list"}"#;
    let sign_up = parse(Step::PreTokenIssuance, body.as_bytes()).unwrap();
    assert!(!sign_up.contradicts_its_step());
    assert_eq!(sign_up.client_id.as_deref(), Some("app"));
    assert_eq!(
        sign_up.locales.iter().map(|l| l.as_str()).collect::<Vec<_>>(),
        ["de-at", "en"]
    );
    assert_eq!(
        sign_up.claims.iter().map(|(key, _)| key).collect::<Vec<_>>(),
        ["email", "zz", "extension_Flag"]
    );
    assert!(sign_up.identities.is_empty());
    assert!(
        parse(Step::PostFederationSignup, body.as_bytes())
            .unwrap()
            .contradicts_its_step()
    );
    let b2b = parse(Step::PostFederationSignup, br#"{"email":"a@b.example","step":7}"#).unwrap();
    assert!(
        !b2b.contradicts_its_step(),
        "B2B sends no step, and a step of the wrong type says nothing"
    );
}

#[test]
fn the_app_is_client_id_and_else_its_other_spelling() {
    let app = |body: &str| parse(Step::PostAttributeCollection, body.as_bytes()).unwrap().client_id;
    assert_eq!(app(r#"{"clientId":"b"}"#).as_deref(), Some("b"));
    for both in [
        r#"{"clientId":"b","client_id":"a"}"#,
        r#"{"client_id":"a","clientId":"b"}"#,
    ] {
        assert_eq!(app(both).as_deref(), Some("a"), "{both}");
    }
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let body = "\u{FEFF}{\"city\":\"Graz\"}";
    assert!(parse(Step::PostAttributeCollection, body.as_bytes()).is_ok());
}

#[test]
fn debug_shows_nothing_that_somebody_typed() {
    let body = r#"{"step":"Secret1","client_id":"Secret2","email":"Secret3@example.com","displayName":"Secret4",
        "identities":[{"signInType":"federated","issuer":"google.com","issuerAssignedId":"Secret5"}]}"#;
    let sign_up = parse(Step::PostAttributeCollection, body.as_bytes()).unwrap();
    let mut changes = Changes::none();
    changes.set("displayName", Value::Text("Secret6".into()));
    let decision = Decision::Continue(changes);
    let reply = render(Step::PostAttributeCollection, &decision);
    let shown = format!("{sign_up:?} {decision:?} {reply:?}");
    assert!(!shown.contains("Secret"), "{shown}");
    assert!(shown.contains("displayName"), "what there is may be shown: {shown}");
}

#[test]
fn claims_set_together_are_as_if_set_one_by_one() {
    let keys = ["a", "b", "email", "a", "c", "b"];
    let values = || {
        keys.iter()
            .enumerate()
            .map(|(n, key)| (*key, Value::Number(n.to_string())))
    };
    let (mut together, mut one_by_one) = (Changes::none(), Changes::none());
    together.set("b", Value::blank());
    one_by_one.set("b", Value::blank());
    together.set_all(values());
    values().for_each(|(key, value)| one_by_one.set(key, value));
    assert_eq!(together, one_by_one);
    assert_eq!(together.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["b", "a", "c"]);
}
