//! The administrator's rules: one file, read and checked once, then asked at every call.
//!
//! [`Policy::parse`] refuses a file with every mistake in it, each with its line; what it returns holds only what the
//! steps can express. [`Policy::decide`] is pure and takes microseconds.

mod characters;
mod condition;
mod decide;
mod file;
mod lists;
mod messages;
mod mistakes;
mod normalise;
mod pattern;
mod require;
mod rule;

use std::time::Duration;

use claims::{Locales, Step, UserMessage};

pub use decide::{Outcome, Verdict};
pub use messages::MessageName;
pub use mistakes::{Mistake, Mistakes};

use crate::{messages::Messages, rule::Rule};

/// The rules of every step, and what applicants are told.
#[derive(Debug)]
pub struct Policy {
    steps: Vec<(Step, Otherwise)>,
    rules: Vec<Rule>,
    messages: Messages,
    approvals: Approvals,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`Mistakes`]: all of them, each with its place in the file.
    pub fn parse(text: &str) -> Result<Policy, Mistakes> {
        file::parse(text)
    }

    /// Whether the file says what happens at a step when no rule decides. A step that it does not name is not served.
    pub fn serves(&self, step: Step) -> bool {
        self.otherwise(step).is_some()
    }

    /// Whether any rule holds people for approval. If so, both sign-up steps have to read the applicant's request.
    pub fn holds(&self) -> bool {
        self.rules
            .iter()
            .any(|rule| matches!(rule.action, rule::Action::Hold { .. }))
    }

    /// How long approvals and denials last.
    pub fn approvals(&self) -> &Approvals {
        &self.approvals
    }

    /// A text for the applicant, in the best language there is.
    pub fn message(&self, name: &MessageName, locales: &Locales) -> UserMessage {
        self.messages.text(name, locales)
    }

    fn otherwise(&self, step: Step) -> Option<Otherwise> {
        self.steps
            .iter()
            .find(|(s, _)| *s == step)
            .map(|(_, otherwise)| *otherwise)
    }
}

/// The `[approvals]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals {
    /// How long after a denial an applicant may not ask again: `cool_down`, 30 days by default; none is fine.
    pub cool_down: Duration,
    /// How long an approval can be used: `unused`, 30 days by default; never none.
    pub unused: Duration,
    /// Whether an applicant that only an e-mail address identifies may use an approval: `trust_email`, no by default.
    pub trust_email: bool,
}

impl Default for Approvals {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Approvals {
            cool_down: 30 * DAY,
            unused: 30 * DAY,
            trust_email: false,
        }
    }
}

/// What a step does with people on whom no rule decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Otherwise {
    Continue,
    /// Turn away whoever no allow list let in and no approval admitted.
    Block,
    /// The same at the token step, which cannot turn away.
    Error,
}
