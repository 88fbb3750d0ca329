//! The `[groups]` table, and who is named as a reviewer.

use std::ops::Range;

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
            let people = self.people(name, node);
            self.groups.insert(name.to_owned(), people);
        }
    }

    fn people(&mut self, group: &str, node: &Node<'_>) -> Vec<Person> {
        let mut people = Vec::new();
        let names = self.texts(node);
        if names.is_empty() && node.get_ref().is_array() {
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

    /// Somebody by the name under which they review: one of `VESTIBULE_REVIEWERS`, which can be an address.
    pub(super) fn person(&mut self, name: &str, span: Range<usize>) -> Option<Person> {
        let is_name = (1..=80).contains(&name.trim().chars().count()) && !name.contains(|c: char| c.is_control());
        // No name of the setting has a colon: what follows one is the token.
        let legal = is_name && !name.contains(':') && (!name.contains('@') || Address::parse(name).is_ok());
        if !legal {
            let what = "a reviewer is named as in `VESTIBULE_REVIEWERS`: up to 80 characters without `:`, and where there is \
                an `@`, an e-mail address";
            self.mistakes.add(span, what);
        }
        legal.then(|| Person::of(name))
    }
}
