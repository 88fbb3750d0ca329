//! The `[[rules]]`.

use std::ops::Range;

use approvals::Terms;
use claims::{ClaimName, Step, Value};
use toml::de::DeValue;

use super::{
    BLOCK_AT_TOKEN, Node, Reader, Section, either, quoted_list,
    values::is_a_text,
    warnings::{Accepted, Warned, Warning},
};
use crate::{
    Otherwise,
    condition::Condition,
    emit::Came,
    lists::List,
    messages::MessageName,
    mistakes::suggestion,
    rule::{Action, Emit, Ending, Listed, OnFailure, Rule},
};

/// A rule, as it stands in the file.
pub(super) struct Entry {
    pub(super) rule: Rule,
    pub(super) span: Range<usize>,
    /// The warnings that its author knows of.
    pub(super) accepts: Vec<Accepted>,
    /// Those that came up while it was read.
    pub(super) warned: Vec<Warned>,
}

impl Reader<'_> {
    pub(super) fn rules(
        &mut self,
        node: Option<&Node<'_>>,
        steps: &[(Step, Otherwise)],
        terms: &Terms,
    ) -> Option<Vec<Rule>> {
        let Some(node) = node else { return Some(Vec::new()) };
        let Some(entries) = node.get_ref().as_array() else {
            self.mistakes.add(
                node.span(),
                "there may be many rules: write `[[rules]]`, in two brackets, before each",
            );
            self.may_be_shown(node);
            return None;
        };
        self.refuse_empty(node);
        let mut rules: Vec<Entry> = Vec::new();
        for node in entries.iter() {
            let before = self.mistakes.count();
            let entry = self.entry(node, steps);
            if self.mistakes.count() > before {
                self.may_be_shown(node);
            }
            let Some(entry) = entry else { continue };
            if rules.iter().any(|other| other.rule.name == entry.rule.name) {
                let what = format!(
                    "another rule is called `{}` already; the log names rules",
                    entry.rule.name
                );
                self.mistakes.add(node.span(), what);
            }
            rules.push(entry);
        }
        self.refuse_many_events(&rules);
        self.warn_about_time_outs(&mut rules, terms);
        self.warn_about(&rules);
        self.warn_about_blocks(&rules);
        Some(rules.into_iter().map(|entry| entry.rule).collect())
    }

    fn entry(&mut self, node: &Node<'_>, served: &[(Step, Otherwise)]) -> Option<Entry> {
        let warned_before = self.warnings.len();
        let mut section = self.section(Some(node))?;
        let accepts = section.take("accept_warnings").map(|node| self.accepted(node));
        let rule = self.rule(section, served)?;
        Some(Entry {
            rule,
            span: node.span(),
            accepts: accepts.unwrap_or_default(),
            warned: self.warnings.split_off(warned_before),
        })
    }

    fn rule(&mut self, mut section: Section<'_, '_>, served: &[(Step, Otherwise)]) -> Option<Rule> {
        let span = section.span.clone();
        let name = section.take("name").map(|node| self.rule_name(node));
        if name.is_none() {
            section.lacks(["name"], span.clone(), "the rule has no `name`");
        }
        let steps = match section.take("step") {
            Some(node) => self.rule_steps(node, served),
            None => {
                section.lacks(["step"], span.clone(), "the rule does not say its `step`");
                Vec::new()
            }
        };
        let when = section.take("when").map(|node| self.when(node, &steps));
        let otherwise = section.take("otherwise");
        let on_failure = section.take("on_failure");
        let observes = section.take("mode").is_some_and(|node| self.observes(node));
        let kinds: Vec<_> = KINDS
            .iter()
            .filter_map(|kind| section.take(kind).map(|node| (*kind, node)))
            .collect();
        let action = match kinds.as_slice() {
            [(kind, node)] => self.action(kind, node, otherwise, &steps, served),
            [] => {
                let what = format!("the rule does nothing; it says one of {}", quoted_list(&KINDS));
                section.lacks(KINDS, span, what);
                None
            }
            [_, (second, node), ..] => {
                let what = format!("a rule does one thing; write a rule of its own for `{second}`");
                self.mistakes.add(node.span(), what);
                None
            }
        };
        self.end(section);
        let when = match when {
            Some(when) => Some(when?),
            None => None,
        };
        let mut rule = Rule {
            name: name??,
            steps,
            when,
            observes,
            action: action?,
            on_failure: None,
        };
        rule.on_failure = on_failure.and_then(|node| self.on_failure(node, &rule));
        Some(rule)
    }

    fn on_failure(&mut self, node: &Node<'_>, rule: &Rule) -> Option<OnFailure> {
        if rule.observes || matches!(rule.action, Action::Emit(_)) {
            let what = "this rule decides nothing, so that nothing happens when it fails; leave `on_failure` out";
            self.mistakes.add(node.span(), what);
        } else if !rule.lists().any(List::can_fail) {
            let what = "this rule cannot fail: it looks nothing up in a list from a file or from the store";
            self.mistakes.add(node.span(), what);
        }
        if node.get_ref().as_str() == Some("continue") {
            return Some(OnFailure::Continue);
        }
        let default = Ending::Block(MessageName::FAILED);
        self.ending(Some(node), node, &rule.steps, default).map(OnFailure::End)
    }

    /// Events are written in one commit with the change that causes them, which has its limit.
    fn refuse_many_events(&mut self, rules: &[Entry]) {
        for step in Step::ALL {
            let mut emitting = rules
                .iter()
                .filter(|entry| entry.rule.emits().is_some() && entry.rule.steps.contains(&step));
            if let Some(entry) = emitting.nth(MOST_EVENTS) {
                let what = format!("at most {MOST_EVENTS} rules of a step say events");
                self.mistakes.add(entry.span.clone(), what);
            }
        }
    }

    fn rule_name(&mut self, node: &Node<'_>) -> Option<String> {
        self.line(node, "a rule's name")
    }

    /// A name that people read.
    pub(super) fn line(&mut self, node: &Node<'_>, what: &str) -> Option<String> {
        let name = self.text(node)?;
        let legal = name.chars().count() <= 80 && !name.chars().any(char::is_control);
        let legal = legal && !Value::shows_nothing(&name) && name.trim() == name;
        if !legal {
            let what = format!("{what} is one line of 1 to 80 characters, without spaces at its ends");
            self.mistakes.add(node.span(), what);
        }
        legal.then_some(name)
    }

    fn observes(&mut self, node: &Node<'_>) -> bool {
        let text = self.text(node);
        if let Some(text) = text.as_deref().filter(|text| *text != "observe") {
            let what = format!(
                "`{text}` is no `mode`; write `mode = \"observe\"`, or leave it out and the rule is in force{}",
                suggestion(text, ["observe"])
            );
            self.mistakes.add(node.span(), what);
        }
        text.is_some()
    }

    fn rule_steps(&mut self, node: &Node<'_>, served: &[(Step, Otherwise)]) -> Vec<Step> {
        let mut steps = Vec::new();
        for (name, span) in self.one_or_some(node) {
            let Some(step) = self.step_name(&name, span.clone()) else {
                continue;
            };
            if !self.steps_unreadable && !served.iter().any(|(served, _)| *served == step) {
                self.mistakes.add(
                    span,
                    format!("no `[steps.{step}]` in this file: say there what happens `otherwise`"),
                );
            }
            steps.push(step);
        }
        steps
    }

    fn when(&mut self, node: &Node<'_>, steps: &[Step]) -> Option<Condition> {
        let when = self.condition(node)?;
        for leaf in when.leaves() {
            let Condition::Step(asked) = leaf else { continue };
            for step in asked.iter().filter(|step| !steps.contains(step)) {
                let what = format!("the rule does not run at `{step}`, so this asks nothing there; add it to `step`");
                self.mistakes.add(node.span(), what);
            }
        }
        Some(when)
    }

    pub(super) fn steps_named(&mut self, node: &Node<'_>) -> Vec<Step> {
        let names = self.one_or_some(node);
        names
            .into_iter()
            .filter_map(|(name, span)| self.step_name(&name, span))
            .collect()
    }

    fn action(
        &mut self,
        kind: &str,
        node: &Node<'_>,
        otherwise: Option<&Node<'_>>,
        steps: &[Step],
        served: &[(Step, Otherwise)],
    ) -> Option<Action> {
        if let Some(otherwise) = otherwise.filter(|_| !matches!(kind, "allow" | "deny" | "require")) {
            self.mistakes.add(
                otherwise.span(),
                format!("`{kind}` has no `otherwise`: it turns nobody away by itself"),
            );
        }
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
            "emit" => self.emit(node, steps),
            "hold" => self.hold(node, steps),
            "block" => self.block(node, steps),
            _ => self.error(node, steps),
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

    /// What happens to people who do not pass a rule.
    fn ending(
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

const HOLD_ELSEWHERE: &str =
    "only `post-attribute-collection` can hold: before it the form is not filled in, after it the account exists";

/// The most rules of a step that say events.
const MOST_EVENTS: usize = 8;

/// The kinds of rules.
const KINDS: [&str; 10] = [
    "allow",
    "deny",
    "require",
    "normalise",
    "set",
    "drop",
    "hold",
    "block",
    "error",
    "emit",
];

/// Whether a call of a step can have an answer.
fn can_come(step: Step, came: Came) -> bool {
    match came {
        Came::Continue => true,
        Came::Block => step.is_sign_up(),
        Came::AskAgain | Came::Hold => step == Step::PostAttributeCollection,
        Came::Error => step == Step::PreTokenIssuance,
    }
}
