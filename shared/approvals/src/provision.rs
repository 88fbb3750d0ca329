use store::{Actor, Effect, Event, News, Request, State, Timestamp};

use crate::{Refusal, Terms, Transition, tell::tell};

/// An account that was created.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id in the directory.
    pub object_id: String,
    /// Where the invitation to it is redeemed, encrypted; none where there was no invitation.
    pub redeem_url: Option<String>,
}

/// The account of an approved applicant was created. They are told if there is an invitation, without which they
/// cannot come in, and otherwise if the terms want that.
///
/// # Errors
/// [`Refusal`] if the request is not approved (any more).
pub fn provision(request: &Request, account: Account, now: Timestamp, terms: &Terms) -> Result<Transition, Refusal> {
    let State::Approved { .. } = request.state else {
        return Err(Refusal::NotApproved);
    };
    let Account { object_id, redeem_url } = account;
    let event = Event::Provisioned {
        object_id: object_id.clone(),
    };
    let transition = Transition::of(request).then(event, Actor::Policy, now, |request| Request {
        state: State::Provisioned { at: now, object_id },
        ..request
    });
    let news = match redeem_url {
        None => tell(request, News::Approved, terms),
        redeem_url => Some(Effect::TellApplicant {
            news: News::Approved,
            redeem_url,
        }),
    };
    Ok(transition.causing(news))
}
