//! What rules need of others, and what they leave behind.

use claims::{ClaimName, SettableName};

use crate::{
    lists::List,
    look_up::Source,
    rule::{Action, Rule},
};

impl Rule {
    /// Whether it asks something that nobody may answer.
    pub(crate) fn can_fail(&self) -> bool {
        self.lists().any(List::can_fail) || self.asks()
    }

    /// Whether it asks something else than lists.
    pub(crate) fn asks(&self) -> bool {
        self.asks_outside() || self.asks_controls()
    }

    /// Whether it asks another system.
    pub(crate) fn asks_outside(&self) -> bool {
        match &self.action {
            Action::Verify { .. } => !self.observes,
            Action::LookUp(look_up) => matches!(look_up.source, Source::Call(_)),
            _ => false,
        }
    }

    /// Whether it asks the store for something beside lists.
    pub(crate) fn asks_controls(&self) -> bool {
        match &self.action {
            Action::LookUp(look_up) => matches!(look_up.source, Source::Item { .. }),
            Action::Verify { .. } => !self.observes,
            Action::Invite { .. } | Action::Limit { .. } => true,
            _ => false,
        }
    }

    /// Whether what it says changes what it says next.
    pub(crate) fn remembers(&self) -> bool {
        let keeps = matches!(
            self.action,
            Action::Verify { .. } | Action::Invite { .. } | Action::Limit { .. }
        );
        keeps && !self.observes
    }

    /// How many rows it may have written with the answer.
    pub(crate) fn writes(&self) -> usize {
        match &self.action {
            Action::Emit(_) | Action::Limit { .. } if !self.observes => 1,
            // Who takes it; or that a code was wrong, of one applicant and of all.
            Action::Invite { .. } if !self.observes => 2,
            _ => 0,
        }
    }

    /// Whether it lets people in who have an invitation.
    pub(crate) fn invites(&self) -> bool {
        matches!(self.action, Action::Invite { .. }) && !self.observes
    }

    /// The claim with a token or a code that it uses. Nobody shall see a live one, so that a rule which only observes has one
    /// too.
    pub(crate) fn spends(&self) -> Option<&ClaimName> {
        let claim = match &self.action {
            Action::Verify { check, .. } => check.token.as_ref(),
            Action::Invite { invited, .. } => Some(&invited.claim),
            _ => None,
        };
        claim.map(SettableName::name)
    }

    /// The claims that it may change.
    pub(crate) fn may_change(&self) -> Vec<&ClaimName> {
        match &self.action {
            Action::Set { claim, .. } => vec![claim.name()],
            Action::Normalise { claims, .. } | Action::Drop(claims) => claims.iter().map(SettableName::name).collect(),
            Action::LookUp(look_up) => look_up.claims.iter().map(SettableName::name).collect(),
            _ => Vec::new(),
        }
    }
}
