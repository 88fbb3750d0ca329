//! The rules that ask for an invitation.

use claims::{SettableName, Step};

use super::{Node, Reader, rules::Beside};
use crate::{
    invitation::{Attempts, Invited},
    messages::MessageName,
    rule::{Action, Ending},
};

impl Reader<'_> {
    pub(super) fn invitation(&mut self, node: &Node<'_>, beside: Beside<'_, '_>, steps: &[Step]) -> Option<Action> {
        let claim = self.spent_claim(node);
        let attempts = beside.attempts.map(|node| self.attempts(node));
        if steps.iter().any(|step| *step != Step::PostAttributeCollection) {
            let what = "only `post-attribute-collection` can ask for a code: before it the form is not filled in, after it the \
                account exists";
            self.mistakes.add(node.span(), what);
            return None;
        }
        let default = Ending::AskAgain(MessageName::INVITATION);
        let otherwise = self.own_ending(beside.otherwise, node, steps, default)?;
        let invited = Invited {
            claim: claim?,
            attempts: attempts.unwrap_or_else(|| Some(Attempts::default()))?,
        };
        Some(Action::Invite { invited, otherwise })
    }

    /// A claim that goes out as `""`, since what is in it is good for one use.
    pub(super) fn spent_claim(&mut self, node: &Node<'_>) -> Option<SettableName> {
        let name = self.text(node)?;
        self.settable(&name, node.span())
    }

    fn attempts(&mut self, node: &Node<'_>) -> Option<Attempts> {
        let mut section = self.section(Some(node))?;
        let (per_applicant, overall) = (section.take("per_applicant"), section.take("overall"));
        let within = section.take("within");
        self.end(section);
        let mut attempts = Attempts::default();
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        if let Some(node) = per_applicant {
            attempts.per_applicant = number(self.count(node)?);
        }
        if let Some(node) = overall {
            attempts.overall = number(self.count(node)?);
        }
        if let Some(node) = within {
            attempts.within = self.window(node)?;
        }
        if attempts.per_applicant > attempts.overall {
            let what = "one applicant has more attempts than all together; write `per_applicant` as the smaller number";
            self.mistakes.add(node.span(), what);
        }
        Some(attempts)
    }
}
