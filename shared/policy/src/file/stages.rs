//! The stages of a route.

use std::{ops::Range, time::Duration};

use store::{Asked, Escalate, Share, Stage, TimeOut};
use toml::de::DeValue;

use super::{Node, Reader, Section, either, groups::ANYBODY};
use crate::{condition::Condition, mistakes::suggestion, route::RouteStage};

/// What a stage says, but for its name.
pub(super) const KEYS: [&str; 7] = ["ask", "approve", "deny", "with", "remind", "escalate", "time_out"];

/// The most reminders of a stage.
const MOST_REMINDERS: usize = 16;

/// Who is asked: under conditions, the first that holds, and where none does.
pub(super) struct Ask {
    choices: Vec<(Condition, Asked)>,
    fallback: Asked,
}

impl Reader<'_> {
    /// What a stage says: in its own table, or in that of a route that has no other.
    pub(super) fn stage(&mut self, name: &str, section: &mut Section<'_, '_>) -> Option<RouteStage> {
        let span = section.span.clone();
        let [ask, approve, deny, with, remind, escalate, time_out] = KEYS.map(|key| section.take(key));
        if ask.is_none() {
            let what = "this does not say whom it asks: write `ask = \"…\"` with a group of `[groups]`, `ask = \"anybody\"`, \
                or `ask = { person = \"…\" }`";
            self.mistakes.add(span, what);
        }
        let asked = ask.and_then(|node| self.ask(node));
        let approve_by = approve.and_then(|node| self.quorum(node));
        let deny_by = deny.and_then(|node| self.quorum(node));
        let among = with.map(|node| self.shares(node)).unwrap_or_default();
        let (lasts, then) = time_out.map_or(Some((None, None)), |node| self.time_out(node))?;
        let lasts = lasts.unwrap_or(Stage::USUALLY_LASTS);
        self.await_letters(remind, escalate);
        let remind = remind.map(|node| self.reminders(node, lasts)).unwrap_or_default();
        let escalate = escalate.map(|node| self.escalation(node, lasts));
        let Ask { choices, fallback } = asked?;
        let stage = RouteStage {
            choices,
            fallback: Stage {
                name: name.to_owned(),
                asked: fallback,
                approve: approve_by.unwrap_or(1),
                deny: deny_by.unwrap_or(1),
                among,
                remind,
                escalate: escalate.flatten(),
                lasts,
                then: then.unwrap_or(TimeOut::Expire),
            },
        };
        self.refuse_unmet(&stage, [approve.or(ask), deny.or(ask), with]);
        Some(stage)
    }

    fn ask(&mut self, node: &Node<'_>) -> Option<Ask> {
        let Some(nodes) = node.get_ref().as_array() else {
            let (when, fallback) = self.choice(node)?;
            if when.is_some() {
                self.mistakes.add(node.span(), NO_FALLBACK);
            }
            return Some(Ask {
                choices: Vec::new(),
                fallback,
            });
        };
        self.refuse_empty(node);
        let read: Vec<_> = nodes.iter().map(|node| self.choice(node)).collect();
        let (last, others) = nodes.split_last()?;
        for (node, choice) in others.iter().zip(&read) {
            if matches!(choice, Some((None, _))) {
                let what = "nobody behind this is ever asked: it has no `when`; put it last";
                self.mistakes.add(node.span(), what);
            }
        }
        let mut choices = read.into_iter().collect::<Option<Vec<_>>>()?;
        let (when, fallback) = choices.pop()?;
        if when.is_some() {
            self.mistakes.add(last.span(), NO_FALLBACK);
        }
        let chosen = |(when, asked): (Option<Condition>, Asked)| Some((when?, asked));
        Some(Ask {
            choices: choices.into_iter().filter_map(chosen).collect(),
            fallback,
        })
    }

    /// Who is asked, and under which condition if there is one.
    fn choice(&mut self, node: &Node<'_>) -> Option<(Option<Condition>, Asked)> {
        if let DeValue::String(name) = node.get_ref() {
            return Some((None, self.asked_by_name(name, node.span())?));
        }
        let mut section = self.section(Some(node))?;
        let (group, person) = (section.take("group"), section.take("person"));
        let when = section.take("when");
        self.end(section);
        let asked = match (group, person) {
            (Some(group), None) => {
                let name = self.text(group);
                name.and_then(|name| self.asked_by_name(&name, group.span()))
            }
            (None, Some(person)) => {
                let name = self.text(person);
                let person = name.and_then(|name| self.person(&name, person.span()));
                person.map(Asked::Person)
            }
            _ => {
                let what = "who is asked is a `group` or a `person`; write one of them";
                self.mistakes.add(node.span(), what);
                None
            }
        };
        match when {
            None => Some((None, asked?)),
            Some(when) => {
                let when = self.condition(when);
                Some((Some(when?), asked?))
            }
        }
    }

    fn asked_by_name(&mut self, name: &str, span: Range<usize>) -> Option<Asked> {
        if name == ANYBODY {
            return Some(Asked::Anybody);
        }
        self.group(name, span).map(Asked::Group)
    }

    fn group(&mut self, name: &str, span: Range<usize>) -> Option<String> {
        let known = self.groups.contains_key(name);
        if !known {
            let near = suggestion(name, self.groups.keys().map(String::as_str).chain([ANYBODY]));
            let what = format!("no group is called `{name}`; write who is in it under `[groups]`{near}");
            self.mistakes.add(span, what);
        }
        known.then(|| name.to_owned())
    }

    fn quorum(&mut self, node: &Node<'_>) -> Option<u32> {
        let parse = |value: &DeValue<'_>| {
            let number = value.as_integer()?;
            let count = u32::from_str_radix(number.as_str(), number.radix()).ok();
            count.filter(|count| *count > 0)
        };
        self.expect(node, "a number of people, from 1,", parse)
    }

    fn shares(&mut self, node: &Node<'_>) -> Vec<Share> {
        let Some(section) = self.section(Some(node)) else {
            return Vec::new();
        };
        if section.table.is_empty() {
            let what = "`with` says how many of those who approve belong to a group: `with = { security = 1 }`";
            self.mistakes.add(node.span(), what);
        }
        let mut shares = Vec::new();
        for (name, node) in section.table.iter() {
            let (group, at_least) = (self.group(name.get_ref(), name.span()), self.quorum(node));
            shares.extend(group.zip(at_least).map(|(group, at_least)| Share { group, at_least }));
        }
        shares
    }

    fn reminders(&mut self, node: &Node<'_>, lasts: Duration) -> Vec<Duration> {
        let one = std::slice::from_ref(node);
        let nodes = node.get_ref().as_array().map_or(one, |nodes| &**nodes);
        self.refuse_empty(node);
        if let Some(node) = nodes.get(MOST_REMINDERS) {
            let what = format!("a stage has at most {MOST_REMINDERS} reminders");
            self.mistakes.add(node.span(), what);
        }
        let mut reminders = Vec::new();
        for node in nodes {
            let Some(after) = self.within(node, lasts) else {
                continue;
            };
            if reminders.last().is_some_and(|before| after <= *before) {
                let what = "reminders stand in the order of time, each later than the one before";
                self.mistakes.add(node.span(), what);
            }
            reminders.push(after);
        }
        reminders
    }

    fn escalation(&mut self, node: &Node<'_>, lasts: Duration) -> Option<Escalate> {
        let mut section = self.section(Some(node))?;
        let (after, ask) = (section.take("after"), section.take("ask"));
        self.end(section);
        let (Some(after), Some(ask)) = (after, ask) else {
            let what = "`escalate` says when, and who is asked then: `{ after = \"5 days\", ask = \"managers\" }`";
            self.mistakes.add(node.span(), what);
            return None;
        };
        let (after, choice) = (self.within(after, lasts), self.choice(ask));
        let (when, to) = choice?;
        if when.is_some() {
            let what = "whom `escalate` asks depends on nothing; leave `when` out";
            self.mistakes.add(ask.span(), what);
        }
        Some(Escalate { after: after?, to })
    }

    /// When a stage ends, and what happens then, as far as it says so.
    fn time_out(&mut self, node: &Node<'_>) -> Option<(Option<Duration>, Option<TimeOut>)> {
        let mut section = self.section(Some(node))?;
        let (after, then) = (section.take("after"), section.take("then"));
        self.end(section);
        if after.is_none() && then.is_none() {
            let what = "`time_out` says when, what happens then, or both: `{ after = \"14 days\", then = \"expire\" }`";
            self.mistakes.add(node.span(), what);
        }
        let after = after.map(|node| self.time_to_wait(node));
        let then = then.map(|node| self.then(node));
        Some((after.flatten(), then.flatten()))
    }

    fn then(&mut self, node: &Node<'_>) -> Option<TimeOut> {
        let text = self.text(node)?;
        let found = TimeOut::ALL.into_iter().find(|then| then.name() == text);
        match found {
            Some(TimeOut::Approve) => {
                let what = "who waits this long passes the stage though nobody has looked at them";
                self.warn(None, node.span(), what);
            }
            Some(TimeOut::Expire | TimeOut::Deny) => {}
            None => {
                let known = TimeOut::ALL.map(TimeOut::name);
                let what = format!("`{text}` is not what time can do; write {}", either(&known));
                self.mistakes.add(node.span(), what + &suggestion(&text, known));
            }
        }
        found
    }

    /// A time before the stage ends.
    fn within(&mut self, node: &Node<'_>, lasts: Duration) -> Option<Duration> {
        let after = self.time_to_wait(node)?;
        if after >= lasts {
            let days = lasts.as_secs_f64() / (24.0 * 60.0 * 60.0);
            let what = format!("the stage is over before that: `time_out` ends it after {days} days");
            self.mistakes.add(node.span(), what);
        }
        (after < lasts).then_some(after)
    }

    fn time_to_wait(&mut self, node: &Node<'_>) -> Option<Duration> {
        let duration = self.duration(node)?;
        if duration.is_zero() {
            let what = "nobody can do anything in no time; write at least `\"1 minute\"`";
            self.mistakes.add(node.span(), what);
        }
        (!duration.is_zero()).then_some(duration)
    }
}

const NO_FALLBACK: &str =
    "nobody is asked where this `when` does not hold; name last, without `when`, who is asked then";
