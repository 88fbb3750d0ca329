//! The harness of the end-to-end tests and of the bench: it starts the real binaries behind stand-ins for the
//! platforms (AWS Lambda, the Azure Functions host, a plain port), gives them a real store and a clock that can be
//! moved, and talks to them. Nothing here leaves the loopback interface, and nothing skips: what cannot be set up
//! panics with one line that says what to install.
//!
//! | to | use |
//! |---|---|
//! | say which binary runs, with which environment | [`process::Program`] |
//! | run it on a port of its own | [`plain::Server`] |
//! | run it as a Lambda function | [`runtime_api::Lambda`], with the events of [`events::Caller`] |
//! | wake a job there | [`wake_ups`] |
//! | run it behind the Azure Functions host | [`azure_host::AzureHost`] |
//! | give it a DynamoDB | [`dynamodb_local::DynamoDb`] |
//! | give it a mail server | [`mail_server::MailServer`] |
//! | give it a server of lists | [`list_server::ListServer`] |
//! | give it AWS's other services | [`moto::Moto`] |
//! | move its time | [`clock::Clock`] |
//! | read what a part of the product logs inside a test | [`log::Log`] |
//! | call it | [`http::Front::send`], or bytes through [`http::Connection`] |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Test support: a set-up that fails must end the test.

pub mod azure_host;
pub mod binaries;
pub mod clock;
pub mod dynamodb_local;
pub mod events;
pub mod http;
pub mod list_server;
pub mod log;
pub mod mail_server;
pub mod moto;
pub mod plain;
pub mod port;
pub mod process;
pub mod random;
pub mod runtime_api;
pub mod wake_ups;
mod wire;
