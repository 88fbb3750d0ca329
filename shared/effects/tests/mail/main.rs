//! Letters through real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A set-up that fails must end the test.

mod aws;
mod letters;
mod security;
mod support;
