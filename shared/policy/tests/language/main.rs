//! Policies as administrators write them, asked about bodies as the service sends them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod any;
mod attacks;
mod changes;
mod checks;
mod common;
mod conditions;
mod conditions_of_calls;
mod demands;
mod documents;
mod events;
mod examples;
mod failing_on_purpose;
mod holds;
mod invitations;
mod limits;
mod lists;
mod lists_elsewhere;
mod lists_of_others;
mod long_waits;
mod look_ups;
mod messages;
mod observe;
mod proven_addresses;
mod rechecks;
mod requirements;
mod routes;
mod routes_elsewhere;
mod slips_of_asking;
mod slips_of_changes;
mod slips_of_conditions;
mod slips_of_demands;
mod slips_of_keys;
mod slips_of_lists;
mod slips_of_look_ups;
mod slips_of_names;
mod slips_of_quorums;
mod slips_of_routes;
mod slips_of_tables;
mod slips_of_values;
mod spellings;
mod steps;
mod tables;
mod warnings;
mod warnings_of_routes;
