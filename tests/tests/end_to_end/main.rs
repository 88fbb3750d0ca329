//! The real binaries, behind every platform and on every store, from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on ends"
)]

mod delivery;
mod deployment;
mod faults;
mod input;
mod jobs;
mod lists;
mod operation;
mod outside;
mod room;
mod routes;
mod settings;
mod story;
