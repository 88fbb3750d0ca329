//! The `[routes]`.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use approvals::{AccountBy, Terms};
use store::{Reasons, RouteName, TimeOut};

use super::{
    Node, Reader, Section, either,
    rules::Entry,
    stages::KEYS,
    warnings::{Warned, Warning},
};
use crate::{
    condition::Condition,
    messages::MessageName,
    mistakes::suggestion,
    route::{Route, RouteStage},
};

/// The most stages of a route: nobody waits for more people than that, and the request carries them all.
const MOST_STAGES: usize = 8;

impl Reader<'_> {
    pub(super) fn read_routes(&mut self, node: Option<&Node<'_>>) {
        let Some(section) = self.section(node) else {
            return;
        };
        for (key, node) in section.table.iter() {
            let before = self.mistakes.count();
            let name = RouteName::parse(key.get_ref());
            if name.is_none() {
                let what = "a route's name has 1 to 64 letters, digits, `-` and `_`";
                self.mistakes.add(key.span(), what);
            }
            let section = self.section(Some(node));
            let route = section.and_then(|section| self.route(key.get_ref(), section));
            if self.mistakes.count() > before {
                self.may_be_shown(node);
            }
            let route = name.zip(route).map(|(name, route)| Arc::new(Route { name, ..route }));
            self.routes.insert(key.get_ref().to_string(), route);
        }
    }

    /// The routes that could be read.
    pub(super) fn usable_routes(&self) -> BTreeMap<RouteName, Arc<Route>> {
        let routes = self.routes.values().flatten();
        routes.map(|route| (route.name.clone(), route.clone())).collect()
    }

    /// The route to which a rule hands people, by its name.
    pub(super) fn route_named(&mut self, node: &Node<'_>) -> Option<Arc<Route>> {
        let name = self.text(node)?;
        let Some(route) = self.routes.get(&name).cloned() else {
            let near = suggestion(&name, self.routes.keys().map(String::as_str));
            let what = format!("no route is called `{name}`; write `[routes.{name}]`{near}");
            self.mistakes.add(node.span(), what);
            return None;
        };
        self.used.insert(name);
        route
    }

    pub(super) fn warn_about_unused_routes(&mut self, node: Option<&Node<'_>>) {
        let routes = node.and_then(|node| node.get_ref().as_table());
        for name in routes.into_iter().flat_map(|table| table.keys()) {
            let text: &str = name.get_ref();
            if !self.used.contains(text) {
                let what = format!("no rule hands anybody to the route `{text}`; write `hold = \"{text}\"` in one");
                self.warn(None, name.span(), what);
            }
        }
    }

    /// Warns about rules that let people in, when nobody looks at them in time, under addresses that nobody proved.
    pub(super) fn warn_about_time_outs(&mut self, rules: &mut [Entry], terms: &Terms) {
        // An invitation proves the address of an account that we create.
        if !terms.trust_email || terms.account == AccountBy::Graph {
            return;
        }
        let approves = |route: &Route| route.stages.iter().any(|stage| stage.fallback.then == TimeOut::Approve);
        for entry in rules {
            let rule = &entry.rule;
            let proven = rule.when.as_ref().is_some_and(Condition::rests_on_issuer);
            let Some(route) = rule.routes().find(|route| approves(route)).filter(|_| !proven) else {
                continue;
            };
            let what = format!(
                "`{}` lets in whoever waits long enough, since the route `{}` approves when time runs out and \
                 `trust_email` asks for no proof of an address. Add the condition `{{ issuer = \"mail\" }}`, or another \
                 issuer that you trust",
                rule.name, route.name
            );
            let span = entry.span.clone();
            entry.warned.push(Warned::of(Warning::UnprovenAddress, span, what));
        }
    }

    /// A route but for its name, which the store may not take.
    fn route(&mut self, name: &str, mut section: Section<'_, '_>) -> Option<Route> {
        let reasons = section.take("reasons").and_then(|node| self.reasons(node));
        let cool_down = section.take("cool_down").and_then(|node| self.duration(node));
        let messages = section.take("messages").map(|node| self.messages_of_route(node));
        let stages = match section.take("stages") {
            Some(node) => {
                self.refuse_beside_stages(&mut section);
                self.stages(node)
            }
            None => {
                let stage = self.stage(name, &mut section);
                stage.map(|stage| vec![stage])
            }
        };
        self.end(section);
        Some(Route {
            // Stands for one that cannot be used: that is a mistake.
            name: RouteName::parse(name).or_else(|| RouteName::parse("route"))?,
            stages: stages?,
            reasons: reasons.unwrap_or_default(),
            cool_down,
            messages: messages.unwrap_or_default(),
        })
    }

    fn refuse_beside_stages(&mut self, section: &mut Section<'_, '_>) {
        for key in KEYS {
            if let Some(node) = section.take(key) {
                let what = format!("this route has `stages`: each of them says its own `{key}`");
                self.mistakes.add(node.span(), what);
            }
        }
    }

    fn stages(&mut self, node: &Node<'_>) -> Option<Vec<RouteStage>> {
        let Some(nodes) = node.get_ref().as_array().filter(|nodes| !nodes.is_empty()) else {
            let what = "stages are written as `[[routes.NAME.stages]]`, one table each";
            self.mistakes.add(node.span(), what);
            return None;
        };
        if let Some(node) = nodes.get(MOST_STAGES) {
            let what = format!("a route has at most {MOST_STAGES} stages");
            self.mistakes.add(node.span(), what);
        }
        let mut stages = Vec::new();
        for node in nodes.iter() {
            let stage = self.named_stage(node);
            let name = stage.as_ref().map(|(stage, _)| stage.fallback.name.clone());
            let same = |(other, _): &(RouteStage, _)| Some(&other.fallback.name) == name.as_ref();
            if stages.iter().flatten().any(same) {
                let what = "another stage of this route has the same name; histories name stages";
                self.mistakes.add(node.span(), what);
            }
            stages.push(stage);
        }
        let stages = stages.into_iter().collect::<Option<Vec<_>>>()?;
        self.refuse_tired_people(&stages);
        Some(stages.into_iter().map(|(stage, _)| stage).collect())
    }

    fn named_stage(&mut self, node: &Node<'_>) -> Option<(RouteStage, Range<usize>)> {
        let mut section = self.section(Some(node))?;
        let name = section.take("name");
        if name.is_none() {
            self.mistakes.add(section.span.clone(), "the stage has no `name`");
        }
        let name = name.map(|node| self.line(node, "a stage's name"));
        // Its other mistakes are told without a name too.
        let stage = self.stage(name.clone().flatten().as_deref().unwrap_or_default(), &mut section);
        self.end(section);
        name??;
        Some((stage?, node.span()))
    }

    fn reasons(&mut self, node: &Node<'_>) -> Option<Reasons> {
        const KNOWN: [(&str, Reasons); 3] = [
            ("optional", Reasons::Optional),
            ("to-deny", Reasons::ToDeny),
            ("always", Reasons::Always),
        ];
        let text = self.text(node)?;
        let found = KNOWN.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let names = KNOWN.map(|(name, _)| name);
            let what = format!("reasons are not asked for `{text}`; write {}", either(&names));
            self.mistakes.add(node.span(), what + &suggestion(&text, names));
        }
        found.map(|(_, reasons)| *reasons)
    }

    fn messages_of_route(&mut self, node: &Node<'_>) -> Vec<(MessageName, MessageName)> {
        let Some(mut section) = self.section(Some(node)) else {
            return Vec::new();
        };
        let replaced = [
            (MessageName::WAITING, section.take("waiting")),
            (MessageName::PENDING, section.take("pending")),
            (MessageName::DENIED, section.take("denied")),
        ];
        self.end(section);
        let named = |(built_in, node): (MessageName, Option<&Node<'_>>)| Some((built_in, self.message_name(node?)?));
        replaced.into_iter().filter_map(named).collect()
    }
}
