use claims::{Address, ApplicantKey, ClaimName, Claims, SignUp};

use crate::lists::{Domains, Values};

/// A `when` table.
#[derive(Debug)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Present { claim: ClaimName, present: bool },
    OneOf { claim: ClaimName, values: Values },
    Domain(Domains),
    Address(Values),
    Issuer(Values),
}

/// How a condition reads a call that gives several addresses, which need not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// One that fits is enough: for what turns away, holds, or only selects.
    Any,
    /// All must fit, and there must be one: for what lets in.
    Every,
}

impl Reading {
    fn inverted(self) -> Reading {
        match self {
            Reading::Any => Reading::Every,
            Reading::Every => Reading::Any,
        }
    }
}

impl Condition {
    /// Whether it holds for a sign-up with these claims. An absent claim, and one of a type that cannot be compared,
    /// equals nothing; one that shows nothing is not present.
    pub(crate) fn holds(&self, reading: Reading, sign_up: &SignUp, claims: &Claims) -> bool {
        match self {
            Condition::All(conditions) => conditions.iter().all(|c| c.holds(reading, sign_up, claims)),
            Condition::Any(conditions) => conditions.iter().any(|c| c.holds(reading, sign_up, claims)),
            Condition::Not(condition) => !condition.holds(reading.inverted(), sign_up, claims),
            Condition::Present { claim, present } => {
                claims.get(claim).is_some_and(|value| !value.is_blank()) == *present
            }
            Condition::OneOf { claim, values } => claims
                .get(claim)
                .is_some_and(|value| value.scalars().any(|text| values.contain(text))),
            Condition::Domain(domains) => addresses(reading, sign_up, |address| domains.contain(address)),
            Condition::Address(values) => addresses(reading, sign_up, |address| values.contain_address(address)),
            Condition::Issuer(values) => issuer(sign_up).is_some_and(|issuer| values.contain(&issuer)),
        }
    }

    /// Whether it looks at an address anywhere.
    pub(crate) fn reads_addresses(&self) -> bool {
        match self {
            Condition::All(conditions) | Condition::Any(conditions) => {
                conditions.iter().any(Condition::reads_addresses)
            }
            Condition::Not(condition) => condition.reads_addresses(),
            Condition::Domain(_) | Condition::Address(_) => true,
            Condition::Present { .. } | Condition::OneOf { .. } | Condition::Issuer(_) => false,
        }
    }
}

fn addresses(reading: Reading, sign_up: &SignUp, fits: impl Fn(&Address) -> bool) -> bool {
    let mut addresses = sign_up.addresses().map(Address::parse).peekable();
    let fits = |address: Result<Address, _>| address.is_ok_and(|address| fits(&address));
    match reading {
        Reading::Any => addresses.any(fits),
        Reading::Every => addresses.peek().is_some() && addresses.all(fits),
    }
}

/// Who vouches for the applicant: the issuer of the identity that makes the applicant's key. Others prove nothing.
fn issuer(sign_up: &SignUp) -> Option<String> {
    match ApplicantKey::of(sign_up)? {
        ApplicantKey::Identity { issuer, .. } => Some(issuer),
        ApplicantKey::Mail(_) => None,
    }
}
