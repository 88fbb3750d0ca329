//! What the command line does with a policy file.

mod answer;
mod cases;
mod check;
mod explain;
mod given;
mod paint;
mod show;
mod trial;

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;
use host::StartError;
use policy::Policy;

use crate::{list_files, policy_file::paint::Paint};

/// `vestibule policy …`
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Says every mistake in a policy file, as a start with it would. Exits with 1 if there is any
    Check {
        /// The policy file [VESTIBULE_POLICY; policy.toml]
        file: Option<PathBuf>,
    },
    /// Says what each rule makes of a call, and what the applicant is answered
    Explain(explain::Arguments),
    /// Tries the policy with your own cases. Exits with 1 if one comes out otherwise than expected
    Test {
        /// The folder with the cases: every `.toml` file in it
        folder: PathBuf,
        /// The policy file [VESTIBULE_POLICY; policy.toml]
        #[arg(long, value_name = "PATH")]
        policy: Option<PathBuf>,
    },
    /// Prints the JSON Schema of policy files, for editors
    Schema,
}

impl Command {
    /// The exit code is 0, or 1 if a file cannot be used or is not as it should be.
    pub(crate) fn run(&self) -> ExitCode {
        let paint = Paint::for_terminal();
        let mut out = io::stdout().lock();
        let done = match self {
            Command::Check { file } => check::run(&mut out, &policy_path(file.as_deref())),
            Command::Explain(arguments) => explain::run(&mut out, paint, arguments),
            Command::Test { folder, policy } => trial::run(&mut out, paint, folder, &policy_path(policy.as_deref())),
            Command::Schema => out.write_all(SCHEMA.as_bytes()).map_err(Failure::Output),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.exit(),
        }
    }
}

/// What policy files may say, by JSON Schema 2020-12.
const SCHEMA: &str = include_str!("../../../../policy.schema.json");

/// Why a command ends with 1.
enum Failure {
    /// A file cannot be read or used.
    Input(StartError),
    /// Cases came out otherwise; that is said already.
    Cases,
    /// What there was to say could not be written.
    Output(io::Error),
}

impl Failure {
    #[expect(clippy::print_stderr, reason = "a command speaks to a person")]
    fn exit(self) -> ExitCode {
        match self {
            Failure::Input(error) => eprintln!("vestibule: {error}"),
            Failure::Cases => {}
            // Whoever reads had enough, as `head` does.
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Failure::Output(error) => eprintln!("vestibule: cannot write: {error}"),
        }
        ExitCode::FAILURE
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Failure {
        Failure::Input(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

/// The policy in a file.
fn read(file: &Path) -> Result<Policy, StartError> {
    let text = fs::read_to_string(file)
        .map_err(|error| StartError::new(format!("cannot read the policy {}: {error}", file.display())))?;
    list_files::parse_policy(file, &text)
}

/// As `serve` finds it.
fn policy_path(flag: Option<&Path>) -> PathBuf {
    let set = || host::environment("VESTIBULE_POLICY").map(PathBuf::from);
    flag.map(Path::to_owned)
        .or_else(set)
        .unwrap_or_else(|| PathBuf::from("policy.toml"))
}
