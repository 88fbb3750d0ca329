//! What time does to requests: those who are asked are reminded, the next reviewers are asked, and what nobody decided or
//! used in time ends.

use std::sync::Arc;

use approvals::{AuditKey, Terms};
use futures_util::stream::{self, StreamExt};
use host::Ran;
use store::{Clock, Committed, Keys, Request, RequestId, Store, StoreError, Timestamp};

/// How many requests are read at once.
const PAGE: usize = 100;

/// How many are worked on at once.
const AT_ONCE: usize = 8;

/// How often one request is looked at again: what is due after what was due, and races that were lost.
const MOST_STEPS: usize = 20;

/// The clock of requests. Two at once do nothing twice: each change holds for the version that it builds on.
#[derive(Clone)]
pub struct RequestClock(Arc<Parts>);

/// What the clock of requests is made of.
pub struct Parts {
    /// Where requests are kept.
    pub store: Arc<dyn Store>,
    /// What the policy says about approvals.
    pub terms: Terms,
    /// What proves the histories of requests.
    pub audit: AuditKey,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl RequestClock {
    /// Puts it together.
    pub fn new(parts: Parts) -> RequestClock {
        RequestClock(Arc::new(parts))
    }

    /// Works off what is due, the longest due first, and begins nothing after `until`. What fails is due as before.
    pub async fn run(&self, until: Timestamp) -> Ran {
        let Parts { store, clock, .. } = &*self.0;
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
            match self.step(&id).await {
                Ok(Step::Changed) => changed += 1,
                Ok(Step::Overtaken) => {}
                Ok(Step::NotDue) => return (id, Ok(changed)),
                Err(error) => return (id, Err(error)),
            }
        }
        (id, Ok(changed))
    }

    async fn step(&self, id: &RequestId) -> Result<Step, StoreError> {
        let Parts {
            store,
            terms,
            audit,
            clock,
        } = &*self.0;
        let Some(request) = store.request(id).await? else {
            return Ok(Step::NotDue);
        };
        if !audit.vouches_for(&request) {
            return Err(StoreError::Broken(approvals::NOT_AS_WRITTEN.to_owned()));
        }
        let Some(transition) = approvals::tick(&request, clock.now(), terms) else {
            return Ok(Step::NotDue);
        };
        // The denials, and proof that this is still the applicant's latest request: no other can change.
        let keys = Keys {
            applicant: Some(id.applicant),
            addresses: request.addresses.clone(),
            call: None,
        };
        let now = store.look_up(&keys).await?;
        match &now.request {
            Some(latest) if *latest == request => {}
            Some(latest) if latest.id == *id => return Ok(Step::Overtaken),
            _ => return Ok(Step::NotDue),
        }
        let seal = audit.seal();
        let seal = seal.map_err(|_| StoreError::Broken("the system has no random numbers".to_owned()))?;
        let events: Vec<_> = transition.entries.iter().map(|entry| entry.event.name()).collect();
        if store.commit(&transition.commit(None, &now.denials, &seal)).await? == Committed::Conflict {
            return Ok(Step::Overtaken);
        }
        for event in events {
            tracing::info!(target: "vestibule", request = %id, event, "sweep: time has come, {event}");
        }
        Ok(Step::Changed)
    }
}

/// What came of one look at a request.
enum Step {
    /// Something was due, and is recorded.
    Changed,
    /// Somebody else was first.
    Overtaken,
    /// Nothing is due.
    NotDue,
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
