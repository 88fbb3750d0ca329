use claims::{Address, ClaimName, Claims, SignUp};

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

impl Condition {
    /// Whether it holds for a sign-up with these claims. An absent claim, and one of a type that cannot be compared,
    /// equals nothing.
    pub(crate) fn holds(&self, sign_up: &SignUp, claims: &Claims) -> bool {
        let address = || sign_up.email().and_then(|email| Address::parse(email).ok());
        match self {
            Condition::All(conditions) => conditions.iter().all(|condition| condition.holds(sign_up, claims)),
            Condition::Any(conditions) => conditions.iter().any(|condition| condition.holds(sign_up, claims)),
            Condition::Not(condition) => !condition.holds(sign_up, claims),
            Condition::Present { claim, present } => claims.get(claim).is_some() == *present,
            Condition::OneOf { claim, values } => claims
                .get(claim)
                .is_some_and(|value| value.scalars().any(|text| values.contain(text))),
            Condition::Domain(domains) => address().is_some_and(|address| domains.contain(&address)),
            Condition::Address(values) => address().is_some_and(|address| values.contain_address(&address)),
            Condition::Issuer(values) => sign_up
                .identities
                .iter()
                .filter_map(|identity| identity.issuer())
                .any(|issuer| values.contain(&issuer)),
        }
    }
}
