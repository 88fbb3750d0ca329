use std::time::Duration;

use claims::{Address, DomainPattern, fold, issuer_name};
use lists::{BadEntry, Kind, Packed};
use store::{ListEntry, ListName, ListQuestion, MAX_ENTRY, Origin};

use crate::{facts::Facts, scene::Failure};

/// Opens lists that do not stand in the policy file: on disk, packed ahead or packed now.
pub trait OpenList {
    /// Opens one. `source` is a file, as the policy names it, or one of the lists that come with the program.
    ///
    /// # Errors
    /// What is wrong, for an administrator.
    fn open(&self, source: &ListSource, kind: Kind) -> Result<Packed, String>;
}

/// Where a packed list comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListSource {
    /// A text file; a relative path begins at the policy's folder.
    File(String),
    /// The domains of disposable addresses.
    Disposable,
}

/// A list that is kept in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredList {
    /// Its name.
    pub name: ListName,
    /// What it holds.
    pub kind: Kind,
    /// Where it is fetched; none for a list that people edit.
    pub fetch: Option<Fetch>,
}

/// Where a list is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// The address, by HTTPS, of a text with an entry on each line.
    pub url: String,
    /// How often.
    pub every: Duration,
}

impl StoredList {
    /// How it gets its entries.
    pub fn origin(&self) -> Origin {
        match self.fetch {
            Some(_) => Origin::Fetched,
            None => Origin::Edited,
        }
    }

    /// An entry that somebody wants to add or to remove, in normal form. It can stand on a line of a text file, so that
    /// a list can be written to one and read again.
    ///
    /// # Errors
    /// [`BadEntry`], which does not hold the text.
    pub fn parse_entry(&self, text: &str) -> Result<String, BadEntry> {
        let text = text.trim();
        if text.starts_with('#') || text.contains(['\n', '\r']) {
            return Err(BadEntry::NotALine);
        }
        let entry = self.kind.parse_entry(text)?;
        match entry.len() > MAX_ENTRY {
            true => Err(BadEntry::TooLong),
            false => Ok(entry),
        }
    }
}

/// Domains and patterns of domains.
#[derive(Debug)]
pub(crate) struct Domains(pub(crate) List);

impl Domains {
    /// Those that stand in the policy.
    pub(crate) fn of(patterns: impl IntoIterator<Item = DomainPattern>) -> Domains {
        let text = |pattern| match pattern {
            DomainPattern::Exact(domain) => domain.as_str().to_owned(),
            DomainPattern::Below(parent) => format!("*.{}", parent.as_str()),
        };
        Domains(List::sorted(patterns.into_iter().map(text)))
    }

    /// Whether the domain of an address is listed. Takes as long as the domain has labels, however long the list is.
    pub(crate) fn contain(&self, mailbox: &Mailbox, facts: &Facts) -> Result<bool, Failure> {
        self.0.has_any(&mailbox.patterns, facts)
    }
}

/// An address, ready to be looked up in any number of lists.
pub(crate) struct Mailbox {
    address: Address,
    /// The entries of lists of domains that mean its domain: itself, and each one above it with a star.
    patterns: Vec<String>,
}

impl Mailbox {
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn of(address: Address) -> Mailbox {
        let domain = address.domain();
        let parents = std::iter::successors(domain.as_str().split_once('.'), |(_, parent)| parent.split_once('.'));
        let stars = parents.map(|(_, parent)| format!("*.{parent}"));
        let patterns = std::iter::once(domain.as_str().to_owned()).chain(stars).collect();
        Mailbox { address, patterns }
    }
}

/// Values of claims, addresses or issuers, compared without regard to case.
#[derive(Debug)]
pub(crate) struct Values(pub(crate) List);

impl Values {
    /// Those that stand in the policy.
    pub(crate) fn of<'v>(values: impl IntoIterator<Item = &'v str>) -> Values {
        Values(List::sorted(values.into_iter().map(fold)))
    }

    /// Addresses that stand in the policy, in normal form.
    pub(crate) fn of_addresses(addresses: impl IntoIterator<Item = Address>) -> Values {
        Values(List::sorted(
            addresses.into_iter().map(|address| address.as_str().to_owned()),
        ))
    }

    pub(crate) fn contain(&self, value: &str, facts: &Facts) -> Result<bool, Failure> {
        self.0.has_any(&[fold(value)], facts)
    }

    /// The same for issuers: those of lists elsewhere may have their short names.
    pub(crate) fn contain_issuer(&self, issuer: &str, facts: &Facts) -> Result<bool, Failure> {
        let short = issuer
            .strip_suffix(".com")
            .filter(|short| issuer_name(short).as_deref() == Some(issuer));
        let asked: Vec<_> = std::iter::once(issuer).chain(short).collect();
        self.0.has_any(&asked, facts)
    }

    pub(crate) fn contain_address(&self, mailbox: &Mailbox, facts: &Facts) -> Result<bool, Failure> {
        self.0.has_any(&[mailbox.address.as_str()], facts)
    }
}

/// Entries in normal form, wherever they are kept.
#[derive(Debug)]
pub(crate) enum List {
    /// In the policy file; sorted.
    Inline(Vec<String>),
    Packed(Packed),
    Stored(ListName, Origin),
}

impl List {
    fn sorted(entries: impl Iterator<Item = String>) -> List {
        let mut entries: Vec<_> = entries.collect();
        entries.sort_unstable();
        List::Inline(entries)
    }

    /// Whether asking it can come to nothing.
    pub(crate) fn can_fail(&self) -> bool {
        !matches!(self, List::Inline(_))
    }

    fn has_any(&self, asked: &[impl AsRef<str>], facts: &Facts) -> Result<bool, Failure> {
        let mut asked = asked.iter().map(AsRef::as_ref);
        match self {
            List::Inline(entries) => {
                Ok(asked.any(|entry| entries.binary_search_by(|own| own.as_str().cmp(entry)).is_ok()))
            }
            List::Packed(packed) => {
                for entry in asked {
                    match packed.contains(entry) {
                        Ok(true) => return Ok(true),
                        Ok(false) => {}
                        Err(error) => return Err(Failure::Broken(error.to_string())),
                    }
                }
                Ok(false)
            }
            List::Stored(list, origin) => {
                let question = |entry: &str| ListQuestion {
                    list: list.clone(),
                    origin: *origin,
                    entry: ListEntry::key(entry),
                };
                facts.any(asked.map(question).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_found_exactly_or_below_a_star() {
        let list = ["contoso.com", "*.fabrikam.com", "BÜCHER.example"];
        let domains = Domains::of(list.iter().map(|text| DomainPattern::parse(text).unwrap()));
        let contains = |address: &str| {
            domains
                .contain(&Mailbox::of(Address::parse(address).unwrap()), &Facts::none())
                .unwrap()
        };
        for inside in [
            "a@Contoso.com",
            "a@eu.fabrikam.com",
            "a@a.b.fabrikam.com.",
            "a@bücher.example",
        ] {
            assert!(contains(inside), "{inside}");
        }
        for outside in [
            "a@eu.contoso.com",
            "a@fabrikam.com",
            "a@evilcontoso.com",
            "a@contoso.com.evil.test",
        ] {
            assert!(!contains(outside), "{outside}");
        }
    }
}
