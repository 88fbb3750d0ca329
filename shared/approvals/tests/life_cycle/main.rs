//! The life cycle, state by state and step by step, and what holds on every way through it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod answers;
mod cast;
mod changes;
mod clock;
mod data;
mod denials;
mod invitations;
mod opposed;
mod stages;
mod walks;
