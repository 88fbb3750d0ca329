use std::fmt;

use serde::{Deserialize, Serialize};

/// A language tag such as `de-AT`, in lower case with hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Locale(String);

impl Locale {
    /// A tag of ASCII letters, digits and hyphens (an underscore counts as a hyphen); `None` for anything else.
    pub fn parse(tag: &str) -> Option<Locale> {
        let shape = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let tag = tag.trim().replace('_', "-").to_ascii_lowercase();
        (tag.len() <= 35 && tag.split('-').all(shape)).then_some(Locale(tag))
    }

    /// This tag and then its shorter forms: `de-at`, `de`.
    pub fn fallbacks(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self.0.as_str()), |tag| {
            tag.rsplit_once('-').map(|(shorter, _)| shorter)
        })
    }

    /// The tag in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the applicant's browser asks for, best first: the `ui_locales` claim, by OpenID Connect a list separated by
/// spaces. Tags that are none are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Locales(Vec<Locale>);

impl Locales {
    /// Reads the claim's text.
    pub fn parse(claim: &str) -> Locales {
        // No browser asks for more; an attacker's list must not cost a look-up each.
        const MOST: usize = 8;
        Locales(
            claim
                .split([' ', ',', '\t'])
                .filter_map(Locale::parse)
                .take(MOST)
                .collect(),
        )
    }

    /// The tags, best first.
    pub fn iter(&self) -> impl Iterator<Item = &Locale> {
        self.0.iter()
    }
}

impl From<String> for Locales {
    fn from(text: String) -> Locales {
        Locales::parse(&text)
    }
}

impl From<Locales> for String {
    fn from(locales: Locales) -> String {
        let tags: Vec<_> = locales.0.iter().map(Locale::as_str).collect();
        tags.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_falls_back_to_its_language() {
        let locale = Locale::parse("de_AT").unwrap();
        assert_eq!(locale.fallbacks().collect::<Vec<_>>(), ["de-at", "de"]);
    }

    #[test]
    fn lists_keep_their_order_and_lose_nonsense() {
        let tags: Vec<_> = Locales::parse(" fr-CA  ../x de ")
            .iter()
            .map(|l| l.as_str().to_owned())
            .collect();
        assert_eq!(tags, ["fr-ca", "de"]);
    }
}
