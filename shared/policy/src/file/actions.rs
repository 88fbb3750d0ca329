//! What the rules do, kind by kind.

use std::ops::Range;

use claims::{ClaimName, Step};
use toml::de::DeValue;

use super::{
    BLOCK_AT_TOKEN, Node, Reader, Section, endings::HOLD_ELSEWHERE, quoted_list, rules::Beside, warnings::Warning,
};
use crate::{
    Otherwise,
    emit::Came,
    messages::MessageName,
    mistakes::suggestion,
    rule::{Action, Emit, Ending, Listed},
};

impl Reader<'_> {
    /// What a rule does, by its kind.
    pub(super) fn action(
        &mut self,
        kind: &str,
        node: &Node<'_>,
        beside: Beside<'_, '_>,
        steps: &[Step],
        served: &[(Step, Otherwise)],
    ) -> Option<Action> {
        let otherwise = beside.otherwise;
        self.refuse_beside(kind, beside);
        match kind {
            "allow" => {
                let listed = self.listed(node);
                let closed = |step: &Step| served.iter().any(|(s, o)| s == step && *o != Otherwise::Continue);
                let otherwise = match otherwise {
                    // Several allow lists at a closed step are alternatives: the step's `otherwise` speaks last.
                    None if !steps.is_empty() && steps.iter().all(closed) => None,
                    _ => Some(self.ending(otherwise, node, steps, Ending::Block(MessageName::BLOCKED))?),
                };
                Some(Action::Allow {
                    listed: listed?,
                    otherwise,
                })
            }
            "deny" => {
                let listed = self.listed(node);
                self.refuse_empty_lists(node);
                let otherwise = self.ending(otherwise, node, steps, Ending::Block(MessageName::BLOCKED));
                Some(Action::Deny {
                    listed: listed?,
                    otherwise: otherwise?,
                })
            }
            "require" => {
                let requirement = self.requirement(node);
                let default = match steps.contains(&Step::PostFederationSignup) {
                    true => Ending::Block(MessageName::CHECK_INPUT),
                    false => Ending::AskAgain(MessageName::CHECK_INPUT),
                };
                let otherwise = self.ending(otherwise, node, steps, default);
                Some(Action::Require {
                    requirement: requirement?,
                    otherwise: otherwise?,
                })
            }
            "normalise" => self.normalise(node),
            "set" => self.set(node),
            "drop" => Some(self.drop_claims(node)),
            "look_up" => self.look_up_rule(node, steps),
            "verify" => self.verify(node, beside, steps),
            "invitation" => self.invitation(node, beside, steps),
            "limit" => self.limit(node, beside, steps),
            "emit" => self.emit(node, steps),
            "hold" => self.hold(node, steps),
            "block" => self.block(node, steps),
            _ => self.error(node, steps),
        }
    }

    /// What stands beside a kind that has no use for it.
    fn refuse_beside(&mut self, kind: &str, beside: Beside<'_, '_>) {
        let ends = ["allow", "deny", "require", "verify", "invitation", "limit"].contains(&kind);
        if let Some(otherwise) = beside.otherwise.filter(|_| !ends) {
            self.mistakes.add(
                otherwise.span(),
                format!("`{kind}` has no `otherwise`: it turns nobody away by itself"),
            );
        }
        if let Some(refer) = beside.refer.filter(|_| kind != "verify") {
            self.mistakes.add(refer.span(), "`refer` is said beside `verify` only");
        }
        if let Some(attempts) = beside.attempts.filter(|_| kind != "invitation") {
            self.mistakes
                .add(attempts.span(), "`attempts` are said beside `invitation` only");
        }
    }

    fn listed(&mut self, node: &Node<'_>) -> Option<Listed> {
        let mut section = self.section(Some(node))?;
        let (addresses, domains) = (section.take("addresses"), section.take("domains"));
        let (issuers, apps) = (section.take("issuers"), section.take("apps"));
        let (claim, values) = (section.take("claim"), section.take("values"));
        if [addresses, domains, issuers, apps, claim].iter().all(Option::is_none) {
            let what =
                "a list rule says one of `addresses`, `domains`, `issuers`, `apps`, or a `claim` and its `values`";
            section.lacks(["addresses", "domains", "issuers", "apps", "claim"], node.span(), what);
        }
        if claim.is_some() != values.is_some() {
            let what = "`claim` says which claim is looked up, `values` in which list; write both";
            section.lacks(["claim", "values"], node.span(), what);
        }
        self.end(section);
        let values = match claim.zip(values) {
            Some((claim, values)) => Some((self.claim(claim)?, self.values(values))),
            None => None,
        };
        Some(Listed {
            addresses: addresses.map(|node| self.addresses(node)),
            domains: domains.map(|node| self.domains(node)),
            issuers: issuers.map(|node| self.issuers(node)),
            apps: apps.map(|node| self.apps(node)),
            values,
        })
    }

    /// An empty allow list admits nobody; an empty deny list does nothing.
    fn refuse_empty_lists(&mut self, listed: &Node<'_>) {
        let lists = listed.get_ref().as_table().map(|table| table.values());
        lists.into_iter().flatten().for_each(|list| self.refuse_empty(list));
    }

    fn hold(&mut self, node: &Node<'_>, steps: &[Step]) -> Option<Action> {
        if steps.iter().any(|step| *step != Step::PostAttributeCollection) {
            self.mistakes.add(node.span(), HOLD_ELSEWHERE);
        }
        let mut section = match node.get_ref() {
            DeValue::Boolean(true) => {
                return Some(Action::Hold {
                    route: None,
                    approve_when: None,
                    deny_when: None,
                });
            }
            DeValue::String(_) => {
                return Some(Action::Hold {
                    route: Some(self.route_named(node)?),
                    approve_when: None,
                    deny_when: None,
                });
            }
            DeValue::Table(table) if !table.is_empty() => Section::new(table, node.span()),
            _ => {
                let what = "`hold` is `true`, the name of a route, or a table with `route`, `approve_when`, `deny_when`, or \
                    several of them";
                self.mistakes.add(node.span(), what);
                return None;
            }
        };
        let route = section.take("route").map(|node| self.route_named(node));
        let approve_when = section.take("approve_when").map(|node| self.condition(node));
        let deny_when = section.take("deny_when").map(|node| self.condition(node));
        self.end(section);
        // A route or a condition that could not be read is a mistake noted already.
        Some(Action::Hold {
            route: route.flatten(),
            approve_when: approve_when.flatten(),
            deny_when: deny_when.flatten(),
        })
    }

    fn block(&mut self, node: &Node<'_>, steps: &[Step]) -> Option<Action> {
        if steps.contains(&Step::PreTokenIssuance) {
            self.mistakes.add(node.span(), BLOCK_AT_TOKEN);
        }
        let message = match node.get_ref() {
            DeValue::Boolean(true) => MessageName::BLOCKED,
            _ => self.message_name(node)?,
        };
        Some(Action::End(Ending::Block(message)))
    }

    fn error(&mut self, node: &Node<'_>, steps: &[Step]) -> Option<Action> {
        if self.boolean(node)? && steps.iter().all(|step| *step == Step::PreTokenIssuance) {
            return Some(Action::End(Ending::Error));
        }
        self.mistakes.add(
            node.span(),
            "`error = true` is for `pre-token-issuance` only; write `block` elsewhere",
        );
        None
    }

    fn emit(&mut self, node: &Node<'_>, steps: &[Step]) -> Option<Action> {
        let mut section = self.section(Some(node))?;
        let (event, claims, on) = (section.take("event"), section.take("claims"), section.take("on"));
        if event.is_none() || on.is_none() {
            let what = "`emit` says which `event`, and `on` which answers: `emit = { event = \"sign-up\", on = [\"continue\"] }`";
            section.lacks(["event", "on"], section.span.clone(), what);
        }
        let what = "nothing publishes events yet: they wait in the outbox, where nobody but the store sees them";
        self.warn(Some(Warning::Unpublished), section.span.clone(), what);
        self.end(section);
        let event = event.map(|node| self.rule_name(node));
        let names = claims.map(|node| self.some_texts(node)).unwrap_or_default();
        let named = |(name, span): (String, Range<usize>)| {
            let parsed = ClaimName::parse(&name);
            parsed.map_err(|error| self.bad_name(&name, &error, span)).ok()
        };
        let claims = names.into_iter().filter_map(named).collect();
        let on = on.map(|node| self.answers(node, steps));
        Some(Action::Emit(Emit {
            event: event??,
            claims,
            on: on?,
        }))
    }

    fn answers(&mut self, node: &Node<'_>, steps: &[Step]) -> Vec<Came> {
        let known = Came::ALL.map(Came::name);
        let mut answers = Vec::new();
        for (name, span) in self.one_or_some(node) {
            let came = Came::ALL.into_iter().find(|came| came.name() == name);
            match came {
                None => {
                    let what = format!("`{name}` is no answer; there are {}", quoted_list(&known));
                    self.mistakes.add(span, what + &suggestion(&name, known));
                }
                Some(came) if !steps.iter().any(|step| can_come(*step, came)) => {
                    self.mistakes
                        .add(span, format!("no call of this step comes to `{name}`"));
                }
                Some(came) => answers.push(came),
            }
        }
        answers
    }
}

/// Whether a call of a step can have an answer.
fn can_come(step: Step, came: Came) -> bool {
    match came {
        Came::Continue => true,
        Came::Block => step.is_sign_up(),
        Came::AskAgain | Came::Hold => step == Step::PostAttributeCollection,
        Came::Error => step == Step::PreTokenIssuance,
    }
}
