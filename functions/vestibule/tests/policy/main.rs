//! The command line for the policy file: the real program, and files that it reads.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod check;
mod explain;
mod given;
mod missed;
mod page;
mod place;
mod samples;
mod schema;
mod trial;
mod validate;
