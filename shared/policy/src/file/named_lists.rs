//! The `[lists]` table.

use std::{ops::Range, time::Duration};

use lists::Kind;
use store::ListName;
use toml::de::DeValue;

use super::{Node, Reader, Section};
use crate::{
    lists::{Fetch, ListSource, StoredList},
    mistakes::suggestion,
};

/// A list with a name.
#[derive(Clone, Debug)]
pub(super) enum NamedList {
    /// Its entries stand in the file.
    Inline(Vec<(String, Range<usize>)>),
    /// They stand in another file; where that is said, unless it is a list that comes with the program.
    Elsewhere(ListSource, Option<Range<usize>>),
    /// They are in the store.
    Stored(StoredList),
    /// It could not be read; whatever it is used for is no further mistake.
    Unreadable,
}

/// The list that comes with the program, unless a file has its own of the same name.
pub(super) const DISPOSABLE: &str = "disposable";

impl Reader<'_> {
    pub(super) fn read_lists(&mut self, lists: &Section<'_, '_>) {
        for (name, node) in lists.table.iter() {
            if name.get_ref().contains(['.', '@']) {
                self.mistakes.add(
                    name.span(),
                    "a list's name is a word without `.` and `@`, so that nobody takes it for an entry",
                );
            }
            let list = match node.get_ref() {
                DeValue::Table(_) => self.list_elsewhere(name.get_ref(), node),
                _ => Some(NamedList::Inline(self.texts(node))),
            };
            self.lists
                .insert(name.get_ref().to_string(), list.unwrap_or(NamedList::Unreadable));
        }
    }

    /// The list with a name, written here or built in.
    pub(super) fn named_list(&self, name: &str) -> Option<NamedList> {
        let built_in = || (name == DISPOSABLE).then_some(NamedList::Elsewhere(ListSource::Disposable, None));
        self.lists.get(name).cloned().or_else(built_in)
    }

    pub(super) fn stored_lists(&self) -> Vec<StoredList> {
        let stored = |list: &NamedList| match list {
            NamedList::Stored(list) => Some(list.clone()),
            _ => None,
        };
        self.lists.values().filter_map(stored).collect()
    }

    fn list_elsewhere(&mut self, name: &str, node: &Node<'_>) -> Option<NamedList> {
        let mut section = self.section(Some(node))?;
        let (file, stored, url) = (section.take("file"), section.take("stored"), section.take("url"));
        let (holds, every) = (section.take("holds"), section.take("every"));
        let span = section.span.clone();
        let is_one = matches!(
            (file, stored, url, holds, every),
            (Some(_), None, None, None, None)
                | (None, Some(_), None, None, None)
                | (None, None, Some(_), Some(_), Some(_))
        );
        if !is_one {
            let (keys, what) = lack(&[file, stored], url, holds, every);
            section.lacks(keys, span.clone(), what);
        }
        self.end(section);
        match (file, stored, url, holds, every) {
            (Some(file), None, None, None, None) => {
                let path = self.text(file)?;
                Some(NamedList::Elsewhere(ListSource::File(path), Some(file.span())))
            }
            (None, Some(kind), None, None, None) => {
                let kind = self.list_kind(kind);
                let name = self.stored_name(name, span);
                let (name, kind) = (name?, kind?);
                Some(NamedList::Stored(StoredList {
                    name,
                    kind,
                    fetch: None,
                }))
            }
            (None, None, Some(url), Some(holds), Some(every)) => {
                let (url, kind, every) = (self.url(url), self.list_kind(holds), self.period(every));
                let name = self.stored_name(name, span);
                let fetch = Some(Fetch {
                    url: url?,
                    every: every?,
                });
                let (name, kind) = (name?, kind?);
                Some(NamedList::Stored(StoredList { name, kind, fetch }))
            }
            _ => None,
        }
    }

    fn stored_name(&mut self, name: &str, span: Range<usize>) -> Option<ListName> {
        let parsed = ListName::parse(name);
        if parsed.is_none() {
            let what = "the name of a list in the store has 1 to 64 letters, digits, `-` and `_`";
            self.mistakes.add(span, what);
        }
        parsed
    }

    fn list_kind(&mut self, node: &Node<'_>) -> Option<Kind> {
        let known = Kind::ALL.map(Kind::name);
        let text = self.text(node)?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == text);
        if kind.is_none() {
            let what = format!("a list holds `domains`, `addresses` or `values`, not `{text}`");
            self.mistakes.add(node.span(), what + &suggestion(&text, known));
        }
        kind
    }

    fn url(&mut self, node: &Node<'_>) -> Option<String> {
        let text = self.text(node)?;
        let rest = text.strip_prefix("https://");
        let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
        let legal = host.is_some_and(|host| !host.is_empty() && !host.contains('@'))
            && text.chars().all(|c| c.is_ascii_graphic());
        if !legal {
            let what = "a list is fetched by HTTPS: write an address such as `https://lists.example.com/domains.txt`";
            self.mistakes.add(node.span(), what);
        }
        legal.then_some(text)
    }

    fn period(&mut self, node: &Node<'_>) -> Option<Duration> {
        const LEAST: Duration = Duration::from_secs(5 * 60);
        let period = self.duration(node)?;
        if period < LEAST {
            self.mistakes.add(
                node.span(),
                "a list is fetched at most every 5 minutes; write `\"5 minutes\"` or longer",
            );
        }
        (period >= LEAST).then_some(period)
    }
}

/// The keys that a table lacks to be a list, and what to do.
fn lack(
    others: &[Option<&Node<'_>>],
    url: Option<&Node<'_>>,
    holds: Option<&Node<'_>>,
    every: Option<&Node<'_>>,
) -> (Vec<&'static str>, &'static str) {
    let is_fetched = url.is_some() && others.iter().all(Option::is_none);
    match (is_fetched, holds, every) {
        (true, Some(_), None) => (vec!["every"], NO_EVERY),
        (true, None, Some(_)) => (vec!["holds"], NO_HOLDS),
        _ => (vec!["file", "stored", "url", "holds", "every"], NO_LIST),
    }
}

const NO_EVERY: &str = "`every` is missing: write how often the list is fetched, such as `every = \"6 hours\"`";

const NO_HOLDS: &str =
    "`holds` is missing: write what the list holds, `holds = \"domains\"`, `\"addresses\"` or `\"values\"`";

const NO_LIST: &str = "a list is its entries in brackets, `{ file = \"…\" }`, `{ stored = \"domains\" }` for one that \
    is edited while the gate runs, or `{ url = \"https://…\", holds = \"domains\", every = \"6 hours\" }`";
