use claims::{Address, ApplicantKey, Claims, Identity, SignUp};
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

impl<'s> Scene<'s> {
    /// The address that an issuer vouches for, if the applicant's key has one.
    pub(crate) fn proven_address(&self) -> Option<&'s str> {
        let key = ApplicantKey::of(self.sign_up)?;
        let makes_key = |identity: &&Identity| match &key {
            ApplicantKey::Identity { issuer, id } => {
                identity.issuer().as_ref() == Some(issuer) && identity.issuer_assigned_id.as_ref() == Some(id)
            }
            ApplicantKey::Mail(_) => false,
        };
        self.sign_up
            .identities
            .iter()
            .find(makes_key)
            .and_then(Identity::address)
    }
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
