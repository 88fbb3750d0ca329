//! The policy of the repository and those in `examples/`, asked about bodies shaped as the service sends them.

use policy::{Facts, outside::Answer};
use store::{Asked, Listed};

use crate::{common::*, lists_elsewhere::Files};

const REPOSITORY: &str = include_str!("../../../../policy.toml");
const PARTNERS_ONLY: &str = include_str!("../../../../examples/partners-only.toml");
const NO_THROWAWAY: &str = include_str!("../../../../examples/no-throwaway.toml");
const ONE_COUNTRY: &str = include_str!("../../../../examples/approval-one-country.toml");

const COUNTRY_TEAM: &str = include_str!("../../../../examples/approval-by-country-team.toml");

const FIRST: Step = Step::PostFederationSignup;
const TOKEN: Step = Step::PreTokenIssuance;

/// Microsoft Entra, guests: neither step nor app; identities of Google, Facebook and one-time passcodes only.
fn guest(issuer: &str, email: &str, claims: &str) -> String {
    let id = if issuer == "mail" { email } else { "114711" };
    format!(
        r#"{{"email":"{email}","identities":[{{"signInType":"federated","issuer":"{issuer}","issuerAssignedId":"{id}"}}],
        "displayName":"Jane Roe","lastName":"Roe","ui_locales":"de-AT"{claims}}}"#
    )
}

/// The same with an Entra account: no identity.
fn entra(email: &str, claims: &str) -> String {
    format!(r#"{{"email":"{email}","displayName":"Jane Roe","ui_locales":"en-US"{claims}}}"#)
}

/// Azure AD B2C, a local account, and then its token.
fn b2c(step: &str, email: &str, claims: &str) -> String {
    format!(
        r#"{{"step":"{step}","client_id":"93fd07aa-333c-409d-955d-96008fd08dd9","ui_locales":"en-GB","email":"{email}",
        "identities":[{{"signInType":"emailAddress","issuer":"fabrikamb2c.onmicrosoft.com","issuerAssignedId":"{email}"}}],
        "displayName":"Jane Roe","extension_9d98ed114c4840d298fad781915f27e4_Tier":"1"{claims}}}"#
    )
}

fn local(email: &str, claims: &str) -> String {
    b2c("PostAttributeCollection", email, claims)
}

fn token(email: &str) -> String {
    b2c(
        "PreTokenIssuance",
        email,
        r#","objectId":"2f1c0b6e-4c4f-4f0f-9d3b-0a4a4d1f3e11""#,
    )
}

fn example(text: &str) -> Policy {
    let policy = Policy::parse_with(text, &Files).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert!(policy.warnings().is_empty(), "{:?}", policy.warnings());
    assert!(Step::ALL.into_iter().all(|step| policy.serves(step)));
    policy
}

/// What somebody is told, or a word for what else becomes of them.
fn told(policy: &Policy, step: Step, body: &str) -> String {
    let sign_up = parse(step, body.as_bytes()).unwrap();
    let verdict = policy.decide(&sign_up, NOW);
    match &verdict.outcome {
        Outcome::Block(name) | Outcome::AskAgain(name) => {
            let text = policy.message(name, &sign_up.locales, &verdict.claims);
            text.as_str().to_owned()
        }
        other => format!("{other:?}"),
    }
}

fn assert_told(text: &str, cases: &[(Step, String, &str)]) {
    let policy = example(text);
    for (step, body, wanted) in cases {
        let said = told(&policy, *step, body);
        assert!(said.starts_with(wanted), "{step} {body}: {said}");
    }
}

