//! The `[[rules]]`.

use std::ops::Range;

use approvals::Terms;
use claims::{Step, Value};

use super::{
    Node, Reader, Section, quoted_list,
    warnings::{Accepted, Warned},
};
use crate::{
    Otherwise,
    condition::Condition,
    messages::MessageName,
    mistakes::suggestion,
    rule::{Action, Ending, OnFailure, Rule},
};

/// What stands beside what a rule does.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a, 't> {
    pub(super) otherwise: Option<&'a Node<'t>>,
    pub(super) refer: Option<&'a Node<'t>>,
    pub(super) attempts: Option<&'a Node<'t>>,
    pub(super) observes: bool,
}

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
        self.refuse_many_writes(&rules);
        self.warn_about_time_outs(&mut rules, terms);
        self.warn_about_deadlines(&mut rules);
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
        let beside = Beside {
            otherwise: section.take("otherwise"),
            refer: section.take("refer"),
            attempts: section.take("attempts"),
            observes: section.table.contains_key("mode"),
        };
        let on_failure = section.take("on_failure");
        let observes = section.take("mode").is_some_and(|node| self.observes(node));
        let kinds: Vec<_> = KINDS
            .iter()
            .filter_map(|kind| section.take(kind).map(|node| (*kind, node)))
            .collect();
        let action = match kinds.as_slice() {
            [(kind, node)] => self.action(kind, node, beside, &steps, served),
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
        } else if !rule.can_fail() {
            let what =
                "this rule cannot fail: it looks nothing up in a list from a file or from the store, and asks nobody";
            self.mistakes.add(node.span(), what);
        }
        if node.get_ref().as_str() == Some("continue") {
            return Some(OnFailure::Continue);
        }
        let default = Ending::Block(MessageName::FAILED);
        self.ending(Some(node), node, &rule.steps, default).map(OnFailure::End)
    }

    /// Events, counts and invitations are written in one commit with the change that causes them, which has its limit.
    fn refuse_many_writes(&mut self, rules: &[Entry]) {
        for step in Step::ALL {
            let at = rules.iter().filter(|entry| entry.rule.steps.contains(&step));
            let writes = at.clone().scan(0, |sum, entry| {
                *sum += entry.rule.writes();
                Some((entry, *sum))
            });
            if let Some((entry, _)) = writes.into_iter().find(|(_, sum)| *sum > MOST_WRITES) {
                let what = format!(
                    "at most {MOST_WRITES} rules of a step say events or count, where one with an invitation counts as two"
                );
                self.mistakes.add(entry.span.clone(), what);
            }
            if let Some(entry) = at.filter(|entry| entry.rule.invites()).nth(1) {
                let what = "one rule asks for an invitation; whoever signs up has one at most";
                self.mistakes.add(entry.span.clone(), what);
            }
        }
    }

    pub(super) fn rule_name(&mut self, node: &Node<'_>) -> Option<String> {
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
}

/// The most events and counts of a step. A call that opens a request writes up to twelve other rows.
const MOST_WRITES: usize = 8;

/// The kinds of rules.
const KINDS: [&str; 14] = [
    "allow",
    "deny",
    "require",
    "normalise",
    "set",
    "drop",
    "look_up",
    "verify",
    "invitation",
    "limit",
    "hold",
    "block",
    "error",
    "emit",
];
