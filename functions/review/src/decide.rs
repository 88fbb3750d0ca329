//! Reading a request and deciding on it: the one way, for programs and for people.

use approvals::{Decide, Decided as Outcome, Decider, Refusal as Refused, Ruling};
use store::{
    Actor, Block, Committed, Event, HistoryEntry, Keys, Request, RequestId, Snapshot, StateName, Store, StoreError,
    Timestamp,
};

use crate::{Room, refusal::Refusal, reviewers::Reviewer};

/// How often a decision that lost a race tries again. Nearly every race is lost to another decision, after which there
/// is nothing to try; only an applicant who keeps changing claims gets further.
const MOST_RACES: usize = 20;

/// Why nothing is blocked.
const CANNOT_BLOCK: &str =
    "`block` goes with a denial of a request that has an address, where the policy names a list for it.";

/// A request and what happened to it.
pub(crate) struct File {
    pub(crate) request: Request,
    /// Oldest first.
    pub(crate) history: Vec<HistoryEntry>,
}

/// What reviewers did to a request.
#[derive(Clone, Copy)]
pub(crate) struct Decision<'f> {
    pub(crate) ruling: Ruling,
    pub(crate) by: &'f str,
    pub(crate) at: Timestamp,
    pub(crate) reason: Option<&'f str>,
    /// Until when an approval can be used, or a denial turns away.
    pub(crate) until: Option<Timestamp>,
}

/// What a reviewer wants done.
pub(crate) struct Wish {
    pub(crate) ruling: Ruling,
    pub(crate) reason: Option<String>,
    /// What is blocked for good, with a denial.
    pub(crate) block: Vec<Block>,
    /// The version of the request that the reviewer looked at, where they say so.
    pub(crate) seen: Option<u64>,
}

/// What came of it.
pub(crate) struct Decided {
    /// Whether this decision is the one that counts. If not, somebody came first, and nothing was changed.
    pub(crate) applied: bool,
    pub(crate) file: File,
}

impl File {
    pub(crate) async fn read(room: &Room, id: &RequestId) -> Result<File, Refusal> {
        let store = &room.parts.store;
        let request = store.request(id).await?.ok_or(Refusal::Request)?;
        let mut history = store.history(id).await?;
        // What happened between the two reads would contradict the state shown.
        history.retain(|entry| entry.version <= request.version);
        Ok(File { request, history })
    }

    /// What was decided, if anything was. An approval stays the decision when the applicant has used it.
    pub(crate) fn decision(&self) -> Option<Decision<'_>> {
        self.history.iter().rev().find_map(Decision::of)
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.request.state.name() == StateName::Pending
    }
}

impl<'f> Decision<'f> {
    fn of(entry: &'f HistoryEntry) -> Option<Decision<'f>> {
        let (ruling, reason, until) = match &entry.event {
            Event::Approved { reason, until } => (Ruling::Approve, reason, Some(*until)),
            Event::Denied { reason, until, .. } => (Ruling::Deny, reason, Some(*until)),
            Event::Withdrawn { reason } => (Ruling::Withdraw, reason, None),
            _ => return None,
        };
        let by = match &entry.by {
            Actor::Reviewer(name) | Actor::Override(name) => name,
            Actor::Clock => "time",
            Actor::Applicant => "the applicant",
            Actor::Policy => "the policy",
        };
        let (at, reason) = (entry.at, reason.as_deref());
        Some(Decision {
            ruling,
            by,
            at,
            reason,
            until,
        })
    }
}

/// A reviewer decides. Whoever comes second changes nothing and learns what was decided; so does whoever loses a race.
///
/// # Errors
/// [`Refusal::Request`] for no such request, [`Refusal::Changed`] if the applicant changed what the reviewer saw,
/// [`Refusal::Store`] if the store fails.
pub(crate) async fn decide(room: &Room, id: &RequestId, reviewer: &Reviewer, wish: Wish) -> Result<Decided, Refusal> {
    let ruling = name_of(wish.ruling);
    let applied = apply(room, id, reviewer, wish).await?;
    let (request, reviewer) = (tracing::field::display(id), &*reviewer.name);
    tracing::info!(target: "vestibule", request, reviewer, applied, "review: {ruling}");
    let file = File::read(room, id).await?;
    Ok(Decided { applied, file })
}

/// The ruling in addresses, forms and logs: what [`Ruling::from_name`] reads.
pub(crate) fn name_of(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Approve => "approve",
        Ruling::Deny => "deny",
        Ruling::Withdraw => "withdraw",
    }
}

async fn apply(room: &Room, id: &RequestId, reviewer: &Reviewer, wish: Wish) -> Result<bool, Refusal> {
    let store = &room.parts.store;
    let decision = Decide {
        ruling: wish.ruling,
        by: Decider::Reviewer(reviewer.as_decider(&room.parts.terms)),
        reason: wish.reason,
        block: wish.block,
    };
    let seal = room.parts.audit.seal().map_err(|_| Refusal::NoRandom)?;
    for _ in 0..MOST_RACES {
        let request = store.request(id).await?.ok_or(Refusal::Request)?;
        if !seal.vouches_for(&request) {
            return Err(StoreError::Broken(approvals::NOT_AS_WRITTEN.to_owned()).into());
        }
        let now = room.parts.clock.now();
        let Outcome { transition, refused } = approvals::decide(&request, &decision, now, &room.parts.terms);
        match refused {
            Some(Refused::Opposed) => return Err(Refusal::Opposed),
            Some(Refused::NotAsked) => return Err(Refusal::NotAsked),
            Some(Refused::OnThemselves) => return Err(Refusal::OnThemselves),
            Some(Refused::NoReason) => return Err(Refusal::input("This route wants a reason.")),
            Some(Refused::NothingToBlock) => return Err(Refusal::input(CANNOT_BLOCK)),
            Some(Refused::NotPending | Refused::NotApproved | Refused::Voted) | None => {}
        }
        let Some(transition) = transition else { return Ok(false) };
        if let Some(seen) = wish.seen.filter(|seen| refused.is_none() && *seen != request.version) {
            unchanged_since(store.as_ref(), &request, seen).await?;
        }
        // The denials, and proof that this is still the applicant's latest request: no other can be decided.
        let Snapshot {
            request: latest,
            denials,
            ..
        } = store.look_up(&keys(&request)).await?;
        if latest.as_ref() != Some(&request) {
            continue;
        }
        if store.commit(&transition.commit(None, &denials, &seal)).await? == Committed::Applied {
            return Ok(refused.is_none());
        }
    }
    Err(StoreError::Busy(format!("lost {MOST_RACES} races for the same request")).into())
}

/// Others' votes and reminders are no news to a decision. What the applicant changed is, and who is asked now.
async fn unchanged_since(store: &dyn Store, request: &Request, seen: u64) -> Result<(), Refusal> {
    let history = store.history(&request.id).await?;
    let since: Vec<_> = history.iter().filter(|entry| entry.version > seen).collect();
    let any = |is: fn(&Event) -> bool| since.iter().any(|entry| is(&entry.event));
    if seen > request.version || any(|event| matches!(event, Event::Opened | Event::Updated)) {
        return Err(Refusal::Changed);
    }
    let moved = |event: &Event| {
        matches!(
            event,
            Event::Passed { .. } | Event::Escalated { .. } | Event::Reassigned { .. }
        )
    };
    match since.iter().any(|entry| moved(&entry.event)) {
        true => Err(Refusal::Moved),
        false => Ok(()),
    }
}

fn keys(request: &Request) -> Keys {
    Keys {
        applicant: Some(request.id.applicant),
        addresses: request.addresses.clone(),
        call: None,
    }
}
