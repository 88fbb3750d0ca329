use std::borrow::Cow;

use approvals::Ruling;
use store::{Actor, Event, HistoryEntry, Request, StateName, Timestamp};

/// A request and what happened to it.
#[derive(Clone, Debug)]
pub struct File {
    /// The request.
    pub request: Request,
    /// Oldest first.
    pub history: Vec<HistoryEntry>,
    /// Whether the request is as it was written; nothing where nobody asked. If not, somebody changed it in the store, and
    /// nobody acts on it.
    pub as_written: Option<bool>,
}

/// What was decided about a request.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'f> {
    /// What.
    pub ruling: Ruling,
    /// Who decided.
    pub by: &'f Actor,
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
    /// Who decided, in words. An override is never taken for the reviewer whose name it bears.
    pub fn who(&self) -> Cow<'f, str> {
        match self.by {
            Actor::Reviewer(name) => Cow::Borrowed(name),
            Actor::Override(name) => Cow::Owned(format!("{name} (override)")),
            Actor::Clock => Cow::Borrowed("time"),
            Actor::Applicant => Cow::Borrowed("the applicant"),
            Actor::Policy => Cow::Borrowed("the policy"),
        }
    }

    /// Whether it is a reviewer's own.
    pub fn is_by(&self, reviewer: &str) -> bool {
        matches!(self.by, Actor::Reviewer(name) if name == reviewer)
    }

    fn of(entry: &'f HistoryEntry) -> Option<Decision<'f>> {
        let (ruling, reason, until) = match &entry.event {
            Event::Approved { reason, until } => (Ruling::Approve, reason, Some(*until)),
            Event::Denied { reason, until, .. } => (Ruling::Deny, reason, Some(*until)),
            Event::Withdrawn { reason } => (Ruling::Withdraw, reason, None),
            _ => return None,
        };
        let (by, at, reason) = (&entry.by, entry.at, reason.as_deref());
        Some(Decision {
            ruling,
            by,
            at,
            reason,
            until,
        })
    }
}
