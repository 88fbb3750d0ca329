//! How a review ends, whoever ends it: people, or time.

use store::{Actor, Block, Denial, Effect, Event, News, Occasion, Request, Review, State, Timestamp};

use crate::{AccountBy, Terms, Transition, tell::tell};

/// The stage is passed: the next begins, or the applicant may come in.
pub(crate) fn pass_stage(
    request: &Request,
    review: &Review,
    by: Actor,
    reason: Option<String>,
    now: Timestamp,
    terms: &Terms,
) -> Transition {
    let transition = Transition::of(request);
    if review.stage + 1 >= review.plan.stages.len() {
        return approve(transition, by, reason, now, terms);
    }
    let passed = Event::Passed {
        stage: review.stage().name.clone(),
        reason,
    };
    let next = Review {
        stage: review.stage + 1,
        since: now,
        reminded: 0,
        escalated: false,
        ..review.clone()
    };
    transition
        .then(passed, by, now, |request| Request {
            state: State::Pending(Box::new(next)),
            ..request
        })
        .causing(asking(terms, Occasion::Asked))
}

/// The applicant may come in.
pub(crate) fn approve(
    transition: Transition,
    by: Actor,
    reason: Option<String>,
    now: Timestamp,
    terms: &Terms,
) -> Transition {
    let until = now.plus(terms.unused);
    let event = Event::Approved {
        reason: reason.clone(),
        until,
    };
    let state = State::Approved {
        at: now,
        by: by.clone(),
        reason,
        until,
        account: terms.account,
    };
    let effect = match terms.account {
        AccountBy::Graph => Some(Effect::CreateAccount),
        AccountBy::Flow => tell(&transition.request, News::Approved, terms),
    };
    transition
        .then(event, by, now, |request| Request { state, ..request })
        .causing(effect)
}

/// The applicant is turned away, under every address that the request carries.
pub(crate) fn deny(
    request: &Request,
    review: &Review,
    by: Actor,
    reason: Option<String>,
    blocks: &[(Block, String)],
    now: Timestamp,
    terms: &Terms,
) -> Transition {
    let until = now.plus(review.plan.cool_down.unwrap_or(terms.cool_down));
    let block = Block::ALL
        .into_iter()
        .filter(|block| blocks.iter().any(|(wanted, _)| wanted == block));
    let event = Event::Denied {
        reason: reason.clone(),
        until,
        block: block.collect(),
    };
    let denial = |address| Denial {
        address,
        request: request.id,
        at: now,
        until,
    };
    let denials = request.addresses.iter().copied().map(denial).collect();
    let blocked = terms.block.entries(request, blocks, now);
    let state = State::Denied {
        at: now,
        by: by.clone(),
        reason,
        until,
    };
    Transition::of(request)
        .then(event, by, now, |request| Request { state, ..request })
        .turning_away(denials)
        .blocking(blocked)
        .causing(tell(request, News::Denied, terms))
}

/// The applicant counts as one who never asked.
pub(crate) fn expire(request: &Request, now: Timestamp, terms: &Terms) -> Transition {
    Transition::of(request)
        .then(Event::Expired, Actor::Clock, now, |request| Request {
            state: State::Expired { at: now },
            ..request
        })
        .causing(tell(request, News::Expired, terms))
}

/// A mail to those who are asked, if the terms want one.
pub(crate) fn asking(terms: &Terms, why: Occasion) -> Option<Effect> {
    terms.tell_reviewers.then_some(Effect::TellReviewers { why })
}
