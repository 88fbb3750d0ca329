//! Lists of domains, addresses, values and issuers.

use std::{collections::BTreeSet, ops::Range};

use claims::{Address, DomainPattern, Value, fold, issuer_name};
use lists::Kind;
use toml::de::DeValue;

use super::{
    Node, Reader,
    approvals::is_guid,
    named_lists::{DISPOSABLE, NamedList},
};
use crate::{
    lists::{Domains, List, ListSource, Values},
    mistakes::suggestion,
};

/// A text of the file and where it stands.
type Entry = (String, Range<usize>);

impl Reader<'_> {
    pub(super) fn domains(&mut self, node: &Node<'_>) -> Domains {
        if let Some(list) = self.kept_elsewhere(node, Kind::Domains) {
            return Domains(list);
        }
        let mut patterns = Vec::new();
        for (text, span) in self.entries(node) {
            match DomainPattern::parse(&text) {
                Ok(pattern) if can_have_mail(&pattern) => patterns.push(pattern),
                _ => {
                    let hint = self.other_list(&text);
                    // An address is personal, and mistakes are logged where there is no terminal.
                    let shown = if text.contains('@') {
                        "this"
                    } else {
                        &*format!("`{text}`")
                    };
                    self.mistakes.add(
                        span,
                        format!(
                            "{shown} is no domain; write one like `contoso.com`, or `*.contoso.com` for its subdomains{hint}"
                        ),
                    );
                }
            }
        }
        Domains::of(patterns)
    }

    pub(super) fn addresses(&mut self, node: &Node<'_>) -> Values {
        if let Some(list) = self.kept_elsewhere(node, Kind::Addresses) {
            return Values(list);
        }
        let mut addresses = Vec::new();
        for (text, span) in self.entries(node) {
            match Address::parse(&text) {
                Ok(address) => addresses.push(address),
                Err(_) => {
                    let hint = self.other_list(&text);
                    let what =
                        format!("this is no e-mail address with exactly one `@`, a plain name and a domain{hint}");
                    self.mistakes.add(span, what);
                }
            }
        }
        Values::of_addresses(addresses)
    }

    /// Values that a claim is compared with.
    pub(super) fn values(&mut self, node: &Node<'_>) -> Values {
        if let Some(list) = self.kept_elsewhere(node, Kind::Values) {
            return Values(list);
        }
        self.refuse_empty(node);
        let entries = self.entries(node);
        for (text, span) in &entries {
            if Value::shows_nothing(text) {
                self.mistakes.add(span.clone(), EQUALS_NOTHING);
            }
        }
        Values::of(entries.iter().map(|(text, _)| text.as_str()))
    }

    /// An issuer, several, or the name of a list of them.
    pub(super) fn issuers(&mut self, node: &Node<'_>) -> Values {
        if let Some(list) = self.kept_elsewhere(node, Kind::Values) {
            return Values(list);
        }
        self.refuse_empty(node);
        let names: Vec<_> = self
            .one_or_entries(node)
            .into_iter()
            .filter_map(|(text, span)| self.issuer(&text, span))
            .collect();
        Values::of(names.iter().map(String::as_str))
    }

    /// A list that is not in this file, by its name; an empty one if it cannot be had, which is a mistake.
    fn kept_elsewhere(&mut self, node: &Node<'_>, kind: Kind) -> Option<List> {
        let list = match self.named_list(node.get_ref().as_str()?)? {
            NamedList::Inline(_) => return None,
            NamedList::Elsewhere(source, place) => {
                // Told where the list is named, however often it is used.
                self.packed(&source, kind, place.unwrap_or_else(|| node.span()))
            }
            NamedList::Stored(list) if list.kind == kind => Some(List::Stored(list.name.clone(), list.origin())),
            NamedList::Stored(list) => {
                let what = format!(
                    "the list `{}` holds {}, and {kind} are looked up here",
                    list.name, list.kind
                );
                self.mistakes.add(node.span(), what);
                None
            }
            NamedList::Unreadable => None,
        };
        Some(list.unwrap_or(List::Inline(Vec::new())))
    }

    fn packed(&mut self, source: &ListSource, kind: Kind, place: Range<usize>) -> Option<List> {
        match self.open.open(source, kind) {
            Ok(packed) => {
                if packed.is_empty() {
                    self.warn(None, place, "this list has no entries");
                }
                Some(List::Packed(packed))
            }
            Err(why) => {
                self.mistakes.add(place, format!("this list cannot be opened: {why}"));
                None
            }
        }
    }

    /// Apps by their ids: one, several, or the name of a list of them.
    pub(super) fn apps(&mut self, node: &Node<'_>) -> Values {
        if let Some(list) = self.kept_elsewhere(node, Kind::Values) {
            return Values(list);
        }
        self.refuse_empty(node);
        let apps = self.one_or_entries(node);
        for (text, span) in apps.iter().filter(|(text, _)| !is_guid(text.trim())) {
            let near = suggestion(text, self.lists.keys().map(String::as_str));
            let what = format!(
                "`{text}` is no app: write its client id, such as `2f1c0b6e-4c4f-4f0f-9d3b-0a4a4d1f3e11`, or the name of a list{near}"
            );
            self.mistakes.add(span.clone(), what);
        }
        Values::of(apps.iter().map(|(text, _)| text.as_str()))
    }

    /// Values that are words: one, several, or the name of a list of them.
    pub(super) fn words(&mut self, node: &Node<'_>) -> Values {
        match node.get_ref().as_str() {
            Some(word) if self.named_list(word).is_none() => {
                let words = self.one_or_some(node);
                Values::of(words.iter().map(|(text, _)| text.as_str()))
            }
            _ => self.values(node),
        }
    }

    /// A text, or several in brackets; none of them empty.
    pub(super) fn one_or_some(&mut self, node: &Node<'_>) -> Vec<Entry> {
        let texts = match node.get_ref().as_str() {
            Some(text) => vec![(text.to_owned(), node.span())],
            None => self.some_texts(node),
        };
        for (text, span) in &texts {
            if Value::shows_nothing(text) {
                self.mistakes.add(span.clone(), "this text is empty");
            }
        }
        texts
    }

    /// A single text that names no list, or the entries of a list.
    fn one_or_entries(&mut self, node: &Node<'_>) -> Vec<Entry> {
        match node.get_ref().as_str() {
            Some(text) if self.named_list(text).is_none() => vec![(text.to_owned(), node.span())],
            _ => self.entries(node),
        }
    }

    fn issuer(&mut self, text: &str, span: Range<usize>) -> Option<String> {
        let odd = |name: &str| name.contains(|c: char| c.is_whitespace() || matches!(c, ',' | '@'));
        let known = |name: &str| name == "mail" || (name.contains('.') && !odd(name));
        let name = issuer_name(text).filter(|name| known(name));
        if name.is_none() {
            let names = self.lists.keys().map(String::as_str);
            let near = suggestion(&fold(text), names.chain(["google", "facebook", "mail"]));
            let what = format!(
                "`{text}` is no issuer: write its domain (`google.com`), `mail` for a one-time passcode, or the name of a list{near}"
            );
            self.mistakes.add(span, what);
        }
        name
    }

    /// A list in brackets, or by its name, that has to have entries. An empty one would never or always apply.
    pub(super) fn refuse_empty(&mut self, node: &Node<'_>) {
        let is_empty = match node.get_ref() {
            DeValue::Array(nodes) => nodes.is_empty(),
            DeValue::String(name) => {
                matches!(self.named_list(name), Some(NamedList::Inline(entries)) if entries.is_empty())
            }
            _ => false,
        };
        if is_empty {
            let what = "this list is empty and means nothing here; write its entries, or leave out what it stands for";
            self.mistakes.add(node.span(), what);
        }
    }

    /// A list in brackets that has entries, and none of them twice.
    pub(super) fn some_texts(&mut self, node: &Node<'_>) -> Vec<Entry> {
        let texts = self.texts(node);
        if node.get_ref().is_array() {
            self.refuse_empty(node);
        }
        self.refuse_twice(&texts, str::to_owned);
        texts
    }

    /// The entries of a list: in brackets, by the name of a list, or a single domain or address.
    fn entries(&mut self, node: &Node<'_>) -> Vec<Entry> {
        let Some(name) = node.get_ref().as_str() else {
            let entries = self.texts(node);
            self.refuse_twice(&entries, fold);
            return entries;
        };
        match self.named_list(name) {
            // Written twice under `[lists]` is fine: long lists are put together from several.
            Some(NamedList::Inline(entries)) => entries,
            // Whoever asks for entries has looked elsewhere before.
            Some(_) => Vec::new(),
            // No list is meant: names of lists are words.
            None if name.contains(['.', '@']) => vec![(name.to_owned(), node.span())],
            None => {
                let known = self.lists.keys().map(String::as_str).chain([DISPOSABLE]);
                let near = suggestion(name, known);
                let what =
                    format!("no list is called `{name}`; write it under `[lists]`, or its entries in brackets{near}");
                self.mistakes.add(node.span(), what);
                Vec::new()
            }
        }
    }

    fn refuse_twice(&mut self, entries: &[Entry], same: impl Fn(&str) -> String) {
        let mut seen = BTreeSet::new();
        for (text, span) in entries {
            if !seen.insert(same(text)) {
                self.mistakes.add(span.clone(), "this stands in the list twice");
            }
        }
    }

    /// What was probably meant by an entry that cannot be one.
    fn other_list(&self, text: &str) -> &'static str {
        if self.named_list(text).is_some() {
            "; to mean the list of this name, leave the brackets out"
        } else if text.contains('@') {
            "; an address belongs under `addresses`, in a condition under `address`"
        } else {
            ""
        }
    }
}

/// What is wrong with comparing with a text that shows nothing.
pub(super) const EQUALS_NOTHING: &str = "nothing equals an empty text, since an empty claim is absent; write \
    `present = false` in a condition, `optional = true` in a requirement";

/// Whether addresses can have a domain that fits. A word without a dot is none, and rather the name of a list.
fn can_have_mail(pattern: &DomainPattern) -> bool {
    match pattern {
        DomainPattern::Exact(domain) => domain.as_str().contains('.'),
        DomainPattern::Below(_) => true,
    }
}
