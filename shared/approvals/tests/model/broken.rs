//! Rules that break promises, one each: a check that does not find them would find nothing.

use approvals::{
    Account, Answer, Decide, Decided, Decider, Notice, Refusal, Reviewer, Submission, Terms, Transition, decide, submit,
};
use claims::{Changes, Decision};
use store::{Becomes, CallRecord, Commit, Denial, Effect, Person, Plan, Request, Review, State, Timestamp, Write};

use crate::{
    promises::Promise,
    rules::{Rules, seal, without_proofs},
};

/// What is done wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The store writes whatever its rows say.
    IgnoresConditions,
    /// Whoever voted may vote once more, as somebody else.
    CountsSessions,
    /// Any approval is enough for any stage.
    IgnoresQuorums,
    /// What is decided can be decided once more.
    Overrules,
    /// Who was denied may ask again at once.
    Forgives,
    /// Everybody belongs to every group.
    AsksEverybody,
    /// Nobody's address is their own.
    ForgetsWhoReviews,
    /// A refused decision is carried out.
    ActsOnRefusals,
    /// A stored answer is not given again.
    ForgetsAnswers,
    /// The first step lets everybody pass.
    SkipsFirstStep,
    /// Who waits is told to go on.
    LetsIn,
    /// The clock never does anything.
    Stops,
    /// The clock is days ahead.
    RunsAhead,
    /// An account is recorded for whatever became of the request.
    RecordsAnyAccount,
    /// Effects are left out.
    LosesEffects,
    /// What somebody holds anew is given back as it was held before.
    ReturnsWhatIsHeldAnew,
    /// What is used up at last is given back.
    ReturnsWhatIsUsedUp,
}

impl Wrong {
    pub(crate) const ALL: [(Wrong, Promise); 18] = [
        (Wrong::IgnoresConditions, Promise::NoGaps),
        (Wrong::CountsSessions, Promise::CountsOnce),
        (Wrong::IgnoresQuorums, Promise::Quorum),
        (Wrong::Overrules, Promise::OneOutcome),
        (Wrong::Forgives, Promise::DenialIsFinal),
        (Wrong::AsksEverybody, Promise::OnlyTheAsked),
        (Wrong::ForgetsWhoReviews, Promise::NotOnThemselves),
        (Wrong::ActsOnRefusals, Promise::RefusalChangesNothing),
        (Wrong::ForgetsAnswers, Promise::SameAnswer),
        (Wrong::SkipsFirstStep, Promise::StepsAgree),
        (Wrong::LetsIn, Promise::OnlyTheApproved),
        (Wrong::Stops, Promise::ItEnds),
        (Wrong::RunsAhead, Promise::InTime),
        (Wrong::RecordsAnyAccount, Promise::OneAccount),
        (Wrong::LosesEffects, Promise::EffectsWithTheirCause),
        (Wrong::LosesEffects, Promise::UsesComeBack),
        (Wrong::ReturnsWhatIsHeldAnew, Promise::UsesStay),
        (Wrong::ReturnsWhatIsUsedUp, Promise::UsesStay),
    ];

    fn of_reviewer(self, reviewer: &Reviewer, review: Option<&Review>) -> Reviewer {
        let mut reviewer = reviewer.clone();
        let voted = review.is_some_and(|review| review.votes.iter().any(|vote| vote.person == reviewer.person));
        match self {
            Wrong::CountsSessions if voted => reviewer.person = Person::of("another session"),
            Wrong::AsksEverybody => reviewer.groups = vec!["first".to_owned(), "house".to_owned()],
            Wrong::ForgetsWhoReviews => reviewer.addresses.clear(),
            _ => {}
        }
        reviewer
    }

    fn of_request(self, request: &Request) -> Request {
        let mut request = request.clone();
        match (self, &mut request.state) {
            (Wrong::IgnoresQuorums, State::Pending(review)) => {
                for stage in &mut review.plan.stages {
                    (stage.approve, stage.among) = (1, Vec::new());
                }
            }
            (Wrong::Overrules, state) if !matches!(state, State::Pending(_)) => {
                *state = State::Pending(Box::new(Review::begin(Plan::anybody(), request.changed_at)));
            }
            (Wrong::Forgives, state) if matches!(state, State::Denied { .. }) => {
                *state = State::Withdrawn { at: request.changed_at };
            }
            _ => {}
        }
        request
    }
}

