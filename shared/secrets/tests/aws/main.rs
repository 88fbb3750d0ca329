//! Secrets of AWS's services, through real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A set-up that fails must end the test.

mod end;
mod places;
