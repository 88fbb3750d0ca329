//! Delivers what waits in the outbox, as a program of its own: on AWS Lambda, or at intervals.

use std::process::ExitCode;

fn main() -> ExitCode {
    host::job_main(async |settings| deliver::assemble(&settings).await)
}
