//! Checks that are made once: when they are asked, what they are told apart by, and what their outcomes mean.

use std::sync::Arc;

use policy::outside::Check;
use store::CheckOutcome;

use crate::common::*;

const IDENTITY: &str = r#"
[checks.identity]
url = "https://id.example.com/verify"
method = "POST"
headers = { Authorization = "Bearer {secret.key}" }
secrets = { key = "env:ID_KEY" }
body = { name = "{displayName}", country = "{country}" }
outcome = "/result/status"
pass = ["approved", "1"]
refer = "review"
fail = ["declined"]
keep = "2 days"
"#;

const CAPTCHA: &str = r#"
[checks.human]
captcha = "turnstile"
secrets = { captcha = "env:CAPTCHA" }
token = "extension_Token"
hostname = ["Signup.example.com"]
"#;

const JANE: &str = r#"{"email":"jane@contoso.com","displayName":"Jane","country":"AT","extension_Token":"t0ken"}"#;

fn verifying(table: &str, rule_text: &str) -> Policy {
    policy(&format!("{table}{}", rule(rule_text)))
}

fn outcome_is(outcome: CheckOutcome) -> impl Fn(&Question) -> Result<Answer, String> {
    move |question| match question {
        Question::Check(_) => Ok(Answer::Checked(outcome)),
        _ => found(&[""]),
    }
}

fn check(policy: &Policy, body: &str) -> Arc<Check> {
    let (_, rounds) = asked(policy, &sign_up(body), outcome_is(CheckOutcome::Pass));
    let Some([Question::Check(check)]) = rounds.last().map(Vec::as_slice) else {
        panic!("{rounds:?}")
    };
    Arc::clone(check)
}

#[test]
fn pass_goes_on_fail_turns_away_and_refer_hands_over() {
    let policy = verifying(IDENTITY, "verify = \"identity\"");
    assert!(policy.holds() && policy.remembers(SECOND) && policy.asks_outside(SECOND) && policy.asks_controls(SECOND));
    for (came, outcome) in [
        (CheckOutcome::Pass, Outcome::Continue),
        (CheckOutcome::Refer, Outcome::Hold),
        (CheckOutcome::Fail, Outcome::Block(MessageName::NOT_VERIFIED)),
    ] {
        let (verdict, _) = asked(&policy, &sign_up(JANE), outcome_is(came));
        assert_eq!(verdict.outcome, outcome);
    }
    for failing in [
        asked(&policy, &sign_up(JANE), |_| Err("lost".to_owned())).0,
        policy.decide(&sign_up(JANE), NOW),
    ] {
        assert_eq!(failing.outcome, Outcome::Block(MessageName::FAILED));
    }
    let route = format!("{IDENTITY}[groups]\nhr = [\"rita\"]\n[routes.people]\nask = \"hr\"\n");
    let policy = verifying(
        &route,
        "verify = \"identity\"\nrefer = \"people\"\notherwise = \"ask-again\"",
    );
    let (verdict, _) = asked(&policy, &sign_up(JANE), outcome_is(CheckOutcome::Refer));
    assert_eq!(policy.held(&verdict).plan.stages[0].asked.key(), "group:hr");
    let (verdict, _) = asked(&policy, &sign_up(JANE), outcome_is(CheckOutcome::Fail));
    assert_eq!(verdict.outcome, CHECK_INPUT);
}

#[test]
fn what_a_reply_means_is_said_by_the_policy() {
    let check = check(&verifying(IDENTITY, "verify = \"identity\""), JANE);
    let means = |value: Value| check.meaning.of(&[Some(value)]);
    let text = |text: &str| means(Value::Text(text.to_owned()));
    assert_eq!(text("approved"), Some(CheckOutcome::Pass));
    assert_eq!(text(" APPROVED"), Some(CheckOutcome::Pass));
    assert_eq!(means(Value::Number("1".to_owned())), Some(CheckOutcome::Pass));
    assert_eq!(text("review"), Some(CheckOutcome::Refer));
    assert_eq!(text("declined"), Some(CheckOutcome::Fail));
    for nothing in [
        text("approve"),
        text(""),
        means(Value::Texts(vec!["approved".to_owned()])),
    ] {
        assert_eq!(nothing, None);
    }
    assert!(check.meaning.of(&[None]).is_none() && check.meaning.of(&[]).is_none());
}

