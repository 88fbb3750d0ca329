//! What rules require of claims, and how they write them.

use std::ops::Range;

use super::{Node, Reader, quoted_list};
use crate::{
    characters::Characters, mistakes::suggestion, normalise::Normaliser, pattern::Pattern, require::Requirement,
    rule::Action,
};

impl Reader<'_> {
    pub(super) fn requirement(&mut self, node: &Node<'_>) -> Option<Requirement> {
        let mut section = self.section(Some(node))?;
        let claim = self.claim(section.take("claim"), &section.span);
        let optional = section
            .take("optional")
            .and_then(|node| self.boolean(node))
            .unwrap_or(false);
        let min_length = section.take("min_length").and_then(|node| self.count(node));
        let max_length = section.take("max_length").and_then(|node| self.count(node));
        if min_length.zip(max_length).is_some_and(|(min, max)| min > max) {
            self.mistakes.add(
                section.span.clone(),
                "`min_length` is greater than `max_length`: nothing could meet this",
            );
        }
        if optional && !MATCHERS.iter().any(|key| section.table.contains_key(*key)) {
            let what = "an optional claim of which nothing is required; say what it must be like when it is there";
            self.mistakes.add(section.span.clone(), what);
        }
        let characters = section.take("characters").map(|node| self.characters(node));
        let pattern = section.take("pattern").and_then(|node| self.pattern(node));
        let one_of = section.take("one_of").map(|node| self.values(node));
        self.end(section);
        Some(Requirement {
            claim: claim?,
            optional,
            min_length,
            max_length,
            characters,
            pattern,
            one_of,
        })
    }

    fn characters(&mut self, node: &Node<'_>) -> Characters {
        let mut characters = Characters::default();
        for (text, span) in self.some_texts(node) {
            if let Err(what) = characters.add(&text) {
                self.mistakes.add(span, what);
            }
        }
        characters
    }

    fn pattern(&mut self, node: &Node<'_>) -> Option<Pattern> {
        let text = self.text(node)?;
        Pattern::parse(&text)
            .map_err(|error| self.mistakes.add(node.span(), error))
            .ok()
    }

    pub(super) fn normalise(&mut self, node: &Node<'_>) -> Option<Action> {
        let mut section = self.section(Some(node))?;
        let (claims, with) = (section.take("claims"), section.take("with"));
        if claims.is_none() || with.is_none() {
            self.mistakes
                .add(node.span(), "`normalise` says which `claims`, and `with` what");
        }
        self.end(section);
        let names = self.some_texts(claims?);
        let claims = names
            .into_iter()
            .filter_map(|(name, span)| self.settable(&name, span))
            .collect();
        let names = self.some_texts(with?);
        let with = names
            .into_iter()
            .filter_map(|(name, span)| self.normaliser(&name, span))
            .collect();
        Some(Action::Normalise { claims, with })
    }

    fn normaliser(&mut self, name: &str, span: Range<usize>) -> Option<Normaliser> {
        let found = Normaliser::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, normaliser)| *normaliser);
        if found.is_none() {
            let known = Normaliser::NAMES.map(|(name, _)| name);
            let what = format!("`{name}` is no way to normalise; there are {}", quoted_list(&known));
            self.mistakes.add(span, what + &suggestion(name, known));
        }
        found
    }
}

/// What a requirement says of a value.
const MATCHERS: [&str; 5] = ["min_length", "max_length", "characters", "pattern", "one_of"];
