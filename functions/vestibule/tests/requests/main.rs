//! The command line for requests: the real program, and a store that it shares with the test.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod deciding;
mod forgetting;
mod handing;
mod looking;
mod place;
mod rechecking;