#[test]
fn a_check_is_the_same_for_the_same_applicant_and_input_and_no_other() {
    let policy = verifying(IDENTITY, "verify = \"identity\"");
    let jane = check(&policy, JANE);
    assert_eq!(
        sent(&jane.call),
        "Post https://id.example.com/verify\nAuthorization: Bearer <env:ID_KEY>\n{\"country\":\"AT\",\"name\":\"Jane\"}"
    );
    assert!(jane.call.idempotency_key.is_some());
    assert_eq!(
        (jane.keep.as_secs(), jane.call.retries, jane.call.cache),
        (172_800, false, None)
    );
    assert_eq!(
        check(&policy, &JANE.replace("t0ken", "other")).key,
        jane.key,
        "not an input"
    );
    assert_ne!(check(&policy, &JANE.replace("Jane", "Joan")).key, jane.key);
    assert_ne!(check(&policy, &JANE.replace("jane@", "joan@")).key, jane.key);
    let other_secret = verifying(&IDENTITY.replace("env:ID_KEY", "env:OTHER"), "verify = \"identity\"");
    assert_eq!(check(&other_secret, JANE).key, jane.key);
    let other_name = verifying(
        &IDENTITY.replace("checks.identity", "checks.other"),
        "verify = \"other\"",
    );
    assert_ne!(check(&other_name, JANE).key, jane.key);
    assert!(!format!("{jane:?}").contains("Jane"));
}

#[test]
fn a_result_is_none_under_a_policy_by_which_it_means_something_else() {
    let differs = |table: &str, name: &str, changes: &[(&str, &str)]| {
        let verify = format!("verify = \"{name}\"");
        let one = check(&verifying(table, &verify), JANE);
        for (old, new) in changes {
            assert!(table.contains(old), "{old}");
            let other = check(&verifying(&table.replace(old, new), &verify), JANE);
            assert_ne!(one.key, other.key, "{new}");
            assert_eq!(one.call.idempotency_key, other.call.idempotency_key, "{new}");
        }
    };
    let changes = [
        ("[\"approved\", \"1\"]", "[\"approved\"]"),
        ("refer = \"review\"\n", ""),
        ("refer = \"review\"", "refer = [\"review\", \"check\"]"),
        ("[\"declined\"]", "[\"declined\", \"fraud\"]"),
        // The same texts, and another meaning.
        (
            "[\"approved\", \"1\"]\nrefer = \"review\"",
            "[\"approved\"]\nrefer = [\"1\", \"review\"]",
        ),
        ("/result/status", "/status"),
    ];
    differs(IDENTITY, "identity", &changes);
    let v3 = CAPTCHA.replace("turnstile", "recaptcha") + "score = 0.5\naction = \"signup\"\n";
    let changes = [
        ("score = 0.5", "score = 0.7"),
        ("score = 0.5\n", ""),
        ("\"signup\"", "\"login\""),
        ("[\"Signup.example.com\"]", "[\"other.example.com\"]"),
    ];
    differs(&v3, "human", &changes);
}

