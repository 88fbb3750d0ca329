use claims::{ApplicantKey, Claims, SignUp};
use store::Timestamp;

/// What rules see of a call.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'s> {
    pub(crate) sign_up: &'s SignUp,
    /// The claims as the rules before left them.
    pub(crate) claims: &'s Claims,
    pub(crate) now: Timestamp,
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

/// Why a rule cannot say anything: a list that it needs is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure(pub(crate) String);
