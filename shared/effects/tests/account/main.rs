//! Accounts, created in a strict stand-in for Graph.

mod groups;
mod invitations;
mod lost;
mod properties;
mod settings;
mod tenant;
mod tokens;
mod users;
