use std::borrow::Cow;

use claims::{Address, ClaimName, Claims};
use icu_normalizer::ComposingNormalizerBorrowed;

use crate::{
    demand::CountryFrom,
    places::{country::iso_code, phone},
};

/// A change of spelling. Each is idempotent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Normaliser {
    /// No white space at the ends.
    Trim,
    /// One space wherever there is white space.
    CollapseSpaces,
    /// Unicode NFC: one character for `e` with an accent.
    Nfc,
    /// Capitals at the beginning of a name's words.
    NameCase,
    /// An e-mail address in small letters.
    LowerEmail,
    /// A telephone number in E.164, with the country whose numbers are written without their calling code.
    PhoneE164(CountryFrom),
    /// A country's name as its code in ISO 3166-1 alpha-2.
    CountryIso,
}

impl Normaliser {
    pub(crate) const NAMES: [&str; 7] = [
        "trim",
        "collapse-spaces",
        "nfc",
        "name-case",
        "lower-email",
        "phone-e164",
        "country-iso",
    ];

    /// The one with a name; `home` is where telephone numbers belong that do not say it.
    pub(crate) fn named(name: &str, home: &CountryFrom) -> Option<Normaliser> {
        Some(match name {
            "trim" => Normaliser::Trim,
            "collapse-spaces" => Normaliser::CollapseSpaces,
            "nfc" => Normaliser::Nfc,
            "name-case" => Normaliser::NameCase,
            "lower-email" => Normaliser::LowerEmail,
            "phone-e164" => Normaliser::PhoneE164(home.clone()),
            "country-iso" => Normaliser::CountryIso,
            _ => return None,
        })
    }

    /// The claim that it reads beside the one that it changes.
    pub(crate) fn claim(&self) -> Option<&ClaimName> {
        match self {
            Normaliser::PhoneE164(CountryFrom::Claim(claim)) => Some(claim),
            _ => None,
        }
    }

    /// The text in the other spelling; what cannot be read as what it should be stays as it is.
    fn apply<'t>(&self, text: &'t str, claims: &Claims) -> Cow<'t, str> {
        let kept = Cow::Borrowed(text);
        match self {
            Normaliser::Trim => text.trim().into(),
            Normaliser::CollapseSpaces => collapse_spaces(text),
            Normaliser::Nfc => ComposingNormalizerBorrowed::new_nfc().normalize(text),
            Normaliser::NameCase => name_case(text).into(),
            Normaliser::LowerEmail => Address::parse(text).map_or(kept, |_| text.trim().to_lowercase().into()),
            Normaliser::PhoneE164(home) => phone::to_e164(text, home.country(claims).as_ref()).map_or(kept, Cow::Owned),
            Normaliser::CountryIso => iso_code(text).unwrap_or(text).into(),
        }
    }
}

/// A text as these make it, one after another.
pub(crate) fn normalise(text: &str, with: &[Normaliser], claims: &Claims) -> String {
    let normal = with.iter().fold(Cow::Borrowed(text), |text, next| match text {
        Cow::Borrowed(text) => next.apply(text, claims),
        Cow::Owned(text) => next.apply(&text, claims).into_owned().into(),
    });
    normal.into_owned()
}

/// White space at the ends stays, as one space: taking it away is `trim`'s business.
fn collapse_spaces(text: &str) -> Cow<'_, str> {
    let is_other = |c: char| c.is_whitespace() && c != ' ';
    if !text.as_bytes().windows(2).any(|two| two == b"  ") && !text.contains(is_other) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.into()
}

/// Particles that stay small inside a name.
const PARTICLES: [&str; 22] = [
    "af", "al", "av", "bin", "da", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "la", "le", "ten",
    "ter", "van", "von", "zu", "zum",
];

/// A word with both small letters and capitals is left as it is (`McDonald`, `O'Neil`), and so are particles in small
/// letters (`van der`). Any other word gets a capital at its beginning and after each hyphen and apostrophe, and
/// small letters elsewhere, a sigma at the end of a word its own: `JOSÉ-MARÍA`, `o'neil`, `ΓΙΩΡΓΟΣ`.
fn name_case(text: &str) -> String {
    text.split_inclusive(char::is_whitespace).map(name_word).collect()
}

fn name_word(word: &str) -> String {
    let small = word.chars().any(char::is_lowercase);
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let initial = !small && capitals == 1;
    if initial || (small && capitals > 0) || PARTICLES.contains(&word.trim_end()) {
        return word.to_owned();
    }
    let mut at_start = true;
    let recase = |(at, c): (usize, char)| {
        let rest = &word[at + c.len_utf8()..];
        let recased = match c {
            _ if at_start => single(c.to_uppercase(), c),
            'Σ' | 'σ' if !rest.starts_with(char::is_alphabetic) => 'ς',
            _ => single(c.to_lowercase(), c),
        };
        let is_cased = c.is_lowercase() || c.is_uppercase();
        at_start = matches!(c, '-' | '\'' | '’' | '.') || (at_start && !is_cased);
        recased
    };
    word.char_indices().map(recase).collect()
}

/// The character that a letter becomes; the letter itself where it would become several (`ŉ`, `İ`), which would
/// make the change depend on how often it is made.
fn single(mut changed: impl Iterator<Item = char>, c: char) -> char {
    match (changed.next(), changed.next()) {
        (Some(changed), None) => changed,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_get_their_capitals() {
        for (typed, wanted) in [
            ("JANE ROE", "Jane Roe"),
            ("jane roe", "Jane Roe"),
            ("McDonald", "McDonald"),
            ("jan van der BERG", "Jan van der Berg"),
            ("O'Neil", "O'Neil"),
            ("o’neil", "O’Neil"),
            ("JOSÉ-MARÍA", "José-María"),
            ("J. R. R. tolkien", "J. R. R. Tolkien"),
            ("李小龍", "李小龍"),
            ("ΓΙΩΡΓΟΣ-ΣΑΒΒΑΣ", "Γιωργος-Σαββας"),
        ] {
            assert_eq!(name_case(typed), wanted, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn normalisers_are_idempotent(text in "\\PC{0,20}|[A-Za-zÀ-ÿ'’ .\\-ßŉǆİΣσς]{0,16}") {
            for name in Normaliser::NAMES {
                let normaliser = Normaliser::named(name, &CountryFrom::Code("DE")).unwrap();
                let once = normaliser.apply(&text, &Claims::default());
                prop_assert_eq!(&normaliser.apply(&once, &Claims::default()), &once, "{}", name);
            }
        }
    }
}
