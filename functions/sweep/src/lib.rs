//! The clock: what is due by itself and not because somebody called. Each duty is a module.
//!
//! | duty | what |
//! |---|---|
//! | [`fetch`] | fetches the lists of the policy that have an address |
//! | [`requests`] | reminds and escalates, and ends requests whose time is over |
//! | [`ledger`] | writes checkpoints over all histories, and removes what ended long ago |

pub mod fetch;
pub mod ledger;
pub mod requests;

use std::{sync::Arc, time::Duration};

use desk::Desk;
use futures_util::future::join_all;
use host::{Job, JobError, Ran, Settings, StartError};
use outgoing::Reach;
use policy::Policy;
use store::{Clock, Rows, Timestamp};

use crate::{
    fetch::{Bounds, ListFetcher},
    ledger::Bookkeeper,
    requests::RequestClock,
};

/// How long a process of its own waits from one run to the next; schedules and timers have the same
/// (`template.yaml`, `azure/sweep`). No list is fetched more often, and what failed is tried again after this.
pub const PAUSE: Duration = Duration::from_secs(5 * 60);

/// The longest time that one change of a request takes: three calls of a store, each within a caller's deadline.
const LONGEST_STEP: Duration = Duration::from_secs(60);

/// Does what is due.
#[derive(Clone)]
pub struct Sweep {
    duties: Vec<Duty>,
    clock: Arc<dyn Clock>,
}

#[derive(Clone)]
enum Duty {
    FetchLists(ListFetcher),
    Requests(RequestClock),
    Ledger(Bookkeeper),
}

/// The function, as its settings and the policy say; nothing where the policy leaves nothing to do.
///
/// # Errors
/// [`StartError`], saying which setting is wrong or missing, or what is wrong with the policy.
pub async fn assemble(settings: &Settings) -> Result<Option<Sweep>, StartError> {
    let policy = assembly::read_policy(settings)?;
    match has_duties(settings, &policy) {
        true => assemble_with(settings, &policy, assembly::open_rows(settings).await?),
        false => Ok(None),
    }
}

/// The same, with a policy and a store that are open already.
///
/// # Errors
/// As [`assemble`].
pub fn assemble_with(settings: &Settings, policy: &Policy, rows: Arc<dyn Rows>) -> Result<Option<Sweep>, StartError> {
    let mut duties = Vec::new();
    if fetches(policy) {
        duties.push(Duty::FetchLists(list_fetcher(settings, policy, rows.clone())?));
    }
    if keeps_ledger(settings, policy) {
        duties.push(Duty::Ledger(Bookkeeper::new(ledger::Parts {
            store: rows.clone(),
            ledger: rows.clone(),
            traces: rows.clone(),
            keep: policy.terms().keep,
            audit: assembly::audit_key(settings)?,
            clock: assembly::clock(),
        })));
    }
    if policy.holds() {
        duties.push(Duty::Requests(RequestClock::new(Desk {
            store: rows,
            terms: policy.terms().clone(),
            audit: assembly::audit_key(settings)?,
            clock: assembly::clock(),
        })));
    }
    let clock = assembly::clock();
    Ok((!duties.is_empty()).then_some(Sweep { duties, clock }))
}

/// Whether settings and policy leave anything to do.
pub fn has_duties(settings: &Settings, policy: &Policy) -> bool {
    fetches(policy) || policy.holds() || keeps_ledger(settings, policy)
}

/// Wherever histories may be written, or were: a policy that holds nobody any more leaves those that there are, and
/// reviewers who decide on them.
fn keeps_ledger(settings: &Settings, policy: &Policy) -> bool {
    policy.holds() || (settings.audit_key.is_some() && settings.store.is_some())
}

fn fetches(policy: &Policy) -> bool {
    policy.stored_lists().iter().any(|list| list.fetch.is_some())
}

/// What fetches a policy's lists.
///
/// # Errors
/// [`StartError`] for an address that is none.
pub fn list_fetcher(settings: &Settings, policy: &Policy, rows: Arc<dyn Rows>) -> Result<ListFetcher, StartError> {
    let reach = match settings.allow_loopback {
        true => Reach::InternetAndLoopback,
        false => Reach::Internet,
    };
    let lists = policy.stored_lists().to_vec();
    ListFetcher::new(lists, rows, reach, Bounds::default(), assembly::clock())
}

impl Job for Sweep {
    const NAME: &'static str = "sweep";

    fn longest_piece(&self) -> Duration {
        let longest = self.duties.iter().map(Duty::longest_piece).max();
        longest.unwrap_or_default()
    }

    /// One for each duty.
    fn apart(self) -> Vec<Sweep> {
        let alone = |duty| Sweep {
            duties: vec![duty],
            clock: self.clock.clone(),
        };
        self.duties.into_iter().map(alone).collect()
    }

    /// Always the same, since an address that failed is not asked again at once, unless there is more to do: after a long
    /// outage many requests are due.
    fn pause(ran: Ran) -> Duration {
        match ran.unfinished {
            true => Duration::ZERO,
            false => PAUSE,
        }
    }

    /// All duties beside one another.
    async fn run(&self, time: Duration) -> Result<Ran, JobError> {
        let until = self.clock.now().plus(time);
        let ran = join_all(self.duties.iter().map(|duty| duty.run(until))).await;
        Ok(all_of(ran))
    }
}

impl Duty {
    /// The longest time that one piece of its work takes.
    fn longest_piece(&self) -> Duration {
        match self {
            Duty::FetchLists(fetcher) => fetcher.longest_piece(),
            Duty::Requests(_) | Duty::Ledger(_) => LONGEST_STEP,
        }
    }

    /// Works off what is due, and begins nothing after `until`.
    async fn run(&self, until: Timestamp) -> Ran {
        match self {
            Duty::FetchLists(fetcher) => fetcher.run(until).await,
            Duty::Requests(requests) => requests.run(until).await,
            Duty::Ledger(bookkeeper) => bookkeeper.run(until).await,
        }
    }
}

/// What several did together.
fn all_of(ran: impl IntoIterator<Item = Ran>) -> Ran {
    ran.into_iter().fold(Ran::default(), |all, one| Ran {
        done: all.done + one.done,
        failed: all.failed + one.failed,
        given_up: all.given_up + one.given_up,
        unfinished: all.unfinished || one.unfinished,
    })
}
