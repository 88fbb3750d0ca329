//! One applicant's effects for one receiver, one after the other.

use std::{panic::AssertUnwindSafe, time::Duration};

use approvals::Timely;
use effects::{Attempt, Why};
use futures_util::FutureExt;
use store::{Effect, Keys, Lane, OutboxEntry, Progress, Request, StoreError, Timestamp};

use crate::{
    Delivered, Parts, Receive, Report, entry,
    record::{self, Recorded},
    route::Route,
};

/// How much longer than an attempt a lease lasts: the time to record what came of it.
pub(crate) const MARGIN: Duration = Duration::from_secs(30);

/// For how long an effect may be due that nobody carries out here: while a new policy is being deployed, some programs
/// have the old one.
const GRACE: Duration = Duration::from_secs(15 * 60);

/// What is needed to work through lanes.
#[derive(Clone, Copy)]
pub(crate) struct Work<'w> {
    pub(crate) parts: &'w Parts,
    pub(crate) route: &'w Route,
    pub(crate) until: Timestamp,
}

/// What was done in a lane.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) report: Report,
    /// Whether anything is different now.
    pub(crate) changed: bool,
}

/// What is to be done about an entry.
enum Next {
    Attempt(Box<Request>),
    Nothing,
    Park(&'static str),
}

impl Work<'_> {
    /// Whether anything new may begin now.
    pub(crate) fn may_begin(&self) -> bool {
        let now = self.parts.clock.now();
        now < self.until && !self.route.rests(now)
    }

    /// Delivers what is due in a lane, in order. What waits behind an effect that failed waits as long as that one does.
    pub(crate) async fn through(self, lane: Lane, waiting: Vec<OutboxEntry>) -> Result<Done, StoreError> {
        let mut done = Done::default();
        while self.may_begin() {
            let Some(first) = self.parts.outbox.first_in(&lane).await? else {
                break;
            };
            let now = self.parts.clock.now();
            let changed = match first.progress {
                Progress::Waits { until } if now < until => {
                    let behind = waiting.iter().filter(|entry| entry.id.number > first.id.number);
                    done.changed |= self.postpone(behind, until).await?;
                    break;
                }
                Progress::Waits { until } => self.take(first, now.since(until), &mut done.report).await?,
                // Somebody has it, and it may be done in a moment.
                Progress::UnderWay { until } if now < until => break,
                Progress::UnderWay { until } => self.lost(first, until, &mut done.report).await?,
                Progress::Parked { .. } => break,
            };
            if !changed {
                break;
            }
            done.changed = true;
        }
        Ok(done)
    }

    /// Does what an entry needs whose time has come. False if somebody else was first, or nothing is to be done yet.
    async fn take(&self, entry: OutboxEntry, waited: Duration, report: &mut Report) -> Result<bool, StoreError> {
        let Some(carrier) = &self.route.carrier else {
            return match waited >= GRACE {
                true => self.park(entry, &Why::new(self.route.absent()), report).await,
                false => Ok(false),
            };
        };
        let request = match self.next(&entry).await {
            Ok(Next::Attempt(request)) => request,
            Ok(Next::Nothing) => return self.over(&entry).await,
            Ok(Next::Park(why)) => return self.park(entry, &Why::new(why), report).await,
            // A row that cannot be read is this entry's trouble alone, and a person has to see it in the end.
            Err(StoreError::Broken(why)) => return self.failed(entry, &Why::new(why), None, report).await,
            Err(error) => return Err(error),
        };
        let lease = carrier.time_limit() + MARGIN;
        let Some(leased) = self.lease(entry, lease).await? else {
            return Ok(false);
        };
        self.deliver(carrier.as_ref(), leased, &request, report).await?;
        Ok(true)
    }

    /// What is to be done about an entry now. Its request may have changed since it was written.
    async fn next(&self, entry: &OutboxEntry) -> Result<Next, StoreError> {
        let Parts { store, clock, .. } = self.parts;
        let Some(request) = store.request(&entry.request).await? else {
            return Ok(Next::Park("the request is not in the store"));
        };
        let addresses = match entry.effect {
            Effect::CreateAccount => request.addresses.clone(),
            _ => Vec::new(),
        };
        let keys = Keys {
            addresses,
            ..Keys::default()
        };
        let denials = store.look_up(&keys).await?.denials;
        Ok(
            match approvals::timely(&entry.effect, &request, &denials, clock.now()) {
                Timely::Wanted => Next::Attempt(Box::new(request)),
                Timely::Over => Next::Nothing,
                Timely::Forbidden(why) => Next::Park(why),
            },
        )
    }

    async fn deliver(
        &self,
        carrier: &dyn Receive,
        entry: OutboxEntry,
        request: &Request,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        match attempt(carrier, &entry, request).await {
            Attempt::Done(delivered) => match record::delivered(self.parts, &entry, delivered).await? {
                Recorded::Done => {
                    entry::log(&entry, "delivered", None);
                    report.delivered += 1;
                }
                Recorded::Nowhere(why) => drop(self.park(entry, &why, report).await?),
            },
            Attempt::Later { why, after } => {
                if let Some(asked) = after {
                    self.route.leave_alone(self.parts.clock.now(), asked);
                }
                // If it is somebody else's by now, the lease was over, and they decide.
                self.failed(entry, &why, after, report).await?;
            }
            Attempt::Never { why } => drop(self.park(entry, &why, report).await?),
        }
        Ok(())
    }
}

/// One attempt, within its time, whatever the receiver does.
async fn attempt(carrier: &dyn Receive, entry: &OutboxEntry, request: &Request) -> Attempt<Delivered> {
    let later = |why| Attempt::Later {
        why: Why::new(why),
        after: None,
    };
    let attempt = AssertUnwindSafe(carrier.deliver(entry, request)).catch_unwind();
    match tokio::time::timeout(carrier.time_limit(), attempt).await {
        Ok(Ok(attempt)) => attempt,
        Ok(Err(_panic)) => later("the receiver's code panicked"),
        Err(_) => later("the receiver took too long"),
    }
}
