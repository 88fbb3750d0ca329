//! The gate after federating with an identity provider, as a program of its own: on AWS Lambda, or on a plain port.

use std::process::ExitCode;

fn main() -> ExitCode {
    host::main(async |settings| post_federation_signup::service(&settings).await)
}
