use store::{Denial, Effect, Request, Timestamp};

use crate::{Standing, standing, turned_away};

/// What has become of an effect by the time that it is carried out: things happen between a decision and that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timely {
    /// It is wanted as before.
    Wanted,
    /// There is nothing to do any more.
    Over,
    /// It must not be carried out before a person has looked. Why, and what to do: nothing personal.
    Forbidden(&'static str),
}

/// Whether an effect of a request is still to be carried out. `denials` are those of the request's addresses.
///
/// What an applicant is told always is: the order of their letters is kept, so that a letter that comes late is followed by
/// the one that says what came afterwards.
pub fn timely(effect: &Effect, request: &Request, denials: &[Denial], now: Timestamp) -> Timely {
    match effect {
        Effect::CreateAccount => account(request, denials, now),
        // Who looked after the decision would find nothing to decide.
        Effect::TellReviewers { .. } | Effect::TellReviewer { .. } => match standing(Some(request), now) {
            Standing::Pending(_) => Timely::Wanted,
            _ => Timely::Over,
        },
        Effect::TellApplicant { .. } | Effect::Publish { .. } | Effect::Count { .. } | Effect::Invitation { .. } => {
            Timely::Wanted
        }
    }
}

fn account(request: &Request, denials: &[Denial], now: Timestamp) -> Timely {
    match standing(Some(request), now) {
        Standing::Creating(_) if turned_away(Some(request), denials, now) => Timely::Forbidden(
            "after the approval another request with an address of this applicant was denied: look at both, then drop \
             this effect, or retry it when the denial is over",
        ),
        Standing::Creating(_) => Timely::Wanted,
        // It was recorded by somebody whose lease was over.
        Standing::Provisioned(_) => Timely::Over,
        _ => Timely::Forbidden(
            "the approval ran out before the account was created: drop this effect; the applicant may ask again",
        ),
    }
}