#[test]
fn the_policy_of_the_repository_is_right() {
    let (germany, partner) = (r#","country":"Germany""#, "a@contoso.com");
    assert_told(
        REPOSITORY,
        &[
            (
                FIRST,
                guest("google.com", "a@mailinator.com", ""),
                "Bitte registrieren Sie sich",
            ),
            (FIRST, entra(partner, ""), "Continue"),
            (SECOND, guest("mail", partner, germany), "Admit"),
            (SECOND, guest("google.com", partner, germany), "Hold"),
            (SECOND, entra(partner, germany), "Hold"),
            (SECOND, local("a@example.com", germany), "Hold"),
            (
                SECOND,
                local("a@eu.mailinator.com", germany),
                "Please sign up with your own",
            ),
            (
                SECOND,
                entra("a@example.com", r#","country":"Atlantis""#),
                "Please choose one",
            ),
            (
                SECOND,
                entra("a@example.com", r#","displayName":"4""#),
                "Please enter your name",
            ),
            (TOKEN, token("a@example.com"), "Continue"),
        ],
    );
    let policy = example(REPOSITORY);
    let sign_up = sign_up(r#"{"email":"jane@example.com","displayName":" jane  ROE"}"#);
    let changed = reply_claims(&policy.decide(&sign_up, NOW));
    assert_eq!(changed, [("displayName".to_owned(), "\"Jane Roe\"".to_owned())]);
}

#[test]
fn partners_only_lets_in_partners_with_a_proved_address() {
    let (partner, other) = ("a@eu.contoso.com", "a@example.com");
    assert_told(
        PARTNERS_ONLY,
        &[
            (FIRST, guest("mail", partner, ""), "Continue"),
            (
                FIRST,
                guest("google.com", other, ""),
                "Hier können sich nur unsere Partner",
            ),
            (
                FIRST,
                entra(other, ""),
                "Only our partners can sign up here. Please use",
            ),
            (FIRST, entra("a@b@contoso.com", ""), "Only our partners"),
            (SECOND, guest("mail", partner, ""), "Continue"),
            (SECOND, guest("mail", other, ""), "Hier können sich nur unsere Partner"),
            (
                SECOND,
                guest("google.com", partner, ""),
                "Hier können sich nur unsere Partner",
            ),
            (
                SECOND,
                entra(partner, ""),
                "Only our partners can sign up here. Please sign in",
            ),
            (SECOND, local(partner, ""), "Only our partners"),
            (SECOND, "{}".to_owned(), "Only our partners"),
            (TOKEN, token(partner), "Continue"),
        ],
    );
}

#[test]
fn no_throwaway_takes_everybody_with_an_address_and_a_name() {
    let phone = r#","phoneNumber":"030 123456""#;
    assert_told(
        NO_THROWAWAY,
        &[
            (FIRST, guest("mail", "a@yopmail.com", ""), "Bitte registrieren"),
            (FIRST, entra("a@example.com", ""), "Continue"),
            (
                SECOND,
                guest("google.com", "a@x.mailinator.com", ""),
                "Bitte registrieren",
            ),
            (SECOND, local("a@10minutemail.com", ""), "Please sign up with your own"),
            (SECOND, entra("a@b@example.com", ""), "Please sign up with your own"),
            (SECOND, entra("a@example.com", phone), "Continue"),
            (
                SECOND,
                local("a@example.com", r#","displayName":"J""#),
                "Please enter your name",
            ),
            (
                SECOND,
                r#"{"email":"a@example.com"}"#.to_owned(),
                "Please enter your name",
            ),
            (TOKEN, token("a@yopmail.com"), "Continue"),
        ],
    );
    let policy = example(NO_THROWAWAY);
    let watched = sign_up(&entra("a@example.com", phone));
    let observed: Vec<_> = policy.decide(&watched, NOW).observed.iter().map(|o| o.would).collect();
    assert_eq!(observed, ["ask-again"]);
    let sign_up = sign_up(&entra("a@example.com", r#","displayName":"JANE  van der BERG ""#));
    let changed = reply_claims(&policy.decide(&sign_up, NOW));
    assert_eq!(
        changed,
        [("displayName".to_owned(), "\"Jane van der Berg\"".to_owned())]
    );
}

#[test]
fn approval_for_one_country_holds_whoever_says_it_and_nobody_else() {
    let in_switzerland = r#","country":"Schweiz","postalCode":"8001""#;
    assert_told(
        ONE_COUNTRY,
        &[
            (FIRST, guest("google.com", "a@example.com", ""), "Continue"),
            (SECOND, guest("google.com", "a@example.com", in_switzerland), "Hold"),
            (SECOND, entra("a@contoso.com", in_switzerland), "Hold"),
            (SECOND, guest("mail", "a@contoso.com", in_switzerland), "Admit"),
            (SECOND, local("a@example.com", r#","country":" CHE""#), "Hold"),
            (SECOND, local("a@example.com", r#","country":"France""#), "Continue"),
            (SECOND, local("a@example.com", ""), "Please choose your country"),
            (
                SECOND,
                local("a@example.com", r#","country":"Neverland""#),
                "Please choose your country",
            ),
            (SECOND, local("a@example.com", r#","country":["CH"]"#), "Hold"),
            (
                SECOND,
                local("a@example.com", r#","country":["CH",1]"#),
                "Please choose your country",
            ),
            (
                SECOND,
                guest("google.com", "a@example.com", r#","country":"CH","postalCode":"80011""#),
                "80011 ist keine Postleitzahl Ihres Landes",
            ),
            (TOKEN, token("a@example.com"), "Continue"),
        ],
    );
    let policy = example(ONE_COUNTRY);
    assert!(policy.holds());
    let sign_up = sign_up(&entra("a@example.com", in_switzerland));
    let verdict = policy.decide(&sign_up, NOW);
    assert_eq!(
        verdict.changes.get("country").map(Value::to_json),
        Some("\"CH\"".into())
    );
}

/// The outcome, what they read, and whom the stages ask, where nobody is on a list in the store.
fn handed_over(policy: &Policy, body: &str) -> (Outcome, String, Vec<Asked>) {
    let sign_up = sign_up(body);
    let mut facts = Facts::none();
    let verdict = loop {
        match policy.ask(&sign_up, NOW, &facts) {
            Ok(verdict) => break verdict,
            Err(questions) => {
                let answers = vec![Ok(Answer::Listed(Listed::No)); questions.len()];
                facts.learn(questions, answers);
            }
        }
    };
    let held = policy.held(&verdict);
    let waiting = policy.message_on(held.route.as_ref(), MessageName::WAITING);
    let told = policy.message(&waiting, &sign_up.locales, &sign_up.claims);
    let asked = held.plan.stages.into_iter().map(|stage| stage.asked);
    (verdict.outcome, told.as_str().to_owned(), asked.collect())
}

#[test]
fn approval_by_country_team_asks_the_team_of_the_country_and_then_the_security_people() {
    let policy = example(COUNTRY_TEAM);
    for (country, team) in [("Deutschland", "germany"), ("FRA", "france"), ("Austria", "others")] {
        let body = guest("google.com", "a@example.com", &format!(r#","country":"{country}""#));
        let (outcome, told, asked) = handed_over(&policy, &body);
        assert_eq!(outcome, Outcome::Hold);
        assert!(
            told.starts_with(&format!("Vielen Dank, Jane Roe. Erst prüft unser Team für {country}")),
            "{told}"
        );
        assert_eq!(
            asked,
            [team, "security"].map(|group| Asked::Group(group.to_owned())),
            "{country}"
        );
    }
    let nowhere = handed_over(&policy, &entra("a@example.com", ""));
    assert!(matches!(nowhere.0, Outcome::AskAgain(_)));
    // Nobody goes on before the list of whom reviewers blocked was asked.
    let unasked = policy.decide(&sign_up(&entra("a@example.com", "")), NOW).outcome;
    assert_eq!(unasked, Outcome::Block(MessageName::FAILED));
}
