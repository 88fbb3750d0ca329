use claims::{Address, Hash};
use store::{Actor, Asked, Block, Event, Person, Reasons, Request, Review, State, Timestamp, Vote};

use crate::{
    Terms, Transition,
    outcome::{approve, deny, pass_stage},
    time::overtake,
};

/// What somebody decides about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decide {
    /// What.
    pub ruling: Ruling,
    /// Who.
    pub by: Decider,
    /// Why; never shown to the applicant.
    pub reason: Option<String>,
    /// What is blocked for good, if the applicant is turned away.
    pub block: Vec<Block>,
}

/// Who decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decider {
    /// Somebody who is asked, or not: they count once.
    Reviewer(Reviewer),
    /// Somebody at the command line without a reviewer's token, outside any quorum.
    Override(String),
}

/// Somebody who may review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewer {
    /// Who they are, whatever they use to log in.
    pub person: Person,
    /// Their name in histories.
    pub name: String,
    /// The groups that they belong to.
    pub groups: Vec<String>,
    /// Their own addresses, by hash: nobody decides on themselves.
    pub addresses: Vec<Hash>,
}

/// How a reviewer can decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// Why a command changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The request is not pending (any more): somebody decided, or it ended otherwise. The first decision stands.
    NotPending,
    /// The request is not approved (any more).
    NotApproved,
    /// The stage asks others.
    NotAsked,
    /// It is their own request.
    OnThemselves,
    /// They have voted on these claims, and count once.
    Voted,
    /// Somebody voted to turn the applicant away: one alone cannot close the request any more.
    Opposed,
    /// They have to say why.
    NoReason,
    /// The policy names no list that could be blocked with, or the request has no address.
    NothingToBlock,
    /// The policy knows no such group of reviewers.
    NoSuchGroup,
    /// Too few of those who would be asked may vote to end the stage: one voted, or is the applicant.
    TooFew,
    /// The request was handed on very often already.
    TooOften,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What changes: by the command, or by the time that was over before it came. None if nothing does.
    pub transition: Option<Transition>,
    /// Why the command itself changed nothing.
    pub refused: Option<Refusal>,
}

impl Decided {
    pub(crate) fn done(transition: Transition) -> Decided {
        Decided {
            transition: Some(transition),
            refused: None,
        }
    }

    /// All is as it was asked for already.
    pub(crate) fn nothing() -> Decided {
        Decided {
            transition: None,
            refused: None,
        }
    }

    pub(crate) fn refused(transition: Option<Transition>, refusal: Refusal) -> Decided {
        Decided {
            transition,
            refused: Some(refusal),
        }
    }
}

impl Reviewer {
    /// Somebody who reviews under a name. Where that is an e-mail address, it is theirs.
    pub fn named(name: &str, groups: Vec<String>) -> Reviewer {
        let address = Address::parse(name).ok();
        Reviewer {
            person: Person::of(name),
            name: name.to_owned(),
            groups,
            addresses: address
                .iter()
                .map(|address| Hash::of_address(address.as_str()))
                .collect(),
        }
    }

    /// Whether a stage that asks these asks them.
    pub fn is_asked(&self, asked: &Asked) -> bool {
        match asked {
            Asked::Anybody => true,
            Asked::Group(group) => self.groups.contains(group),
            Asked::Person(person) => self.person == *person,
        }
    }

    /// Whether a request is their own.
    pub fn is_applicant(&self, request: &Request) -> bool {
        self.addresses.iter().any(|own| request.addresses.contains(own))
    }

    /// Whether a request waits for them: they are asked, may answer, and have not answered yet.
    pub fn is_awaited(&self, request: &Request) -> bool {
        let awaited = |review: &Review| self.is_asked(&review.stage().asked) && vote_of(review, &self.person).is_none();
        !self.is_applicant(request) && request.review().is_some_and(awaited)
    }
}

/// Somebody decides. The first outcome stands; whoever comes second, on whatever side, changes nothing. So does whoever comes
/// when time is over, even where nothing has recorded that yet: then this does.
pub fn decide(request: &Request, command: &Decide, now: Timestamp, terms: &Terms) -> Decided {
    if let Some(over) = overtake(request, now, terms) {
        return Decided::refused(Some(over), Refusal::NotPending);
    }
    let State::Pending(review) = &request.state else {
        return Decided::refused(None, Refusal::NotPending);
    };
    if let Err(refusal) = may_decide(request, review, command, terms) {
        return Decided::refused(None, refusal);
    }
    let transition = match (&command.by, command.ruling) {
        (by, Ruling::Withdraw) => withdraw(request, by.actor(), command.reason.clone(), now),
        (Decider::Override(_), ruling) => end(request, review, ruling, command, now, terms),
        (Decider::Reviewer(reviewer), _) => vote(request, review, reviewer, command, now, terms),
    };
    Decided::done(transition)
}

impl Decide {
    /// A ruling without a reason.
    pub fn new(ruling: Ruling, by: Decider) -> Decide {
        Decide {
            ruling,
            by,
            reason: None,
            block: Vec::new(),
        }
    }
}

impl Decider {
    fn name(&self) -> &str {
        match self {
            Decider::Reviewer(reviewer) => &reviewer.name,
            Decider::Override(name) => name,
        }
    }

