//! Asking once more about sign-ups that are over.

use policy::Rechecked;

use crate::common::{NOW, Outcome, Policy, SECOND, SignUp, Timestamp, named, parse, policy};
use policy::Facts;

/// Held when it came, and asked about once more so many days later.
fn again<'p>(policy: &'p Policy, body: &str, days: i64) -> Rechecked<'p> {
    let sign_up = parse(SECOND, body.as_bytes()).unwrap();
    let then = policy.ask(&sign_up, NOW, &Facts::none()).unwrap();
    assert!(matches!(then.outcome, Outcome::Hold), "{:?}", then.outcome);
    let kept = SignUp::kept(SECOND, then.received.clone(), sign_up.identities, sign_up.locales, None);
    let now = Timestamp::from_millis(NOW.as_millis() + days * 86_400_000);
    policy.recheck().ask(&kept, now, &Facts::none()).unwrap()
}

fn holding(rules: &str) -> Policy {
    policy(&format!("{}{rules}", named("hold", "hold = true")))
}

#[test]
fn a_day_that_was_far_enough_from_today_turns_nobody_away_later() {
    let body = r#"{"email":"j@x.example","extension_Start":"2026-11-24"}"#;
    for what in [
        "require = { claim = \"extension_Start\", not_before = \"today\" }\notherwise = \"block\"",
        "when = { not = { claim = \"extension_Start\", not_before = \"today\" } }\nblock = true",
        "when = { claim = \"extension_Start\", not_after = \"1 day ago\" }\nblock = true",
        "hold = { deny_when = { claim = \"extension_Start\", not_after = \"1 day ago\" } }",
    ] {
        let policy = holding(&named("starts soon", what));
        assert_eq!(policy.recheck().passed_over(), ["starts soon"], "{what}");
        assert_eq!(again(&policy, body, 5), Rechecked::Waits, "{what}");
    }
    let fixed = "require = { claim = \"extension_Start\", not_before = \"2026-11-24\" }\notherwise = \"block\"";
    assert!(holding(&named("starts", fixed)).recheck().passed_over().is_empty());
}

#[test]
fn what_is_normalised_by_a_dropped_claim_turns_nobody_away() {
    let normalise = "normalise = { claims = [\"extension_Mobile\"], with = [\"phone-e164\"], \
                     country = { claim = \"extension_Home\" } }";
    let phone = "require = { claim = \"extension_Mobile\", phone = true }\notherwise = \"block\"";
    let rules = [
        named("normal", normalise),
        named("no home", "drop = [\"extension_Home\"]"),
        named("phone", phone),
    ];
    let body = r#"{"email":"j@x.example","extension_Mobile":"0664 1234567","extension_Home":"AT"}"#;
    let policy = holding(&rules.concat());
    assert_eq!(policy.recheck().passed_over(), ["phone"]);
    assert_eq!(again(&policy, body, 0), Rechecked::Waits);
    let kept = holding(&[&*rules[0], &*rules[2]].concat());
    assert!(kept.recheck().passed_over().is_empty());
}

#[test]
fn what_the_policy_of_that_time_dropped_turns_nobody_away() {
    const APP: &str = "0123456789abcdef0123456789abcdef";
    let token = |claim: &str| {
        let require = format!("require = {{ claim = \"{claim}\" }}\notherwise = \"block\"");
        holding(&named("a token", &require))
    };
    let (any, exact) = (token("extension_Token"), token(&format!("extension_{APP}_Token")));
    let sent = format!("extension_{APP}_Token");
    for policy in [&any, &exact] {
        let recheck = policy.recheck();
        assert!(recheck.passed_over().is_empty());
        for key in [&*sent, "extension_Token"] {
            assert_eq!(recheck.without(&[key.to_owned()]).passed_over(), ["a token"]);
        }
        assert!(
            recheck
                .without(&["extension_Other".to_owned()])
                .passed_over()
                .is_empty()
        );
    }
}

#[test]
fn a_claim_that_is_dropped_for_one_app_is_not_kept_for_any() {
    let exact = "extension_0123456789abcdef0123456789abcdef_Token";
    let require = format!("require = {{ claim = \"{exact}\" }}\notherwise = \"block\"");
    let rules = [
        named("no token", "drop = [\"extension_Token\"]"),
        named("a token", &require),
    ];
    assert_eq!(policy(&rules.concat()).recheck().passed_over(), ["a token"]);
}
