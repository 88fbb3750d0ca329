use claims::{ApplicantKey, Claims, SignUp};
use store::Timestamp;

use crate::facts::Facts;

/// What rules see of a call.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'s> {
    pub(crate) sign_up: &'s SignUp,
    /// The claims as the rules before left them.
    pub(crate) claims: &'s Claims,
    pub(crate) now: Timestamp,
    pub(crate) facts: &'s Facts,
}

impl Scene<'_> {
    /// Who vouches for the applicant: the issuer of the identity that makes the applicant's key. Others prove nothing.
    pub(crate) fn issuer(&self) -> Option<String> {
        match ApplicantKey::of(self.sign_up)? {
            ApplicantKey::Identity { issuer, .. } => Some(issuer),
            ApplicantKey::Mail(_) => None,
        }
    }
}

/// Why a rule cannot say anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It needs to know what the store says; the questions are written down.
    Unasked,
    /// Something is wrong, in words without a claim in them.
    Broken(String),
}
