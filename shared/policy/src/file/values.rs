//! Values of every kind, by their types and names.

use std::{ops::Range, time::Duration};

use claims::{BadName, ClaimName, SettableName, Step, Value};
use toml::de::DeValue;

use super::{Node, Reader, Section, quoted_list};
use crate::{messages::MessageName, mistakes::suggestion};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Reader<'_> {
    pub(super) fn message_name(&mut self, node: &Node<'_>) -> Option<MessageName> {
        let name = self.text(node)?;
        if !self.messages.contains(&name) {
            let near = suggestion(&name, self.messages.iter().map(String::as_str));
            let what = match is_a_text(&name) {
                true => "a message's name belongs here, not its text: choose a name such as `please-wait`, and write the text under \
                    `[messages.please-wait]`, in each language"
                    .to_owned(),
                false => format!("no message is called `{name}`; write `[messages.{name}]`{near}"),
            };
            self.mistakes.add(node.span(), what);
        }
        let message = MessageName::new(&name);
        self.shown.insert(name);
        Some(message)
    }

    pub(super) fn step_name(&mut self, name: &str, span: Range<usize>) -> Option<Step> {
        let step = Step::from_name(name);
        if step.is_none() {
            let known = Step::ALL.map(Step::name);
            let what = format!("`{name}` is no step; there are {}", quoted_list(&known));
            self.mistakes.add(span, what + &suggestion(name, known));
        }
        step
    }

    /// The claim that a table is about.
    pub(super) fn claim_of(&mut self, section: &mut Section<'_, '_>) -> Option<ClaimName> {
        let Some(node) = section.take("claim") else {
            section.lacks(["claim"], section.span.clone(), "which `claim`?");
            return None;
        };
        self.claim(node)
    }

    pub(super) fn claim(&mut self, node: &Node<'_>) -> Option<ClaimName> {
        let name = self.text(node)?;
        ClaimName::parse(&name)
            .map_err(|error| self.bad_name(&name, &error, node.span()))
            .ok()
    }

    pub(super) fn settable(&mut self, name: &str, span: Range<usize>) -> Option<SettableName> {
        SettableName::parse(name)
            .map_err(|error| self.bad_name(name, &error, span))
            .ok()
    }

    pub(super) fn bad_name(&mut self, name: &str, error: &BadName, span: Range<usize>) {
        self.mistakes.add(span, format!("`{name}`: {error}"));
    }

    pub(super) fn value(&mut self, node: &Node<'_>) -> Option<Value> {
        match node.get_ref() {
            DeValue::String(text) => Some(Value::Text(text.to_string())),
            DeValue::Boolean(boolean) => Some(Value::Boolean(*boolean)),
            DeValue::Integer(number) if number.radix() == 10 => {
                Some(Value::Number(number.as_str().trim_start_matches('+').to_owned()))
            }
            DeValue::Array(_) => Some(Value::Texts(
                self.texts(node).into_iter().map(|(text, _)| text).collect(),
            )),
            _ => {
                self.mistakes.add(
                    node.span(),
                    "a claim's value is a text, a whole number, `true`, `false`, or a list of texts",
                );
                None
            }
        }
    }

    pub(super) fn text(&mut self, node: &Node<'_>) -> Option<String> {
        self.expect(node, "a text in quotes", |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn boolean(&mut self, node: &Node<'_>) -> Option<bool> {
        self.expect(node, "`true` or `false`", |value| value.as_bool())
    }

    pub(super) fn count(&mut self, node: &Node<'_>) -> Option<usize> {
        let parse = |value: &DeValue<'_>| {
            value
                .as_integer()
                .and_then(|n| usize::from_str_radix(n.as_str(), n.radix()).ok())
                .filter(|count| *count > 0)
        };
        self.expect(node, "a whole number from 1", parse)
    }

    pub(super) fn texts(&mut self, node: &Node<'_>) -> Vec<(String, Range<usize>)> {
        let Some(nodes) = node.get_ref().as_array() else {
            self.expect(node, "a list in brackets", |_| None::<()>);
            return Vec::new();
        };
        nodes
            .iter()
            .filter_map(|node| Some((self.text(node)?, node.span())))
            .collect()
    }

    /// `30 days`, `12 hours`, `45 minutes`.
    /// A year at most: longer is a slip of the keyboard, and no sum of times can overflow.
    pub(super) fn duration(&mut self, node: &Node<'_>) -> Option<Duration> {
        self.duration_within(node, 366 * DAY)
    }

    /// How long something is kept: as long as anybody has to, and never less than a day, in which what is written is
    /// proved as well.
    pub(super) fn retention(&mut self, node: &Node<'_>) -> Option<Duration> {
        let duration = self.duration_within(node, 36_525 * DAY)?;
        if duration < DAY {
            self.mistakes.add(
                node.span(),
                "what happened is kept for a day at least; write `\"1 day\"` or more",
            );
        }
        (duration >= DAY).then_some(duration)
    }

    fn duration_within(&mut self, node: &Node<'_>, longest: Duration) -> Option<Duration> {
        self.expect(
            node,
            "a time such as `\"30 days\"`, `\"12 hours\"` or `\"45 minutes\"`",
            |value| {
                let (number, unit) = value.as_str()?.trim().split_once(' ')?;
                let seconds = match unit.trim() {
                    "day" | "days" => 24 * 60 * 60,
                    "hour" | "hours" => 60 * 60,
                    "minute" | "minutes" => 60,
                    _ => return None,
                };
                let duration = Duration::from_secs(number.parse::<u32>().ok()?.checked_mul(seconds)?.into());
                (duration <= longest).then_some(duration)
            },
        )
    }

    /// The same, but not nothing: an approval that nobody has time to use is none.
    pub(super) fn some_duration(&mut self, node: &Node<'_>) -> Option<Duration> {
        let duration = self.duration(node)?;
        if duration.is_zero() {
            self.mistakes.add(
                node.span(),
                "an approval that cannot be used for any time is none; write at least `\"1 minute\"`",
            );
        }
        (!duration.is_zero()).then_some(duration)
    }

    pub(super) fn section<'a, 't>(&mut self, node: Option<&'a Node<'t>>) -> Option<Section<'a, 't>> {
        let node = node?;
        match node.get_ref() {
            DeValue::Table(table) => Some(Section::new(table, node.span())),
            _ => self.expect(node, "a table", |_| None),
        }
    }

    pub(super) fn expect<T>(
        &mut self,
        node: &Node<'_>,
        wanted: &str,
        get: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        let found = get(node.get_ref());
        if found.is_none() {
            let came = match node.get_ref() {
                DeValue::String(text) => format!("the text `{text}`"),
                DeValue::Integer(number) => format!("the number `{number}`"),
                other => format!("a value of type {}", other.type_str()),
            };
            self.mistakes
                .add(node.span(), format!("{wanted} is wanted here, {came} came"));
        }
        found
    }
}

/// Whether it is a sentence rather than a name.
pub(super) fn is_a_text(text: &str) -> bool {
    text.trim().contains(char::is_whitespace)
}
