//! What time does to requests: those who are asked are reminded, the next reviewers are asked, and what nobody decided or
//! used in time ends.

use std::sync::Arc;

use desk::{Desk, NotDone};
use futures_util::stream::{self, StreamExt};
use host::Ran;
use store::{Request, RequestId, StoreError, Timestamp};

/// How many requests are read at once.
const PAGE: usize = 100;

/// How many are worked on at once.
const AT_ONCE: usize = 8;

/// How often one request is looked at again: what is due after what was due.
const MOST_STEPS: usize = 20;

/// The clock of requests. Two at once do nothing twice: each change holds for the version that it builds on.
#[derive(Clone)]
pub struct RequestClock(Arc<Desk>);

impl RequestClock {
    /// Puts it together.
    pub fn new(desk: Desk) -> RequestClock {
        RequestClock(Arc::new(desk))
    }

    /// Works off what is due, the longest due first, and begins nothing after `until`. What fails is due as before.
    pub async fn run(&self, until: Timestamp) -> Ran {
        let Desk { store, clock, .. } = &*self.0;
        let (mut ran, mut after) = (Ran::default(), None);
        while clock.now() < until {
            let page = match store.overdue(clock.now(), after.as_ref(), PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(target: "vestibule", %error, "sweep: what is due cannot be read, {error}");
                    ran.failed += 1;
                    return ran;
                }
            };
            for (request, why) in &page.unreadable {
                tracing::error!(target: "vestibule", %request, why, "sweep: a request cannot be read, {why}");
                ran.given_up += 1;
            }
            let changed = stream::iter(page.requests).map(|request| self.settle(request, until));
            let changed: Vec<_> = changed.buffer_unordered(AT_ONCE).collect().await;
            for (request, changed) in changed {
                ran = counted(ran, &request, changed);
            }
            match page.next {
                Some(place) => after = Some(place),
                None => break,
            }
        }
        // Where nothing can be recorded, another run at once would fare no better.
        ran.unfinished = ran.done > 0 && clock.now() >= until;
        ran
    }

    /// Everything that is due about one request; how many things changed.
    async fn settle(&self, request: Request, until: Timestamp) -> (RequestId, Result<usize, StoreError>) {
        let id = request.id;
        let mut changed = 0;
        for _ in 0..MOST_STEPS {
            if self.0.clock.now() >= until {
                break;
            }
            match self.0.tick(&id).await {
                Ok(done) if done.events.is_empty() => break,
                Ok(done) => {
                    for event in &done.events {
                        let event = event.name();
                        tracing::info!(target: "vestibule", request = %id, event, "sweep: time has come, {event}");
                    }
                    changed += done.events.len();
                }
                Err(why) => return (id, failed(why).map(|()| changed)),
            }
        }
        (id, Ok(changed))
    }
}

/// What failed, unless it is that there is nothing to do any more.
fn failed(why: NotDone) -> Result<(), StoreError> {
    match why {
        NotDone::Unknown | NotDone::Changed | NotDone::Moved => Ok(()),
        NotDone::NotAsWritten => Err(StoreError::Broken(approvals::NOT_AS_WRITTEN.to_owned())),
        NotDone::NoRandom => Err(StoreError::Broken("the system has no random numbers".to_owned())),
        NotDone::Store(error) => Err(error),
    }
}

fn counted(ran: Ran, request: &RequestId, changed: Result<usize, StoreError>) -> Ran {
    match changed {
        Ok(changed) => Ran {
            done: ran.done + changed,
            ..ran
        },
        Err(error) => {
            tracing::warn!(target: "vestibule", %request, %error, "sweep: what is due was not recorded, {error}");
            Ran {
                failed: ran.failed + 1,
                ..ran
            }
        }
    }
}
