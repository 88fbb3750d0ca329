use std::sync::LazyLock;

use approvals::{
    Account, Answer, AuditKey, Decide, Decided, Decider, Notice, Refusal, Seal, Submission, Terms, Transition,
};
use claims::{Decision, Hash};
use store::{Asked, CallRecord, Commit, Denial, Request, Timestamp, Write};

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

    fn reassign(&self, request: &Request, to: &Asked, by: &Decider, now: Timestamp, terms: &Terms) -> Decided {
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
        without_proofs(transition.commit(call, denials, &seal()))
    }

    /// Whether the store carries out a write whose condition holds, or does not.
    fn writes(&self, condition_holds: bool) -> bool {
        condition_holds
    }

    /// Whether a use counts as held since a time.
    fn is_held_since(&self, since_then: bool) -> bool {
        since_then
    }

    /// The answer that is given to a call for which the store has one that still counts.
    fn again<'d>(&self, stored: &'d Decision) -> Option<&'d Decision> {
        Some(stored)
    }
}

/// Any key: `commit` takes what comes of it out again.
pub(crate) fn seal() -> Seal<'static> {
    static KEY: LazyLock<AuditKey> = LazyLock::new(|| AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap());
    KEY.seal().unwrap()
}

/// A commit as if nothing proved its history: proofs are different each time, and what behaves alike would be told apart by
/// them. They have tests of their own.
pub(crate) fn without_proofs(mut commit: Commit) -> Commit {
    for write in &mut commit.writes {
        match write {
            Write::Request { request, .. } | Write::Archive { request, .. } => {
                (request.head, request.proof) = (None, None)
            }
            Write::History(entry) => {
                (entry.kept, entry.commitment) = (None, None);
                entry.mac = Hash::of(&["proof"]);
            }
            _ => {}
        }
    }
    commit
}

/// The rules of the product.
pub(crate) struct Real;

impl Rules for Real {}
