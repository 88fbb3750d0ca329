//! The gate before creating the user, as a program of its own: on AWS Lambda, or on a plain port.

use std::process::ExitCode;

fn main() -> ExitCode {
    host::main(async |settings| post_attribute_collection::service(&settings).await)
}
