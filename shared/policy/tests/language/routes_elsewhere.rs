//! Routes that choose reviewers by a list in the store.

use policy::{Facts, outside::Answer};
use store::{Asked, Listed, RouteName};

use crate::{common::*, routes::GROUPS};

const ROUTES: &str = r#"
[lists]
near = { stored = "domains" }
far = { stored = "domains" }
[routes.home]
ask = [{ group = "hr", when = { domain = "near" } }, { group = "boss" }]
[routes.away]
ask = "security"
[routes.also-home]
ask = [{ group = "hr", when = { domain = "far" } }, { group = "boss" }]
"#;

fn file(rules: &str) -> Policy {
    policy(&format!("{rules}{GROUPS}{ROUTES}"))
}

fn jane() -> SignUp {
    sign_up(&from("jane@contoso.com"))
}

/// What the policy says when no list answers.
fn without_answers(policy: &Policy) -> (Outcome, Option<RouteName>, bool) {
    let sign_up = jane();
    let verdict = policy.decide(&sign_up, NOW);
    (
        verdict.outcome.clone(),
        policy.held(&verdict).route,
        verdict.failure.is_some(),
    )
}

#[test]
fn the_store_is_asked_before_anybody_is_handed_over() {
    let policy = file(&rule("hold = \"home\""));
    assert!(policy.asks_store(SECOND) && !policy.asks_store(Step::PostFederationSignup));
    let sign_up = jane();
    for (answer, wanted) in [(Listed::Yes, "hr"), (Listed::No, "boss")] {
        let mut facts = Facts::none();
        let questions = policy.ask(&sign_up, NOW, &facts).unwrap_err();
        let answers = vec![Ok(Answer::Listed(answer)); questions.len()];
        facts.learn(questions, answers);
        let verdict = policy.ask(&sign_up, NOW, &facts).unwrap();
        assert_eq!(verdict.outcome, Outcome::Hold);
        let asked = policy.held(&verdict).plan.stages[0].asked.clone();
        assert_eq!(asked, Asked::Group(wanted.to_owned()));
    }
}

#[test]
fn a_route_that_cannot_be_worked_out_fails_closed_unless_the_rule_says_otherwise() {
    let failed = Outcome::Block(MessageName::FAILED);
    let away = RouteName::parse("away");
    for (on_failure, wanted) in [
        ("", (failed.clone(), None, true)),
        ("on_failure = \"block\"", (BLOCKED, None, true)),
        ("on_failure = \"ask-again\"", (CHECK_INPUT, None, true)),
        ("on_failure = \"continue\"", (Outcome::Continue, None, true)),
        ("on_failure = \"hold\"", (Outcome::Hold, None, true)),
        ("on_failure = { hold = \"away\" }", (Outcome::Hold, away, true)),
        // That one fails as well, and there is no third way.
        ("on_failure = { hold = \"also-home\" }", (failed.clone(), None, true)),
        ("on_failure = { hold = \"home\" }", (failed.clone(), None, true)),
    ] {
        let policy = file(&rule(&format!("hold = \"home\"\n{on_failure}")));
        assert_eq!(without_answers(&policy), wanted, "{on_failure}");
    }
    let by_otherwise = "require = { claim = \"city\" }\notherwise = { hold = \"home\" }";
    assert_eq!(without_answers(&file(&rule(by_otherwise))).0, failed);
    let plan = file(&rule("hold = \"home\""));
    let did = explained(&plan, &jane())[0].did.clone();
    assert_eq!(did, "fails: a list that its route needs gives no answer");
}

#[test]
fn a_rule_that_fails_and_goes_on_leaves_the_person_to_the_next_that_holds() {
    let first = named("first", "hold = \"home\"\non_failure = \"continue\"");
    let policy = file(&format!("{first}{}", named("second", "hold = \"away\"")));
    let sign_up = jane();
    let verdict = policy.decide(&sign_up, NOW);
    assert_eq!((&verdict.outcome, verdict.rule), (&Outcome::Hold, Some("second")));
    assert_eq!(policy.held(&verdict).route, RouteName::parse("away"));
}

#[test]
fn a_rule_whose_route_asks_no_list_cannot_fail() {
    let text = |route: &str| {
        format!(
            "{}{GROUPS}{ROUTES}",
            rule(&format!("hold = \"{route}\"\non_failure = \"block\""))
        )
    };
    assert!(refused(&text("away")).contains("this rule cannot fail"));
    assert!(read_with(&text("home")).is_ok());
}

fn read_with(text: &str) -> Result<Policy, String> {
    Policy::parse(&format!("{STEPS}{text}")).map_err(|mistakes| mistakes.to_string())
}
