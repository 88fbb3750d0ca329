//! Does what is due by itself, as a program of its own: on AWS Lambda by a schedule, or at intervals.

use std::process::ExitCode;

fn main() -> ExitCode {
    host::job_main(async |settings| sweep::assemble(&settings).await)
}
