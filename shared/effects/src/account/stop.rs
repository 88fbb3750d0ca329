use std::time::Duration;

use crate::{Attempt, Why};

/// Why an attempt ended without an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It may work later.
    Later { why: Why, after: Option<Duration> },
    /// A person has to look.
    Never { why: Why },
}

impl Stop {
    pub(super) fn later(why: impl Into<String>) -> Stop {
        Stop::Later {
            why: Why::new(why),
            after: None,
        }
    }

    pub(super) fn never(why: impl Into<String>) -> Stop {
        Stop::Never { why: Why::new(why) }
    }
}

impl<T> From<Stop> for Attempt<T> {
    fn from(stop: Stop) -> Attempt<T> {
        match stop {
            Stop::Later { why, after } => Attempt::Later { why, after },
            Stop::Never { why } => Attempt::Never { why },
        }
    }
}
