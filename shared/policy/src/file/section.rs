//! Tables, of which every key has to mean something.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeString, DeTable},
};

use super::{Node, Reader, quoted_list};
use crate::mistakes::{nearest, suggestion};

/// A table of which each key is taken once; what is left over is a mistake.
pub(super) struct Section<'a, 't> {
    pub(super) table: &'a DeTable<'t>,
    pub(super) span: Range<usize>,
    pub(super) known: Vec<&'static str>,
    pub(super) lacking: Vec<Lack>,
}

/// What a table does not say and should, unless one of its keys is a slip of the keyboard for it.
pub(super) struct Lack {
    pub(super) keys: Vec<&'static str>,
    pub(super) span: Range<usize>,
    pub(super) what: String,
}

impl<'a, 't> Section<'a, 't> {
    pub(super) fn new(table: &'a DeTable<'t>, span: Range<usize>) -> Section<'a, 't> {
        Section {
            table,
            span,
            known: Vec::new(),
            lacking: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, key: &'static str) -> Option<&'a Node<'t>> {
        self.known.push(key);
        self.table.get(key)
    }

    /// Notes that none of these keys is there, which is a mistake at a place.
    pub(super) fn lacks(
        &mut self,
        keys: impl IntoIterator<Item = &'static str>,
        span: Range<usize>,
        what: impl Into<String>,
    ) {
        let (keys, what) = (keys.into_iter().collect(), what.into());
        self.lacking.push(Lack { keys, span, what });
    }

    /// What nobody asked for.
    pub(super) fn unknown(&self) -> impl Iterator<Item = (&'a Spanned<DeString<'t>>, &'a Node<'t>)> {
        self.table.iter().filter(|(key, _)| {
            let key: &str = key.get_ref();
            !self.known.contains(&key)
        })
    }
}

impl Reader<'_> {
    /// Refuses what nobody asked for, and what the table lacks.
    pub(super) fn end(&mut self, section: Section<'_, '_>) {
        let mut meant = Vec::new();
        for (key, _) in section.unknown() {
            let name: &str = key.get_ref();
            meant.extend(nearest(name, section.known.iter().copied()));
            let near = suggestion(name, section.known.iter().copied());
            let known = match near.is_empty() {
                true => format!("; known here are {}", quoted_list(&section.known)),
                false => near,
            };
            self.mistakes
                .add(key.span(), format!("`{name}` means nothing here{known}"));
        }
        // Whoever mends the slip has mended both.
        for Lack { keys, span, what } in section.lacking {
            if !keys.iter().any(|key| meant.contains(key)) {
                self.mistakes.add(span, what);
            }
        }
    }
}
