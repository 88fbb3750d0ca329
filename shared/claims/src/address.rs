use std::{borrow::Cow, fmt};

use icu_normalizer::ComposingNormalizerBorrowed;
use idna::AsciiDenyList;

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
    /// [`NotAnAddress`] without exactly one `@` (`a@allowed.com@evil.test` passes naive domain lists), with a domain
    /// that is none, or with something before the `@` that programs and people read differently: nothing, quotes,
    /// comments and other specials of RFC 5322 in any of their Unicode forms, white space, characters nobody sees.
    pub fn parse(text: &str) -> Result<Address, NotAnAddress> {
        let (local, domain) = text.trim().rsplit_once('@').ok_or(NotAnAddress)?;
        if !is_plain(local) {
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
            // More domains than `Domain` takes: one with `_`, in whatever spelling, still makes one key.
            let ascii = ascii_form(domain, AsciiDenyList::URL).unwrap_or_else(|| lower_nfc(domain));
            format!("{}@{ascii}", lower_nfc(local))
        }
        None => lower_nfc(text.trim()),
    }
}

/// A text as it compares with others: trimmed, NFC, lower case.
pub fn fold(text: &str) -> String {
    lower_nfc(text.trim())
}

/// A domain name in ASCII form, lower case, without a final dot: labels of letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(String);

impl Domain {
    /// Reads a domain name, internationalised or not.
    ///
    /// # Errors
    /// [`NotADomain`] if UTS 46 with the rules of STD 3 refuses it (`_`, `*`, `,` and the like), if it is empty, or if
    /// a label is empty or it is longer than DNS allows.
    pub fn parse(text: &str) -> Result<Domain, NotADomain> {
        ascii_form(text, AsciiDenyList::STD3).map(Domain).ok_or(NotADomain)
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

/// Whether a text can stand before the `@`: every program that reads the address takes the same mailbox from it.
fn is_plain(local: &str) -> bool {
    let hidden = |c: char| c.is_whitespace() || c.is_control() || is_ignorable(c);
    // Programs that fold compatible characters together make a special of `＠` or `﹐`.
    let compatible = ComposingNormalizerBorrowed::new_nfkc().normalize(local);
    !local.is_empty() && !local.chars().any(hidden) && !compatible.contains(SPECIALS)
}

/// The `specials` of RFC 5322, 3.2.3, but for the dot.
const SPECIALS: [char; 12] = ['(', ')', '<', '>', '[', ']', ':', ';', '@', '\\', ',', '"'];

/// A domain name in ASCII form, without a final dot (253 characters at the most, 63 in a label: RFC 1035), unless it has denied characters or a label of a length that DNS
/// does not allow.
fn ascii_form(domain: &str, denied: AsciiDenyList) -> Option<String> {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    // Reading Punycode takes time that grows with the square of a label's length, and a body holds many.
    if domain.len() > 4 * 253 || domain.split('.').any(|label| label.len() > 4 * 63) {
        return None;
    }
    let ascii = idna::domain_to_ascii_cow(domain.as_bytes(), denied).ok()?;
    let legal = |label: &str| (1..=63).contains(&label.len());
    (ascii.len() <= 253 && ascii.split('.').all(legal)).then(|| ascii.into_owned())
}

/// Whether a character shows nothing by itself: joiners, fillers, soft hyphens, marks of direction, tags.
pub(crate) fn is_ignorable(c: char) -> bool {
    let place = IGNORABLE.partition_point(|(_, last)| *last < c);
    IGNORABLE.get(place).is_some_and(|(first, _)| *first <= c)
}

/// `Default_Ignorable_Code_Point` in Unicode 16's `DerivedCoreProperties.txt`: the first and last of each range.
const IGNORABLE: [(char, char); 17] = [
    ('\u{AD}', '\u{AD}'),
    ('\u{34F}', '\u{34F}'),
    ('\u{61C}', '\u{61C}'),
    ('\u{115F}', '\u{1160}'),
    ('\u{17B4}', '\u{17B5}'),
    ('\u{180B}', '\u{180F}'),
    ('\u{200B}', '\u{200F}'),
    ('\u{202A}', '\u{202E}'),
    ('\u{2060}', '\u{206F}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{FE00}', '\u{FE0F}'),
    ('\u{FEFF}', '\u{FEFF}'),
    ('\u{FFA0}', '\u{FFA0}'),
    ('\u{FFF0}', '\u{FFF8}'),
    ('\u{1BCA0}', '\u{1BCA3}'),
    ('\u{1D173}', '\u{1D17A}'),
    ('\u{E0000}', '\u{E0FFF}'),
];

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
    fn a_domain_of_any_length_is_refused_in_no_time() {
        let begun = std::time::Instant::now();
        for length in (300..1900).step_by(4) {
            let label = format!("xn--{}l", "eE".repeat(length / 2));
            assert_eq!(Domain::parse(&format!("{label}.test")), Err(NotADomain));
            assert_eq!(Address::parse(&format!("a@{label}")), Err(NotAnAddress));
        }
        assert!(begun.elapsed().as_secs() < 1, "800 domains take {:?}", begun.elapsed());
        let longest = format!("{0}.{0}.{0}.{1}", "ü".repeat(52), "b".repeat(61));
        assert!(
            Domain::parse(&longest).is_ok(),
            "letters of two bytes do not make it longer"
        );
    }

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
    fn what_programs_read_differently_is_no_address() {
        for c in "()<>[]:;\\,\" \t\u{0}\u{7f}\u{ad}\u{200b}\u{202e}\u{2066}\u{feff}\u{e0041}\u{3164}＠﹫﹐（；\u{37e}"
            .chars()
        {
            for local in [format!("a{c}b"), format!("{c}a"), format!("a{c}")] {
                let text = format!("x{local}@contoso.com");
                assert_eq!(Address::parse(&text), Err(NotAnAddress), "{text:?}");
            }
        }
        for local in [
            "o'neil+tag",
            "a.b_c-d",
            "#EXT#",
            "josé",
            "ｊane",
            "李",
            "a!b%c/d=e?f^g`h{i|j}k~l*m$n&o",
        ] {
            assert!(Address::parse(&format!("{local}@contoso.com")).is_ok(), "{local}");
        }
    }

    #[test]
    fn a_domain_has_letters_digits_and_hyphens() {
        for text in [
            "*",
            "*contoso.com",
            "contoso.*",
            "a,b",
            "a b",
            "http://a.example",
            "a@b.example",
            "a_b.example",
            "a..b",
            "",
            ".",
        ] {
            assert_eq!(Domain::parse(text), Err(NotADomain), "{text}");
            assert_eq!(Address::parse(&format!("a@{text}")), Err(NotAnAddress), "{text}");
        }
        for text in [
            "*",
            "*contoso.com",
            "*.*.contoso.com",
            "contoso.*",
            "*.",
            "a,b",
            "http://a.example",
            "a@b.example",
        ] {
            assert_eq!(DomainPattern::parse(text), Err(NotADomain), "{text}");
        }
        assert_eq!(
            Domain::parse("a-1.BÜCHER.example").map(|d| d.0),
            Ok("a-1.xn--bcher-kva.example".into())
        );
    }

    #[test]
    fn keys_of_domains_with_underscores_have_one_spelling() {
        assert_eq!(normal_form("A@Bü_cher.example."), normal_form("a@BÜ_CHER.EXAMPLE"));
        assert_eq!(normal_form("a@x_y.example."), "a@x_y.example");
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
