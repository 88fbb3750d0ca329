//! What a history has to look like, said once more and without the code that writes it: a few facts that are kept up
//! with each entry, in which the promises can be seen.

use store::{AccountBy, Actor, Asked, Event, HistoryEntry, Plan, Stage, StateName, Timestamp};

use crate::{
    cast::Cast,
    promises::{Broken, Promise},
};

/// What the history of an applicant's latest request comes to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chronicle {
    /// The version of its last entry.
    pub(crate) version: u64,
    pub(crate) round: u32,
    /// How it was decided, or that nobody did in time.
    pub(crate) outcome: Option<Outcome>,
    /// Whether an approval was used, or ran out.
    pub(crate) closed: bool,
    stage: usize,
    /// When the stage began.
    since: Timestamp,
    asked: Option<Asked>,
    /// Who said what about the claims as they are: the person, the stage, whether they approve.
    votes: Vec<(usize, usize, bool)>,
    /// When what follows from the outcome is over.
    until: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Approved,
    Denied,
    Withdrawn,
    Expired,
}

impl Default for Chronicle {
    fn default() -> Self {
        let never = Timestamp::from_millis(0);
        Chronicle {
            version: 0,
            round: 0,
            outcome: None,
            closed: true,
            stage: 0,
            since: never,
            asked: None,
            votes: Vec::new(),
            until: never,
        }
    }
}

impl Chronicle {
    /// One more entry: what it breaks is noted.
    pub(crate) fn read(&mut self, entry: &HistoryEntry, cast: &Cast, broken: &mut Broken) {
        let plan = &cast.plans[cast.applicant(entry.request.applicant)];
        broken.expect(entry.version == self.version + 1, Promise::NoGaps);
        self.version = entry.version;
        match &entry.event {
            Event::Opened => self.open(entry, plan, broken),
            Event::Updated => {
                self.goes_on(broken);
                self.begin(entry.at, 0, plan);
                self.votes.clear();
            }
            Event::Voted { approves, .. } => {
                self.goes_on(broken);
                self.vote(entry, *approves, plan, cast, broken);
            }
            Event::Passed { .. } => {
                self.goes_on(broken);
                self.approve_stage(entry, plan, cast, broken);
                self.begin(entry.at, self.stage + 1, plan);
            }
            Event::Reminded { .. } => self.goes_on(broken),
            Event::Escalated { to, .. } | Event::Reassigned { to, .. } => {
                self.goes_on(broken);
                self.asked = Some(to.clone());
            }
            Event::Approved { until, .. } => {
                self.end(Outcome::Approved, *until, broken);
                broken.expect(self.stage + 1 == plan.stages.len(), Promise::Quorum);
                self.approve_stage(entry, plan, cast, broken);
                self.forget();
            }
            Event::Denied { until, .. } => {
                self.end(Outcome::Denied, *until, broken);
                self.deny(entry, plan, cast, broken);
                self.forget();
            }
            Event::Withdrawn { .. } => {
                self.end(Outcome::Withdrawn, entry.at, broken);
                self.by_somebody_asked(entry, plan, cast, broken);
                self.forget();
            }
            Event::Expired if entry.from == Some(StateName::Approved) => {
                broken.expect(entry.at >= self.until, Promise::InTime);
                self.use_approval(broken, Promise::OneOutcome);
            }
            Event::Expired => {
                self.end(Outcome::Expired, entry.at, broken);
                self.by_clock(entry, plan, broken);
                self.forget();
            }
            Event::Admitted => {
                broken.expect(cast.terms.account == AccountBy::Flow, Promise::OnlyTheApproved);
                broken.expect(entry.at < self.until, Promise::InTime);
                self.use_approval(broken, Promise::OnlyTheApproved);
            }
            Event::Provisioned { .. } => self.use_approval(broken, Promise::OneAccount),
            // Nobody forgets anything here.
            Event::Forgotten => broken.expect(false, Promise::NoGaps),
        }
    }

    /// Whether new claims have to be brought to somebody's notice: who has voted on the old ones, or others than are
    /// asked now.
    pub(crate) fn is_to_ask_again(&self, plan: &Plan) -> bool {
        !self.votes.is_empty() || self.asked.as_ref() != plan.stages.first().map(|stage| &stage.asked)
    }

    fn open(&mut self, entry: &HistoryEntry, plan: &Plan, broken: &mut Broken) {
        broken.expect(self.round == 0 || self.outcome.is_some(), Promise::OneOutcome);
        let denied = self.outcome == Some(Outcome::Denied) && entry.at < self.until;
        broken.expect(!denied, Promise::DenialIsFinal);
        broken.expect(entry.request.round == self.round + 1, Promise::NoGaps);
        *self = Chronicle {
            version: entry.version,
            round: entry.request.round,
            closed: false,
            ..Chronicle::default()
        };
        self.begin(entry.at, 0, plan);
    }

