//! What an operator asks about the histories of requests.

mod chain;
mod check;
mod words;

use std::{
    collections::HashSet,
    io::{self, StdoutLock, Write},
    ops::Range,
    process::ExitCode,
};

use approvals::AuditKey;
use clap::{Args, Subcommand};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use store::{MOST_ON_ROLL, RequestId, Rows, StateName, StoreError};

use crate::{
    audit::{
        chain::{Chain, Told},
        check::{Checked, check, is_hidden},
        words::{ChainFault, Finding},
    },
    existing::Place,
    failure::Failure,
};

/// How many histories are read at once.
const AT_ONCE: usize = 8;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Looks whether anybody altered histories, left out entries or cut them off, changed a request behind them, deleted
    /// requests, or put any back to an earlier time
    Verify(Verify),
}

#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    place: Place,
    /// A checkpoint that the log told of: it must be there, and the same. May be given several times
    #[arg(long, value_name = "NUMBER:HASH")]
    checkpoint: Vec<Told>,
}

/// Carries out a command, and says on standard error why it did not. The exit code is 0, 1 if anything is not as it was
/// written or the store failed, or 2 if a setting or the command is wrong.
pub(crate) async fn main(command: Command) -> ExitCode {
    let Command::Verify(flags) = command;
    match verify(&flags).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => failure.exit(),
    }
}

/// Whether all is as it was written.
async fn verify(flags: &Verify) -> Result<bool, Failure> {
    let key = assembly::audit_key(&flags.place.settings()?)?;
    let rows = flags.place.open().await?;
    let mut out = io::stdout().lock();
    // Read first: what changes meanwhile is later than what they say.
    let (chain, faults) = Chain::read(&*rows, &key, &flags.checkpoint).await?;
    let mut audit = Audit::new(&*rows, &key, chain);
    audit.tell(&faults, &mut out)?;
    audit.walk(&mut out).await?;
    audit.look_for_the_rest(&mut out).await?;
    audit.conclude(&mut out)
}

/// How far a look at everything has come.
struct Audit<'a> {
    rows: &'a dyn Rows,
    key: &'a AuditKey,
    chain: Chain,
    /// Which of what the chain knows was met.
    met: Vec<bool>,
    /// What was met and the chain does not know.
    new: HashSet<RequestId>,
    /// Whether the checkpoints are as they were written.
    chain_holds: bool,
    requests: usize,
    faulty: usize,
    /// Entries that should be sealed, and are not.
    late: usize,
}

