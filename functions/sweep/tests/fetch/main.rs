//! Fetching lists, from a real server into real stores.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on ends"
)]

mod faults;
mod races;
mod served;
mod world;