impl Rules for Wrong {
    fn check(&self, request: Option<&Request>, denials: &[Denial], now: Timestamp, terms: &Terms) -> Option<Notice> {
        let notice = approvals::check(request, denials, now, terms);
        notice.filter(|_| *self != Wrong::SkipsFirstStep)
    }

    fn submit(
        &self,
        request: Option<&Request>,
        denials: &[Denial],
        submission: &Submission,
        now: Timestamp,
        terms: &Terms,
    ) -> (Answer, Option<Transition>) {
        let request = request.map(|request| self.of_request(request));
        let denials = if *self == Wrong::Forgives { &[] } else { denials };
        match (self, submit(request.as_ref(), denials, submission, now, terms)) {
            (Wrong::LetsIn, (Answer::Notice(Notice::Pending), _)) => (Answer::Continue(Changes::none()), None),
            (_, answer) => answer,
        }
    }

    fn decide(&self, request: &Request, command: &Decide, now: Timestamp, terms: &Terms) -> Decided {
        let mut command = command.clone();
        if let Decider::Reviewer(reviewer) = &command.by {
            command.by = Decider::Reviewer(self.of_reviewer(reviewer, request.review()));
        }
        let decided = decide(&self.of_request(request), &command, now, terms);
        if *self != Wrong::ActsOnRefusals || decided.refused.is_none() {
            return decided;
        }
        command.by = Decider::Override("nobody".to_owned());
        let transition = decide(request, &command, now, terms).transition;
        Decided { transition, ..decided }
    }

    fn tick(&self, request: &Request, now: Timestamp, terms: &Terms) -> Option<Transition> {
        const DAYS: std::time::Duration = std::time::Duration::from_secs(3 * 24 * 60 * 60);
        match self {
            Wrong::Stops => None,
            Wrong::RunsAhead => approvals::tick(request, now.plus(DAYS), terms).map(|mut early| {
                early.entries.iter_mut().for_each(|entry| entry.at = now);
                early
            }),
            _ => approvals::tick(request, now, terms),
        }
    }

    fn provision(
        &self,
        request: &Request,
        account: Account,
        now: Timestamp,
        terms: &Terms,
    ) -> Result<Transition, Refusal> {
        let mut request = request.clone();
        if *self == Wrong::RecordsAnyAccount {
            request.state = State::Approved {
                at: now,
                by: store::Actor::Policy,
                reason: None,
                until: now,
                account: terms.account,
            };
        }
        approvals::provision(&request, account, now, terms)
    }

    fn commit(
        &self,
        transition: Transition,
        call: Option<(CallRecord, Option<Timestamp>)>,
        denials: &[Denial],
    ) -> Commit {
        let mut commit = without_proofs(transition.commit(call, denials, &seal()));
        if *self == Wrong::LosesEffects {
            commit.writes.retain(|write| !matches!(write, Write::Effect { .. }));
        }
        if *self == Wrong::ReturnsWhatIsUsedUp {
            commit.writes.iter_mut().for_each(give_back);
        }
        commit
    }

    fn writes(&self, condition_holds: bool) -> bool {
        condition_holds || *self == Wrong::IgnoresConditions
    }

    fn is_held_since(&self, since_then: bool) -> bool {
        since_then || *self == Wrong::ReturnsWhatIsHeldAnew
    }

    fn again<'d>(&self, stored: &'d Decision) -> Option<&'d Decision> {
        Some(stored).filter(|_| *self != Wrong::ForgetsAnswers)
    }
}

fn give_back(write: &mut Write) {
    if let Write::Effect { entry, .. } = write
        && let Effect::Invitation { becomes, .. } = &mut entry.effect
    {
        *becomes = Becomes::Returned;
    }
}
