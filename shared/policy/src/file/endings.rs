//! What happens to people whom a rule does not let pass.

use std::ops::Range;

use claims::Step;
use toml::de::DeValue;

use super::{BLOCK_AT_TOKEN, Node, Reader, either, values::is_a_text};
use crate::{messages::MessageName, mistakes::suggestion, rule::Ending};

pub(super) const HOLD_ELSEWHERE: &str =
    "only `post-attribute-collection` can hold: before it the form is not filled in, after it the account exists";

impl Reader<'_> {
    /// What happens to people who do not pass a rule.
    pub(super) fn ending(
        &mut self,
        otherwise: Option<&Node<'_>>,
        rule: &Node<'_>,
        steps: &[Step],
        default: Ending,
    ) -> Option<Ending> {
        let token = steps.contains(&Step::PreTokenIssuance);
        let Some(node) = otherwise else {
            if token {
                self.mistakes.add(
                    rule.span(),
                    "say `otherwise = \"error\"`: the token step cannot turn anybody away",
                );
            }
            return (!token).then_some(default);
        };
        let ending = match node.get_ref() {
            DeValue::String(text) => match text.as_ref() {
                "block" => Ending::Block(MessageName::BLOCKED),
                "ask-again" => Ending::AskAgain(MessageName::CHECK_INPUT),
                "hold" => Ending::Hold(None),
                "error" => Ending::Error,
                other => {
                    let known = ["block", "ask-again", "hold", "error"];
                    let what = format!("`{other}` is no `otherwise` of a rule; write {}", either(&known));
                    let near = match self.messages.iter().any(|name| name == other) || is_a_text(other) {
                        true => "; to show a message, write `{ block = \"its name\" }`".to_owned(),
                        false => suggestion(other, known),
                    };
                    self.mistakes.add(node.span(), what + &near);
                    self.may_be_shown(node);
                    return None;
                }
            },
            _ => {
                let mut section = self.section(Some(node))?;
                let (block, ask_again) = (section.take("block"), section.take("ask_again"));
                let hold = section.take("hold");
                let said = [block, ask_again, hold].into_iter().flatten().count();
                if said != 1 {
                    let what =
                        "write `{ block = \"message\" }`, `{ ask_again = \"message\" }` or `{ hold = \"route\" }`";
                    section.lacks(["block", "ask_again", "hold"], node.span(), what);
                }
                self.end(section);
                match (block, ask_again, hold) {
                    (Some(message), None, None) => Ending::Block(self.message_name(message)?),
                    (None, Some(message), None) => Ending::AskAgain(self.message_name(message)?),
                    (None, None, Some(route)) => Ending::Hold(Some(self.route_named(route)?)),
                    _ => return None,
                }
            }
        };
        self.check_ending(&ending, steps, node.span());
        Some(ending)
    }

    fn check_ending(&mut self, ending: &Ending, steps: &[Step], span: Range<usize>) {
        let elsewhere = |only: Step| steps.iter().any(|step| *step != only);
        match ending {
            Ending::Block(_) if steps.contains(&Step::PreTokenIssuance) => self.mistakes.add(span, BLOCK_AT_TOKEN),
            Ending::AskAgain(_) if elsewhere(Step::PostAttributeCollection) => {
                self.mistakes.add(
                    span,
                    "only `post-attribute-collection` can ask again; write `block` elsewhere",
                );
            }
            Ending::Hold(_) if elsewhere(Step::PostAttributeCollection) => self.mistakes.add(span, HOLD_ELSEWHERE),
            Ending::Error if elsewhere(Step::PreTokenIssuance) => {
                self.mistakes.add(
                    span,
                    "`error` is for `pre-token-issuance` only; write `block` elsewhere",
                );
            }
            _ => {}
        }
    }
}
