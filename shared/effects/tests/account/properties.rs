//! Whatever somebody types: an account or a reason, never a panic, and nothing that Graph refuses.

use effects::Attempt;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value as Json, json};

use crate::tenant::{APP, Person, Tenant};

fn any_value() -> impl Strategy<Value = Json> {
    let text = prop_oneof![any::<String>(), "\\PC{0,300}", "[<>'\"@ .]{0,4}"];
    prop_oneof![
        text.clone().prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        vec(text, 0..3).prop_map(Json::from),
        Just(json!({"a": [1]})),
    ]
}

/// Everything that is let through is taken, but for a person's address or id that only looks like one.
#[test]
fn any_claims_make_an_account_or_a_reason() {
    let tenant = Tenant::new();
    for (name, kind) in [
        ("Flag", "boolean"),
        ("Count", "int64"),
        ("Many", "stringCollection"),
        ("Text", "string"),
    ] {
        tenant.graph.add_attribute(&format!("{APP}_{name}"), kind);
    }
    let names = [
        "city",
        "displayName",
        "givenName",
        "lastName",
        "surname",
        "businessPhones",
        "userType",
        "ui_locales",
    ];
    let custom = ["Flag", "Count", "Many", "Text"].map(|name| format!("{APP}_{name}"));
    let names: Vec<_> = names
        .map(str::to_owned)
        .into_iter()
        .chain(custom)
        .chain(["extension_Flag".to_owned()])
        .collect();
    let claims = vec((proptest::sample::select(names), any_value()), 0..10);
    let local = prop_oneof!["[a-z.'+#é]{1,80}", "\\PC{1,20}"];
    let id = prop_oneof![any::<String>(), "[a-z'&%$+ ]{1,12}"];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let accounts = tenant.accounts();
    let run = |(claims, local, id, issuer): (Vec<(String, Json)>, String, String, &str)| {
        let mut body: Map<_, _> = claims.into_iter().collect();
        body.insert("email".into(), format!("{local}@fabrikam.example").into());
        if !issuer.is_empty() {
            body.insert("identities".into(), json!([{"issuer": issuer, "issuerAssignedId": id}]));
        }
        let person = Person::of(&Json::Object(body), &tenant);
        match runtime.block_on(accounts.create(&person.wanted())) {
            Attempt::Done(created) => {
                let mut again = person.clone();
                let again = runtime.block_on(again.created(&accounts));
                prop_assert_eq!(created.object_id, again.object_id);
            }
            Attempt::Later { why, .. } | Attempt::Never { why } => {
                let why = why.to_string();
                let fair = ["e-mail address", "not to be seen", "a person has to look"];
                prop_assert!(fair.iter().any(|reason| why.contains(reason)), "{why}");
            }
        }
        Ok(())
    };
    let issuer = proptest::sample::select(vec!["google.com", "facebook.com", ""]);
    let config = Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config).run(&(claims, local, id, issuer), run).unwrap();
}
