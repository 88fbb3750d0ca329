use claims::{Address, ApplicantKey, Claims, SignUp};
use store::Timestamp;

use crate::{facts::Facts, lists::Mailbox};

/// What rules see of a call.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'s> {
    pub(crate) sign_up: &'s SignUp,
    pub(crate) caller: &'s Caller,
    /// The claims as the rules before left them.
    pub(crate) claims: &'s Claims,
    pub(crate) now: Timestamp,
    pub(crate) facts: &'s Facts,
    /// Whether every rule before has its answer.
    pub(crate) settled: bool,
}

/// Who calls, read once for all rules.
pub(crate) struct Caller {
    /// The addresses that the call gives; nothing in the place of what is none.
    pub(crate) addresses: Vec<Option<Mailbox>>,
    /// Who vouches for the applicant: the issuer of the identity that makes the applicant's key. Others prove nothing.
    pub(crate) issuer: Option<String>,
}

impl Caller {
    pub(crate) fn of(sign_up: &SignUp) -> Caller {
        let addresses = sign_up
            .addresses()
            .map(|text| Address::parse(text).ok().map(Mailbox::of));
        let issuer = match ApplicantKey::of(sign_up) {
            Some(ApplicantKey::Identity { issuer, .. }) => Some(issuer),
            Some(ApplicantKey::Mail(_)) | None => None,
        };
        Caller {
            addresses: addresses.collect(),
            issuer,
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
