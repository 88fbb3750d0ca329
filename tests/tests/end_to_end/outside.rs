//! Rules that reach beyond the claims, from the operator's command to the applicant's answer.

use end_to_end::{
    events::Caller,
    list_server::{Answer, ListServer},
};
use serde_json::{Value, json};

use crate::deployment::{Deployment, Platform, Store};

const INVITED: &str = r#"
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "block"
[steps.pre-token-issuance]
otherwise = "continue"

[[rules]]
name = "invited"
step = "post-attribute-collection"
invitation = "extension_Code"

[[rules]]
name = "not too many"
step = "post-attribute-collection"
limit = { by = "domain", at_most = 2, within = "1 day" }

[look_ups.known]
item = "customers"
key = "{email}"
claims = { extension_Tier = "/tier" }

[[rules]]
name = "tier"
step = "post-attribute-collection"
look_up = "known"
"#;

fn person(n: u32, code: &str) -> Value {
    json!({
        "email": format!("person{n}@example.com"),
        "identities": [{"signInType": "federated", "issuer": "google.com", "issuerAssignedId": n.to_string()}],
        "displayName": "Jane Roe",
        "extension_Code": code,
    })
}

/// Invitations that the operator makes, a limit, and an item of the operator's.
fn invites_and_limits(platform: Platform, store: Store) {
    let deployment = Deployment::with_policy(platform, store, INVITED);
    let made = deployment.command(&["invitations", "create", "--uses", "3", "--json"]);
    let made: Value = serde_json::from_str(&made).unwrap();
    let code = made["code"].as_str().unwrap();
    deployment.command(&[
        "items",
        "put",
        "customers",
        "Person1@example.com",
        r#"{"tier": "gold"}"#,
    ]);

    let answer = deployment.submit(&person(1, code));
    assert_eq!(answer["action"], "Continue", "{answer}");
    assert_eq!(
        (&answer["extension_Tier"], &answer["extension_Code"]),
        (&json!("gold"), &json!(""))
    );
    assert_eq!(deployment.submit(&person(1, code)), answer, "a retry");
    assert_eq!(
        deployment.submit(&person(2, "AAAAA-AAAAA-AAAAA-AAAAA"))["action"],
        "ValidationError"
    );
    assert_eq!(deployment.submit(&person(2, code))["action"], "Continue");
    assert_eq!(
        deployment.submit(&person(3, code))["action"],
        "ShowBlockPage",
        "the third of the domain"
    );

    let shown = deployment.command(&["invitations", "show", code]);
    assert!(shown.contains("2 of 3"), "{shown}");
    deployment.command(&["invitations", "revoke", code, "--yes"]);
    let elsewhere = person(4, code).to_string().replace("example.com", "elsewhere.example");
    assert_eq!(
        deployment.submit(&serde_json::from_str(&elsewhere).unwrap())["action"],
        "ValidationError"
    );
    let logs = deployment.logs_once(|logs| logs.matches("\"verdict\"").count() >= 6);
    assert!(!logs.contains(code) && !logs.contains("person1"), "{logs}");
}

#[test]
fn invitations_and_limits_behind_lambda() {
    invites_and_limits(Platform::Lambda(Caller::HttpApi), Store::DynamoDb);
}

#[test]
fn invitations_and_limits_behind_azure() {
    invites_and_limits(Platform::Azure, Store::DynamoDb);
}

#[test]
fn invitations_and_limits_on_a_plain_port() {
    invites_and_limits(Platform::Plain, Store::Sqlite);
}

/// What another system knows prefills the form, and its tier holds at the second step; when it is gone, the rule's
/// `on_failure` speaks.
#[test]
fn another_system_is_asked() {
    let server = ListServer::start(Answer::Text(
        r#"{"name": "Jane Roe", "customer": {"tier": "gold"}}"#.to_owned(),
    ));
    let policy = format!(
        r#"
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "continue"
[steps.pre-token-issuance]
otherwise = "continue"

[look_ups.name]
url = "{url}?who={{email}}"
headers = {{ Authorization = "Bearer {{secret.token}}" }}
secrets = {{ token = "env:CRM_TOKEN" }}
claims = {{ displayName = "/name" }}

[look_ups.tier]
url = "{url}?who={{email}}"
claims = {{ extension_Tier = "/customer/tier" }}

[[rules]]
name = "prefill"
step = "post-federation-signup"
look_up = "name"
on_failure = "continue"

[[rules]]
name = "tier"
step = "post-attribute-collection"
look_up = "tier"
"#,
        url = server.url()
    );
    let settings = [
        ("VESTIBULE_ALLOW_LOOPBACK", "yes".to_owned()),
        ("CRM_TOKEN", "crm-secret-7f".to_owned()),
    ];
    let deployment = Deployment::with_settings(Platform::Plain, Store::Sqlite, &policy, settings);
    assert_eq!(deployment.check(&person(1, ""))["displayName"], "Jane Roe");
    assert_eq!(deployment.submit(&person(1, ""))["extension_Tier"], "gold");
    let asked = server.requests();
    assert!(asked[0].contains("who=person1%40example.com"), "{asked:?}");
    assert!(
        asked[0].to_lowercase().contains("authorization: bearer crm-secret-7f"),
        "{asked:?}"
    );
    server.answers(Answer::status("503 Gone", "", "no"));
    assert_eq!(deployment.check(&person(2, ""))["action"], "Continue");
    assert_eq!(deployment.submit(&person(2, ""))["action"], "ShowBlockPage");
    let logs = deployment.logs_once(|logs| logs.contains("503"));
    assert!(
        logs.contains("503") && !logs.contains("crm-secret") && !logs.contains("person2"),
        "{logs}"
    );
}
