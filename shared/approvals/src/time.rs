//! What time does to a request.

use std::time::Duration;

use store::{Actor, Event, Occasion, Request, Review, State, TimeOut, Timestamp};

use crate::{
    Terms, Transition,
    outcome::{asking, deny, expire, pass_stage},
};

/// What the clock changes next about a request: nothing if nothing is due. There may be more to do afterwards.
///
/// Reminders that were missed become one.
pub fn tick(request: &Request, now: Timestamp, terms: &Terms) -> Option<Transition> {
    if let Some(over) = overtake(request, now, terms) {
        return Some(over);
    }
    let review = request.review()?;
    escalate(request, review, now, terms).or_else(|| remind(request, review, now, terms))
}

/// What time has ended, though nothing has recorded it yet: an approval that nobody used, a stage that nobody decided.
/// Whoever acts on a request does this first, so that it does not matter how late the clock is.
pub(crate) fn overtake(request: &Request, now: Timestamp, terms: &Terms) -> Option<Transition> {
    match &request.state {
        State::Approved { until, .. } if now >= *until => Some(expire(request, now, terms)),
        State::Pending(review) if now >= review.ends() => Some(run_out(request, review, now, terms)),
        _ => None,
    }
}

fn run_out(request: &Request, review: &Review, now: Timestamp, terms: &Terms) -> Transition {
    match review.stage().then {
        TimeOut::Expire => expire(request, now, terms),
        // Somebody was against it: time does not overrule them.
        TimeOut::Approve if review.is_opposed() => expire(request, now, terms),
        TimeOut::Approve => pass_stage(request, review, Actor::Clock, None, now, terms),
        TimeOut::Deny => deny(request, review, Actor::Clock, None, &[], now, terms),
    }
}

fn escalate(request: &Request, review: &Review, now: Timestamp, terms: &Terms) -> Option<Transition> {
    let escalation = review.stage().escalate.clone()?;
    if review.escalated || now < review.since.plus(escalation.after) {
        return None;
    }
    let event = Event::Escalated {
        stage: review.stage().name.clone(),
        to: escalation.to.clone(),
    };
    let mut next = review.clone();
    next.escalated = true;
    // Whoever is asked only now is not reminded of what others have missed.
    next.reminded = reminders_over(review, now);
    if let Some(stage) = next.plan.stages.get_mut(review.stage) {
        stage.asked = escalation.to;
    }
    Some(pending(request, next, event, now).causing(asking(terms, Occasion::Escalated)))
}

fn remind(request: &Request, review: &Review, now: Timestamp, terms: &Terms) -> Option<Transition> {
    let over = reminders_over(review, now);
    if over <= review.reminded {
        return None;
    }
    let event = Event::Reminded {
        stage: review.stage().name.clone(),
    };
    let next = Review {
        reminded: over,
        ..review.clone()
    };
    Some(pending(request, next, event, now).causing(asking(terms, Occasion::Reminded)))
}

fn reminders_over(review: &Review, now: Timestamp) -> usize {
    let over = |after: &&Duration| now >= review.since.plus(**after);
    review.stage().remind.iter().filter(over).count()
}

fn pending(request: &Request, review: Review, event: Event, now: Timestamp) -> Transition {
    Transition::of(request).then(event, Actor::Clock, now, |request| Request {
        state: State::Pending(Box::new(review)),
        ..request
    })
}
