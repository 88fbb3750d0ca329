use std::sync::OnceLock;

use claims::{ClaimName, Claims, Value};
use regex::{Regex, RegexBuilder};

use crate::lists::Values;

/// What a claim must be like.
#[derive(Debug)]
pub(crate) struct Requirement {
    pub(crate) claim: ClaimName,
    /// Absent is fine.
    pub(crate) optional: bool,
    /// In characters, without surrounding spaces.
    pub(crate) min_length: Option<usize>,
    pub(crate) max_length: Option<usize>,
    pub(crate) characters: Option<Characters>,
    pub(crate) pattern: Option<Pattern>,
    pub(crate) one_of: Option<Values>,
}

impl Requirement {
    pub(crate) fn is_met(&self, claims: &Claims) -> bool {
        match claims.get(&self.claim) {
            None => self.optional,
            Some(value) if self.only_presence() => value.scalar().is_none_or(|text| !text.trim().is_empty()),
            Some(Value::Other(_)) => false,
            Some(value) => value.scalars().all(|text| self.accepts(text)),
        }
    }

    fn only_presence(&self) -> bool {
        let Requirement {
            min_length,
            max_length,
            characters,
            pattern,
            one_of,
            ..
        } = self;
        min_length.is_none() && max_length.is_none() && characters.is_none() && pattern.is_none() && one_of.is_none()
    }

    fn accepts(&self, text: &str) -> bool {
        let length = text.trim().chars().count();
        length >= self.min_length.unwrap_or(1)
            && self.max_length.is_none_or(|most| length <= most)
            && self
                .characters
                .as_ref()
                .is_none_or(|characters| text.chars().all(|c| characters.allow(c)))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.matches(text))
            && self.one_of.as_ref().is_none_or(|values| values.contain(text))
    }
}

/// Allowed characters: classes and single ones. A matcher of its own because the same as a regular expression takes
/// milliseconds to compile.
#[derive(Debug, Default)]
pub(crate) struct Characters {
    letters: bool,
    digits: bool,
    spaces: bool,
    single: Vec<char>,
}

impl Characters {
    /// The names of the classes.
    pub(crate) const CLASSES: [&str; 3] = ["letters", "digits", "spaces"];

    /// Adds a class by its name, or every character of any other text.
    pub(crate) fn add(&mut self, text: &str) {
        match text {
            "letters" => self.letters = true,
            "digits" => self.digits = true,
            "spaces" => self.spaces = true,
            characters => self.single.extend(characters.chars()),
        }
    }

    /// Letters are those of any script, and the marks that belong to them.
    fn allow(&self, c: char) -> bool {
        (self.letters && (c.is_alphabetic() || is_mark(c)))
            || (self.digits && c.is_ascii_digit())
            || (self.spaces && c == ' ')
            || self.single.contains(&c)
    }
}

/// A combining mark, by its canonical combining class: what follows a letter in decomposed text.
fn is_mark(c: char) -> bool {
    use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;
    CanonicalCombiningClassMapBorrowed::new().get_u8(c) != 0
}

/// A regular expression that must match the whole value; linear in its length. Parsed with the policy, compiled when
/// first used: compiling can take longer than everything else at start.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// The longest pattern, in bytes.
    const MAX_BYTES: usize = 1024;

    pub(crate) fn parse(text: &str) -> Result<Pattern, String> {
        if text.len() > Pattern::MAX_BYTES {
            return Err(format!(
                "a pattern has at most {} bytes, this one {}",
                Pattern::MAX_BYTES,
                text.len()
            ));
        }
        // The syntax errors of the crate show the whole pattern and a mark below; one line is enough here.
        let last_line = |error: regex_syntax::Error| error.to_string().lines().last().unwrap_or_default().to_owned();
        regex_syntax::parse(text).map_err(last_line)?;
        Ok(Pattern {
            text: format!(r"\A(?:{text})\z"),
            compiled: OnceLock::new(),
        })
    }

    /// A pattern that is too large to compile matches nothing: closed by default.
    fn matches(&self, value: &str) -> bool {
        let compile = || RegexBuilder::new(&self.text).build().ok();
        self.compiled
            .get_or_init(compile)
            .as_ref()
            .is_some_and(|regex| regex.is_match(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_whole_value() {
        let pattern = Pattern::parse("[0-9]{5}|x").unwrap();
        assert!(pattern.matches("12345") && pattern.matches("x"));
        assert!(!pattern.matches("123456") && !pattern.matches("a12345") && !pattern.matches("12345\n"));
        assert!(Pattern::parse("[0-9").unwrap_err().contains("unclosed character class"));
        assert!(
            !Pattern::parse(r"(?:\pL{1000}){1000}").unwrap().matches("x"),
            "too large"
        );
    }

    #[test]
    fn letters_are_those_of_any_script_with_their_marks() {
        let mut characters = Characters::default();
        ["letters", "'’.-", "spaces"]
            .iter()
            .for_each(|text| characters.add(text));
        let allowed = |text: &str| text.chars().all(|c| characters.allow(c));
        assert!(allowed("José-María O’Neil") && allowed("Jose\u{301}") && allowed("李小龍") && allowed("Ωμέγα"));
        assert!(!allowed("a1") && !allowed("<b>") && !allowed("a\nb") && !allowed("a\u{202e}b"));
    }
}
