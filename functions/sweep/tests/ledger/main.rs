//! Checkpoints and retention: on both stores, at a time in the test's hand.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::unimplemented,
    reason = "helpers of tests"
)]

mod prunes;
mod seals;
mod world;
