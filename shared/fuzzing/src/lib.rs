//! What must hold for any policy file and any body: a function of bytes for each, which panics where it does not hold.
//!
//! `make fuzz` hands them to libFuzzer, `cargo test` a few thousand mutated seeds, so that they cannot rot.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is what these functions find")]

mod legal;
mod others;
pub mod seeds;

use std::{str, sync::LazyLock};

use claims::{ApplicantKey, CallKey, SignUp, Step, parse};
use policy::{Facts, Policy, outside::Question};
use store::Timestamp;

use crate::others::Mood;

/// 2026-11-23, a Monday, at 10:00 UTC.
const NOW: Timestamp = Timestamp::from_millis(1_795_428_000_000);

/// Reading a policy never panics. One that is refused says where and why; one that can be read answers every call of
/// each step with what that step can express, and is explained as it decides.
pub fn policy_file(bytes: &[u8]) {
    // A file that is not UTF-8 is refused before it is parsed.
    let Ok(text) = str::from_utf8(bytes) else { return };
    match Policy::parse(text) {
        Ok(policy) => {
            policy.warnings().iter().for_each(|warning| drop(warning.to_string()));
            for step in Step::ALL.into_iter().filter(|step| policy.serves(*step)) {
                BODIES
                    .iter()
                    .for_each(|body| answer(&policy, &parse(step, body.as_bytes()).unwrap()));
            }
        }
        Err(mistakes) => {
            assert!(
                mistakes
                    .iter()
                    .all(|mistake| mistake.line <= text.matches('\n').count() + 1)
            );
            assert!(!mistakes.to_string().is_empty());
        }
    }
}

/// Any bytes are a body, at each step: they are refused with a reason, or answered.
pub fn body(bytes: &[u8]) {
    for step in Step::ALL {
        match parse(step, bytes) {
            Ok(sign_up) => {
                assert_eq!(CallKey::of(&sign_up), CallKey::of(&parse(step, bytes).unwrap()));
                let _: Option<ApplicantKey> = ApplicantKey::of(&sign_up);
                POLICIES.iter().for_each(|policy| answer(policy, &sign_up));
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// The policy that `make run` uses, and one that says everything that a policy can say.
static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let read = |text| Policy::parse(text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    [seeds::POLICY, seeds::EVERYTHING].map(read).into()
});

/// People as the service sends them: nobody, a partner, a stranger with a claim of every type, somebody with two addresses,
/// and one whose address is none.
const BODIES: [&str; 5] = [
    "{}",
    r#"{"email":"jane@contoso.com","identities":[{"signInType":"federated","issuer":"mail","issuerAssignedId":"jane@contoso.com"}],
        "displayName":"Jane Roe","country":"Germany","ui_locales":"de-AT"}"#,
    r#"{"email":"Ümit@BÜCHER.example","identities":[{"signInType":"federated","issuer":"google.com","issuerAssignedId":"1045"}],
        "displayName":"ÜMIT  ROE","lastName":"ROE","country":"AT","city":["Wien","Graz"],"postalCode":"1010","state":{"a":[1]},
        "phoneNumber":"0664 123456","jobTitle":true,"extension_Seats":42,"extension_DateOfBirth":"2001-02-28",
        "ipAddress":"192.0.2.7","ui_locales":"en-US"}"#,
    r#"{"client_id":"93fd07aa-333c-409d-955d-96008fd08dd9","email":"a@contoso.com","objectId":"6af4",
        "identities":[{"signInType":"emailAddress","issuer":"contoso.onmicrosoft.com","issuerAssignedId":"b@evil.example"}]}"#,
    r#"{"email":"a@contoso.com@evil.example","displayName":" "}"#,
];

/// A sign-up is answered by a policy, whatever those say whom it asks, and explained as it is decided.
fn answer(policy: &Policy, sign_up: &SignUp) {
    let decided = policy.decide(sign_up, NOW);
    legal::assert(policy, sign_up, &decided);
    for mood in Mood::ALL {
        let answer = |questions: Vec<Question>, facts: &mut Facts| {
            let answers = questions.iter().map(|question| mood.answer(question)).collect();
            facts.learn(questions, answers);
        };
        let verdict = to_the_end(answer, |facts| policy.ask(sign_up, NOW, facts));
        legal::assert(policy, sign_up, &verdict);
    }
    let fail = |questions, facts: &mut Facts| facts.fail(questions, "nobody asks it");
    let (explained, _) = to_the_end(fail, |facts| policy.explain(sign_up, NOW, facts));
    assert_eq!(decided.outcome, explained.outcome);
    assert_eq!(decided.rule, explained.rule);
    assert!(
        decided.changes == explained.changes,
        "an explanation changes what it explains"
    );
}

/// Asks again with the answers until there are no more questions.
fn to_the_end<T>(answer: impl Fn(Vec<Question>, &mut Facts), ask: impl Fn(&Facts) -> Result<T, Vec<Question>>) -> T {
    /// A call has at most 200 questions, and asks at least one each time.
    const MOST_ROUNDS: usize = 200;
    let mut facts = Facts::none();
    for _ in 0..=MOST_ROUNDS {
        match ask(&facts) {
            Ok(answered) => return answered,
            Err(questions) => answer(questions, &mut facts),
        }
    }
    panic!("the policy asks the store without end");
}
