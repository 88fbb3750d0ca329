//! One applicant's effects for one receiver, one after the other.

use std::{panic::AssertUnwindSafe, time::Duration};

use approvals::Timely;
use effects::{Attempt, Why};
use futures_util::{FutureExt, future};
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
    /// What took the place of the effect that was carried out last.
    further: Vec<OutboxEntry>,
}

/// What leads a lane.
struct Head {
    entry: OutboxEntry,
    request: Result<Option<Request>, StoreError>,
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

    /// Delivers what was found to be due in a lane, in order. What waits behind an effect that failed waits as long as
    /// that one does. What has come since is left to the next look: to ask once more here costs as much.
    pub(crate) async fn through(self, lane: Lane, mut waiting: Vec<OutboxEntry>) -> Result<Done, StoreError> {
        waiting.sort_unstable_by_key(|entry| entry.id);
        let mut done = Done::default();
        while self.may_begin()
            && let Some(head) = self.head(&lane, waiting.first()).await?
        {
            waiting.retain(|entry| entry.id.number > head.entry.id.number);
            let now = self.parts.clock.now();
            let changed = match head.entry.progress {
                Progress::Waits { until } if now < until => {
                    done.changed |= self.postpone(&waiting, until).await?;
                    break;
                }
                Progress::Waits { until } => self.take(head, now.since(until), &mut done).await?,
                // Somebody has it, and it may be done in a moment.
                Progress::UnderWay { until } if now < until => break,
                Progress::UnderWay { until } => self.lost(head.entry, until, &mut done.report).await?,
                Progress::Parked { .. } => break,
            };
            done.changed |= changed;
            waiting.splice(0..0, std::mem::take(&mut done.further));
            if !changed || waiting.is_empty() {
                break;
            }
        }
        Ok(done)
    }

    /// The first entry of a lane with its request. The request of the one that is expected there is read beside it, in
    /// the same time: it is as new as the entry, which was written before both.
    async fn head(&self, lane: &Lane, expected: Option<&OutboxEntry>) -> Result<Option<Head>, StoreError> {
        let Parts { store, outbox, .. } = self.parts;
        let beside = async {
            let expected = expected.filter(|_| !self.route.counts())?;
            Some((expected.id, store.request(&expected.request).await))
        };
        let (first, beside) = future::join(outbox.first_in(lane), beside).await;
        let Some(entry) = first? else { return Ok(None) };
        let request = match beside {
            Some((id, request)) if id == entry.id => request,
            _ if self.route.counts() => Ok(None),
            _ => store.request(&entry.request).await,
        };
        Ok(Some(Head { entry, request }))
    }

    /// Does what an entry needs whose time has come. False if somebody else was first, or nothing is to be done yet.
    async fn take(&self, head: Head, waited: Duration, done: &mut Done) -> Result<bool, StoreError> {
        let Head { entry, request } = head;
        let report = &mut done.report;
        if let Some(writes) = store::count(&entry) {
            return self.count(writes).await;
        }
        if let Some(writes) = store::end_use(&entry, self.parts.clock.now()) {
            return self.end_use(&entry, writes).await;
        }
        let Some(carrier) = &self.route.carrier else {
            return match waited >= GRACE {
                true => self.park(entry, &Why::new(self.route.absent()), report).await,
                false => Ok(false),
            };
        };
        let request = match self.next(&entry, request).await {
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
        self.deliver(carrier.as_ref(), leased, &request, done).await?;
        Ok(true)
    }

    /// What is to be done about an entry now. Its request may have changed since it was written.
    async fn next(
        &self,
        entry: &OutboxEntry,
        request: Result<Option<Request>, StoreError>,
    ) -> Result<Next, StoreError> {
        let Parts { store, clock, .. } = self.parts;
        let Some(request) = request? else {
            return Ok(Next::Park("the request is not in the store"));
        };
        if !self.parts.audit.vouches_for(&request) {
            return Ok(Next::Park(approvals::NOT_AS_WRITTEN));
        }
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
        done: &mut Done,
    ) -> Result<(), StoreError> {
        let report = &mut done.report;
        match attempt(carrier, &entry, request).await {
            Attempt::Done(delivered) => match record::delivered(self.parts, &entry, delivered).await? {
                Recorded::Done(further) => {
                    entry::log(&entry, "delivered", None);
                    report.delivered += 1;
                    done.further = further;
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
