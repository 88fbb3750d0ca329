//! `invoke PROGRAM EVENT.json`: has a function answer one event as AWS Lambda would, with the settings of this
//! program's environment (`VESTIBULE_…`, `AWS_…`). Prints the answer; the function's log goes to standard error.
#![allow(clippy::print_stdout, clippy::print_stderr)] // What it is for.

use end_to_end::process::Program;
use end_to_end::runtime_api::{Invocation, Lambda};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};

/// Enough for a processor that is emulated.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [program, event] = arguments.as_slice() else {
        eprintln!("usage: invoke PROGRAM EVENT.json");
        return ExitCode::from(2);
    };
    let event = match fs::read_to_string(event) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{event}: {error}");
            return ExitCode::from(2);
        }
    };
    let settings = env::vars().filter(|(name, _)| name.starts_with("VESTIBULE_") || name.starts_with("AWS_"));
    let lambda = Lambda::start(Program::new(program).envs(settings)).timeout(PATIENCE);
    let invocation = lambda.invoke_text(event);
    eprintln!("{}", lambda.process().logs());
    match invocation {
        Invocation::Response(answer, _) => {
            println!("{}", String::from_utf8_lossy(&answer));
            ExitCode::SUCCESS
        }
        failure => {
            eprintln!("{failure:?}");
            ExitCode::FAILURE
        }
    }
}