impl<'a> Audit<'a> {
    fn new(rows: &'a dyn Rows, key: &'a AuditKey, chain: Chain) -> Audit<'a> {
        Audit {
            rows,
            key,
            met: vec![false; chain.leaves().len()],
            chain,
            new: HashSet::new(),
            chain_holds: true,
            requests: 0,
            faulty: 0,
            late: 0,
        }
    }

    /// Says what is wrong with the checkpoints.
    fn tell(&mut self, faults: &[ChainFault], out: &mut StdoutLock<'_>) -> io::Result<()> {
        self.chain_holds &= faults.is_empty();
        faults.iter().try_for_each(|fault| writeln!(out, "{fault}"))
    }

    /// All that the lists hold.
    async fn walk(&mut self, out: &mut StdoutLock<'_>) -> Result<(), Failure> {
        // Requests only leave the first state, so that none is missed which changes meanwhile.
        for state in StateName::ALL {
            let mut after = None;
            loop {
                let page = self.rows.roll(state, after.as_ref(), MOST_ON_ROLL).await?;
                self.tell_bad(&page.bad, out)?;
                let ids = page.places.iter().map(|place| place.id).collect();
                self.judge_all(ids, out).await?;
                match page.next {
                    Some(place) => after = Some(place),
                    None => break,
                }
            }
        }
        Ok(())
    }

    /// What stands in a list and belongs to no request that could be named.
    fn tell_bad(&mut self, bad: &[String], out: &mut StdoutLock<'_>) -> io::Result<()> {
        self.requests += bad.len();
        self.faulty += bad.len();
        bad.iter()
            .try_for_each(|what| writeln!(out, "{what}: {}", Finding::NoPlace))
    }

    /// What is known and was not met: it is hidden, or gone.
    async fn look_for_the_rest(&mut self, out: &mut StdoutLock<'_>) -> Result<(), Failure> {
        let leaves = self.chain.leaves().iter().zip(&self.met);
        let rest = leaves.filter(|(leaf, met)| !**met && !self.chain.was_removed(leaf));
        let mut rest: Vec<_> = rest.map(|(leaf, _)| leaf.request).collect();
        rest.extend(self.chain.all_removed_again());
        rest.sort_unstable();
        rest.dedup();
        for id in rest {
            let checked = check(self.rows, self.key, id).await?;
            let hidden = is_hidden(self.rows, &id).await?;
            self.judge(id, checked, hidden, out).await?;
        }
        Ok(())
    }

    async fn judge_all(&mut self, ids: Vec<RequestId>, out: &mut StdoutLock<'_>) -> Result<(), Failure> {
        let (rows, key) = (self.rows, self.key);
        let checks = stream::iter(ids).map(|id| async move { Ok::<_, StoreError>((id, check(rows, key, id).await?)) });
        let checked: Vec<_> = checks.buffered(AT_ONCE).try_collect().await?;
        for (id, checked) in checked {
            self.judge(id, checked, false, out).await?;
        }
        Ok(())
    }

    async fn judge(
        &mut self,
        id: RequestId,
        checked: Checked,
        hidden: bool,
        out: &mut StdoutLock<'_>,
    ) -> Result<(), Failure> {
        let known = self.chain.of(&id);
        // A request may be met in two lists if it changes meanwhile.
        if !self.is_first(id, known.clone()) {
            return Ok(());
        }
        let mut findings = checked.findings(&self.chain, known.clone());
        if !findings.is_empty() {
            // It may be on its way out on purpose.
            let faults = self.chain.catch_up(self.rows, self.key).await?;
            self.tell(&faults, out)?;
            findings = checked.findings(&self.chain, known.clone());
        }
        findings.extend(self.chain.removed_again(&id).map(Finding::RemovedAgain));
        findings.extend(hidden.then_some(Finding::Hidden));
        self.requests += usize::from(!checked.is_gone() || !findings.is_empty());
        self.late += checked.late(&self.chain, known);
        self.faulty += usize::from(!findings.is_empty());
        for finding in &findings {
            writeln!(out, "{id}: {finding}")?;
        }
        Ok(())
    }

    /// Whether a request was not met before; it is from now on.
    fn is_first(&mut self, id: RequestId, known: Range<usize>) -> bool {
        if known.is_empty() {
            return self.new.insert(id);
        }
        let met = self.met[known.start];
        self.met[known].fill(true);
        !met
    }

    fn conclude(self, out: &mut StdoutLock<'_>) -> Result<bool, Failure> {
        match self.chain.last() {
            Some(last) => writeln!(
                out,
                "The last checkpoint is {}:{}, of entries up to {}.",
                last.number, last.proof, last.through.at
            )?,
            None => writeln!(
                out,
                "There is no checkpoint: requests that were deleted or put back with their histories cannot be found."
            )?,
        }
        if self.late > 0 {
            writeln!(
                out,
                "Older than that, and in no checkpoint: {} entries, written late or by a clock that is slow.",
                self.late
            )?;
        }
        if !self.chain_holds {
            writeln!(out, "The checkpoints are not as they were written.")?;
        }
        match self.faulty {
            0 => writeln!(
                out,
                "The histories of {} requests are as they were written.",
                self.requests
            )?,
            faulty => writeln!(
                out,
                "Of {} requests, {faulty} are not as they were written.",
                self.requests
            )?,
        }
        Ok(self.chain_holds && self.faulty == 0)
    }
}
