//! The outbox to the world: what was recorded with a decision is carried out here, at least once, in the order of each
//! applicant and receiver, and recorded again.
//!
//! However a run is woken, it drains everything that is due: a wake-up that was missed delays and never loses.

mod account;
mod assemble;
mod job;
mod lane;
mod mail;
mod record;
mod schedule;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use approvals::{Account, Terms};
use async_trait::async_trait;
use effects::Attempt;
use futures_util::{
    future::join_all,
    stream::{self, StreamExt},
};
use store::{Clock, Effect, Outbox, OutboxEntry, Receiver, Request, Store, StoreError, Timestamp};

pub use assemble::{assemble, assemble_with};
pub use schedule::{BadSchedule, Schedule};
pub use store::MOST_FURTHER;

/// How many entries are read at once. What is not read now is read afterwards, so that a backlog of any length takes
/// the same memory.
const BATCH: usize = 256;

/// Who carries effects out.
#[async_trait]
pub trait Receive: Send + Sync {
    /// Which effects.
    fn receiver(&self) -> Receiver;

    /// How long one attempt may take. Nobody else tries in this time.
    fn time_limit(&self) -> Duration;

    /// Carries an effect out. It may have been carried out before: the entry's id is the same on every attempt.
    async fn deliver(&self, entry: &OutboxEntry, request: &Request) -> Attempt<Delivered>;
}

/// What came of an effect that was carried out.
#[derive(Clone, PartialEq, Eq)]
pub enum Delivered {
    /// Nothing that has to be remembered.
    Done,
    /// An account.
    Account(Account),
    /// Further effects for the same receiver, which take the place of this one: at most [`MOST_FURTHER`].
    Further(Vec<Effect>),
}

/// What delivering is made of.
pub struct Parts {
    /// Where requests are kept.
    pub store: Arc<dyn Store>,
    /// Where effects wait.
    pub outbox: Arc<dyn Outbox>,
    /// What the policy says about approvals.
    pub terms: Terms,
    /// When to try again.
    pub schedule: Schedule,
    /// How many effects for one receiver are carried out at once.
    pub at_once: usize,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

/// Carries out what is due.
#[derive(Clone)]
pub struct Deliverer {
    parts: Arc<Parts>,
    receivers: Vec<Arc<dyn Receive>>,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Effects that were carried out.
    pub delivered: usize,
    /// Attempts that failed and will be repeated.
    pub failed: usize,
    /// Effects given up, for a person to look at.
    pub parked: usize,
}

impl Deliverer {
    /// Puts it together. The receivers carry effects out, each kind once; effects for others stay where they are.
    pub fn new(parts: Parts, receivers: Vec<Arc<dyn Receive>>) -> Deliverer {
        Deliverer {
            parts: Arc::new(parts),
            receivers,
        }
    }

    /// The same for each receiver alone, to run them beside one another: one that is slow keeps nobody waiting.
    pub fn one_for_each_receiver(&self) -> Vec<Deliverer> {
        let alone = |receiver: &Arc<dyn Receive>| Deliverer {
            parts: self.parts.clone(),
            receivers: vec![receiver.clone()],
        };
        self.receivers.iter().map(alone).collect()
    }

    /// Carries out everything that is due, until nothing is or the time is over. The receivers work beside one another;
    /// the run ends with the slowest of them.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed. What was carried out until then is recorded, or will be found to be done.
    pub async fn drain(&self, until: Timestamp) -> Result<Report, StoreError> {
        let runs = self
            .receivers
            .iter()
            .map(|receiver| self.drain_one(receiver.as_ref(), until));
        let mut report = Report::default();
        for run in join_all(runs).await {
            report = report.and(run?);
        }
        Ok(report)
    }

    async fn drain_one(&self, receiver: &dyn Receive, until: Timestamp) -> Result<Report, StoreError> {
        let parts = &*self.parts;
        let mut report = Report::default();
        loop {
            let due = parts.outbox.due(receiver.receiver(), parts.clock.now(), BATCH).await?;
            let lanes: BTreeSet<_> = due.iter().map(|entry| entry.id.lane).collect();
            let work = lanes.into_iter().map(|lane| {
                let waiting = due.iter().filter(move |entry| entry.id.lane == lane);
                lane::Work { parts, receiver, until }.through(lane, waiting)
            });
            let mut work = stream::iter(work).buffer_unordered(parts.at_once.max(1));
            let mut changed = false;
            let mut failure = None;
            while let Some(done) = work.next().await {
                match done {
                    Ok(done) => {
                        changed |= done.changed;
                        report = report.and(done.report);
                    }
                    // The others finish what they have begun.
                    Err(error) => failure = Some(error),
                }
            }
            if let Some(error) = failure {
                return Err(error);
            }
            // Others work on what is left, nothing is, or the time is over.
            if !changed {
                return Ok(report);
            }
        }
    }
}

impl Report {
    fn and(self, other: Report) -> Report {
        Report {
            delivered: self.delivered + other.delivered,
            failed: self.failed + other.failed,
            parked: self.parked + other.parked,
        }
    }
}
