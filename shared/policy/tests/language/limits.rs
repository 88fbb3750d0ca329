//! How many may sign up in a time.

use std::time::Duration;

use store::Tally;

use crate::common::*;

const LATER: Outcome = Outcome::Block(MessageName::LATER);

fn limited(limit: &str) -> Policy {
    policy(&named(
        "few",
        &format!("limit = {{ {limit}, at_most = 3, within = \"1 hour\" }}"),
    ))
}

fn tallied(count: u64) -> impl Fn(&Question) -> Result<Answer, String> {
    move |question| match question {
        Question::Tally(_) => Ok(Answer::Tally(count)),
        other => panic!("{other:?}"),
    }
}

/// What a call counts as.
fn counts_as(policy: &Policy, body: &str) -> Tally {
    let (verdict, rounds) = asked(policy, &sign_up(body), tallied(0));
    assert_eq!(rounds.len(), 1);
    let [Question::Tally(tally)] = rounds[0].as_slice() else {
        panic!("{rounds:?}")
    };
    assert_eq!(verdict.counts, std::slice::from_ref(tally));
    assert_eq!(verdict.outcome, Outcome::Continue);
    tally.clone()
}

#[test]
fn so_many_go_on_and_no_more() {
    let policy = limited("by = \"all\"");
    assert!(policy.remembers(SECOND) && policy.asks_controls(SECOND) && !policy.asks_outside(SECOND));
    for (count, outcome) in [(0, Outcome::Continue), (2, Outcome::Continue), (3, LATER), (4, LATER)] {
        let (verdict, _) = asked(&policy, &sign_up("{}"), tallied(count));
        assert_eq!(verdict.outcome, outcome, "{count}");
    }
    let unasked = policy.decide(&sign_up("{}"), NOW);
    assert_eq!(unasked.outcome, Outcome::Block(MessageName::FAILED));
    assert!(unasked.counts.is_empty());
    let told = policy.message(&MessageName::LATER, &Locales::parse("en"), &Claims::default());
    assert!(told.as_str().contains("later"));
}

#[test]
fn windows_begin_at_multiples_of_their_length() {
    let tally = counts_as(&limited("by = \"all\""), "{}");
    assert_eq!((tally.begins, tally.ends), (NOW, NOW.plus(Duration::from_secs(3600))));
}

#[test]
fn people_are_counted_by_what_the_rule_says_and_by_its_name() {
    let google = |email: &str, id: &str| {
        format!(r#"{{"email":"{email}","identities":[{{"issuer":"google.com","issuerAssignedId":"{id}"}}]}}"#)
    };
    let passcode = |email: &str, id: &str| {
        format!(r#"{{"email":"{email}","identities":[{{"issuer":"mail","issuerAssignedId":"{id}"}}]}}"#)
    };
    let at = |client: &str| format!(r#"{{"ipAddress":"{client}"}}"#);
    let cases = [
        ("all", google("a@x.example", "1"), google("b@y.example", "2"), true),
        ("domain", google("a@x.example", "1"), google(" B@X.example", "2"), true),
        ("domain", google("a@x.example", "1"), google("a@y.example", "1"), false),
        (
            "domain",
            google("a@x.example", "1"),
            google("a@sub.x.example", "1"),
            false,
        ),
        ("address", google("a@x.example", "1"), google("A@x.example", "2"), true),
        ("address", google("a@x.example", "1"), google("b@x.example", "1"), false),
        // The address that was proved counts, not what else somebody writes.
        (
            "address",
            passcode("a@x.example", "p@x.example"),
            passcode("b@y.example", "p@x.example"),
            true,
        ),
        (
            "domain",
            passcode("a@x.example", "p@y.example"),
            google("b@y.example", "1"),
            true,
        ),
        ("client", at("192.0.2.1"), at("::ffff:192.0.2.1"), true),
        ("client", at("192.0.2.1"), at("192.0.2.2"), false),
        ("client", at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff::"), true),
        ("client", at("2001:db8:1:2::1"), at("2001:db8:1:3::1"), false),
    ];
    for (by, one, other, same) in cases {
        let policy = limited(&format!("by = \"{by}\""));
        let (one, other) = (counts_as(&policy, &one), counts_as(&policy, &other));
        assert_eq!(one == other, same, "{by}");
    }
    let limit = "limit = { by = \"all\", at_most = 3, within = \"1 hour\" }";
    assert_ne!(
        counts_as(&policy(&named("a", limit)), "{}").what,
        counts_as(&policy(&named("b", limit)), "{}").what
    );
}

#[test]
fn whoever_cannot_be_counted_fails() {
    for (by, body) in [
        ("domain", "{}"),
        ("address", r#"{"email":"a@b@c.example"}"#),
        ("client", r#"{"email":"a@b.example"}"#),
        ("client", r#"{"ipAddress":"nowhere"}"#),
    ] {
        let policy = limited(&format!("by = \"{by}\""));
        let (verdict, rounds) = asked(&policy, &sign_up(body), tallied(0));
        assert!(rounds.is_empty() && verdict.counts.is_empty(), "{by}");
        assert_eq!(verdict.outcome, Outcome::Block(MessageName::FAILED), "{by}");
        assert!(verdict.failure.unwrap().contains(by));
    }
    let policy = limited("by = \"all\"");
    let (verdict, _) = asked(&policy, &sign_up("{}"), |_| Err("down".to_owned()));
    assert_eq!(verdict.outcome, Outcome::Block(MessageName::FAILED));
}

#[test]
fn a_limit_can_hand_over_to_reviewers_and_then_still_counts() {
    let hold = "limit = { by = \"domain\", at_most = 3, within = \"1 day\" }\notherwise = \"hold\"";
    let policy = policy(&named("few", hold));
    assert!(policy.holds());
    let body = from("a@x.example");
    let (verdict, _) = asked(&policy, &sign_up(&body), tallied(3));
    assert_eq!((&verdict.outcome, verdict.counts.len()), (&Outcome::Hold, 1));
    assert_eq!(policy.recheck().passed_over(), ["few"]);
    let seen = explained(&policy, &sign_up(&body));
    assert_eq!(seen[0].did, "fails: what it asks gives no answer");
}

#[test]
fn a_limit_that_does_not_apply_counts_nobody() {
    let limit =
        "when = { claim = \"country\", is = \"AT\" }\nlimit = { by = \"all\", at_most = 1, within = \"1 day\" }";
    let policy = policy(&named("few", limit));
    let (verdict, rounds) = asked(&policy, &sign_up("{}"), tallied(0));
    assert!(rounds.is_empty() && verdict.counts.is_empty());
}
