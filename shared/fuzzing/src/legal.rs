//! What a step can express, and how its replies look.

use std::collections::BTreeMap;

use claims::{Decision, Reply, SignUp, Step, render};
use policy::{MessageName, Outcome, Policy, Verdict};
use serde_json::value::RawValue;

/// A verdict is one that the step can express, and so is its reply.
pub(crate) fn assert(policy: &Policy, sign_up: &SignUp, verdict: &Verdict<'_>) {
    let step = sign_up.step;
    assert!(can_say(step, &verdict.outcome), "{step}: {:?}", verdict.outcome);
    let told = |name: &MessageName| policy.message(name, &sign_up.locales, &sign_up.claims);
    let decision = match &verdict.outcome {
        Outcome::Continue | Outcome::Admit => Decision::Continue(verdict.changes.clone()),
        Outcome::AskAgain(message) => Decision::AskAgain(told(message)),
        Outcome::Block(message) => Decision::Block(told(message)),
        Outcome::Hold => Decision::Block(told(&MessageName::WAITING)),
        Outcome::Error => Decision::Block(told(&MessageName::FAILED)),
    };
    assert_shape(step, &render(step, &decision));
}

fn can_say(step: Step, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Continue => true,
        Outcome::Block(_) => step.is_sign_up(),
        Outcome::AskAgain(_) | Outcome::Hold | Outcome::Admit => step == Step::PostAttributeCollection,
        Outcome::Error => step == Step::PreTokenIssuance,
    }
}

/// One of the three replies, letter by letter; at the token step an error stands for what it cannot express.
fn assert_shape(step: Step, reply: &Reply) {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(reply.body()).unwrap();
    assert_eq!(length(&members), reply.body().len(), "a key stands there twice");
    let member = |key: &str| members.get(key).map(|raw| raw.get());
    let keys: Vec<_> = members.keys().map(String::as_str).collect();
    assert_eq!(member("version"), Some("\"1.0.0\""));
    match (reply.status(), member("action")) {
        (200, Some("\"Continue\"")) => {
            let claims = members
                .iter()
                .filter(|(key, _)| !matches!(key.as_str(), "version" | "action"));
            for (key, raw) in claims {
                assert!(!REFUSED.contains(&key.as_str()), "the service takes no `{key}`");
                assert_ne!(raw.get(), "null");
            }
        }
        (200, Some("\"ShowBlockPage\"")) if step.is_sign_up() => assert_eq!(keys, ["action", "userMessage", "version"]),
        (400, Some("\"ValidationError\"")) if step == Step::PostAttributeCollection => {
            assert_eq!(keys, ["action", "status", "userMessage", "version"]);
        }
        (500, None) if step == Step::PreTokenIssuance => assert_eq!(keys, ["status", "version"]),
        (status, _) => panic!("no reply of {step}, with status {status}"),
    }
}

/// What an answer never holds.
const REFUSED: [&str; 6] = ["email", "identities", "objectId", "step", "client_id", "ui_locales"];

/// How long the object is, written without spaces.
fn length(members: &BTreeMap<String, &RawValue>) -> usize {
    let member =
        |(key, raw): (&String, &&RawValue)| serde_json::to_string(key).unwrap().len() + ":,".len() + raw.get().len();
    let members: usize = members.iter().map(member).sum();
    members + "{}".len() - ",".len()
}
