//! Deciding on a request: the one way, for programs and for people.

use approvals::{Decide, Decider, Refusal as Refused, Ruling};
use desk::{Done, File, NotDone};
use store::{Asked, Block, RequestId};

use crate::{Room, own, refusal::Refusal, reviewers::Reviewer};

/// What a reviewer wants done.
#[derive(Clone)]
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

/// A reviewer decides. Whoever comes second changes nothing and learns what was decided; so does whoever loses a race.
///
/// # Errors
/// [`Refusal::Request`] for no such request, [`Refusal::Changed`] if the applicant changed what the reviewer saw,
/// [`Refusal::Store`] if the store fails.
pub(crate) async fn decide(room: &Room, id: &RequestId, reviewer: &Reviewer, wish: Wish) -> Result<Decided, Refusal> {
    let applied = carry_out(room, id, reviewer, wish).await?.applied();
    let file = own::read(room, id, reviewer).await?;
    Ok(Decided { applied, file })
}

/// The decision itself.
///
/// # Errors
/// As [`decide`].
pub(crate) async fn carry_out(room: &Room, id: &RequestId, reviewer: &Reviewer, wish: Wish) -> Result<Done, Refusal> {
    let ruling = name_of(wish.ruling);
    let decision = Decide {
        ruling: wish.ruling,
        by: Decider::Reviewer(reviewer.as_decider(&room.parts.desk.terms)),
        reason: wish.reason,
        block: wish.block,
    };
    let done = room.parts.desk.decide(id, &decision, wish.seen).await;
    let done = done.map_err(|why| undone(id, why))?;
    settle(done, id, reviewer, ruling)
}

/// A reviewer has others asked.
///
/// # Errors
/// As [`decide`].
pub(crate) async fn reassign(
    room: &Room,
    id: &RequestId,
    reviewer: &Reviewer,
    to: &Asked,
    reason: Option<&str>,
    seen: Option<u64>,
) -> Result<Decided, Refusal> {
    if let Asked::Person(person) = to
        && !room.parts.reviewers.has(person)
    {
        return Err(Refusal::NoSuchReviewer);
    }
    let by = Decider::Reviewer(reviewer.as_decider(&room.parts.desk.terms));
    let done = room.parts.desk.reassign(id, to, &by, reason, seen).await;
    let done = done.map_err(|why| undone(id, why))?;
    let applied = settle(done, id, reviewer, "reassign")?.applied();
    let file = own::read(room, id, reviewer).await?;
    Ok(Decided { applied, file })
}

/// Why nothing came of it. A request that somebody forged is named in the log.
fn undone(id: &RequestId, why: NotDone) -> Refusal {
    if why == NotDone::NotAsWritten {
        let (request, reason) = (tracing::field::display(id), approvals::NOT_AS_WRITTEN);
        tracing::error!(target: "vestibule", request, reason, "review: failed, {reason}");
    }
    why.into()
}

/// One line in the log, unless the change was refused.
fn settle(done: Done, id: &RequestId, reviewer: &Reviewer, what: &str) -> Result<Done, Refusal> {
    if let Some(refusal) = done.refused.and_then(refusal) {
        return Err(refusal);
    }
    let (request, reviewer, applied) = (tracing::field::display(id), reviewer.tag(), done.applied());
    tracing::info!(target: "vestibule", request, reviewer, applied, "review: {what}");
    Ok(done)
}

/// The ruling in addresses, forms and logs: what [`Ruling::from_name`] reads.
pub(crate) fn name_of(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Approve => "approve",
        Ruling::Deny => "deny",
        Ruling::Withdraw => "withdraw",
    }
}

/// Whoever is second, or says the same again, is told what was decided. The others are told why not.
fn refusal(refused: Refused) -> Option<Refusal> {
    match refused {
        Refused::NotPending | Refused::NotApproved | Refused::Voted => None,
        Refused::Opposed => Some(Refusal::Opposed),
        Refused::NotAsked => Some(Refusal::NotAsked),
        Refused::OnThemselves => Some(Refusal::OnThemselves),
        Refused::NoReason => Some(Refusal::NoReason),
        Refused::NothingToBlock => Some(Refusal::NothingToBlock),
        Refused::NoSuchGroup => Some(Refusal::NoSuchGroup),
        Refused::TooFew => Some(Refusal::TooFew),
        Refused::TooOften => Some(Refusal::TooOften),
    }
}

impl From<NotDone> for Refusal {
    fn from(why: NotDone) -> Refusal {
        match why {
            NotDone::Unknown => Refusal::Request,
            NotDone::Changed => Refusal::Changed,
            NotDone::Moved => Refusal::Moved,
            NotDone::NotAsWritten => Refusal::NotAsWritten,
            NotDone::NoRandom => Refusal::NoRandom,
            NotDone::Store(error) => Refusal::Store(error),
        }
    }
}
