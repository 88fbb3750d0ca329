//! The samples about what others know, and how many come.

use store::{CheckOutcome, Invitation, Listed};

use super::cases::{Person, Task, claims, google, mail};
use crate::common::*;

pub(crate) fn tasks() -> Vec<Task> {
    let tier = || claims_by_mail(r#""extension_Tier":"typed""#);
    let code = || claims(r#""extension_InvitationCode":"01234-56789-ABCDE-FGHJK""#);
    let token = || claims(r#""extension_CaptchaToken":"t""#);
    let france = || claims(r#""country":"France""#);
    vec![
        (
            "**Look something up** in another system",
            vec![
                (told("gold", tier()), "Hold, extension_Tier=\"gold\""),
                (told("", tier()), "Hold, extension_Tier=\"\""),
                (tier(), "block: Ihre Registrierung kann im Moment nicht"),
                (claims(r#""extension_Tier":"typed""#), "Hold, extension_Tier=\"\""),
            ],
        ),
        (
            "**Look something up in the store**",
            vec![(told("Sales", mail("a@example.com")), "Hold, department=\"Sales\"")],
        ),
        (
            "**Verify who it is**",
            vec![
                (checked(CheckOutcome::Pass, france()), "Hold"),
                (checked(CheckOutcome::Refer, france()), "Hold"),
                (
                    checked(CheckOutcome::Fail, france()),
                    "block: Wir konnten nicht feststellen, wer Sie sind.",
                ),
                (france(), "block: Ihre Registrierung kann im Moment nicht"),
                (google("a@example.com"), "Hold"),
            ],
        ),
        (
            "**Keep robots out.**",
            vec![
                (
                    checked(CheckOutcome::Pass, token()),
                    "Hold, extension_CaptchaToken=\"\"",
                ),
                (
                    checked(CheckOutcome::Fail, token()),
                    "ask again: Bitte bestätigen Sie, dass Sie kein Roboter sind.",
                ),
                (
                    google("a@example.com"),
                    "ask again: Bitte bestätigen Sie, dass Sie kein Roboter sind.",
                ),
            ],
        ),
        (
            "**By invitation only**",
            vec![
                (answered(invited, code()), "Continue, extension_InvitationCode=\"\""),
                (
                    answered(nobody_invited, code()),
                    "ask again: Bitte geben Sie den Code Ihrer Einladung ein.",
                ),
                (
                    google("a@example.com"),
                    "ask again: Bitte geben Sie den Code Ihrer Einladung ein.",
                ),
            ],
        ),
        (
            "**Not too many**",
            vec![
                (answered(|_| Ok(Answer::Tally(19)), google("a@example.com")), "Hold"),
                (answered(|_| Ok(Answer::Tally(20)), google("a@example.com")), "Hold"),
                (
                    google("a@example.com"),
                    "block: Ihre Registrierung kann im Moment nicht",
                ),
            ],
        ),
    ]
}

type Answers = fn(&Question) -> Result<Answer, String>;

fn answered(answers: Answers, person: Person) -> Person {
    Person { answers, ..person }
}

/// Whose look-up finds this.
fn told(text: &str, person: Person) -> Person {
    let answers: Answers = match text {
        "gold" => |_| found(&["gold"]),
        "Sales" => |_| found(&["Sales"]),
        _ => |_| found(&[""]),
    };
    answered(answers, person)
}

fn checked(outcome: CheckOutcome, person: Person) -> Person {
    let answers: Answers = match outcome {
        CheckOutcome::Pass => |_| Ok(Answer::Checked(CheckOutcome::Pass)),
        CheckOutcome::Refer => |_| Ok(Answer::Checked(CheckOutcome::Refer)),
        CheckOutcome::Fail => |_| Ok(Answer::Checked(CheckOutcome::Fail)),
    };
    answered(answers, person)
}

fn invited(question: &Question) -> Result<Answer, String> {
    Ok(match question {
        Question::Invitation { code, .. } => {
            let open = Invitation {
                code: *code,
                note: None,
                made_at: NOW,
                until: NOW.plus(std::time::Duration::from_secs(60)),
                uses: 1,
                taken: 0,
                bound: None,
                revoked_at: None,
            };
            Answer::Invitation(Some((open, None)))
        }
        Question::Listed(_) => Answer::Listed(Listed::No),
        _ => Answer::Tally(0),
    })
}

fn nobody_invited(question: &Question) -> Result<Answer, String> {
    match question {
        Question::Invitation { .. } => Ok(Answer::Invitation(None)),
        other => invited(other),
    }
}

fn claims_by_mail(claims: &str) -> Person {
    let mut person = mail("a@example.com");
    person.body = person.body.replacen('{', &format!("{{{claims},"), 1);
    person
}
