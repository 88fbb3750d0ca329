//! Who came with an address that an issuer vouches for is asked about by that, whatever they write into a form.

use crate::common::*;

const TABLES: &str = r#"
[look_ups.crm]
url = "https://crm.example/{email}?again={email}"
method = "POST"
headers = { X-Mail = "{email}" }
body = { text = "to {email}", mail = "{email}" }
claims = { extension_Tier = "/tier" }
[look_ups.known]
item = "customers"
key = "{email}"
claims = { companyName = "/name" }
[checks.identity]
url = "https://id.example/"
method = "POST"
body = { mail = "{email}" }
outcome = "/status"
pass = ["ok"]
fail = ["no"]
"#;

/// Eve, who proved an address of hers and writes somebody else's.
fn eve(issuer: &str, sign_in_type: &str) -> String {
    format!(
        r#"{{"email":"vip@customer.example","identities":[{{"signInType":"{sign_in_type}","issuer":"{issuer}","issuerAssignedId":"eve@evil.example"}},
        {{"signInType":"federated","issuer":"mail","issuerAssignedId":"other@evil.example"}}]}}"#
    )
}

/// All that is asked about somebody.
fn asked_about(body: &str) -> String {
    let rules = [
        named("crm", "look_up = \"crm\""),
        named("known", "look_up = \"known\""),
        named("v", "verify = \"identity\""),
    ];
    let policy = policy(&format!("{TABLES}{}", rules.concat()));
    let (_, rounds) = asked(&policy, &sign_up(body), |question| match question {
        Question::Check(_) => Ok(Answer::Checked(store::CheckOutcome::Pass)),
        _ => found(&[""]),
    });
    let text = |question: &Question| match question {
        Question::Item(item) => format!("item {}", item.key),
        other => sent(call(other)),
    };
    rounds.iter().flatten().map(text).collect::<Vec<_>>().join("\n")
}

#[test]
fn look_ups_and_checks_are_about_the_address_that_was_proven() {
    let said = |address: &str, encoded: &str| {
        format!(
            "Post https://crm.example/{encoded}?again={encoded}\nX-Mail: {address}\n{{\"mail\":\"{address}\",\"text\":\"to {address}\"}}\n\
             item {}\nPost https://id.example/\n{{\"mail\":\"{address}\"}}",
            store::item_key(address)
        )
    };
    let proven = said("eve@evil.example", "eve%40evil.example");
    assert_eq!(asked_about(&eve("mail", "federated")), proven);
    assert_eq!(asked_about(&eve("contoso.onmicrosoft.com", "emailAddress")), proven);
    // Google's id is no address, and that of an identity which does not make the key proves nothing.
    let claim = said("vip@customer.example", "vip%40customer.example");
    assert_eq!(asked_about(&eve("google.com", "federated")), claim);
}

#[test]
fn a_template_shows_the_claim_and_an_explanation_what_was_asked_about() {
    let rules = named("crm", "look_up = \"crm\"") + &named("set", "set = { claim = \"city\", template = \"{email}\" }");
    let policy = policy(&format!("{TABLES}{rules}"));
    let body = eve("mail", "federated");
    let (verdict, _) = asked(&policy, &sign_up(&body), |_| found(&["gold"]));
    assert_eq!(
        verdict.changes.get("city").map(Value::to_json).as_deref(),
        Some("\"vip@customer.example\"")
    );
    let seen = explained(&policy, &sign_up(&body));
    assert_eq!(seen[0].saw[0].text.as_deref(), Some("eve@evil.example"));
}
