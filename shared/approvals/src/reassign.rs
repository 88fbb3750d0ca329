use store::{Actor, Asked, Event, Occasion, Request, State, Timestamp};

use crate::{Decided, Refusal, Terms, Transition, outcome::asking, outcome::deny, time::overtake};

/// Somebody else is asked in the stage that a request is in. Its votes and its time go on.
pub fn reassign(
    request: &Request,
    to: Asked,
    by: Actor,
    reason: Option<String>,
    now: Timestamp,
    terms: &Terms,
) -> Decided {
    if let Some(over) = overtake(request, now, terms) {
        return Decided::refused(Some(over), Refusal::NotPending);
    }
    let State::Pending(review) = &request.state else {
        return Decided::refused(None, Refusal::NotPending);
    };
    let event = Event::Reassigned {
        stage: review.stage().name.clone(),
        to: to.clone(),
        reason,
    };
    let mut next = review.clone();
    if let Some(stage) = next.plan.stages.get_mut(review.stage) {
        stage.asked = to;
    }
    let transition = Transition::of(request)
        .then(event, by, now, |request| Request {
            state: State::Pending(next),
            ..request
        })
        .causing(asking(terms, Occasion::Asked));
    Decided::done(transition)
}

/// A rule that came after a request turns its applicant away.
pub fn refuse(request: &Request, rule: &str, now: Timestamp, terms: &Terms) -> Decided {
    if let Some(over) = overtake(request, now, terms) {
        return Decided::refused(Some(over), Refusal::NotPending);
    }
    let State::Pending(review) = &request.state else {
        return Decided::refused(None, Refusal::NotPending);
    };
    let reason = Some(format!("the rule `{rule}`"));
    Decided::done(deny(request, review, Actor::Policy, reason, &[], now, terms))
}
