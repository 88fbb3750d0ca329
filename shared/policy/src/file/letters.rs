//! Letters to reviewers that nobody would get.

use std::ops::Range;

use claims::Address;
use store::{Asked, Person, Stage};

use super::{Node, Reader};
use crate::route::RouteStage;

/// What the file says that only letters make come true.
#[derive(Default)]
pub(super) struct Letters {
    /// Where `[mail]` says that those who are asked are told, and nobody else.
    to_asked: Option<Range<usize>>,
    /// Each `remind` and `escalate`, and what it does to nobody without letters.
    awaited: Vec<(Range<usize>, &'static str)>,
}

impl Reader<'_> {
    pub(super) fn tell_only_asked(&mut self, node: &Node<'_>) {
        self.letters.to_asked = Some(node.span());
    }

    pub(super) fn await_letters(&mut self, remind: Option<&Node<'_>>, escalate: Option<&Node<'_>>) {
        let awaited = [
            (remind, "`remind` reminds nobody: a reminder is a letter"),
            (escalate, "nobody is told that `escalate` asks them: that is a letter"),
        ];
        let awaited = awaited
            .into_iter()
            .filter_map(|(node, what)| Some((node?.span(), what)));
        self.letters.awaited.extend(awaited);
    }

    /// Warns of letters that nobody sends or that go to nobody. The routes have been read by now.
    pub(super) fn warn_about_letters(&mut self, tells_reviewers: bool) {
        let Letters { to_asked, awaited } = std::mem::take(&mut self.letters);
        if !tells_reviewers {
            for (span, what) in awaited {
                let what =
                    format!("{what}, and this file sends reviewers none; write `reviewers = \"asked\"` under `[mail]`");
                self.warn(None, span, what);
            }
        }
        if let Some(span) = to_asked
            && !self.asks_an_address()
        {
            let what = "no reviewer is told anything: no route asks a person, or a group with somebody in it, whose name is an \
                address; name them by their addresses, or write addresses here";
            self.warn(None, span, what);
        }
    }

    fn asks_an_address(&self) -> bool {
        let routes = self.routes.values().flatten();
        let mut asked = routes.flat_map(|route| &route.stages).flat_map(whom);
        asked.any(|asked| match asked {
            Asked::Anybody => false,
            Asked::Person(person) => has_address(person),
            Asked::Group(group) => self
                .groups
                .get(group)
                .is_some_and(|group| group.people.iter().any(has_address)),
        })
    }
}

/// Whether letters reach this reviewer.
pub(super) fn has_address(person: &Person) -> bool {
    Address::parse(person.as_str()).is_ok()
}

/// All whom a stage can ask.
fn whom(stage: &RouteStage) -> impl Iterator<Item = &Asked> {
    let Stage { asked, escalate, .. } = &stage.fallback;
    let chosen = stage.choices.iter().map(|(_, asked)| asked);
    chosen
        .chain([asked])
        .chain(escalate.as_ref().map(|escalate| &escalate.to))
}
