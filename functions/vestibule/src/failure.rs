use std::{io, process::ExitCode};

use desk::NotDone as Undone;
use host::StartError;
use store::{StoreError, parking::NotDone};

/// Why a command was not carried out.
pub(crate) enum Failure {
    /// A setting or the command is wrong.
    Start(StartError),
    /// The effect or the store did not allow it, or the operator did not.
    Refused(String),
    /// What there was to say could not be written.
    Output(io::Error),
}

impl Failure {
    /// Some of the effects are due again; then something failed.
    pub(crate) fn partly(released: usize, why: NotDone) -> Failure {
        Failure::Refused(format!("{why}; before that, effects that are due again: {released}"))
    }

    #[expect(clippy::print_stderr, reason = "a command speaks to a person")]
    pub(crate) fn exit(self) -> ExitCode {
        let why = match self {
            Failure::Start(error) => return host::fail(&error),
            // Whoever reads had enough, as `head` does.
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Failure::Output(error) => format!("cannot write or read: {error}"),
            Failure::Refused(why) => why,
        };
        eprintln!("vestibule: {why}");
        ExitCode::FAILURE
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Failure {
        Failure::Start(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Refused(error.to_string())
    }
}

impl From<NotDone> for Failure {
    fn from(why: NotDone) -> Failure {
        Failure::Refused(why.to_string())
    }
}

impl From<Undone> for Failure {
    fn from(why: Undone) -> Failure {
        Failure::Refused(match why {
            Undone::Unknown => "there is no such request".to_owned(),
            Undone::Changed => "the applicant changed the request after that version: look at it again".to_owned(),
            Undone::Moved => "others are asked since that version: look at it again".to_owned(),
            Undone::NotAsWritten => approvals::NOT_AS_WRITTEN.to_owned(),
            Undone::NoRandom => "the system has no random numbers".to_owned(),
            Undone::Store(error) => error.to_string(),
        })
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}
