//! What an operator does on the command line with effects that were given up.

mod print;

use std::{
    io::{self, Write},
    mem::take,
    process::ExitCode,
};

use clap::{Args, Subcommand};
use store::{EntryId, OutboxEntry, ParkedPage, Rows, Unreadable, parking};

use crate::{confirm, existing::Place, failure::Failure};

/// How many effects are read at once.
const PAGE: usize = 100;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Lists them, the longest parked first
    List(Place),
    /// Prints everything about one effect
    Show {
        /// The effect's id
        id: EntryId,
        #[command(flatten)]
        place: Place,
    },
    /// Has them tried again
    Retry {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        place: Place,
    },
    /// Gives one up for good: it is never delivered
    Drop {
        /// The effect's id
        id: EntryId,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        place: Place,
    },
}

/// One effect, or all.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Which {
    /// The effect's id
    id: Option<EntryId>,
    /// Everything that is given up now
    #[arg(long)]
    all: bool,
}

/// Carries out a command, and says on standard error why it did not. The exit code is 0, 1 if the effect or the store
/// did not allow it, or 2 if a setting or the command is wrong.
pub(crate) async fn main(command: Command) -> ExitCode {
    match run(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit(),
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::List(place) => list(&*place.open().await?).await,
        Command::Show { id, place } => show(&*place.open().await?, &id).await,
        Command::Retry { which, place } => match &which.id {
            Some(id) => retry(&*place.open().await?, id).await,
            None => retry_all(&*place.open().await?).await,
        },
        Command::Drop { id, yes, place } => {
            confirm::may_ask(yes, "`effects drop` asks before it drops")?;
            drop(&*place.open().await?, &id, yes).await
        }
    }
}

async fn list(rows: &dyn Rows) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let mut page = rows.parked(None, PAGE).await?;
    if page.entries.is_empty() && page.unreadable.is_empty() && page.next.is_none() {
        return Ok(writeln!(out, "No effect is parked.")?);
    }
    print::heading(&mut out)?;
    loop {
        for entry in &page.entries {
            print::row(&mut out, entry)?;
        }
        for row in &page.unreadable {
            print::unreadable(&mut out, row)?;
        }
        match after(rows, &page).await? {
            Some(next) => page = next,
            None => return Ok(()),
        }
    }
}

async fn show(rows: &dyn Rows, id: &EntryId) -> Result<(), Failure> {
    let entry = parking::find(rows, id).await?;
    Ok(print::details(&mut io::stdout().lock(), &entry)?)
}

async fn retry(rows: &dyn Rows, id: &EntryId) -> Result<(), Failure> {
    let entry = parking::find(rows, id).await?;
    parking::retry(rows, &entry, assembly::clock().now()).await?;
    Ok(writeln!(io::stdout(), "{id} is due again.")?)
}

/// What is parked now is read before anything is changed: what fails again in the meantime is parked again, and would
/// be found for ever.
async fn retry_all(rows: &dyn Rows) -> Result<(), Failure> {
    let (mut released, mut overtaken) = (0_usize, 0_usize);
    let (parked, unreadable) = all_parked(rows).await?;
    for entry in parked {
        match parking::retry(rows, &entry, assembly::clock().now()).await {
            Ok(_) => released += 1,
            Err(parking::NotDone::Overtaken) => overtaken += 1,
            Err(why) => return Err(Failure::partly(released, why)),
        }
    }
    let mut out = io::stdout().lock();
    print::retried(&mut out, released, overtaken)?;
    for row in &unreadable {
        print::not_retried(&mut out, row)?;
    }
    Ok(())
}

async fn all_parked(rows: &dyn Rows) -> Result<(Vec<OutboxEntry>, Vec<Unreadable>), Failure> {
    let mut page = rows.parked(None, PAGE).await?;
    let (mut all, mut unreadable) = (take(&mut page.entries), take(&mut page.unreadable));
    while let Some(next) = after(rows, &page).await? {
        page = next;
        all.append(&mut page.entries);
        unreadable.append(&mut page.unreadable);
    }
    Ok((all, unreadable))
}

async fn after(rows: &dyn Rows, page: &ParkedPage) -> Result<Option<ParkedPage>, Failure> {
    match &page.next {
        None => Ok(None),
        Some(place) => Ok(Some(rows.parked(Some(place), PAGE).await?)),
    }
}

async fn drop(rows: &dyn Rows, id: &EntryId, yes: bool) -> Result<(), Failure> {
    let entry = parking::find(rows, id).await?;
    // Nobody is asked about what cannot be done.
    if entry.parked_at().is_none() {
        return Err(parking::NotDone::NotParked.into());
    }
    let question = format!("Drop `{}` of {}? It is never delivered.", entry.effect.name(), entry.id);
    confirm::ask(yes, &question, "nothing was dropped")?;
    parking::drop(rows, &entry).await?;
    Ok(writeln!(io::stdout(), "{id} was dropped.")?)
}
