use store::{Actor, Asked, Event, Occasion, Person, Request, Review, Share, State, Timestamp, Vote};

use crate::{
    Decided, Decider, Groups, Refusal, Reviewer, Terms, Transition, outcome::asking, outcome::deny, time::overtake,
};

/// How often the claims of a request can be handed on. Each time is kept in the history, and others are told.
const MOST_HANDED_ON: u32 = 20;

/// Somebody has others asked in the stage that a request is in. Its votes and its time go on. A reviewer hands on what they
/// are asked themselves, and to a group or a person: nobody takes a request that asks others, or opens it to everybody.
pub fn reassign(
    request: &Request,
    to: &Asked,
    by: &Decider,
    reason: Option<&str>,
    now: Timestamp,
    terms: &Terms,
) -> Decided {
    if let Some(over) = overtake(request, now, terms) {
        return Decided::refused(Some(over), Refusal::NotPending);
    }
    let State::Pending(review) = &request.state else {
        return Decided::refused(None, Refusal::NotPending);
    };
    if review.stage().asked == *to {
        return Decided::nothing();
    }
    let allowed = may_hand_on(request, review, to, by).and_then(|()| can_decide(request, review, to, &terms.groups));
    if let Err(refusal) = allowed {
        return Decided::refused(None, refusal);
    }
    if review.handed_on >= MOST_HANDED_ON {
        return Decided::refused(None, Refusal::TooOften);
    }
    let event = Event::Reassigned {
        stage: review.stage().name.clone(),
        to: to.clone(),
        reason: reason.map(str::to_owned),
    };
    let mut next = review.clone();
    next.handed_on += 1;
    if let Some(stage) = next.plan.stages.get_mut(review.stage) {
        stage.asked = to.clone();
    }
    let transition = Transition::of(request)
        .then(event, by.actor(), now, |request| Request {
            state: State::Pending(next),
            ..request
        })
        .causing(asking(terms, Occasion::Asked));
    Decided::done(transition)
}

fn may_hand_on(request: &Request, review: &Review, to: &Asked, by: &Decider) -> Result<(), Refusal> {
    let Decider::Reviewer(reviewer) = by else { return Ok(()) };
    if reviewer.is_applicant(request) {
        return Err(Refusal::OnThemselves);
    }
    match reviewer.is_asked(&review.stage().asked) && *to != Asked::Anybody {
        true => Ok(()),
        false => Err(Refusal::NotAsked),
    }
}

/// Whether those who would be asked can still end the stage: a request must not wait for people who cannot decide it.
fn can_decide(request: &Request, review: &Review, asked: &Asked, groups: &Groups) -> Result<(), Refusal> {
    let left = Left {
        request,
        review,
        groups,
    };
    let people = match asked {
        Asked::Anybody => return Ok(()),
        Asked::Group(group) if !groups.has(group) => return Err(Refusal::NoSuchGroup),
        Asked::Group(group) => left.of_group(group),
        Asked::Person(person) => Some(left.of([person])),
    };
    let stage = review.stage();
    let votes = |approves| {
        let counts = move |vote: &&Vote| vote.stage == review.stage && vote.approves == approves;
        review.votes.iter().filter(counts)
    };
    let enough = |have: usize, more: usize, wanted: u32| {
        have.saturating_add(more) >= usize::try_from(wanted).unwrap_or(usize::MAX)
    };
    let share = |share: &Share| {
        let have = votes(true).filter(|vote| vote.groups.contains(&share.group)).count();
        let more = most_of_both(people.as_deref(), left.of_group(&share.group).as_deref());
        enough(have, more, share.at_least)
    };
    let more = people.as_ref().map_or(usize::MAX, Vec::len);
    let can_approve = enough(votes(true).count(), more, stage.approve.max(1)) && stage.among.iter().all(share);
    // Who votes to deny must not be left alone with it either.
    let can_deny = enough(votes(false).count(), more, stage.deny.max(1));
    match can_approve && can_deny {
        true => Ok(()),
        false => Err(Refusal::TooFew),
    }
}

/// Who can still vote on a request.
struct Left<'r> {
    request: &'r Request,
    review: &'r Review,
    groups: &'r Groups,
}

impl<'r> Left<'r> {
    fn of<'p>(&self, people: impl IntoIterator<Item = &'p Person>) -> Vec<&'p Person> {
        people.into_iter().filter(|person| self.may_vote(person)).collect()
    }

    /// Nothing where more may belong than are known.
    fn of_group(&self, group: &str) -> Option<Vec<&'r Person>> {
        (!self.groups.is_open(group)).then(|| self.of(self.groups.people(group)))
    }

    fn may_vote(&self, person: &Person) -> bool {
        let reviewer = Reviewer::named(person.as_str(), Vec::new());
        !reviewer.is_applicant(self.request) && self.review.votes.iter().all(|vote| vote.person != *person)
    }
}

/// How many can be both of these people and of those, at the most. Of some, nobody knows who they are.
fn most_of_both(these: Option<&[&Person]>, those: Option<&[&Person]>) -> usize {
    match (these, those) {
        (None, None) => usize::MAX,
        (Some(known), None) | (None, Some(known)) => known.len(),
        (Some(these), Some(those)) => these.iter().filter(|person| those.contains(person)).count(),
    }
}

/// A rule that came after a request turns its applicant away. `by` had it applied, and is named in the reason.
pub fn refuse(request: &Request, rule: &str, by: &str, now: Timestamp, terms: &Terms) -> Decided {
    if let Some(over) = overtake(request, now, terms) {
        return Decided::refused(Some(over), Refusal::NotPending);
    }
    let State::Pending(review) = &request.state else {
        return Decided::refused(None, Refusal::NotPending);
    };
    let reason = Some(format!("the rule `{rule}`, applied by {by}"));
    Decided::done(deny(request, review, Actor::Policy, reason, &[], now, terms))
}
