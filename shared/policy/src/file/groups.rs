//! The `[groups]` table, and who is named as a reviewer.

use std::ops::Range;

use approvals::{Group, GroupClaim};
use claims::Address;
use store::{Person, RouteName};

use super::{Node, Reader};

/// What stands for everybody who may review, in the place of a group.
pub(super) const ANYBODY: &str = "anybody";

impl Reader<'_> {
    pub(super) fn read_groups(&mut self, node: Option<&Node<'_>>) {
        let Some(section) = self.section(node) else {
            return;
        };
        for (name, node) in section.table.iter() {
            let (name, span): (&str, _) = (name.get_ref(), name.span());
            // Groups and routes are named alike: both stand in keys of the store.
            if RouteName::parse(name).is_none() {
                self.mistakes
                    .add(span, "a group's name has 1 to 64 letters, digits, `-` and `_`");
            } else if name == ANYBODY {
                let what = "`anybody` stands for everybody who may review; give this group another name";
                self.mistakes.add(span, what);
            }
            let group = self.read_group(name, node);
            self.groups.insert(name.to_owned(), group);
        }
    }

    /// Names alone, or a table that also says whose log-in claims to belong.
    fn read_group(&mut self, name: &str, node: &Node<'_>) -> Group {
        if node.get_ref().as_table().is_none() {
            return Group::from(self.people(Some(name), node));
        }
        let Some(mut section) = self.section(Some(node)) else {
            return Group::default();
        };
        let (people, claims) = (section.take("people"), section.take("claim"));
        if claims.is_none() {
            let what = "this does not say which `claim` of a log-in makes somebody belong; where there is none, write the \
                names alone, in brackets";
            section.lacks(["claim"], node.span(), what);
        }
        self.end(section);
        Group {
            people: people.map(|node| self.people(None, node)).unwrap_or_default(),
            claims: claims.map(|node| self.group_claims(node)).unwrap_or_default(),
        }
    }

    /// People by their names. Where there are none, nobody is in the group that is named.
    fn people(&mut self, only_of: Option<&str>, node: &Node<'_>) -> Vec<Person> {
        let mut people = Vec::new();
        let names = self.texts(node);
        if let Some(group) = only_of
            && names.is_empty()
            && node.get_ref().is_array()
        {
            let what = format!("nobody is in the group `{group}`: what asks it waits until time runs out");
            self.warn(None, node.span(), what);
        }
        for (name, span) in names {
            let Some(person) = self.person(&name, span.clone()) else {
                continue;
            };
            if people.contains(&person) {
                self.mistakes.add(span, "this stands in the list twice");
            }
            people.push(person);
        }
        people
    }

    /// One claim, or several of which one is enough.
    fn group_claims(&mut self, node: &Node<'_>) -> Vec<GroupClaim> {
        let texts = match node.get_ref().as_str() {
            Some(text) => vec![(text.to_owned(), node.span())],
            None => {
                self.refuse_empty(node);
                self.texts(node)
            }
        };
        let mut claims = Vec::new();
        for (text, span) in texts {
            match GroupClaim::parse(&text) {
                Some(claim) if claims.contains(&claim) => self.mistakes.add(span, "this stands in the list twice"),
                Some(claim) => claims.push(claim),
                None => {
                    let what = format!("what a log-in claims has {}", GroupClaim::WANTS);
                    self.mistakes.add(span, what);
                }
            }
        }
        claims
    }

    /// Somebody by the name under which they review: one of `VESTIBULE_REVIEWERS`, which can be an address.
    pub(super) fn person(&mut self, name: &str, span: Range<usize>) -> Option<Person> {
        let is_name = (1..=80).contains(&name.trim().chars().count()) && !name.contains(|c: char| c.is_control());
        // No name of the setting has a colon or a bracket: what follows is the token, or what the log-in claims.
        let legal = is_name && !name.contains([':', '[', ']']) && (!name.contains('@') || Address::parse(name).is_ok());
        if !legal {
            let what = "a reviewer is named as in `VESTIBULE_REVIEWERS`: up to 80 characters without `:`, `[` and `]`, and \
                where there is an `@`, an e-mail address";
            self.mistakes.add(span, what);
        }
        legal.then(|| Person::of(name))
    }
}
