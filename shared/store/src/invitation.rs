//! Codes that let people sign up.

use claims::Hash;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The most people that one code lets in.
pub const MOST_USES: u32 = 1_000_000;

/// A code that lets people sign up. The code itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The code, by its hash.
    pub code: Hash,
    /// What its maker wrote beside it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// From when on nobody new may use it.
    pub until: Timestamp,
    /// How many people it lets in, from 1 to [`MOST_USES`].
    pub uses: u32,
    /// How many of these are taken.
    pub taken: u32,
    /// For whom it is; anybody if empty.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bound: Option<Bound>,
    /// Since when it is void for everybody who does not hold it already.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked_at: Option<Timestamp>,
}

impl Invitation {
    /// Whether somebody new may use it.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.until && self.taken < self.uses
    }
}

/// For whom an invitation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Whoever has this address, by its hash.
    Address(Hash),
    /// Whoever has an address at exactly this domain, in lower case and ASCII form.
    Domain(String),
}

/// That somebody uses an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationUse {
    /// The code, by its hash.
    pub code: Hash,
    /// Who, by the hash of their key.
    pub applicant: Hash,
    /// When it was taken.
    pub at: Timestamp,
    /// Since when it is used up: they were admitted, or their account is there. Until then they hold it, and it is given
    /// back when their request ends otherwise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spent_at: Option<Timestamp>,
}
