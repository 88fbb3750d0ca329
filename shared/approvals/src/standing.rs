use std::time::Duration;

use store::{Actor, Denial, Request, State, Timestamp};

use crate::{AccountBy, Terms, time::overtake};

/// How long the answer that let somebody in is given again.
pub(crate) const ADMISSION_LIFE: Duration = Duration::from_secs(60 * 60);

/// How long an account that was created counts. Afterwards its applicant, if they come again, is reviewed again: the
/// account was removed, or they would not have to sign up.
const PROVISIONED_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What an applicant's latest request means now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'r> {
    /// Nothing: there is none, or it is over.
    None,
    /// It waits for a reviewer.
    Pending(&'r Request),
    /// It was denied, and the cool-down is not over.
    Denied(&'r Request),
    /// It was approved, and the approval can still be used: the applicant comes again and goes on.
    Approved(&'r Request),
    /// It was approved, and we create the account.
    Creating(&'r Request),
    /// The applicant was let in within the hour.
    Admitted(&'r Request),
    /// The applicant's account was created within the month.
    Provisioned(&'r Request),
}

/// What an applicant is told who may not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The request was handed to the reviewers just now.
    Waiting,
    /// It is still with them.
    Pending,
    /// It was denied.
    Denied,
    /// It was approved, but nothing proves the address.
    Unproven,
    /// It was approved for another address.
    OtherAddress,
    /// It was approved, and the account is being created.
    OnItsWay,
    /// The account is there.
    Ready,
}

/// What a request means at a time. An approval that ran out, a denial past its cool-down, an admission an hour ago, an
/// account created a month ago and a withdrawal count as none.
pub fn standing(request: Option<&Request>, now: Timestamp) -> Standing<'_> {
    let Some(request) = request else { return Standing::None };
    match &request.state {
        State::Pending(_) => Standing::Pending(request),
        State::Approved { until, account, .. } if now < *until => match account {
            AccountBy::Flow => Standing::Approved(request),
            AccountBy::Graph => Standing::Creating(request),
        },
        State::Denied { until, .. } if now < *until => Standing::Denied(request),
        State::Admitted { at } if now < at.plus(ADMISSION_LIFE) => Standing::Admitted(request),
        State::Provisioned { at, .. } if now < at.plus(PROVISIONED_LIFE) => Standing::Provisioned(request),
        State::Approved { .. }
        | State::Denied { .. }
        | State::Admitted { .. }
        | State::Provisioned { .. }
        | State::Withdrawn { .. }
        | State::Expired { .. } => Standing::None,
    }
}

/// Whether a request has ended and counts for nothing: its applicant would be treated as they are if it had never been.
pub fn is_spent(request: &Request, now: Timestamp) -> bool {
    let ended = !matches!(request.state, State::Pending(_) | State::Approved { .. });
    ended && standing(Some(request), now) == Standing::None
}

/// Whether somebody is turned away because a request with their address, of whatever applicant, was denied. A later
/// approval or admission of their own request outweighs it: letting in needs the exact applicant, and they are that.
pub fn turned_away(request: Option<&Request>, denials: &[Denial], now: Timestamp) -> bool {
    let since = match standing(request, now) {
        // Time knows nothing of the address: what it approves outweighs no denial that came after the request.
        Standing::Approved(Request {
            state: State::Approved { by: Actor::Clock, .. },
            opened_at: at,
            ..
        })
        | Standing::Creating(Request {
            state: State::Approved { by: Actor::Clock, .. },
            opened_at: at,
            ..
        })
        | Standing::Approved(Request {
            state: State::Approved { at, .. },
            ..
        })
        | Standing::Creating(Request {
            state: State::Approved { at, .. },
            ..
        })
        | Standing::Admitted(Request {
            state: State::Admitted { at },
            ..
        })
        | Standing::Provisioned(Request {
            state: State::Provisioned { at, .. },
            ..
        }) => Some(*at),
        _ => None,
    };
    let counts = |denial: &Denial| now < denial.until && since.is_none_or(|since| since < denial.at);
    denials.iter().any(counts)
}

/// The first step: what an applicant is told before the form; nothing if they may fill it in.
pub fn check(request: Option<&Request>, denials: &[Denial], now: Timestamp, terms: &Terms) -> Option<Notice> {
    let over = request.and_then(|request| overtake(request, now, terms));
    let request = over.as_ref().map(|over| &over.request).or(request);
    match standing(request, now) {
        _ if turned_away(request, denials, now) => Some(Notice::Denied),
        Standing::None | Standing::Admitted(_) => None,
        Standing::Pending(_) => Some(Notice::Pending),
        Standing::Denied(_) => Some(Notice::Denied),
        Standing::Creating(_) => Some(Notice::OnItsWay),
        Standing::Approved(request) => (!may_use(request, terms)).then_some(Notice::Unproven),
        Standing::Provisioned(_) => Some(Notice::Ready),
    }
}

/// Whether an approval can let its applicant in: a foreign tenant can write any address into Entra.
pub(crate) fn may_use(request: &Request, terms: &Terms) -> bool {
    request.proven || terms.trust_email
}
