//! Deciding on a request: the one way, for programs and for people.

use approvals::{Decide, Decider, Refusal as Refused, Ruling};
use desk::{File, NotDone};
use store::{Block, RequestId};

use crate::{Room, refusal::Refusal, reviewers::Reviewer};

/// Why nothing is blocked.
const CANNOT_BLOCK: &str =
    "`block` goes with a denial of a request that has an address, where the policy names a list for it.";

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

/// A reviewer decides. Whoever comes second changes nothing and learns what was decided; so does whoever loses a race.
///
/// # Errors
/// [`Refusal::Request`] for no such request, [`Refusal::Changed`] if the applicant changed what the reviewer saw,
/// [`Refusal::Store`] if the store fails.
pub(crate) async fn decide(room: &Room, id: &RequestId, reviewer: &Reviewer, wish: Wish) -> Result<Decided, Refusal> {
    let ruling = name_of(wish.ruling);
    let decision = Decide {
        ruling: wish.ruling,
        by: Decider::Reviewer(reviewer.as_decider(&room.parts.desk.terms)),
        reason: wish.reason,
        block: wish.block,
    };
    let done = room.parts.desk.decide(id, &decision, wish.seen).await?;
    if let Some(refusal) = done.refused.and_then(refusal) {
        return Err(refusal);
    }
    let applied = done.applied();
    let (request, reviewer) = (tracing::field::display(id), &*reviewer.name);
    tracing::info!(target: "vestibule", request, reviewer, applied, "review: {ruling}");
    let file = room.parts.desk.read(id).await?;
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

/// Whoever is second, or says the same again, is told what was decided. The others are told why not.
fn refusal(refused: Refused) -> Option<Refusal> {
    match refused {
        Refused::NotPending | Refused::NotApproved | Refused::Voted => None,
        Refused::Opposed => Some(Refusal::Opposed),
        Refused::NotAsked => Some(Refusal::NotAsked),
        Refused::OnThemselves => Some(Refusal::OnThemselves),
        Refused::NoReason => Some(Refusal::input("This route wants a reason.")),
        Refused::NothingToBlock => Some(Refusal::input(CANNOT_BLOCK)),
        Refused::NoSuchGroup => Some(Refusal::input("The policy knows no such group of reviewers.")),
        Refused::TooFew => Some(Refusal::input(
            "Too few of those who would be asked may vote: one has voted, or is the applicant, or the stage wants more people.",
        )),
    }
}

impl From<NotDone> for Refusal {
    fn from(why: NotDone) -> Refusal {
        match why {
            NotDone::Unknown => Refusal::Request,
            NotDone::Changed => Refusal::Changed,
            NotDone::Moved => Refusal::Moved,
            NotDone::NoRandom => Refusal::NoRandom,
            NotDone::Store(error) => Refusal::Store(error),
        }
    }
}
