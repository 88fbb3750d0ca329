//! What the command line does with a policy file.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use claims::Step;
use clap::Subcommand;
use gate::CannotStart;
use host::StartError;

use crate::list_files;

/// `vestibule policy …`
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Says every mistake in a policy file, as a start with it would. Exits with 1 if there is any
    Check {
        /// The policy file
        file: PathBuf,
    },
}

impl Command {
    #[expect(
        clippy::print_stdout,
        clippy::print_stderr,
        reason = "this is what the command is for"
    )]
    pub(crate) fn run(&self) -> ExitCode {
        let Command::Check { file } = self;
        match check(file) {
            Ok(()) => {
                println!("{}: no mistakes", file.display());
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("vestibule: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

fn check(file: &Path) -> Result<(), StartError> {
    let text = fs::read_to_string(file)
        .map_err(|error| StartError::new(format!("cannot read the policy {}: {error}", file.display())))?;
    let policy = list_files::parse_policy(file, &text)?;
    // Each step is served where everything is deployed, and none starts without its table.
    let unserved = Step::ALL.into_iter().filter(|step| !policy.serves(*step));
    let missing: Vec<_> = unserved.map(|step| CannotStart::NotServed(step).to_string()).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(StartError::new(format!("{}: {}", file.display(), missing.join("\n")))),
    }
}
