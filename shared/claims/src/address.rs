use std::{borrow::Cow, fmt};

use icu_normalizer::ComposingNormalizerBorrowed;

/// An e-mail address in its normal form: trimmed, NFC, lower case, the domain in ASCII form. Just what is needed to
/// compare addresses; whether a mail can be delivered there is another question.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    text: String,
    at: usize,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`NotAnAddress`] without exactly one `@` (`a@allowed.com@evil.test` passes naive domain lists), with nothing
    /// before it, with spaces or control characters, or with a domain that is none.
    pub fn parse(text: &str) -> Result<Address, NotAnAddress> {
        let (local, domain) = text.trim().rsplit_once('@').ok_or(NotAnAddress)?;
        if local.is_empty() || local.chars().any(|c| c == '@' || c.is_whitespace() || c.is_control()) {
            return Err(NotAnAddress);
        }
        let domain = Domain::parse(domain).map_err(|NotADomain| NotAnAddress)?;
        let local = lower_nfc(local);
        Ok(Address {
            at: local.len(),
            text: format!("{local}@{domain}"),
        })
    }

    /// The whole address in normal form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What follows the `@`.
    pub fn domain(&self) -> Domain {
        Domain(self.text[self.at + 1..].to_owned())
    }
}

/// Prints nothing of the address: it is personal data.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}

/// The text is no address that a list could look up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnAddress;

/// The normal form of any text that stands where an address should: what keys are made of. Total, unlike
/// [`Address::parse`], and equal to it where that succeeds.
pub fn normal_form(text: &str) -> String {
    match text.trim().rsplit_once('@') {
        Some((local, domain)) => {
            let ascii = Domain::parse(domain).map_or_else(|_| lower_nfc(domain), |domain| domain.0);
            format!("{}@{ascii}", lower_nfc(local))
        }
        None => lower_nfc(text.trim()),
    }
}

/// A text as it compares with others: trimmed, NFC, lower case.
pub fn fold(text: &str) -> String {
    lower_nfc(text.trim())
}

/// A domain name in ASCII form, lower case, without a final dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(String);

impl Domain {
    /// Reads a domain name, internationalised or not.
    ///
    /// # Errors
    /// [`NotADomain`] if UTS 46 refuses it, if it is empty, or if a label is empty or it is longer than DNS allows.
    pub fn parse(text: &str) -> Result<Domain, NotADomain> {
        let text = text.strip_suffix('.').unwrap_or(text);
        let ascii = idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::URL).map_err(|_| NotADomain)?;
        let legal = |label: &str| (1..=63).contains(&label.len());
        if ascii.len() > 253 || !ascii.split('.').all(legal) {
            return Err(NotADomain);
        }
        Ok(Domain(ascii.into_owned()))
    }

    /// The name in ASCII form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no domain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADomain;

/// An entry of a list of domains: `contoso.com` means exactly that domain, `*.contoso.com` its subdomains.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DomainPattern {
    /// Exactly this domain.
    Exact(Domain),
    /// Every domain below this one, and not this one.
    Below(Domain),
}

impl DomainPattern {
    /// Reads an entry.
    ///
    /// # Errors
    /// [`NotADomain`] if what it names is none.
    pub fn parse(text: &str) -> Result<DomainPattern, NotADomain> {
        match text.trim().strip_prefix("*.") {
            Some(parent) => Domain::parse(parent).map(DomainPattern::Below),
            None => Domain::parse(text.trim()).map(DomainPattern::Exact),
        }
    }

    /// Whether the entry means this domain.
    pub fn matches(&self, domain: &Domain) -> bool {
        match self {
            DomainPattern::Exact(exact) => exact == domain,
            DomainPattern::Below(parent) => domain.0.strip_suffix(&parent.0).is_some_and(|rest| rest.ends_with('.')),
        }
    }
}

fn lower_nfc(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    // Lowering may decompose (İ) and composing may need lowering first: the second pass settles both.
    let lower: Cow<'_, str> = nfc.normalize(text).to_lowercase().into();
    nfc.normalize(&lower).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_compare_in_normal_form() {
        let address = Address::parse(" Jane.Roe@BÜCHER.example. ").unwrap();
        assert_eq!(address.as_str(), "jane.roe@xn--bcher-kva.example");
        assert_eq!(address.domain().as_str(), "xn--bcher-kva.example");
        assert_eq!(
            Address::parse("JOSE\u{301}@a.example").unwrap(),
            Address::parse("josé@a.example").unwrap()
        );
    }

    #[test]
    fn an_address_with_two_ats_is_none() {
        for text in [
            "a@allowed.com@evil.test",
            "@a.example",
            "a@",
            "a",
            "a b@c.example",
            "a@b..c",
            "a@b c.example",
            "",
        ] {
            assert_eq!(Address::parse(text), Err(NotAnAddress), "{text}");
        }
    }

    #[test]
    fn a_key_can_be_made_of_anything() {
        assert_eq!(normal_form(" A@allowed.com@Evil.TEST "), "a@allowed.com@evil.test");
        assert_eq!(normal_form("Jane.Roe@BÜCHER.example"), "jane.roe@xn--bcher-kva.example");
        assert_eq!(normal_form("NOBODY"), "nobody");
    }

    #[test]
    fn a_star_means_subdomains_only() {
        let domain = |text| Domain::parse(text).unwrap();
        let below = DomainPattern::parse("*.Contoso.com").unwrap();
        assert!(below.matches(&domain("eu.contoso.com")) && below.matches(&domain("a.b.contoso.com")));
        assert!(!below.matches(&domain("contoso.com")) && !below.matches(&domain("evilcontoso.com")));
        let exact = DomainPattern::parse("contoso.com").unwrap();
        assert!(exact.matches(&domain("CONTOSO.com.")) && !exact.matches(&domain("eu.contoso.com")));
    }
}
