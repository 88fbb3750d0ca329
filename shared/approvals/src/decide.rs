use store::{Actor, Denial, Effect, Event, News, Request, State, Timestamp};

use crate::{AccountBy, Standing, Terms, Transition, standing, tell::tell};

/// What a reviewer does to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decide {
    /// What.
    pub ruling: Ruling,
    /// Who.
    pub by: String,
    /// Why; never shown to the applicant.
    pub reason: Option<String>,
}

/// How a reviewer can decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Let the applicant in.
    Approve,
    /// Turn the applicant away.
    Deny,
    /// Close the request for an applicant who gave up.
    Withdraw,
}

impl Ruling {
    /// The ruling in addresses and forms.
    pub fn from_name(name: &str) -> Option<Ruling> {
        match name {
            "approve" => Some(Ruling::Approve),
            "deny" => Some(Ruling::Deny),
            "withdraw" => Some(Ruling::Withdraw),
            _ => None,
        }
    }
}

/// Why a decision changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The request is not pending (any more): somebody decided, or it ended otherwise. The first decision stands.
    NotPending,
    /// The request is not approved (any more).
    NotApproved,
}

/// A reviewer decides. The first one does; whoever comes second, on whatever side, changes nothing.
///
/// # Errors
/// [`Refusal`] if the request does not wait for a decision.
pub fn decide(request: &Request, decide: &Decide, now: Timestamp, terms: &Terms) -> Result<Transition, Refusal> {
    let Standing::Pending(_) = standing(Some(request), now) else {
        return Err(Refusal::NotPending);
    };
    let (by, reason) = (decide.by.clone(), decide.reason.clone());
    let actor = Actor::Reviewer(by.clone());
    let event_reason = reason.clone();
    let change = |state: State| move |request: Request| Request { state, ..request };
    let transition = Transition::of(request);
    Ok(match decide.ruling {
        Ruling::Approve => {
            let until = now.plus(terms.unused);
            let event = Event::Approved {
                reason: event_reason,
                until,
            };
            let approved = change(State::Approved {
                at: now,
                by,
                reason,
                until,
                account: terms.account,
            });
            let effect = match terms.account {
                AccountBy::Graph => Some(Effect::CreateAccount),
                AccountBy::Flow => tell(request, News::Approved, terms),
            };
            transition.then(event, actor, now, approved).causing(effect)
        }
        Ruling::Deny => {
            let until = now.plus(terms.cool_down);
            let event = Event::Denied {
                reason: event_reason,
                until,
            };
            let denial = |address| Denial {
                address,
                request: request.id,
                at: now,
                until,
            };
            let denials = request.addresses.iter().copied().map(denial).collect();
            let denied = change(State::Denied {
                at: now,
                by,
                reason,
                until,
            });
            transition
                .then(event, actor, now, denied)
                .turning_away(denials)
                .causing(tell(request, News::Denied, terms))
        }
        Ruling::Withdraw => {
            let event = Event::Withdrawn { reason: event_reason };
            transition.then(event, actor, now, change(State::Withdrawn { at: now }))
        }
    })
}
