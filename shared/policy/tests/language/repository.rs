use crate::common::*;

#[test]
fn the_example_is_right() {
    let text = std::fs::read_to_string("../../policy.toml").unwrap();
    let policy = Policy::parse(&text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert!(Step::ALL.into_iter().all(|step| policy.serves(step)));
    let body = r#"{"email":"jane@example.com","displayName":" jane  ROE","country":"Germany"}"#;
    let sign_up = sign_up(body);
    let verdict = policy.decide(&sign_up, NOW);
    assert_eq!(verdict.outcome, Outcome::Hold);
    assert_eq!(
        reply_claims(&verdict),
        [("displayName".to_owned(), "\"Jane Roe\"".to_owned())]
    );
    let partner = r#"{"email":"a@contoso.com","displayName":"Al Bo","identities":[{"issuer":"mail","issuerAssignedId":"a@contoso.com"}]}"#;
    assert_eq!(outcome(&policy, partner), Outcome::Admit);
    assert_eq!(
        outcome(&policy, r#"{"email":"a@contoso.com","displayName":"Al Bo"}"#),
        Outcome::Hold
    );
}
