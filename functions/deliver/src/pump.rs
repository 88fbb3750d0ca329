//! What is due for one receiver, so many lanes at a time: a lane that is slow takes one place, and no more.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use store::{DuePage, DuePlace, Lane, OutboxEntry, StoreError};
use tokio::time::Instant;

use crate::{
    Report,
    lane::{Done, Work},
};

/// How many entries are read at once. What is not read now is read afterwards, so that a backlog of any length takes
/// the same memory.
const BATCH: usize = 256;

/// How long a receiver with nothing due waits before it looks again, while there is other work in the run.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The work for one receiver. It says what begins, and is told what ended.
pub(crate) struct Pump<'p> {
    work: Work<'p>,
    /// Lanes that have something due and wait for a place, those that wait longest first.
    known: VecDeque<(Lane, Vec<OutboxEntry>)>,
    in_hand: HashSet<Lane>,
    /// Where in the list of what is due the next page begins.
    after: Option<DuePlace>,
    look: Look,
    /// Whether anything was carried out in this run since the last look.
    stale: bool,
    report: Report,
    failure: Option<StoreError>,
}

/// When the list of what is due is read on.
enum Look {
    /// As soon as nothing known is left.
    Now,
    /// Then, and not sooner: the whole list was read.
    At(Instant),
    /// It is being read.
    UnderWay,
    /// Not in this run.
    Never,
}

/// What ended.
pub(crate) enum Ended {
    Page(Result<DuePage, StoreError>),
    Lane(Lane, Result<Done, StoreError>),
}

impl<'p> Pump<'p> {
    pub(crate) fn new(work: Work<'p>) -> Pump<'p> {
        let is_looked_at = work.route.is_looked_at(work.parts.clock.now());
        Pump {
            work,
            known: VecDeque::new(),
            in_hand: HashSet::new(),
            after: None,
            look: if is_looked_at { Look::Now } else { Look::Never },
            stale: false,
            report: Report::default(),
            failure: None,
        }
    }

    /// What begins now.
    pub(crate) fn begin(&mut self) -> Vec<BoxFuture<'p, Ended>> {
        let mut begun = Vec::new();
        if self.failure.is_some() || !self.work.may_begin() {
            return begun;
        }
        while self.has_room()
            && let Some((lane, waiting)) = self.known.pop_front()
        {
            self.in_hand.insert(lane);
            let work = self.work;
            begun.push(async move { Ended::Lane(lane, work.through(lane, waiting).await) }.boxed());
        }
        if self.has_room() && self.is_time_to_look() {
            begun.push(self.read());
        }
        begun
    }

    /// Takes in what ended; says whether anything is different now.
    pub(crate) fn end(&mut self, ended: Ended) -> bool {
        match ended {
            Ended::Page(Ok(page)) => self.found(page),
            Ended::Lane(lane, Ok(done)) => {
                self.in_hand.remove(&lane);
                self.report = self.report.and(done.report);
                // The list begins anew; in the middle of it, it is read to its end first.
                if done.changed && matches!(self.look, Look::At(_)) {
                    self.look = Look::Now;
                }
                return done.changed;
            }
            // What was begun is finished.
            Ended::Page(Err(error)) | Ended::Lane(_, Err(error)) => self.failure = Some(error),
        }
        false
    }

    /// Something was carried out, by whomever: what follows from it may be due here.
    pub(crate) fn grow_stale(&mut self) {
        self.stale = true;
    }

    /// Looks once more before the run ends, if anything was carried out since the last look.
    pub(crate) fn look_once_more(&mut self) -> bool {
        let is_stale = std::mem::take(&mut self.stale) && matches!(self.look, Look::At(_));
        if is_stale {
            self.look = Look::Now;
        }
        is_stale
    }

    pub(crate) fn result(self) -> Result<Report, StoreError> {
        self.failure.map_or(Ok(self.report), Err)
    }

    fn has_room(&self) -> bool {
        self.in_hand.len() < self.work.parts.at_once.max(1)
    }

    fn is_time_to_look(&self) -> bool {
        let is_time = match self.look {
            Look::Now => true,
            Look::At(time) => time <= Instant::now(),
            Look::UnderWay | Look::Never => false,
        };
        is_time && self.known.is_empty()
    }

    fn read(&mut self) -> BoxFuture<'p, Ended> {
        self.look = Look::UnderWay;
        self.stale = false;
        let (work, after) = (self.work, self.after.take());
        async move {
            let (receiver, now) = (work.route.receiver, work.parts.clock.now());
            Ended::Page(work.parts.outbox.due(receiver, now, after.as_ref(), BATCH).await)
        }
        .boxed()
    }

    fn found(&mut self, page: DuePage) {
        page.unreadable.iter().for_each(|row| self.work.route.tell(row));
        for entry in page.entries {
            let lane = entry.id.lane;
            if self.in_hand.contains(&lane) {
                continue;
            }
            match self.known.iter_mut().find(|(known, _)| *known == lane) {
                Some((_, waiting)) => waiting.push(entry),
                None => self.known.push_back((lane, vec![entry])),
            }
        }
        self.look = match page.next {
            Some(_) => Look::Now,
            None => Look::At(Instant::now() + LOOK_AGAIN),
        };
        self.after = page.next;
    }
}
