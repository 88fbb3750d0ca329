//! What an SMTP server's refusal means for the letter.
//!
//! Codes are those of RFC 5321 section 4.2.3, enhanced codes those of RFC 3463. A reply's text is never repeated: it
//! usually holds the address.

use std::error::Error as StdError;

use lettre::transport::smtp::{Error, response::Severity};

use crate::{Attempt, Why};

/// When a letter was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum During {
    /// Connecting, up to the end of the greetings.
    Connecting,
    /// The log-in.
    LogIn,
    /// The letter itself.
    Sending,
}

/// What an error comes to.
pub(super) fn attempt(error: &Error, during: During) -> Attempt<()> {
    match error.status() {
        Some(code) => {
            let is_for_good = code.severity == Severity::PermanentNegativeCompletion;
            refused(code.into(), enhanced(error).as_deref(), is_for_good, during)
        }
        None if error.is_client() && during == During::LogIn => Attempt::Never {
            why: Why::new(
                "the mail server offers no way to log in with a password; use another port or another server",
            ),
        },
        None => later(broken(error, during)),
    }
}

/// What it comes to when a server is not reached, or not trusted.
pub(super) fn unreached(error: &(dyn StdError + 'static)) -> Attempt<()> {
    later(no_connection(error))
}

/// A letter that may work later.
pub(super) fn later(why: impl Into<String>) -> Attempt<()> {
    Attempt::Later {
        why: Why::new(why),
        after: None,
    }
}

fn refused(code: u16, enhanced: Option<&str>, is_for_good: bool, during: During) -> Attempt<()> {
    let shown = match enhanced {
        Some(enhanced) => format!("{code} {enhanced}"),
        None => code.to_string(),
    };
    if !is_for_good || heals(code, enhanced, during) {
        return later(format!("the mail server refuses for now ({shown})"));
    }
    let why = match (during, code) {
        (During::LogIn, _) => format!(
            "the mail server refuses the log-in ({shown}); correct the user in VESTIBULE_MAIL and VESTIBULE_MAIL_PASSWORD"
        ),
        (_, 530) => format!("the mail server wants a log-in or TLS first ({shown}); correct VESTIBULE_MAIL"),
        _ => format!("the mail server refuses the letter for good ({shown})"),
    };
    Attempt::Never { why: Why::new(why) }
}

/// What a server refuses for good and may take another day all the same.
fn heals(code: u16, enhanced: Option<&str>, during: During) -> bool {
    // Who may log in does not change by waiting; neither does what the enhanced code says with more precision.
    match (during, enhanced) {
        (During::LogIn, _) => false,
        // Mailbox full; mail system full, not accepting, misconfigured; routing server, congestion.
        (_, Some(enhanced)) => matches!(enhanced, "5.2.2" | "5.3.1" | "5.3.2" | "5.3.5" | "5.4.3" | "5.4.5"),
        // No service here now; a full mailbox or too many at once (RFC 5321 section 4.5.3.1.10).
        (During::Connecting, None) => code == 554,
        (During::Sending, None) => code == 552,
    }
}

/// The enhanced code that the reply's text starts with, if it has one.
fn enhanced(error: &Error) -> Option<String> {
    let text = error.source()?.to_string();
    let word = text.split_whitespace().next()?;
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<_> = word.split('.').collect();
    (parts.len() == 3 && parts.iter().all(|part| is_number(part))).then(|| word.to_owned())
}

fn broken(error: &Error, during: During) -> &'static str {
    match during {
        During::Connecting if error.is_client() => "the mail server does not offer STARTTLS; nothing was sent",
        During::Connecting => no_connection(error),
        During::LogIn => "the connection to the mail server broke during the log-in",
        During::Sending => "the connection to the mail server broke; it may have taken the letter",
    }
}

fn no_connection(error: &(dyn StdError + 'static)) -> &'static str {
    // TLS is behind errors of lettre and of I/O: its words are all that shows.
    let causes = || std::iter::successors(Some(error), |&error| error.source());
    let a_cause_says = |words: &str| causes().any(|cause| cause.to_string().contains(words));
    if a_cause_says("invalid peer certificate") {
        "the mail server's certificate is not trusted, or not for its name; nothing was sent"
    } else if a_cause_says("corrupt message of type InvalidContentType") {
        // A greeting in plain text.
        "the mail server does not begin with TLS at this port; where it wants STARTTLS, VESTIBULE_MAIL is `smtp://…`"
    } else {
        "the mail server cannot be reached"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_for_good_is_told_from_one_that_heals() {
        let never = |code, enhanced, during| {
            let attempt = refused(code, enhanced, code >= 500, during);
            match attempt {
                Attempt::Never { why } => Some(why.to_string()),
                Attempt::Later { why, .. } => {
                    assert!(why.to_string().contains(&code.to_string()), "{why}");
                    None
                }
                Attempt::Done(()) => panic!("a refusal"),
            }
        };
        use During::{Connecting, LogIn, Sending};
        for (code, enhanced, during) in [
            (421, Some("4.3.2"), Connecting),
            (554, None, Connecting),
            (450, None, Sending),
            (451, Some("4.7.1"), Sending),
            (452, Some("4.2.2"), Sending),
            (552, None, Sending),
            (552, Some("5.2.2"), Sending),
            (550, Some("5.3.2"), Sending),
            (454, Some("4.7.0"), LogIn),
        ] {
            assert_eq!(never(code, enhanced, during), None, "{code} {enhanced:?}");
        }
        for (code, enhanced, during, says) in [
            (550, None, Sending, "for good (550)"),
            (550, Some("5.1.1"), Sending, "for good (550 5.1.1)"),
            (552, Some("5.3.4"), Sending, "for good (552 5.3.4)"),
            (554, Some("5.7.1"), Sending, "for good"),
            (554, None, Sending, "for good (554)"),
            (530, Some("5.7.0"), Sending, "wants a log-in or TLS"),
            (
                535,
                Some("5.7.8"),
                LogIn,
                "refuses the log-in (535 5.7.8); correct the user in VESTIBULE_MAIL",
            ),
            (552, None, LogIn, "refuses the log-in"),
        ] {
            assert!(
                never(code, enhanced, during).is_some_and(|why| why.contains(says)),
                "{code} {enhanced:?}"
            );
        }
    }
}
