//! Accounts, created in a strict stand-in for Graph.
#![allow(clippy::unwrap_used)] // Test support: a set-up that fails must end the test.

mod groups;
mod invitations;
mod lost;
mod properties;
mod settings;
mod tenant;
mod tokens;
mod users;
