//! Nobody makes a rule fail by what they send: where failures are let past, that would be a way around the rule.

use crate::common::*;

/// A check or look-up at the second step, with a rule that lets failures past.
fn let_past(table: &str, what: &str) -> Policy {
    policy(&format!(
        "{table}{}",
        rule(&format!("{what}\non_failure = \"continue\""))
    ))
}

const HUMAN: &str = r#"
[checks.human]
captcha = "hcaptcha"
secrets = { captcha = "env:CAPTCHA" }
token = "extension_Token"
"#;

#[test]
fn the_token_of_another_site_does_not_pass() {
    let policy = let_past(HUMAN, "verify = \"human\"");
    let body = r#"{"email":"jane@contoso.com","extension_Token":"t"}"#;
    for code in ["sitekey-secret-mismatch", "not-using-dummy-passcode"] {
        let reply = format!(r#"{{"success":false,"error-codes":["{code}"]}}"#);
        let says = |question: &Question| match question {
            Question::Check(check) => {
                let values = claims::at_pointers(&reply, &check.call.pointers).unwrap();
                let outcome = check.meaning.of(&values).ok_or("none")?;
                Ok(Answer::Checked(outcome))
            }
            other => panic!("{other:?}"),
        };
        let (verdict, _) = asked(&policy, &sign_up(body), says);
        assert_eq!(verdict.outcome, Outcome::AskAgain(MessageName::NOT_A_ROBOT), "{code}");
        assert_eq!(verdict.failure, None);
    }
}

const IDENTITY: &str = r#"
[checks.identity]
url = "https://id.example/{city}?n={state}"
method = "POST"
headers = { X-Name = "{displayName}" }
body = { name = "{givenName}", all = "{extension_A}" }
outcome = "/status"
pass = ["ok"]
fail = ["no"]
"#;

const CRM: &str = r#"
[look_ups.crm]
url = "https://crm.example/{city}?n={state}"
method = "POST"
headers = { X-Name = "{displayName}" }
body = { name = "{givenName}", all = "{extension_A}" }
claims = { extension_Tier = "/tier" }
"#;

/// Somebody with this in the place of some claims.
fn jane(claims: &[(&str, &str)]) -> String {
    let mut members = vec![
        ("email", "\"jane@contoso.com\""),
        ("city", "\"Linz\""),
        ("extension_Tier", "\"typed\""),
    ];
    members.retain(|(key, _)| !claims.iter().any(|(other, _)| other == key));
    members.extend(claims.iter().filter(|(_, value)| !value.is_empty()));
    let members: Vec<_> = members
        .iter()
        .map(|(key, value)| format!("\"{key}\":{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// What has no place in a call, each as JSON.
fn what_does_not_fit() -> Vec<String> {
    let long = format!("\"{}\"", "x".repeat(2049));
    let wide = format!("\"{}\"", "é".repeat(1024));
    let many = format!("[{}]", vec!["\"0123456789\""; 200].join(","));
    let object = format!("{{\"a\":{long}}}");
    vec![
        jane(&[("city", "\"..\"")]),
        jane(&[("city", "")]),
        jane(&[("city", &long)]),
        jane(&[("state", &long)]),
        jane(&[("displayName", &long)]),
        jane(&[("displayName", "\"Jane\\r\\nCookie: a\"")]),
        jane(&[("givenName", &long)]),
        jane(&[("extension_A", &many)]),
        jane(&[("extension_A", &object)]),
        // Each fits; percent-encoded they make an address of more than 8 KiB.
        jane(&[("city", &wide), ("state", &wide)]),
    ]
}

#[test]
fn what_has_no_place_in_a_check_fails_it() {
    let policy = let_past(IDENTITY, "verify = \"identity\"");
    let pass = |_: &Question| Ok(Answer::Checked(store::CheckOutcome::Pass));
    for body in what_does_not_fit() {
        let (verdict, rounds) = asked(&policy, &sign_up(&body), pass);
        assert!(rounds.is_empty(), "{body}");
        assert_eq!(verdict.outcome, Outcome::Block(MessageName::NOT_VERIFIED), "{body}");
    }
    let fits = format!("\"{}\"", "x".repeat(2048));
    let body = jane(&[("city", &fits), ("displayName", &fits), ("givenName", &fits)]);
    let (verdict, rounds) = asked(&policy, &sign_up(&body), pass);
    assert_eq!((rounds.len(), verdict.outcome), (1, Outcome::Continue));
}

#[test]
fn what_has_no_place_in_a_look_up_finds_nothing() {
    let policy = policy(&format!("{CRM}{}", rule("look_up = \"crm\"\non_failure = \"block\"")));
    for body in what_does_not_fit() {
        let (verdict, rounds) = asked(&policy, &sign_up(&body), |_| found(&["gold"]));
        assert!(rounds.is_empty(), "{body}");
        assert_eq!((verdict.outcome.clone(), &verdict.failure), (Outcome::Continue, &None));
        assert_eq!(
            reply_claims(&verdict),
            [("extension_Tier".to_owned(), "\"\"".to_owned())]
        );
    }
}

#[test]
fn a_token_is_longer_than_other_claims() {
    let policy = let_past(HUMAN, "verify = \"human\"");
    let rounds = |bytes: usize| {
        let token = format!("\"{}\"", "t".repeat(bytes));
        let body = jane(&[("extension_Token", &token)]);
        let pass = |_: &Question| Ok(Answer::Checked(store::CheckOutcome::Pass));
        let (verdict, rounds) = asked(&policy, &sign_up(&body), pass);
        assert_eq!(verdict.outcome == Outcome::Continue, !rounds.is_empty());
        rounds.len()
    };
    assert_eq!((rounds(8192), rounds(8193)), (1, 0));
}

#[test]
fn a_code_of_nobody_does_not_let_past() {
    let policy = let_past("", "invitation = \"extension_Code\"");
    for code in ["garbage", "01234-56789-ABCDE-FGHJK"] {
        let body = body(&[("displayName", "x"), ("extension_Code", code)]);
        let (verdict, rounds) = asked(&policy, &sign_up(&body), |_| Err("asked".to_owned()));
        assert!(rounds.is_empty());
        assert_eq!(verdict.outcome, Outcome::AskAgain(MessageName::INVITATION));
    }
}

#[test]
fn many_texts_for_a_list_do_not_keep_a_check_from_being_made() {
    let list = "[lists]\nbad = { stored = \"values\" }\n";
    let deny = named(
        "bad",
        "deny = { claim = \"extension_A\", values = \"bad\" }\non_failure = \"continue\"",
    );
    let policy = policy(&format!(
        "{IDENTITY}{list}{deny}{}",
        rule("verify = \"identity\"\non_failure = \"continue\"")
    ));
    let texts: Vec<_> = (0..250).map(|n| format!("\"{n}\"")).collect();
    let body = jane(&[("extension_A", &format!("[{}]", texts.join(",")))]);
    let answer = |question: &Question| match question {
        Question::Check(_) => Ok(Answer::Checked(store::CheckOutcome::Fail)),
        _ => Ok(Answer::Listed(store::Listed::No)),
    };
    let (verdict, _) = asked(&policy, &sign_up(&body), answer);
    assert_eq!(verdict.outcome, Outcome::Block(MessageName::NOT_VERIFIED));
}

#[test]
fn a_check_or_an_invitation_that_lets_failures_past_is_warned_about() {
    let told = |what: &str| {
        let policy = policy(&format!("{HUMAN}{}", rule(what)));
        policy.warnings().iter().map(ToString::to_string).collect::<String>()
    };
    for what in ["verify = \"human\"", "invitation = \"extension_Code\""] {
        let past = format!("{what}\non_failure = \"continue\"");
        let said = told(&past);
        assert!(said.contains("whoever makes it fail gets past it") && said.contains("[passes-on-failure]"));
        assert!(!told(&format!("{past}\naccept_warnings = [\"passes-on-failure\"]")).contains("makes it fail"));
        assert!(!told(what).contains("makes it fail"));
        assert!(!told(&format!("{what}\non_failure = \"hold\"")).contains("makes it fail"));
    }
}
