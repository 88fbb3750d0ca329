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
