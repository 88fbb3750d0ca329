//! The room through its service, with a real store in a folder of its own and a clock that the test moves.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod api;
mod beside;
mod browser;
mod bulk;
mod claimed;
mod document;
mod effects;
mod faults;
mod forgery;
mod handing;
mod lists;
mod own;
mod page;
mod people;
mod queues;
mod races;
mod room;
mod routes;
mod seconds;
mod slow;
mod start;
mod votes;
