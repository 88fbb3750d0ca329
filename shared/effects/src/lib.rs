//! What follows a decision: one module per receiver. This crate only delivers; what is delivered, when, and how often
//! it is tried is decided by who calls it.

pub mod account;
mod aws;
pub mod mail;
pub mod seal;

use std::{fmt, time::Duration};

/// What one attempt to deliver came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt<T> {
    /// It is done, and this came of it.
    Done(T),
    /// It may work later.
    Later {
        /// Why, for the log and for operators: nothing personal.
        why: Why,
        /// How long the receiver asked to be left alone.
        after: Option<Duration>,
    },
    /// It will never work as it is: a person has to look.
    Never {
        /// Why, for the log and for operators: nothing personal.
        why: Why,
    },
}

/// Why something was not delivered. It holds nothing personal and no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why(String);

impl Why {
    /// A reason from text that is known to hold nothing personal.
    pub fn new(text: impl Into<String>) -> Why {
        Why(text.into())
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