#[test]
fn a_check_is_not_asked_before_every_earlier_rule_has_its_answer() {
    let crm = "[look_ups.crm]\nurl = \"https://crm.example\"\nclaims = { extension_Tier = \"/t\" }\n[lists]\nbad = { stored = \"values\" }\n";
    let rules = [
        named("crm", "look_up = \"crm\""),
        named("bad", "deny = { claim = \"city\", values = \"bad\" }"),
        named("few", "limit = { by = \"all\", at_most = 1, within = \"1 day\" }"),
        named("v", "verify = \"identity\""),
        named("crm again", "look_up = \"crm\""),
    ];
    let file = format!("{IDENTITY}{crm}{}", STEPS);
    let policy = Policy::parse(&format!("{file}{}", rules.concat())).unwrap();
    let body = JANE.replacen('{', r#"{"city":"x","#, 1);
    let kinds = |count: u64| {
        let answer = move |question: &Question| match question {
            Question::Check(_) => Ok(Answer::Checked(CheckOutcome::Pass)),
            Question::Tally(_) => Ok(Answer::Tally(count)),
            Question::Listed(_) => Ok(Answer::Listed(store::Listed::No)),
            _ => found(&[""]),
        };
        let (verdict, rounds) = asked(&policy, &sign_up(&body), answer);
        let kind = |question: &Question| match question {
            Question::Check(_) => 'c',
            Question::Tally(_) => 't',
            Question::Listed(_) => 'l',
            _ => 'u',
        };
        let rounds: Vec<String> = rounds.iter().map(|round| round.iter().map(kind).collect()).collect();
        (rounds.join(" "), verdict.outcome)
    };
    assert_eq!(kinds(0), ("ult c".to_owned(), Outcome::Continue));
    // Whoever is turned away before costs nothing.
    assert_eq!(kinds(1), ("ult".to_owned(), Outcome::Block(MessageName::LATER)));
}

#[test]
fn without_an_applicant_nothing_is_checked() {
    let body = r#"{"displayName":"Jane","country":"AT","extension_Token":"t"}"#;
    for (table, name, outcome) in [
        (IDENTITY, "identity", Outcome::Block(MessageName::NOT_VERIFIED)),
        (CAPTCHA, "human", ROBOT),
    ] {
        let policy = verifying(table, &format!("verify = \"{name}\""));
        let (verdict, rounds) = asked(&policy, &sign_up(body), outcome_is(CheckOutcome::Pass));
        assert!(rounds.is_empty());
        assert_eq!((verdict.outcome, verdict.failure), (outcome, None));
    }
}

#[test]
fn a_path_without_its_claim_checks_nobody() {
    let table = IDENTITY.replace("/verify", "/verify/{city}");
    let policy = verifying(&table, "verify = \"identity\"");
    let (verdict, rounds) = asked(&policy, &sign_up(JANE), outcome_is(CheckOutcome::Pass));
    assert!(rounds.is_empty());
    assert_eq!(verdict.outcome, Outcome::Block(MessageName::NOT_VERIFIED));
}

const ROBOT: Outcome = Outcome::AskAgain(MessageName::NOT_A_ROBOT);

#[test]
fn a_token_is_asked_about_where_its_service_is_and_goes_out_as_nothing() {
    for (service, url) in [
        ("turnstile", "https://challenges.cloudflare.com/turnstile/v0/siteverify"),
        ("hcaptcha", "https://api.hcaptcha.com/siteverify"),
        ("recaptcha", "https://www.google.com/recaptcha/api/siteverify"),
    ] {
        let policy = verifying(&CAPTCHA.replace("turnstile", service), "verify = \"human\"");
        assert!(!policy.holds());
        let asked_about = check(&policy, JANE);
        assert_eq!(
            sent(&asked_about.call),
            format!("Post {url}\nsecret=<env:CAPTCHA>\nresponse=t0ken")
        );
        assert!(!asked_about.call.retries);
        for (came, outcome) in [(CheckOutcome::Pass, Outcome::Continue), (CheckOutcome::Fail, ROBOT)] {
            let (verdict, _) = asked(&policy, &sign_up(JANE), outcome_is(came));
            assert_eq!(verdict.outcome, outcome);
            assert_eq!(
                reply_claims(&verdict),
                [("extension_Token".to_owned(), "\"\"".to_owned())]
            );
            assert!(verdict.received.at_key("extension_Token").is_none());
        }
    }
    let elsewhere = format!("{CAPTCHA}url = \"http://127.0.0.1:8080/verify\"\n");
    let asked_about = check(&verifying(&elsewhere, "verify = \"human\""), JANE);
    assert_eq!(asked_about.call.url, "http://127.0.0.1:8080/verify");
    for nothing in ["", " "] {
        let policy = verifying(CAPTCHA, "verify = \"human\"");
        let (verdict, rounds) = asked(&policy, &sign_up(&JANE.replace("t0ken", nothing)), |_| panic!("asked"));
        assert!(rounds.is_empty() && verdict.outcome == ROBOT);
    }
}

/// What a service says of a token, as its JSON.
fn said(table: &str, json: &str) -> Option<CheckOutcome> {
    let check = check(&verifying(table, "verify = \"human\""), JANE);
    let values = claims::at_pointers(json, &check.call.pointers).unwrap();
    check.meaning.of(&values)
}

#[test]
fn a_token_passes_if_the_service_says_so_and_it_was_solved_here() {
    let anywhere = CAPTCHA.replace("hostname = [\"Signup.example.com\"]\n", "");
    let v3 = format!(
        "{}score = 0.5\naction = \"signup\"\n",
        anywhere.replace("turnstile", "recaptcha")
    );
    let (pass, fail) = (Some(CheckOutcome::Pass), Some(CheckOutcome::Fail));
    let score = |score: &str| format!(r#"{{"success":true,"score":{score},"action":"signup"}}"#);
    for (table, json, wanted) in [
        (&anywhere, r#"{"success":true}"#.to_owned(), pass),
        (
            &anywhere,
            r#"{"success":false,"error-codes":["invalid-input-response"]}"#.to_owned(),
            fail,
        ),
        (
            &anywhere,
            r#"{"success":false,"error-codes":["timeout-or-duplicate"]}"#.to_owned(),
            fail,
        ),
        (&anywhere, r#"{"success":false}"#.to_owned(), fail),
        // What is our own fault says nothing of the person.
        (
            &anywhere,
            r#"{"success":false,"error-codes":["invalid-input-secret"]}"#.to_owned(),
            None,
        ),
        (
            &anywhere,
            r#"{"success":false,"error-codes":["internal-error"]}"#.to_owned(),
            None,
        ),
        (&anywhere, r#"{"success":"true"}"#.to_owned(), None),
        (&anywhere, "{}".to_owned(), None),
        (
            &CAPTCHA.to_owned(),
            r#"{"success":true,"hostname":"signup.example.com"}"#.to_owned(),
            pass,
        ),
        (
            &CAPTCHA.to_owned(),
            r#"{"success":true,"hostname":"evil.example"}"#.to_owned(),
            fail,
        ),
        (&CAPTCHA.to_owned(), r#"{"success":true}"#.to_owned(), fail),
        (&v3, score("0.5"), pass),
        (&v3, score("0.49"), fail),
        (&v3, score("null"), fail),
        (&v3, r#"{"success":true,"score":0.9}"#.to_owned(), fail),
        (&v3, r#"{"success":true,"score":0.9,"action":"login"}"#.to_owned(), fail),
    ] {
        assert_eq!(said(table, &json), wanted, "{json}");
    }
}

#[test]
fn a_rule_that_observes_makes_no_check() {
    for (table, name) in [(IDENTITY, "identity"), (CAPTCHA, "human")] {
        let policy = verifying(table, &format!("mode = \"observe\"\nverify = \"{name}\""));
        assert!(!policy.asks_outside(SECOND) && !policy.asks_controls(SECOND) && !policy.remembers(SECOND));
        let (verdict, rounds) = asked(&policy, &sign_up(JANE), |_| panic!("asked"));
        assert!(rounds.is_empty());
        assert_eq!(verdict.observed[0].would, "verify");
        let dropped = reply_claims(&verdict);
        let token = ("extension_Token".to_owned(), "\"\"".to_owned());
        assert_eq!(dropped.contains(&token), name == "human", "a token that is still good");
        assert_eq!(dropped.len(), usize::from(name == "human"));
    }
}

#[test]
fn whoever_waits_is_not_checked_again() {
    let rules = format!(
        "{}{}",
        rule("verify = \"human\""),
        named("t", "require = { claim = \"extension_Token\" }\notherwise = \"block\"")
    );
    let policy = policy(&format!("{CAPTCHA}{rules}"));
    assert_eq!(policy.recheck().passed_over(), ["r", "t"]);
}
