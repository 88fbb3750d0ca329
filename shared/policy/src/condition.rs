use std::net::IpAddr;

use claims::{ClaimName, Locale, Step, Value};

use crate::{
    demand::Demand,
    lists::{Domains, List, Mailbox, Values},
    network::Network,
    scene::{Failure, Scene},
    time_of_day::TimeOfDay,
};

/// A `when` table.
#[derive(Debug)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Present {
        claim: ClaimName,
        present: bool,
    },
    /// A text of the claim meets all demands.
    Claim {
        claim: ClaimName,
        demands: Vec<Demand>,
    },
    Domain(Domains),
    Address(Values),
    Issuer(Values),
    /// How an identity signs in.
    SignInType(Values),
    App(Values),
    /// The language that the applicant's browser asks for first, or one that it is a kind of.
    Locale(Vec<Locale>),
    Step(Vec<Step>),
    Time(TimeOfDay),
    ClientAddress(Vec<Network>),
}

/// How a condition reads a call that gives several of what it asks for, which need not agree: addresses, texts of a
/// claim, identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// One that fits is enough: for what turns away, holds, or only selects.
    Any,
    /// All must fit, and there must be one: for what lets in.
    Every,
}

impl Reading {
    pub(crate) fn inverted(self) -> Reading {
        match self {
            Reading::Any => Reading::Every,
            Reading::Every => Reading::Any,
        }
    }

    fn of<T>(
        self,
        items: impl IntoIterator<Item = T>,
        fits: impl Fn(T) -> Result<bool, Failure>,
    ) -> Result<bool, Failure> {
        let mut items = items.into_iter().peekable();
        match self {
            Reading::Any => any(items, fits),
            Reading::Every => Ok(items.peek().is_some() && all(items, fits)?),
        }
    }
}

impl Condition {
    /// Whether it holds for a call. An absent claim, and one of a type that cannot be compared, equals nothing; one that
    /// shows nothing is not present.
    pub(crate) fn holds(&self, reading: Reading, scene: &Scene<'_>) -> Result<bool, Failure> {
        let sign_up = scene.sign_up;
        Ok(match self {
            Condition::All(conditions) => return all(conditions, |c| c.holds(reading, scene)),
            Condition::Any(conditions) => return any(conditions, |c| c.holds(reading, scene)),
            Condition::Not(condition) => !condition.holds(reading.inverted(), scene)?,
            Condition::Present { claim, present } => {
                scene.claims.get(claim).is_some_and(|value| !value.is_blank()) == *present
            }
            Condition::Claim { claim, demands } => {
                let texts = scene.claims.get(claim).into_iter().flat_map(Value::scalars);
                return reading.of(texts, |text| {
                    Ok(!Value::shows_nothing(text) && all(demands, |demand| demand.accepts(text, scene))?)
                });
            }
            Condition::Domain(domains) => {
                return addresses(reading, scene, |address| domains.contain(address, scene.facts));
            }
            Condition::Address(values) => {
                return addresses(reading, scene, |address| values.contain_address(address, scene.facts));
            }
            Condition::Issuer(values) => {
                return any(&scene.caller.issuer, |issuer| {
                    values.contain_issuer(issuer, scene.facts)
                });
            }
            Condition::SignInType(values) => {
                let types = sign_up.identities.iter().map(|i| i.sign_in_type.as_deref());
                return reading.of(types, |name| {
                    name.map_or(Ok(false), |name| values.contain(name, scene.facts))
                });
            }
            Condition::App(values) => return any(sign_up.client_id.as_deref(), |app| values.contain(app, scene.facts)),
            Condition::Locale(locales) => {
                let first = sign_up.locales.iter().next();
                first.is_some_and(|first| first.fallbacks().any(|tag| locales.iter().any(|l| l.as_str() == tag)))
            }
            Condition::Step(steps) => steps.contains(&sign_up.step),
            Condition::Time(time) => time.contains(scene.now),
            Condition::ClientAddress(networks) => {
                let address: Option<IpAddr> = sign_up.client_address();
                address.is_some_and(|address| networks.iter().any(|network| network.contains(address)))
            }
        })
    }

    /// The key that says it in a policy.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Condition::All(_) => "all",
            Condition::Any(_) => "any",
            Condition::Not(_) => "not",
            Condition::Present { .. } | Condition::Claim { .. } => "claim",
            Condition::Domain(_) => "domain",
            Condition::Address(_) => "address",
            Condition::Issuer(_) => "issuer",
            Condition::SignInType(_) => "sign_in_type",
            Condition::App(_) => "app",
            Condition::Locale(_) => "locale",
            Condition::Step(_) => "step",
            Condition::Time(_) => "time",
            Condition::ClientAddress(_) => "client_address",
        }
    }

    fn reads_an_address(&self) -> bool {
        match self {
            Condition::Domain(_) | Condition::Address(_) => true,
            Condition::Claim { claim, .. } => claim.as_str() == "email",
            _ => false,
        }
    }

    /// Whether it looks at an address anywhere.
    pub(crate) fn reads_addresses(&self) -> bool {
        self.leaves().any(|leaf| leaf.reads_an_address())
    }

    /// Whether it can only hold for applicants whose identity provider is named.
    pub(crate) fn rests_on_issuer(&self) -> bool {
        match self {
            Condition::All(conditions) => conditions.iter().any(Condition::rests_on_issuer),
            Condition::Any(conditions) => conditions.iter().all(Condition::rests_on_issuer),
            Condition::Issuer(_) => true,
            _ => false,
        }
    }

    /// The lists that it looks something up in itself.
    pub(crate) fn lists(&self) -> Vec<&List> {
        match self {
            Condition::Domain(domains) => vec![&domains.0],
            Condition::Address(values)
            | Condition::Issuer(values)
            | Condition::SignInType(values)
            | Condition::App(values) => vec![&values.0],
            Condition::Claim { demands, .. } => demands.iter().filter_map(Demand::list).collect(),
            _ => Vec::new(),
        }
    }

    /// The conditions in it that hold no others.
    pub(crate) fn leaves(&self) -> Box<dyn Iterator<Item = &Condition> + '_> {
        match self {
            Condition::All(conditions) | Condition::Any(conditions) => {
                Box::new(conditions.iter().flat_map(Condition::leaves))
            }
            Condition::Not(condition) => condition.leaves(),
            leaf => Box::new(std::iter::once(leaf)),
        }
    }
}

/// Whether something is so of any; of what comes after the first nothing is asked.
pub(crate) fn any<T>(
    items: impl IntoIterator<Item = T>,
    is_so: impl Fn(T) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    let mut found = Ok(false);
    for item in items {
        match is_so(item) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            // Whatever else there is to ask is asked at once.
            Err(Failure::Unasked) => found = Err(Failure::Unasked),
            Err(broken) => return Err(broken),
        }
    }
    found
}

/// Whether something is so of all.
pub(crate) fn all<T>(
    items: impl IntoIterator<Item = T>,
    is_so: impl Fn(T) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    any(items, |item| Ok(!is_so(item)?)).map(|found| !found)
}

fn addresses(
    reading: Reading,
    scene: &Scene<'_>,
    fits: impl Fn(&Mailbox) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    reading.of(&scene.caller.addresses, |address| {
        address.as_ref().map_or(Ok(false), &fits)
    })
}
