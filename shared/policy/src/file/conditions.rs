//! The `when` tables, and what rules hold about claims and addresses.

use claims::{ClaimName, Value};

use super::{Node, Reader, Section, lists::EQUALS_NOTHING, quoted_list};
use crate::{condition::Condition, lists::Values};

impl Reader<'_> {
    pub(super) fn condition(&mut self, node: &Node<'_>) -> Option<Condition> {
        let mut section = self.section(Some(node))?;
        let keys = ["all", "any", "not", "domain", "address", "issuer", "claim"];
        let taken: Vec<_> = keys
            .iter()
            .filter_map(|key| section.take(key).map(|node| (*key, node)))
            .collect();
        let condition = match taken.as_slice() {
            [("all", node)] => self.conditions(node).map(Condition::All),
            [("any", node)] => self.conditions(node).map(Condition::Any),
            [("not", node)] => self
                .condition(node)
                .map(|condition| Condition::Not(Box::new(condition))),
            [("domain", node)] => {
                self.refuse_empty(node);
                Some(Condition::Domain(self.domains(node)))
            }
            [("address", node)] => {
                self.refuse_empty(node);
                Some(Condition::Address(self.addresses(node)))
            }
            [("issuer", node)] => Some(Condition::Issuer(self.issuers(node))),
            [(_, node)] => {
                let claim = self.claim(Some(node), &section.span);
                return self.claim_condition(claim, section);
            }
            [] => {
                self.mistakes
                    .add(node.span(), format!("a condition says one of {}", quoted_list(&keys)));
                None
            }
            [_, (second, node), ..] => {
                let what = format!("a condition says one thing; put `{second}` into `all = [ … ]` with the other");
                self.mistakes.add(node.span(), what);
                None
            }
        };
        self.end(section);
        condition
    }

    fn conditions(&mut self, node: &Node<'_>) -> Option<Vec<Condition>> {
        let Some(nodes) = node.get_ref().as_array() else {
            self.mistakes
                .add(node.span(), "conditions are written as `[ { … }, { … } ]`");
            return None;
        };
        self.refuse_empty(node);
        let conditions: Vec<_> = nodes.iter().map(|node| self.condition(node)).collect();
        conditions.into_iter().collect()
    }

    fn claim_condition(&mut self, claim: Option<ClaimName>, mut section: Section<'_, '_>) -> Option<Condition> {
        let (is, one_of, present) = (section.take("is"), section.take("one_of"), section.take("present"));
        let span = section.span.clone();
        self.end(section);
        match (is, one_of, present) {
            (Some(node), None, None) => {
                let values = self.equals(node)?;
                Some(Condition::OneOf { claim: claim?, values })
            }
            (None, Some(node), None) => {
                let values = self.values(node);
                Some(Condition::OneOf { claim: claim?, values })
            }
            (None, None, Some(node)) => Some(Condition::Present {
                present: self.boolean(node)?,
                claim: claim?,
            }),
            _ => {
                self.mistakes.add(
                    span,
                    "a condition on a claim says `is`, `one_of` or `present`, one of them",
                );
                None
            }
        }
    }
    /// What `is` compares with: one value, or texts of which any will do.
    fn equals(&mut self, node: &Node<'_>) -> Option<Values> {
        let value = self.value(node)?;
        if value.is_blank() || value.scalars().any(|text| Value::visible_length(text) == 0) {
            self.mistakes.add(node.span(), EQUALS_NOTHING);
        }
        Some(Values::new(value.scalars()))
    }
}
