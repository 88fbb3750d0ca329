//! Calls as the sign-up service makes them, against a real store, with a clock in the test's hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod at_once;
mod events;
mod faults;
mod house;
mod input;
mod routes;
mod stores;
mod story;
