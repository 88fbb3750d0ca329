//! What people write into a form: it makes no rule fail, is not taken for what was proven, and an earlier result does not
//! stand for another policy.

use std::time::Duration;

use serde_json::json;

use crate::{
    house::{House, OPEN, action, person},
    provider::Provider,
};

fn rule(name: &str, what: &str) -> String {
    format!("[[rules]]\nname = \"{name}\"\nstep = \"post-attribute-collection\"\n{what}\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_result_that_passed_is_asked_for_again_where_the_policy_calls_it_a_failure() {
    let provider = Provider::answering(r#"{"status":"review"}"#).await;
    let policy = |pass: &str, fail: &str| {
        format!(
            "{OPEN}[checks.id]\nurl = \"{}\"\nmethod = \"POST\"\nbody = {{ n = \"{{displayName}}\" }}\noutcome = \"/status\"\n\
             pass = [{pass}]\nfail = [{fail}]\n{}",
            provider.url,
            rule("verified", "verify = \"id\"")
        )
    };
    let jane = person(1, json!({"displayName": "Jane"}));
    for house in House::on_both(&policy("\"ok\", \"review\"", "\"no\"")) {
        let before = provider.asked();
        assert_eq!(action(&house.submit(&jane).await), "Continue", "{}", house.name);
        house.clock.forward(Duration::from_secs(3600));
        assert_eq!(action(&house.submit(&jane).await), "Continue");
        assert_eq!(provider.asked(), before + 1);
        let house = house.reading(&policy("\"ok\"", "\"no\", \"review\""));
        assert_eq!(action(&house.submit(&jane).await), "ShowBlockPage");
        assert_eq!(provider.asked(), before + 2);
    }
}

#[tokio::test]
async fn the_address_that_was_proven_is_looked_up_and_not_the_one_in_the_form() {
    let provider = Provider::answering(r#"{"tier":"gold"}"#).await;
    let house = House::on_sqlite(&format!(
        "{OPEN}[look_ups.crm]\nurl = \"{}\"\nmethod = \"POST\"\nbody = {{ who = \"{{email}}\" }}\n\
         claims = {{ extension_Tier = \"/tier\" }}\n{}",
        provider.url,
        rule("tier", "when = { issuer = \"mail\" }\nlook_up = \"crm\"")
    ));
    let identity = json!({"signInType": "federated", "issuer": "mail", "issuerAssignedId": "eve@evil.test"});
    let body = json!({"email": "vip@customer.test", "identities": [identity]});
    assert_eq!(action(&house.submit(&body.to_string()).await), "Continue");
    assert_eq!(provider.bodies(), [r#"{"who":"eve@evil.test"}"#]);
}

#[tokio::test]
async fn a_long_name_does_not_get_past_a_check() {
    let provider = Provider::answering(r#"{"status":"no"}"#).await;
    let house = House::on_sqlite(&format!(
        "{OPEN}[checks.id]\nurl = \"{}c/{{displayName}}\"\noutcome = \"/status\"\npass = [\"ok\"]\nfail = [\"no\"]\n{}",
        provider.url,
        rule("verified", "verify = \"id\"\non_failure = \"continue\"")
    ));
    for name in ["Eve".to_owned(), "Eve".to_owned() + &"\u{200b}".repeat(8000)] {
        let eve = person(1, json!({"displayName": name}));
        assert_eq!(action(&house.submit(&eve).await), "ShowBlockPage");
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn a_code_of_nobody_does_not_get_past_an_invitation() {
    let house = House::on_sqlite(&format!(
        "{OPEN}{}",
        rule("invited", "invitation = \"extension_Code\"\non_failure = \"continue\"")
    ));
    let nobody = json!({"displayName": "x", "extension_Code": "garbage"}).to_string();
    assert_eq!(action(&house.submit(&nobody).await), "ValidationError");
    let somebody = person(1, json!({"extension_Code": "garbage"}));
    assert_eq!(action(&house.submit(&somebody).await), "ValidationError");
}
