use std::{fmt, str::FromStr};

use claims::{Address, DomainPattern, Value, fold};

/// How the entries of a list are read and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Domains in ASCII form: `contoso.com` means exactly that domain, `*.contoso.com` its subdomains.
    Domains,
    /// E-mail addresses in normal form.
    Addresses,
    /// Values of any claim, compared without regard to case.
    Values,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 3] = [Kind::Domains, Kind::Addresses, Kind::Values];

    /// An entry in the form in which it is packed and compared.
    ///
    /// # Errors
    /// [`BadEntry`] if nothing that is looked up could equal it.
    pub fn parse_entry(self, text: &str) -> Result<String, BadEntry> {
        match self {
            Kind::Domains => domain(text),
            Kind::Addresses => match Address::parse(text) {
                Ok(address) => Ok(address.as_str().to_owned()),
                Err(_) => Err(BadEntry::NotAnAddress),
            },
            Kind::Values if Value::shows_nothing(text) => Err(BadEntry::ShowsNothing),
            // What a terminal would act on is shown to operators.
            Kind::Values if text.chars().any(char::is_control) => Err(BadEntry::NotALine),
            Kind::Values => Ok(fold(text)),
        }
    }

    /// The kind's name: `domains`, `addresses` or `values`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Domains => "domains",
            Kind::Addresses => "addresses",
            Kind::Values => "values",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = NotAKind;

    fn from_str(name: &str) -> Result<Kind, NotAKind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name).ok_or(NotAKind)
    }
}

/// The text names no [`Kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAKind;

impl fmt::Display for NotAKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lists have `domains`, `addresses` or `values`")
    }
}

impl std::error::Error for NotAKind {}

/// Why a text is no entry. It does not hold the text: an address that stands in the wrong list is personal all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadEntry {
    /// An address where a domain should be.
    AddressAmongDomains,
    /// No domain, or a word without a dot, which has no mail.
    NotADomain,
    /// No address that a list could look up.
    NotAnAddress,
    /// Nothing that anybody sees; an empty claim is absent and equals nothing.
    ShowsNothing,
    /// Not UTF-8.
    NotText,
    /// It could not stand on a line of a text file.
    NotALine,
    /// It has more bytes than a store takes.
    TooLong,
}

impl fmt::Display for BadEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadEntry::AddressAmongDomains => "no domain: write what follows the `@`, or pack a list of addresses",
            BadEntry::NotADomain => "no domain: write one like `contoso.com`, or `*.contoso.com` for its subdomains",
            BadEntry::NotAnAddress => "no e-mail address with exactly one `@`, a plain name and a domain",
            BadEntry::ShowsNothing => "nothing in it shows, and nothing equals an empty text",
            BadEntry::NotALine => "no text of one line that begins with another character than `#`",
            BadEntry::TooLong => "longer than the store takes: 2048 bytes at the most",
            BadEntry::NotText => "no UTF-8: save the file in that encoding",
        })
    }
}

fn domain(text: &str) -> Result<String, BadEntry> {
    match DomainPattern::parse(text) {
        Ok(DomainPattern::Exact(domain)) if domain.as_str().contains('.') => Ok(domain.as_str().to_owned()),
        Ok(DomainPattern::Below(parent)) => Ok(format!("*.{parent}")),
        _ if text.contains('@') => Err(BadEntry::AddressAmongDomains),
        _ => Err(BadEntry::NotADomain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_the_normal_form_of_what_is_looked_up() {
        for (kind, text, entry) in [
            (Kind::Domains, " Contoso.COM. ", "contoso.com"),
            (Kind::Domains, "*.BÜCHER.example", "*.xn--bcher-kva.example"),
            (Kind::Domains, "*.example", "*.example"),
            (Kind::Addresses, " Jane@BÜCHER.example", "jane@xn--bcher-kva.example"),
            (Kind::Values, " JOSE\u{301} ", "josé"),
        ] {
            assert_eq!(kind.parse_entry(text).as_deref(), Ok(entry), "{text}");
        }
    }

    #[test]
    fn what_nothing_could_equal_is_refused() {
        for (kind, text, why) in [
            (Kind::Domains, "localhost", BadEntry::NotADomain),
            (Kind::Domains, "contoso.com # ours", BadEntry::NotADomain),
            (Kind::Domains, "contoso.*", BadEntry::NotADomain),
            (Kind::Domains, "", BadEntry::NotADomain),
            (Kind::Domains, "a@contoso.com", BadEntry::AddressAmongDomains),
            (Kind::Addresses, "contoso.com", BadEntry::NotAnAddress),
            (Kind::Addresses, "a@b.example@c.example", BadEntry::NotAnAddress),
            (Kind::Values, "\u{200b}", BadEntry::ShowsNothing),
            (Kind::Values, "a\u{1b}]0;b", BadEntry::NotALine),
        ] {
            assert_eq!(kind.parse_entry(text), Err(why), "{text}");
        }
    }

    #[test]
    fn kinds_have_names() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        assert_eq!("Domains".parse::<Kind>(), Err(NotAKind));
    }
}
