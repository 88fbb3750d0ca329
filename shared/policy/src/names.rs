use std::borrow::Cow;

use claims::{ClaimName, meaning};

/// Names of claims, each in [one spelling](meaning): a rule may name the app that another leaves out.
#[derive(Debug, Default)]
pub(crate) struct Names<'n>(Vec<Cow<'n, str>>);

impl<'n> Names<'n> {
    pub(crate) fn add(&mut self, claim: &'n ClaimName) {
        self.add_key(claim.as_str());
    }

    pub(crate) fn add_key(&mut self, key: &'n str) {
        self.0.push(meaning(key));
    }

    pub(crate) fn has(&self, claim: &ClaimName) -> bool {
        self.has_key(claim.as_str())
    }

    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.0.contains(&meaning(key))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
