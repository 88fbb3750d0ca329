//! The outbox to the world: what was recorded with a decision is carried out here, at least once, in the order of each
//! applicant and receiver, and recorded again.
//!
//! However a run is woken, it drains everything that is due: a wake-up that was missed delays and never loses.

mod account;
mod asked;
mod assemble;
mod entry;
mod job;
mod lane;
mod mail;
mod pump;
mod record;
mod route;
mod schedule;

use std::{sync::Arc, time::Duration};

use approvals::{Account, AuditKey, Terms};
use async_trait::async_trait;
use effects::Attempt;
use futures_util::{
    FutureExt,
    stream::{FuturesUnordered, StreamExt},
};
use store::{Clock, Effect, Outbox, OutboxEntry, Receiver, Request, Store, StoreError, Timestamp};

pub use assemble::{assemble, assemble_with};
pub use schedule::{BadSchedule, Schedule};
pub use store::MOST_FURTHER;

use crate::{
    lane::Work,
    pump::{LOOK_AGAIN, Pump},
    route::Route,
};

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
    /// What proves the histories of requests.
    pub audit: AuditKey,
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
    /// One for each receiver there is, carried or not.
    routes: Vec<Arc<Route>>,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Effects that were carried out. Those that only count requests are left out: they are no news to anybody.
    pub delivered: usize,
    /// Attempts that failed and will be repeated.
    pub failed: usize,
    /// Effects given up, for a person to look at.
    pub parked: usize,
}

impl Deliverer {
    /// Puts it together. The receivers carry effects out, each kind once; requests are counted whoever there is. What is due for others for more than a
    /// quarter of an hour is given up, so that a person sees it: the policy changed while it waited.
    pub fn new(parts: Parts, receivers: Vec<Arc<dyn Receive>>) -> Deliverer {
        let route = |receiver| {
            let carrier = receivers.iter().find(|carrier| carrier.receiver() == receiver);
            Arc::new(Route::new(receiver, carrier.cloned()))
        };
        Deliverer {
            parts: Arc::new(parts),
            // Events wait for somebody who listens to them.
            routes: [Receiver::Account, Receiver::Mail, Receiver::Reviewers, Receiver::Counts]
                .map(route)
                .to_vec(),
        }
    }

    /// Carries out everything that is due, until nothing is or the time is over. The receivers work beside one another,
    /// and one that has nothing to do looks again while another works; the run ends with the slowest of them.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed. What was carried out until then is recorded, or will be found to be done.
    pub async fn drain(&self, until: Timestamp) -> Result<Report, StoreError> {
        let parts = &*self.parts;
        let pump = |route| Pump::new(Work { parts, route, until });
        let mut pumps: Vec<_> = self.routes.iter().map(|route| pump(route)).collect();
        let mut at_work = FuturesUnordered::new();
        loop {
            for (index, pump) in pumps.iter_mut().enumerate() {
                at_work.extend(
                    pump.begin()
                        .into_iter()
                        .map(|work| work.map(move |ended| (index, ended))),
                );
            }
            if at_work.is_empty() && !pumps.iter_mut().any(Pump::look_once_more) {
                break;
            }
            // A pause, since something may have become due for those that had nothing.
            let Ok(Some((index, ended))) = tokio::time::timeout(LOOK_AGAIN, at_work.next()).await else {
                continue;
            };
            if pumps.get_mut(index).is_some_and(|pump| pump.end(ended)) {
                pumps.iter_mut().for_each(Pump::grow_stale);
            }
        }
        pumps
            .into_iter()
            .try_fold(Report::default(), |report, pump| Ok(report.and(pump.result()?)))
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
