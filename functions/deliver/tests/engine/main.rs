//! What delivering promises, whatever the receiver does: against a real store, with a clock in the test's hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod accounts;
mod attempts;
mod cast;
mod counts;
mod invitations;
mod lanes;
mod letters;
mod runs;
mod world;
