//! The gate before sending the token, as a program of its own: on AWS Lambda, or on a plain port.

use std::process::ExitCode;

fn main() -> ExitCode {
    host::main(async |settings| pre_token_issuance::service(&settings).await)
}
