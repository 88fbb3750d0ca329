//! What the command line does with invitations.

mod create;
mod export;
mod find;
mod list;
mod revoke;
mod shape;
mod show;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Failure;

/// `vestibule invitations …`
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Makes invitations and prints their codes, which are kept nowhere: this is the only time that they are seen
    Create(create::Create),
    /// Prints the invitations, the latest first
    List(list::List),
    /// Prints an invitation and who has uses of it
    Show(show::Show),
    /// Makes invitations void. Who holds one already keeps it
    Revoke(revoke::Revoke),
    /// Writes all invitations, without their codes, as JSON lines or CSV
    Export(export::Export),
}

/// Carries out a command, and says on standard error why it did not. The exit code is 0, 1 if an invitation or the store did
/// not allow it, or 2 if a setting or the command is wrong.
pub(crate) async fn main(command: Command) -> ExitCode {
    match run(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit(),
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(create) => create.run().await,
        Command::List(list) => list.run().await,
        Command::Show(show) => show.run().await,
        Command::Revoke(revoke) => revoke.run().await,
        Command::Export(export) => export.run().await,
    }
}
