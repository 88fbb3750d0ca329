//! Asking before something is done that cannot be undone.

use std::io::{self, BufRead, IsTerminal, Write};

use host::StartError;

use crate::failure::Failure;

/// Whether the command can ask, or need not. `what` says what it asks before.
///
/// # Errors
/// [`StartError`] where nobody could answer.
pub(crate) fn may_ask(yes: bool, what: &str) -> Result<(), StartError> {
    match yes || io::stdin().is_terminal() {
        true => Ok(()),
        false => Err(StartError::new(format!(
            "{what}, and standard input is no terminal; say `--yes` to do it all the same"
        ))),
    }
}

/// Goes on if somebody says so.
///
/// # Errors
/// [`Failure::Refused`] with `otherwise`.
pub(crate) fn ask(yes: bool, question: &str, otherwise: &str) -> Result<(), Failure> {
    match yes || says_yes(question)? {
        true => Ok(()),
        false => Err(Failure::Refused(otherwise.to_owned())),
    }
}

fn says_yes(question: &str) -> io::Result<bool> {
    let mut out = io::stderr();
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
