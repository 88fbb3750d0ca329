//! The administrator's own cases: files that say what a policy makes of certain calls.

use std::{collections::BTreeMap, ops::Range};

use claims::{SignUp, Step};
use policy::{Collector, Mistakes, Policy, suggestion};
use store::{Asked, Timestamp};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    explain::time,
    given::{Given, GivenInvitation},
};

/// One case.
pub(super) struct Case {
    pub(super) name: String,
    /// Where it begins in its file, from 1.
    pub(super) line: usize,
    pub(super) sign_up: SignUp,
    /// The time of the call, where it matters.
    pub(super) now: Option<Timestamp>,
    /// What those answer whom the rules ask.
    pub(super) given: Given,
    pub(super) expect: Expect,
}

/// What is expected. What it does not say may be anything.
pub(super) struct Expect {
    pub(super) outcome: String,
    pub(super) rule: Option<String>,
    /// The route by which somebody who is held is decided.
    pub(super) route: Option<String>,
    /// Whom its stages ask, in order.
    pub(super) asked: Option<String>,
    pub(super) message: Option<String>,
    pub(super) text: Option<String>,
    /// The claims that go out, no more and no fewer, as JSON.
    pub(super) claims: Option<BTreeMap<String, String>>,
}

/// Reads a file of cases about a policy.
///
/// # Errors
/// [`Mistakes`]: all of them, each with its place.
pub(super) fn parse(text: &str, policy: &Policy) -> Result<Vec<Case>, Mistakes> {
    let mut mistakes = Collector::new(text);
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            mistakes.add(error.span().unwrap_or(0..0), error.message());
            return mistakes.finish(None);
        }
    };
    let mut reader = Reader { text, policy, mistakes };
    let cases = reader.file(document.get_ref());
    reader.mistakes.finish(Some(cases))
}

type Node<'t> = Spanned<DeValue<'t>>;

const OUTCOMES: [&str; 6] = ["continue", "admit", "hold", "block", "ask-again", "error"];

struct Reader<'t> {
    text: &'t str,
    policy: &'t Policy,
    mistakes: Collector<'t>,
}

