use approvals::{Account, Answer, Decide, Decided, Notice, Refusal, Submission, Terms, Transition};
use claims::Decision;
use store::{Actor, Asked, CallRecord, Commit, Denial, Request, Timestamp};

/// What the model runs: the real functions, unless somebody puts broken ones in their place.
pub(crate) trait Rules: Send + Sync + 'static {
    fn check(&self, request: Option<&Request>, denials: &[Denial], now: Timestamp, terms: &Terms) -> Option<Notice> {
        approvals::check(request, denials, now, terms)
    }

    fn submit(
        &self,
        request: Option<&Request>,
        denials: &[Denial],
        submission: &Submission,
        now: Timestamp,
        terms: &Terms,
    ) -> (Answer, Option<Transition>) {
        approvals::submit(request, denials, submission, now, terms)
    }

    fn decide(&self, request: &Request, command: &Decide, now: Timestamp, terms: &Terms) -> Decided {
        approvals::decide(request, command, now, terms)
    }

    fn reassign(&self, request: &Request, to: Asked, by: Actor, now: Timestamp, terms: &Terms) -> Decided {
        approvals::reassign(request, to, by, None, now, terms)
    }

    fn tick(&self, request: &Request, now: Timestamp, terms: &Terms) -> Option<Transition> {
        approvals::tick(request, now, terms)
    }

    fn provision(
        &self,
        request: &Request,
        account: Account,
        now: Timestamp,
        terms: &Terms,
    ) -> Result<Transition, Refusal> {
        approvals::provision(request, account, now, terms)
    }

    fn commit(
        &self,
        transition: Transition,
        call: Option<(CallRecord, Option<Timestamp>)>,
        denials: &[Denial],
    ) -> Commit {
        transition.commit(call, denials)
    }

    /// Whether the store carries out a write whose condition holds, or does not.
    fn writes(&self, condition_holds: bool) -> bool {
        condition_holds
    }

    /// The answer that is given to a call for which the store has one that still counts.
    fn again<'d>(&self, stored: &'d Decision) -> Option<&'d Decision> {
        Some(stored)
    }
}

/// The rules of the product.
pub(crate) struct Real;

impl Rules for Real {}
