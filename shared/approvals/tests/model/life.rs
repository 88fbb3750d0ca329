//! The life of requests as a model: everything that can happen next, whoever does it.

use std::sync::Arc;

use approvals::Ruling;
use stateright::{Model, Property};
use store::{StateName, Timestamp};

use crate::{
    cast::{APPLICANTS, Cast, REVIEWERS, VERSIONS},
    chronicle::Outcome,
    errand::Errand,
    flight::{Flight, WorkedOut},
    promises::Promise,
    rules::Rules,
    table::Snapshot,
    world::{Budget, IN_FLIGHT, Reply, World},
};

/// A model under rules.
pub(crate) struct Life<R> {
    pub(crate) rules: R,
    pub(crate) cast: Cast,
    pub(crate) budget: Budget,
    worked_out: WorkedOut,
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Happens {
    /// Time goes by, past the next thing that it does.
    Wait,
    /// Somebody wants something done: they read, and work out what to write.
    SetOut(Errand),
    /// It is written, unless somebody was first.
    Commit(usize, Reply),
    /// Whoever was about it is no more, and nothing was written.
    Crash(usize),
}

impl<R: Rules> Model for Life<R> {
    type State = World;
    type Action = Happens;

    fn init_states(&self) -> Vec<World> {
        vec![World::begin(self.budget.clone())]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Happens>) {
        if world.time + 1 < self.cast.times.len() {
            actions.push(Happens::Wait);
        }
        for flight in 0..world.flights.len() {
            actions.push(Happens::Commit(flight, Reply::Comes));
            if world.budget.faults > 0 {
                actions.push(Happens::Commit(flight, Reply::Lost));
                actions.push(Happens::Commit(flight, Reply::Unheard));
                actions.push(Happens::Crash(flight));
            }
        }
        if world.flights.len() < IN_FLIGHT {
            actions.extend(
                (0..APPLICANTS)
                    .flat_map(|who| self.errands(world, who))
                    .map(Happens::SetOut),
            );
        }
    }

    fn next_state(&self, world: &World, happens: Happens) -> Option<World> {
        let mut next = world.clone();
        match happens {
            Happens::Wait => next.wait(),
            Happens::SetOut(errand) => {
                next.set_out(errand, self);
                if next.flights.len() > world.flights.len() {
                    next.pay(errand);
                }
            }
            Happens::Commit(flight, reply) => {
                next.budget.faults -= u8::from(reply != Reply::Comes);
                next.commit(flight, reply, self)?;
            }
            Happens::Crash(flight) => {
                next.budget.faults -= 1;
                next.flights.remove(flight);
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        promised().into_iter().chain(reached()).collect()
    }
}

impl<R: Rules> Life<R> {
    pub(crate) fn new(rules: R, cast: Cast, budget: Budget) -> Life<R> {
        Life {
            rules,
            cast,
            budget,
            worked_out: WorkedOut::default(),
        }
    }

    /// What an errand comes to, by what was read and at this time.
    pub(crate) fn work_out(&self, errand: Errand, snapshot: Snapshot, now: Timestamp) -> Arc<Flight> {
        self.worked_out.flight(errand, snapshot, now, &self.cast, &self.rules)
    }

    /// What can be wanted about an applicant's request.
    fn errands(&self, world: &World, who: usize) -> Vec<Errand> {
        let mut errands = Vec::new();
        let request = world.table.latest[who].as_deref();
        let more = world.budget.together > 0;
        if more && world.budget.submits[who] > 0 {
            // The first claims are the first version; what comes then may be the same or others.
            let versions = if request.is_some() { VERSIONS } else { 1 };
            errands.extend((0..versions).map(|version| Errand::Submit { who, version }));
        }
        let able = (0..REVIEWERS).filter(|&reviewer| world.budget.commands[reviewer] > 0);
        let pending = request.is_some_and(|request| request.state.name() == StateName::Pending);
        errands.extend(
            able.filter(|_| pending && more)
                .flat_map(|reviewer| commands(reviewer, who)),
        );
        let now = world.now(self);
        if request.and_then(store::Request::due).is_some_and(|due| due <= now) {
            errands.push(Errand::Sweep { who });
        }
        let of = |request: store::RequestId| self.cast.applicant(request.applicant) == who;
        let due = world.table.outbox.iter().filter(|(_, request)| of(*request));
        errands.extend(due.map(|&(entry, request)| Errand::Deliver { who, entry, request }));
        let end = request.and_then(|request| world.table.uses.next_end(request.id.applicant));
        errands.extend(end.map(|&end| Errand::End { who, end, alone: false }));
        errands
    }
}

/// What a reviewer may want. All of them approve and deny; each has something of their own besides.
fn commands(reviewer: usize, who: usize) -> Vec<Errand> {
    let rule = |ruling| Errand::Rule { reviewer, who, ruling };
    let mut commands = vec![rule(Ruling::Approve), rule(Ruling::Deny)];
    match (reviewer, who) {
        (0, 0) => commands.push(Errand::Reassign { reviewer, who }),
        (1, 1) => commands.push(rule(Ruling::Withdraw)),
        _ => {}
    }
    commands
}

fn promised<R: Rules>() -> Vec<Property<Life<R>>> {
    macro_rules! always {
        ($($promise:ident)*) => {
            vec![$(Property::always(Promise::$promise.name(), |_, world: &World| !world.broken.has(Promise::$promise))),*]
        };
    }
    always![
        OneOutcome OneAccount CountsOnce Quorum DenialIsFinal OnlyTheApproved SameAnswer StepsAgree
        RefusalChangesNothing NoGaps InTime OnlyTheAsked NotOnThemselves EffectsWithTheirCause ItEnds UsesStay UsesComeBack
    ]
}

/// What has to be possible, or the promises say little.
fn reached<R: Rules>() -> Vec<Property<Life<R>>> {
    vec![
        Property::sometimes("an approval is used", |_, world: &World| {
            world
                .chronicles
                .iter()
                .any(|c| c.outcome == Some(Outcome::Approved) && c.closed)
        }),
        Property::sometimes("the applicant is turned away", |_, world: &World| {
            world.chronicles.iter().any(|c| c.outcome == Some(Outcome::Denied))
        }),
        Property::sometimes("nobody decides in time", |_, world: &World| {
            world.chronicles.iter().any(|c| c.outcome == Some(Outcome::Expired))
        }),
        Property::sometimes("the applicant gives up", |_, world: &World| {
            world.chronicles.iter().any(|c| c.outcome == Some(Outcome::Withdrawn))
        }),
        Property::sometimes("who was denied asks again", |_, world: &World| {
            world.chronicles.iter().any(|c| c.round == 2)
        }),
    ]
}