    fn begin(&mut self, at: Timestamp, stage: usize, plan: &Plan) {
        self.stage = stage;
        self.since = at;
        self.asked = plan.stages.get(stage).map(|stage| stage.asked.clone());
    }

    /// Nothing but its own end changes a request that is decided.
    fn goes_on(&self, broken: &mut Broken) {
        let promise = match self.outcome {
            Some(Outcome::Denied) => Promise::DenialIsFinal,
            _ => Promise::OneOutcome,
        };
        broken.expect(self.outcome.is_none(), promise);
    }

    fn end(&mut self, outcome: Outcome, until: Timestamp, broken: &mut Broken) {
        broken.expect(self.outcome.is_none(), Promise::OneOutcome);
        let approves = outcome == Outcome::Approved;
        broken.expect(
            !(approves && self.outcome == Some(Outcome::Denied)),
            Promise::DenialIsFinal,
        );
        self.outcome = Some(outcome);
        self.closed = !approves;
        self.until = until;
    }

    fn use_approval(&mut self, broken: &mut Broken, promise: Promise) {
        broken.expect(self.outcome == Some(Outcome::Approved) && !self.closed, promise);
        self.closed = true;
    }

    fn approve_stage(&mut self, entry: &HistoryEntry, plan: &Plan, cast: &Cast, broken: &mut Broken) {
        if entry.by == Actor::Clock {
            self.by_clock(entry, plan, broken);
            return;
        }
        self.vote(entry, true, plan, cast, broken);
        let Some(stage) = plan.stages.get(self.stage) else {
            return broken.note(Promise::Quorum);
        };
        let who = self.who(true);
        let enough = who.len() >= stage.approve as usize;
        let shares = stage.among.iter().all(|share| {
            let belongs = |&&who: &&usize| cast.reviewers[who].groups.contains(&share.group);
            who.iter().filter(belongs).count() >= share.at_least as usize
        });
        broken.expect(enough && shares, Promise::Quorum);
    }

    fn deny(&mut self, entry: &HistoryEntry, plan: &Plan, cast: &Cast, broken: &mut Broken) {
        if entry.by == Actor::Clock {
            self.by_clock(entry, plan, broken);
            return;
        }
        self.vote(entry, false, plan, cast, broken);
        let enough = |stage: &Stage| self.who(false).len() >= stage.deny as usize;
        broken.expect(plan.stages.get(self.stage).is_some_and(enough), Promise::Quorum);
    }

    /// The people, each once, who said the same in the stage.
    fn who(&self, approve: bool) -> Vec<usize> {
        let same = |vote: &&(usize, usize, bool)| vote.1 == self.stage && vote.2 == approve;
        let mut who: Vec<_> = self.votes.iter().filter(same).map(|vote| vote.0).collect();
        who.sort_unstable();
        who.dedup();
        who
    }

    fn vote(&mut self, entry: &HistoryEntry, approves: bool, plan: &Plan, cast: &Cast, broken: &mut Broken) {
        let Some(who) = self.by_somebody_asked(entry, plan, cast, broken) else {
            return;
        };
        broken.expect(!self.votes.iter().any(|vote| vote.0 == who), Promise::CountsOnce);
        self.votes.push((who, self.stage, approves));
    }

    fn by_somebody_asked(&self, entry: &HistoryEntry, plan: &Plan, cast: &Cast, broken: &mut Broken) -> Option<usize> {
        let Actor::Reviewer(name) = &entry.by else {
            broken.note(Promise::OnlyTheAsked);
            return None;
        };
        let who = cast.reviewer(name)?;
        let reviewer = &cast.reviewers[who];
        let asked = self.asked.as_ref().is_some_and(|asked| reviewer.is_asked(asked));
        broken.expect(asked, Promise::OnlyTheAsked);
        let own = cast.submissions[cast.applicant(entry.request.applicant)][0]
            .addresses
            .as_slice();
        broken.expect(
            !reviewer.addresses.iter().any(|address| own.contains(address)),
            Promise::NotOnThemselves,
        );
        broken.expect(self.ends(plan).is_some_and(|ends| entry.at < ends), Promise::InTime);
        Some(who)
    }

    fn by_clock(&self, entry: &HistoryEntry, plan: &Plan, broken: &mut Broken) {
        let over = self.ends(plan).is_some_and(|ends| entry.at >= ends);
        broken.expect(over && entry.by == Actor::Clock, Promise::InTime);
    }

    fn ends(&self, plan: &Plan) -> Option<Timestamp> {
        plan.stages.get(self.stage).map(|stage| self.since.plus(stage.lasts))
    }

    /// What no longer matters makes no states different.
    fn forget(&mut self) {
        self.votes.clear();
        self.asked = None;
        self.stage = 0;
        self.since = Timestamp::from_millis(0);
    }
}
