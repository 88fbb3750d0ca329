use claims::{ClaimName, Claims, Value};

use crate::{characters::Characters, lists::Values, pattern::Pattern};

/// What a claim must be like.
#[derive(Debug)]
pub(crate) struct Requirement {
    pub(crate) claim: ClaimName,
    /// Absent is fine.
    pub(crate) optional: bool,
    /// In characters that can be seen, without surrounding spaces.
    pub(crate) min_length: Option<usize>,
    /// In characters of the value as it is stored.
    pub(crate) max_length: Option<usize>,
    pub(crate) characters: Option<Characters>,
    pub(crate) pattern: Option<Pattern>,
    pub(crate) one_of: Option<Values>,
}

impl Requirement {
    /// A value of a type that no rule can use counts as absent; one that is there and blank does not.
    pub(crate) fn is_met(&self, claims: &Claims) -> bool {
        match claims.get(&self.claim) {
            None | Some(Value::Other(_)) => self.optional,
            Some(value) => {
                !value.is_blank() && (self.only_presence() || value.scalars().all(|text| self.accepts(text)))
            }
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
        Value::visible_length(text) >= self.min_length.unwrap_or(1)
            && self.max_length.is_none_or(|most| text.chars().count() <= most)
            && self
                .characters
                .as_ref()
                .is_none_or(|characters| text.chars().all(|c| characters.allow(c)))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.matches(text))
            && self.one_of.as_ref().is_none_or(|values| values.contain(text))
    }
}
