//! The `when` tables.

use claims::{ClaimName, Locale, Value};
use toml::de::DeValue;

use super::{Node, Reader, Section, demands::DEMANDS, lists::EQUALS_NOTHING, quoted_list};
use crate::{
    condition::Condition,
    demand::Demand,
    lists::Values,
    mistakes::suggestion,
    network::Network,
    time_of_day::{self, DAYS, MINUTES_OF_A_DAY, TimeOfDay},
};

impl Reader<'_> {
    pub(super) fn condition(&mut self, node: &Node<'_>) -> Option<Condition> {
        let mut section = self.section(Some(node))?;
        let taken: Vec<_> = CONDITIONS
            .iter()
            .filter_map(|key| section.take(key).map(|node| (*key, node)))
            .collect();
        let condition = match taken.as_slice() {
            [("claim", node)] => {
                let claim = self.claim(node);
                return self.claim_condition(claim, section);
            }
            [(key, node)] => self.simple_condition(key, node),
            [] => {
                let what = format!("a condition says one of {}", quoted_list(&CONDITIONS));
                section.lacks(CONDITIONS, node.span(), what);
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

    fn simple_condition(&mut self, key: &str, node: &Node<'_>) -> Option<Condition> {
        Some(match key {
            "all" => Condition::All(self.conditions(node)?),
            "any" => Condition::Any(self.conditions(node)?),
            "not" => Condition::Not(Box::new(self.condition(node)?)),
            "domain" => {
                self.refuse_empty(node);
                Condition::Domain(self.domains(node))
            }
            "address" => {
                self.refuse_empty(node);
                Condition::Address(self.addresses(node))
            }
            "issuer" => Condition::Issuer(self.issuers(node)),
            "sign_in_type" => Condition::SignInType(self.words(node)),
            "app" => Condition::App(self.apps(node)),
            "locale" => Condition::Locale(self.locales(node)),
            "step" => Condition::Step(self.steps_named(node)),
            "time" => Condition::Time(self.time(node)?),
            _ => Condition::ClientAddress(self.networks(node)),
        })
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
        let (is, present) = (section.take("is"), section.take("present"));
        let asks = is.is_some() || DEMANDS.iter().any(|key| section.table.contains_key(*key));
        if present.is_some() == asks {
            let what = "a condition on a claim says `present`, or what a text of it is: `is`, `one_of`, or anything that \
                `require` can say";
            section.lacks(DEMANDS.into_iter().chain(["is", "present"]), section.span.clone(), what);
        }
        let mut demands = self.demands(&mut section);
        self.end(section);
        if let Some(node) = is {
            demands.push(Demand::Is(self.equals(node)?));
        }
        match present {
            Some(node) if !asks => Some(Condition::Present {
                present: self.boolean(node)?,
                claim: claim?,
            }),
            None if asks => Some(Condition::Claim { claim: claim?, demands }),
            _ => None,
        }
    }

    /// What `is` compares with: one value, or texts of which any will do.
    fn equals(&mut self, node: &Node<'_>) -> Option<Values> {
        let value = self.value(node)?;
        if value.is_blank() || value.scalars().any(Value::shows_nothing) {
            self.mistakes.add(node.span(), EQUALS_NOTHING);
        }
        Some(Values::of(value.scalars()))
    }

    fn locales(&mut self, node: &Node<'_>) -> Vec<Locale> {
        let mut locales = Vec::new();
        for (tag, span) in self.one_or_some(node) {
            match Locale::parse(&tag) {
                Some(locale) => locales.push(locale),
                None => self.mistakes.add(
                    span,
                    format!("`{tag}` is no language tag; write one like `en` or `pt-BR`"),
                ),
            }
        }
        locales
    }

    fn networks(&mut self, node: &Node<'_>) -> Vec<Network> {
        let mut networks = Vec::new();
        for (text, span) in self.one_or_some(node) {
            match Network::parse(&text) {
                Some(network) => networks.push(network),
                None => self.mistakes.add(
                    span,
                    format!("`{text}` is no IP address and no network; write one like `192.0.2.7` or `192.0.2.0/24`, without bits behind the prefix"),
                ),
            }
        }
        networks
    }

    fn time(&mut self, node: &Node<'_>) -> Option<TimeOfDay> {
        let mut section = self.section(Some(node))?;
        let (from, to) = (section.take("from"), section.take("to"));
        let (days, offset) = (section.take("days"), section.take("offset"));
        if from.is_none() && to.is_none() && days.is_none() {
            let what = "a time says `from`, `to`, `days`, or several of them";
            section.lacks(["from", "to", "days"], section.span.clone(), what);
        }
        self.end(section);
        let read = |value: &DeValue<'_>| value.as_str().and_then(time_of_day::minute);
        let wanted = "a time such as `\"08:30\"`";
        let from = from.map(|node| self.expect(node, wanted, read));
        let to = to.map(|node| self.expect(node, wanted, read));
        let days = days.map_or([true; 7], |node| self.days(node));
        let ahead = |value: &DeValue<'_>| value.as_str().and_then(time_of_day::offset);
        let offset = offset.map(|node| self.expect(node, "a distance from UTC such as `\"+01:00\"`", ahead));
        let (from, to) = (from.unwrap_or(Some(0))?, to.unwrap_or(Some(MINUTES_OF_A_DAY))?);
        if from == to || from == MINUTES_OF_A_DAY {
            let what = "this time has no length: `to` is the first minute after it";
            self.mistakes.add(node.span(), what);
        }
        let offset = offset.unwrap_or(Some(0))?;
        Some(TimeOfDay { from, to, days, offset })
    }

    fn days(&mut self, node: &Node<'_>) -> [bool; 7] {
        let mut on = [false; 7];
        for (name, span) in self.some_texts(node) {
            match DAYS.iter().position(|day| *day == name) {
                Some(day) => on[day] = true,
                None => {
                    let what = format!("`{name}` is no day; there are {}", quoted_list(&DAYS));
                    self.mistakes.add(span, what + &suggestion(&name, DAYS));
                }
            }
        }
        on
    }
}

/// What a condition can be about.
const CONDITIONS: [&str; 13] = [
    "all",
    "any",
    "not",
    "domain",
    "address",
    "issuer",
    "claim",
    "sign_in_type",
    "app",
    "locale",
    "step",
    "time",
    "client_address",
];
