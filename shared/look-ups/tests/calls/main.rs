//! Calls of other systems, which are real servers on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A set-up that fails must end the test.

mod cached;
mod faults;
mod house;
mod retries;
mod sent;
mod server;
