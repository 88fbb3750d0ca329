//! The rules that limit how many sign up.

use std::time::Duration;

use claims::Step;

use super::{Node, Reader, quoted_list, rules::Beside};
use crate::{
    limit::{By, Limit},
    messages::MessageName,
    mistakes::suggestion,
    rule::{Action, Ending},
};

impl Reader<'_> {
    pub(super) fn limit(&mut self, node: &Node<'_>, beside: Beside<'_, '_>, steps: &[Step]) -> Option<Action> {
        let mut section = self.section(Some(node))?;
        let (by, at_most, within) = (section.take("by"), section.take("at_most"), section.take("within"));
        if by.is_none() || at_most.is_none() || within.is_none() {
            let what = "`limit` says `by` what, how many `at_most`, and `within` which time: `{ by = \"domain\", at_most = 100, \
                within = \"1 day\" }`";
            section.lacks(["by", "at_most", "within"], section.span.clone(), what);
        }
        self.end(section);
        let by = by.map(|node| self.by(node));
        let at_most = at_most.map(|node| self.count(node));
        let within = within.map(|node| self.window(node));
        if steps.len() > 1 || steps.contains(&Step::PreTokenIssuance) {
            let what = "a limit counts people at one step, before they have an account: write one rule for each step";
            self.mistakes.add(node.span(), what);
            return None;
        }
        if beside.observes {
            let what = "a rule that only observes counts nothing, so that this limit would never say anything; leave `mode` out";
            self.mistakes.add(node.span(), what);
        }
        let otherwise = self.own_ending(beside.otherwise, node, steps, Ending::Block(MessageName::LATER))?;
        let limit = Limit {
            by: by??,
            at_most: u64::try_from(at_most??).unwrap_or(u64::MAX),
            within: within??,
        };
        Some(Action::Limit { limit, otherwise })
    }

    /// The ending of a rule with a built-in text of its own.
    pub(super) fn own_ending(
        &mut self,
        otherwise: Option<&Node<'_>>,
        rule: &Node<'_>,
        steps: &[Step],
        default: Ending,
    ) -> Option<Ending> {
        let ending = self.ending(otherwise, rule, steps, default);
        if let Some(Ending::Block(message) | Ending::AskAgain(message)) = &ending {
            self.shown.insert(message.to_string());
        }
        ending
    }

    /// A time in which something is counted.
    pub(super) fn window(&mut self, node: &Node<'_>) -> Option<Duration> {
        let time = self.duration(node)?;
        if time.is_zero() {
            self.mistakes
                .add(node.span(), "nothing happens in no time; write at least `\"1 minute\"`");
        }
        Some(time)
    }

    fn by(&mut self, node: &Node<'_>) -> Option<By> {
        let text = self.text(node)?;
        let by = By::ALL.into_iter().find(|by| by.name() == text);
        if by.is_none() {
            let known = By::ALL.map(By::name);
            let what = format!("nothing is counted by `{text}`; there are {}", quoted_list(&known));
            self.mistakes.add(node.span(), what + &suggestion(&text, known));
        }
        by
    }
}
