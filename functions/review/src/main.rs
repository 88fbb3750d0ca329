//! The reviewers' pages and API, as a program of their own: on AWS Lambda, or on a plain port.

use std::process::ExitCode;

fn main() -> ExitCode {
    host::main(async |settings| review::service(&settings).await)
}
