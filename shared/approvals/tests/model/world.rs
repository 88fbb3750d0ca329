//! The state of the world: the store, who is about what, how much is left to happen, and what histories come to.

use std::{hash::Hash, sync::Arc};

use store::{Committed, RequestId, Timestamp};

use crate::{
    cast::{APPLICANTS, REVIEWERS, VERSIONS},
    chronicle::{Chronicle, Outcome},
    errand::{Errand, is_wanted},
    flight::Flight,
    life::Life,
    promises::{Broken, Promise},
    rules::Rules,
    table::Table,
};

/// At most so many are under way at once.
pub(crate) const IN_FLIGHT: usize = 2;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    /// Which of the cast's times it is.
    pub(crate) time: usize,
    pub(crate) table: Table,
    pub(crate) flights: Vec<Arc<Flight>>,
    pub(crate) budget: Budget,
    pub(crate) chronicles: [Chronicle; APPLICANTS],
    pub(crate) broken: Broken,
    /// What calls were answered, by its hash, while nothing has happened since.
    pub(crate) told: [[Option<u64>; VERSIONS]; APPLICANTS],
}

/// How much can still happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    pub(crate) submits: [u8; APPLICANTS],
    pub(crate) commands: [u8; REVIEWERS],
    /// Of both together.
    pub(crate) together: u8,
    /// Crashes and lost replies.
    pub(crate) faults: u8,
}

/// How a commit goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Comes,
    /// The writes have happened, but whoever asked for them does not know and asks again.
    Lost,
    /// The writes have happened, and whoever asked for them is no more.
    Unheard,
}

impl World {
    pub(crate) fn begin(budget: Budget) -> World {
        World {
            time: 0,
            table: Table::default(),
            flights: Vec::new(),
            budget,
            chronicles: Default::default(),
            broken: Broken::default(),
            told: Default::default(),
        }
    }

    pub(crate) fn now<R>(&self, life: &Life<R>) -> Timestamp {
        life.cast.times[self.time]
    }

    /// Somebody begins an errand. An account is created before what is recorded is worked out.
    pub(crate) fn set_out(&mut self, errand: Errand, life: &Life<impl Rules>) {
        match errand {
            Errand::Deliver { who, request, .. } if !self.create(who, request, life) => {}
            _ => self.go(errand, life),
        }
    }

    /// They read and work out what to write. Whoever changes nothing is done, and may want something else.
    ///
    /// Time that goes by between the two is none that goes by before: somebody else's writes there make a conflict.
    fn go(&mut self, errand: Errand, life: &Life<impl Rules>) {
        if errand.effect().is_some_and(|entry| !self.table.waits(entry)) {
            return;
        }
        let snapshot = self.table.look_up(errand.applicant(), errand.version(), &life.cast);
        let flight = life.work_out(errand, snapshot, self.now(life));
        match flight.writes {
            Some(_) => self.fly(flight),
            None => self.answer(&flight, life),
        }
    }

    /// The directory creates an account, or has it: whether it does. What is recorded is worked out afterwards. Where
    /// nobody wants the account any more, its entry is put aside.
    fn create(&mut self, who: usize, request: RequestId, life: &Life<impl Rules>) -> bool {
        let snapshot = self.table.look_up(who, None, &life.cast);
        let wanted = is_wanted(&snapshot, request, self.now(life));
        if wanted {
            let chronicle = &self.chronicles[who];
            let right = chronicle.round == request.round && chronicle.outcome == Some(Outcome::Approved);
            self.broken.expect(right, Promise::OneAccount);
        } else {
            self.table.put_aside(request);
        }
        wanted
    }

    /// The same flights in another order are the same.
    fn fly(&mut self, flight: Arc<Flight>) {
        self.flights.push(flight);
        self.flights.sort_unstable_by_key(|flight| flight.fingerprint());
    }

    /// What was worked out is written, or read and worked out once more if somebody was first. Nothing if the reply to
    /// writes that have not happened was to be lost.
    pub(crate) fn commit(&mut self, flight: usize, reply: Reply, life: &Life<impl Rules>) -> Option<()> {
        let flight = self.flights.remove(flight);
        let writes = flight.writes.as_ref()?;
        let applied = self.table.commit(writes, &life.cast, &life.rules) == Committed::Applied;
        if applied {
            self.observe(&flight, &life.cast);
        }
        match (applied, reply) {
            (true, Reply::Comes) => self.answer(&flight, life),
            (true, Reply::Lost) => self.set_out(flight.errand, life),
            (false, Reply::Comes) => self.go(flight.errand.once_more(), life),
            (true, Reply::Unheard) => {}
            (false, _) => return None,
        }
        Some(())
    }

    /// An errand counts that may change something.
    pub(crate) fn pay(&mut self, errand: Errand) {
        match errand {
            Errand::Submit { who, .. } => self.budget.submits[who] -= 1,
            Errand::Rule { reviewer, .. } | Errand::Reassign { reviewer, .. } => self.budget.commands[reviewer] -= 1,
            Errand::Sweep { .. } | Errand::Deliver { .. } | Errand::End { .. } => return,
        }
        self.budget.together -= 1;
    }

    /// Time goes by.
    pub(crate) fn wait(&mut self) {
        self.time += 1;
        self.told = Default::default();
    }
}
