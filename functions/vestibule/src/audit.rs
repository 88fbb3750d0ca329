//! What an operator asks about the histories of requests.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use approvals::{AuditKey, Fault};
use clap::Subcommand;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use store::{Listing, Request, Rows, StateName, StoreError, Which};

use crate::{existing::Place, failure::Failure};

/// How many requests are read at once.
const PAGE: usize = 100;

/// How often a request is read again that changes while its history is read.
const MOST_READS: usize = 20;

/// How many histories are read at once.
const AT_ONCE: usize = 8;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Looks whether anybody altered histories, left out entries or cut them off, or changed a request behind them
    Verify(Place),
}

/// Carries out a command, and says on standard error why it did not. The exit code is 0, 1 if a history is not as it was
/// written or the store failed, or 2 if a setting or the command is wrong.
pub(crate) async fn main(command: Command) -> ExitCode {
    let Command::Verify(place) = command;
    match verify(&place).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => failure.exit(),
    }
}

/// Whether all is as it was written.
async fn verify(place: &Place) -> Result<bool, Failure> {
    let key = assembly::audit_key(&place.settings()?)?;
    let rows = place.open().await?;
    let mut out = io::stdout().lock();
    let (mut requests, mut faulty) = (0_usize, 0_usize);
    // Requests only leave the first state, so that none is missed which changes meanwhile.
    for state in StateName::ALL {
        let mut listing = Listing::of(Which::State(state), PAGE);
        loop {
            let page = rows.list(&listing).await?;
            let checks = stream::iter(page.requests.into_iter().map(|request| check(&*rows, &key, request)));
            let checked: Vec<_> = checks.buffered(AT_ONCE).try_collect().await?;
            requests += checked.len();
            for (request, faults) in checked {
                faulty += usize::from(!faults.is_empty());
                for fault in faults {
                    writeln!(out, "{}: {}", request.id, Words(fault))?;
                }
            }
            match page.next {
                Some(place) => listing.after = Some(place),
                None => break,
            }
        }
    }
    match faulty {
        0 => writeln!(out, "The histories of {requests} requests are as they were written.")?,
        _ => writeln!(out, "Of {requests} requests, {faulty} are not as they were written.")?,
    }
    Ok(faulty == 0)
}

/// A request, which is read again together with its history: it may have changed since it was listed.
async fn check(rows: &dyn Rows, key: &AuditKey, listed: Request) -> Result<(Request, Vec<Fault>), StoreError> {
    let mut request = listed;
    for _ in 0..MOST_READS {
        let history = rows.history(&request.id).await?;
        let now = rows.request(&request.id).await?.unwrap_or_else(|| request.clone());
        if now.version == request.version {
            let faults = approvals::verify(key, &now, &history);
            return Ok((now, faults));
        }
        request = now;
    }
    Err(StoreError::Busy("a request changes all the time".to_owned()))
}

/// A fault in an operator's words.
struct Words(Fault);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Fault::Altered(version) => write!(
                f,
                "the entry of version {version}, or one before it, was altered; or VESTIBULE_AUDIT_KEY is another one"
            ),
            Fault::Missing(version) => write!(f, "the entry of version {version} is missing"),
            Fault::Claims(version) => write!(f, "the claims of version {version} are not those that came"),
            Fault::Truncated => f.write_str("the last entries are missing"),
            Fault::Request => f.write_str("the request is not what its history made of it"),
        }
    }
}
