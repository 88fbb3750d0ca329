//! What an operator does on the command line with requests.

mod decide;
mod export;
mod filters;
mod forget;
mod list;
mod outcome;
mod reassign;
mod recheck;
mod shape;
mod show;
mod walk;
pub(crate) mod when;
mod who;

use std::{process::ExitCode, sync::Arc};

use clap::{Args, Subcommand};
use desk::Desk;
use host::{Settings, StartError};
use policy::Policy;
use store::{RequestId, Rows};

use crate::{existing, failure::Failure, list_files};

/// `vestibule requests …`
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Lists requests: those that wait, unless it is said which ones
    List(list::List),
    /// Prints everything about one request
    Show(show::Show),
    /// Approves: a vote with a reviewer's token in VESTIBULE_REVIEWER_TOKEN, else an override outside any quorum
    Approve(decide::Approve),
    /// Turns away: a vote with a reviewer's token in VESTIBULE_REVIEWER_TOKEN, else an override outside any quorum
    Deny(decide::Deny),
    /// Has others asked, with a reviewer's token in VESTIBULE_REVIEWER_TOKEN, or without
    Reassign(reassign::Reassign),
    /// Writes requests with their histories, an object of JSON a line. Claims are personal: see `--without-claims`
    Export(export::Export),
    /// Asks the policy about all that wait, and names those whom a rule would turn away now
    Recheck(recheck::Recheck),
    /// Deletes what is personal from all requests of an applicant. The fact stays. It cannot be undone
    Forget(forget::Forget),
}

/// Where requests are, and what is said about them.
#[derive(Args)]
#[group(skip)]
pub(crate) struct Place {
    /// The policy file, which says who may decide what [VESTIBULE_POLICY; policy.toml]
    #[arg(long, value_name = "PATH")]
    policy: Option<String>,
    #[command(flatten)]
    store: existing::Place,
}

/// All that a change needs.
struct Opened {
    settings: Settings,
    policy: Policy,
    rows: Arc<dyn Rows>,
    desk: Desk,
}

/// Carries out a command, and says on standard error why it did not. The exit code is 0, 1 if a request or the store did
/// not allow it, or 2 if a setting, the policy or the command is wrong.
pub(crate) async fn main(command: Command) -> ExitCode {
    let done = match command {
        Command::List(list) => list.run().await,
        Command::Show(show) => show.run().await,
        Command::Approve(approve) => approve.run().await,
        Command::Deny(deny) => deny.run().await,
        Command::Reassign(reassign) => reassign.run().await,
        Command::Export(export) => export.run().await,
        Command::Recheck(recheck) => recheck.run().await,
        Command::Forget(forget) => forget.run().await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => failure.exit(),
    }
}

impl Place {
    async fn open(&self) -> Result<Opened, StartError> {
        let mut settings = self.store.settings()?;
        if let Some(policy) = &self.policy {
            settings.policy = policy.into();
        }
        let policy = list_files::read_policy(&settings)?;
        let audit = assembly::audit_key(&settings)?;
        let rows = existing::open_rows(&settings).await?;
        let desk = Desk {
            store: rows.clone(),
            terms: policy.terms().clone(),
            audit,
            clock: assembly::clock(),
        };
        Ok(Opened {
            settings,
            policy,
            rows,
            desk,
        })
    }
}

/// Says why nothing came of one of several.
#[expect(clippy::print_stderr, reason = "a command speaks to a person")]
fn complain(id: &RequestId, failure: Failure) -> Result<(), Failure> {
    match failure {
        Failure::Refused(why) => eprintln!("vestibule: {id}: {why}"),
        other => return Err(other),
    }
    Ok(())
}
