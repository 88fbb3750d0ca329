//! Rules that reach beyond the claims, through the gate: other systems are real servers on loopback, both stores are real,
//! and the clock is in the test's hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod checks;
mod claims;
mod house;
mod invitations;
mod limits;
mod provider;