impl Reader<'_> {
    fn file(&mut self, file: &DeTable<'_>) -> Vec<Case> {
        self.refuse_unknown(file, &["cases"]);
        let Some(node) = file.get("cases") else {
            self.mistakes
                .add(0..0, "there is no case: write `[[cases]]`, one table each");
            return Vec::new();
        };
        let Some(cases) = node.get_ref().as_array() else {
            self.mistakes
                .add(node.span(), "cases are written as `[[cases]]`, one table each");
            return Vec::new();
        };
        cases.iter().filter_map(|case| self.case(case)).collect()
    }

    fn case(&mut self, node: &Node<'_>) -> Option<Case> {
        let table = self.table(node, "a case")?;
        let answers = ["lists", "look_ups", "checks", "counts", "invitation"];
        self.refuse_unknown(
            table,
            &[&["name", "step", "body", "now", "expect"], &answers[..]].concat(),
        );
        let name = self.needed(table, node, "name").and_then(|node| self.string(node));
        let step = self.needed(table, node, "step").and_then(|node| self.step(node));
        let body = self.needed(table, node, "body");
        let now = table.get("now").map(|node| self.time(node));
        let given = self.given(table);
        let expect = self.needed(table, node, "expect").and_then(|node| self.expect(node));
        let sign_up = step.zip(body).and_then(|(step, body)| self.sign_up(step, body));
        Some(Case {
            name: name?,
            line: self.text.get(..node.span().start)?.matches('\n').count() + 1,
            sign_up: sign_up?,
            now: now.flatten(),
            given,
            expect: expect?,
        })
    }

    fn step(&mut self, node: &Node<'_>) -> Option<Step> {
        let name = self.one_of(node, &Step::ALL.map(Step::name))?;
        Step::from_name(&name)
    }

    /// A table, or a text with the very JSON, for what a table cannot say.
    fn sign_up(&mut self, step: Step, node: &Node<'_>) -> Option<SignUp> {
        let body = match node.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Table(_) => json(node.get_ref()).to_string(),
            _ => {
                self.mistakes.add(node.span(), "a body is a table, or JSON in a text");
                return None;
            }
        };
        claims::parse(step, body.as_bytes())
            .map_err(|error| self.mistakes.add(node.span(), error.to_string()))
            .ok()
    }

    fn time(&mut self, node: &Node<'_>) -> Option<Timestamp> {
        let text = match node.get_ref() {
            DeValue::Datetime(time) => time.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => String::new(),
        };
        time(&text).map_err(|error| self.mistakes.add(node.span(), error)).ok()
    }

    fn given(&mut self, case: &DeTable<'_>) -> Given {
        let mut given = Given::default();
        if let Some(node) = case.get("lists") {
            self.lists(node, &mut given);
        }
        for key in ["look_ups", "checks", "counts"] {
            let Some(node) = case.get(key) else { continue };
            for (name, node) in self.table(node, "what is answered, by name,").into_iter().flatten() {
                let taken = self.take(key, name.get_ref(), node, &mut given);
                taken.unwrap_or_else(|why| self.mistakes.add(node.span(), why));
            }
        }
        if let Some(node) = case.get("invitation") {
            let worth = self.one_of(node, &GivenInvitation::NAMES);
            given.invitation = worth.and_then(|name| GivenInvitation::named(&name));
        }
        given
    }

    /// An answer: `look_ups.crm = { tier = "gold" }`, `checks.identity = "pass"`, `counts."a few" = 99`.
    fn take(&mut self, key: &str, name: &str, node: &Node<'_>, given: &mut Given) -> Result<(), String> {
        match key {
            "look_ups" => given.look_up(self.policy, name, &json(node.get_ref()).to_string()),
            "checks" => {
                let outcome = self.string(node);
                outcome.map_or(Ok(()), |outcome| given.check(self.policy, name, &outcome))
            }
            _ => {
                let number = node
                    .get_ref()
                    .as_integer()
                    .and_then(|number| number.as_str().parse().ok());
                let number = number.ok_or("how many came before is a whole number")?;
                given.count(self.policy, name, number)
            }
        }
    }

    /// What lists in the store hold: `lists.partners = ["contoso.com"]`.
    fn lists(&mut self, node: &Node<'_>, given: &mut Given) {
        let lists = &mut given.lists;
        for (name, node) in self.table(node, "what lists in the store hold").into_iter().flatten() {
            let Some(entries) = node.get_ref().as_array() else {
                self.mistakes.add(node.span(), "a list is its entries in brackets");
                continue;
            };
            let name: &str = name.get_ref();
            if let Err(why) = lists.begin(self.policy, name) {
                self.mistakes.add(node.span(), why);
                continue;
            }
            for entry in entries {
                let added = self
                    .string(entry)
                    .map_or(Ok(()), |text| lists.add(self.policy, name, &text));
                added.unwrap_or_else(|why| self.mistakes.add(entry.span(), why));
            }
        }
    }

    fn expect(&mut self, node: &Node<'_>) -> Option<Expect> {
        let table = self.table(node, "what is expected")?;
        self.refuse_unknown(
            table,
            &["outcome", "rule", "route", "asked", "message", "text", "claims"],
        );
        let outcome = self.needed(table, node, "outcome");
        let outcome = outcome.and_then(|node| self.one_of(node, &OUTCOMES));
        let mut text = |key: &str| table.get(key).and_then(|node| self.string(node));
        let (rule, route, message, text) = (text("rule"), text("route"), text("message"), text("text"));
        let asked = table.get("asked").map(|node| self.asked(node));
        let claims = table.get("claims").map(|node| self.claims(node));
        Some(Expect {
            outcome: outcome?,
            rule,
            route,
            asked: asked.flatten(),
            message,
            text,
            claims: claims.flatten(),
        })
    }

    /// One for each stage: `anybody`, `group:NAME` or `person:NAME`.
    fn asked(&mut self, node: &Node<'_>) -> Option<String> {
        let wants = "whom the stages ask, in order and in brackets: `anybody`, `group:NAME` or `person:NAME`";
        let stages: Option<Vec<_>> = node.get_ref().as_array().and_then(|stages| {
            let asked = |stage: &Node<'_>| stage.get_ref().as_str().and_then(Asked::from_key);
            stages.iter().map(asked).collect()
        });
        if stages.is_none() {
            self.mistakes.add(node.span(), wants);
        }
        stages.map(|stages| in_order(&stages))
    }

    fn claims(&mut self, node: &Node<'_>) -> Option<BTreeMap<String, String>> {
        let table = self.table(node, "the claims that go out")?;
        let claim = |(key, value): (&Spanned<_>, &Node<'_>)| {
            let key: &toml::de::DeString<'_> = key.get_ref();
            (key.to_string(), json(value.get_ref()).to_string())
        };
        Some(table.iter().map(claim).collect())
    }

    fn needed<'a, 't>(&mut self, table: &'a DeTable<'t>, node: &Node<'t>, key: &str) -> Option<&'a Node<'t>> {
        let found = table.get(key);
        if found.is_none() {
            self.mistakes.add(node.span(), format!("this does not say `{key}`"));
        }
        found
    }

    fn one_of(&mut self, node: &Node<'_>, known: &[&str]) -> Option<String> {
        let text = self.string(node)?;
        if !known.contains(&text.as_str()) {
            let near = suggestion(&text, known.iter().copied());
            let what = format!("`{text}` is none of {}{near}", quoted(known));
            self.mistakes.add(node.span(), what);
            return None;
        }
        Some(text)
    }

    fn string(&mut self, node: &Node<'_>) -> Option<String> {
        let text = node.get_ref().as_str();
        if text.is_none() {
            self.mistakes.add(node.span(), "a text in quotes is wanted here");
        }
        text.map(str::to_owned)
    }

    fn table<'a, 't>(&mut self, node: &'a Node<'t>, what: &str) -> Option<&'a DeTable<'t>> {
        let table = node.get_ref().as_table();
        if table.is_none() {
            self.mistakes.add(node.span(), format!("{what} is a table"));
        }
        table
    }

    fn refuse_unknown(&mut self, table: &DeTable<'_>, known: &[&str]) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let near = suggestion(name, known.iter().copied());
                let said = if near.is_empty() {
                    format!("; known here are {}", quoted(known))
                } else {
                    near
                };
                self.mistakes
                    .add(Range::clone(&key.span()), format!("`{name}` means nothing here{said}"));
            }
        }
    }
}

/// Whom stages ask, in a line.
pub(super) fn in_order<'a>(stages: impl IntoIterator<Item = &'a Asked>) -> String {
    let keys: Vec<_> = stages.into_iter().map(Asked::key).collect();
    keys.join(", then ")
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The same in JSON; a time as its text.
fn json(value: &DeValue<'_>) -> serde_json::Value {
    match value {
        DeValue::String(text) => serde_json::Value::from(&**text),
        DeValue::Boolean(boolean) => serde_json::Value::from(*boolean),
        DeValue::Integer(number) => number_json(number.as_str()),
        DeValue::Float(number) => number_json(number.as_str()),
        DeValue::Datetime(time) => serde_json::Value::from(time.to_string()),
        DeValue::Array(nodes) => nodes.iter().map(|node| json(node.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, node)| (key.get_ref().to_string(), json(node.get_ref())))
            .collect(),
    }
}

/// A number that JSON can write; another one as text.
fn number_json(text: &str) -> serde_json::Value {
    let plain = text.trim_start_matches('+');
    serde_json::from_str(plain).unwrap_or_else(|_| serde_json::Value::from(plain))
}