    pub(crate) fn actor(&self) -> Actor {
        match self {
            Decider::Reviewer(reviewer) => Actor::Reviewer(reviewer.name.clone()),
            Decider::Override(name) => Actor::Override(name.clone()),
        }
    }
}

fn may_decide(request: &Request, review: &Review, command: &Decide, terms: &Terms) -> Result<(), Refusal> {
    if let Decider::Reviewer(reviewer) = &command.by {
        if reviewer.is_applicant(request) {
            return Err(Refusal::OnThemselves);
        }
        // First: whose vote ended a stage is not asked any more, and may not know that it counted.
        if vote_of(review, &reviewer.person).is_some() {
            return Err(Refusal::Voted);
        }
        if !reviewer.is_asked(&review.stage().asked) {
            return Err(Refusal::NotAsked);
        }
    }
    if command.ruling == Ruling::Withdraw && review.is_opposed() && matches!(command.by, Decider::Reviewer(_)) {
        return Err(Refusal::Opposed);
    }
    let silent = command.reason.as_deref().is_none_or(|reason| reason.trim().is_empty());
    let wanted = match review.plan.reasons {
        Reasons::Optional => false,
        Reasons::ToDeny => command.ruling == Ruling::Deny,
        Reasons::Always => true,
    };
    if silent && wanted {
        return Err(Refusal::NoReason);
    }
    let can_block = |block: &Block| terms.block.entry(request, *block).is_some();
    if !command.block.iter().all(can_block) || (command.ruling != Ruling::Deny && !command.block.is_empty()) {
        return Err(Refusal::NothingToBlock);
    }
    Ok(())
}

/// A person's vote on the claims as they are, in whatever stage: a stage is there for others' eyes.
fn vote_of<'r>(review: &'r Review, person: &Person) -> Option<&'r Vote> {
    review.votes.iter().find(|vote| vote.person == *person)
}

fn vote(
    request: &Request,
    review: &Review,
    reviewer: &Reviewer,
    command: &Decide,
    now: Timestamp,
    terms: &Terms,
) -> Transition {
    let stage = review.stage();
    let counts = |group: &String| stage.among.iter().any(|share| share.group == *group);
    let mut block = command.block.clone();
    block.sort_unstable();
    block.dedup();
    let vote = Vote {
        person: reviewer.person.clone(),
        stage: review.stage,
        approves: command.ruling == Ruling::Approve,
        at: now,
        groups: reviewer.groups.iter().filter(|group| counts(group)).cloned().collect(),
        block,
    };
    let mut review = review.clone();
    review.votes.push(vote);
    if is_over(&review) {
        return end(request, &review, command.ruling, command, now, terms);
    }
    let event = Event::Voted {
        stage: review.stage().name.clone(),
        approves: command.ruling == Ruling::Approve,
        reason: command.reason.clone(),
        block: command.block.clone(),
    };
    let pending = |request: Request| Request {
        state: State::Pending(Box::new(review)),
        ..request
    };
    Transition::of(request).then(event, command.by.actor(), now, pending)
}

/// Whether the votes of its stage end it. A denial wins.
fn is_over(review: &Review) -> bool {
    let (stage, votes) = (review.stage(), || {
        review.votes.iter().filter(|vote| vote.stage == review.stage)
    });
    let count = |wanted: &dyn Fn(&&Vote) -> bool| u32::try_from(votes().filter(wanted).count()).unwrap_or(u32::MAX);
    let denials = count(&|vote| !vote.approves);
    let approvals = count(&|vote| vote.approves);
    let shares = stage.among.iter().all(|share| {
        let belongs = count(&|vote: &&Vote| vote.approves && vote.groups.contains(&share.group));
        belongs >= share.at_least
    });
    denials >= stage.deny.max(1) || (approvals >= stage.approve.max(1) && shares)
}

/// The stage is over, or somebody overrides all of them.
fn end(
    request: &Request,
    review: &Review,
    ruling: Ruling,
    command: &Decide,
    now: Timestamp,
    terms: &Terms,
) -> Transition {
    let (actor, reason) = (command.by.actor(), command.reason.clone());
    let overrides = matches!(command.by, Decider::Override(_));
    match ruling {
        Ruling::Approve if !overrides => pass_stage(request, review, actor, reason, now, terms),
        Ruling::Approve => approve(Transition::of(request), actor, reason, now, terms),
        Ruling::Deny | Ruling::Withdraw => {
            let voted = |vote: &Vote| {
                let name = vote.person.as_str().to_owned();
                vote.block.clone().into_iter().map(move |block| (block, name.clone()))
            };
            let name = command.by.name();
            let own = command.block.iter().map(|block| (*block, name.to_owned()));
            // Whoever decides now is among those who voted, in other letters; their own name comes first.
            let blocks: Vec<_> = own.chain(review.votes.iter().flat_map(voted)).collect();
            deny(request, review, actor, reason, &blocks, now, terms)
        }
    }
}

fn withdraw(request: &Request, by: Actor, reason: Option<String>, now: Timestamp) -> Transition {
    Transition::of(request).then(Event::Withdrawn { reason }, by, now, |request| Request {
        state: State::Withdrawn { at: now },
        ..request
    })
}
