use approvals::Ruling;
use store::{Actor, Event, HistoryEntry, Request, StateName, Timestamp};

/// A request and what happened to it.
#[derive(Clone, Debug)]
pub struct File {
    /// The request.
    pub request: Request,
    /// Oldest first.
    pub history: Vec<HistoryEntry>,
}

/// What was decided about a request.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'f> {
    /// What.
    pub ruling: Ruling,
    /// Who decided, in words.
    pub by: &'f str,
    /// When.
    pub at: Timestamp,
    /// Why; never shown to the applicant.
    pub reason: Option<&'f str>,
    /// Until when an approval can be used, or a denial turns away.
    pub until: Option<Timestamp>,
}

impl File {
    /// What was decided, if anything was. An approval stays the decision when the applicant has used it.
    pub fn decision(&self) -> Option<Decision<'_>> {
        self.history.iter().rev().find_map(Decision::of)
    }

    /// Whether it waits for reviewers.
    pub fn is_pending(&self) -> bool {
        self.request.state.name() == StateName::Pending
    }
}

impl<'f> Decision<'f> {
    fn of(entry: &'f HistoryEntry) -> Option<Decision<'f>> {
        let (ruling, reason, until) = match &entry.event {
            Event::Approved { reason, until } => (Ruling::Approve, reason, Some(*until)),
            Event::Denied { reason, until, .. } => (Ruling::Deny, reason, Some(*until)),
            Event::Withdrawn { reason } => (Ruling::Withdraw, reason, None),
            _ => return None,
        };
        let by = match &entry.by {
            Actor::Reviewer(name) | Actor::Override(name) => name,
            Actor::Clock => "time",
            Actor::Applicant => "the applicant",
            Actor::Policy => "the policy",
        };
        let (at, reason) = (entry.at, reason.as_deref());
        Some(Decision {
            ruling,
            by,
            at,
            reason,
            until,
        })
    }
}
