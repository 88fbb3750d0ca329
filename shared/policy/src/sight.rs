//! What rules look at.

use claims::{ClaimName, SettableName, Value};

use crate::{
    condition::Condition,
    demand::{Bound, CountryFrom, Demand},
    limit::By,
    normalise::Normaliser,
    place::asked_about,
    rule::{Action, Rule},
    scene::Scene,
    template::as_text,
};

/// Something that a rule looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The claim, or `address`, `issuer`, `sign_in_type`, `app`, `locale`, `client_address`.
    pub what: String,
    /// The text it has; none if it is absent.
    pub text: Option<String>,
}

/// Everything that a rule may look at.
pub(crate) fn of_rule(rule: &Rule, scene: &Scene<'_>) -> Vec<Sight> {
    let in_conditions = rule.conditions().flat_map(Condition::leaves).flat_map(of_leaf);
    sights(in_conditions.chain(of_action(&rule.action)), scene)
}

/// The claims that a rule may look at.
pub(crate) fn claims_of(rule: &Rule) -> impl Iterator<Item = &ClaimName> {
    let in_conditions = rule.conditions().flat_map(Condition::leaves).flat_map(of_leaf);
    let reads = in_conditions.chain(of_action(&rule.action));
    reads.filter_map(|read| match read {
        Read::Claim(claim) | Read::AskedAbout(claim) => Some(claim),
        _ => None,
    })
}

/// Everything that conditions without others in them look at.
pub(crate) fn of_leaves<'r>(leaves: impl Iterator<Item = &'r Condition>, scene: &Scene<'_>) -> Vec<Sight> {
    sights(leaves.flat_map(of_leaf), scene)
}

/// Once each.
fn sights<'r>(reads: impl Iterator<Item = Read<'r>>, scene: &Scene<'_>) -> Vec<Sight> {
    let mut sights: Vec<Sight> = Vec::new();
    for sight in reads.flat_map(|read| read.look(scene)) {
        if !sights.contains(&sight) {
            sights.push(sight);
        }
    }
    sights
}

/// Where a rule looks.
enum Read<'r> {
    Claim(&'r ClaimName),
    /// As others are asked about it.
    AskedAbout(&'r ClaimName),
    Addresses,
    Issuer,
    SignInTypes,
    App,
    Locale,
    ClientAddress,
}

impl Read<'_> {
    fn look(&self, scene: &Scene<'_>) -> Vec<Sight> {
        let sign_up = scene.sign_up;
        let one = |what: &str, text: Option<String>| {
            vec![Sight {
                what: what.to_owned(),
                text,
            }]
        };
        match self {
            Read::Claim(claim) => one(claim.as_str(), scene.claims.get(claim).map(text_of)),
            Read::AskedAbout(claim) => one(claim.as_str(), asked_about(claim, scene).as_deref().map(text_of)),
            Read::Addresses => match sign_up.addresses().next() {
                None => one("address", None),
                Some(_) => sign_up
                    .addresses()
                    .flat_map(|text| one("address", Some(text.to_owned())))
                    .collect(),
            },
            Read::Issuer => one("issuer", scene.caller.issuer.clone()),
            Read::SignInTypes => {
                let types = sign_up.identities.iter().filter_map(|i| i.sign_in_type.clone());
                one("sign_in_type", types.reduce(|a, b| format!("{a}, {b}")))
            }
            Read::App => one("app", sign_up.client_id.clone()),
            Read::Locale => one("locale", sign_up.locales.iter().next().map(ToString::to_string)),
            Read::ClientAddress => one("client_address", sign_up.client_address().map(|a| a.to_string())),
        }
    }
}

fn text_of(value: &Value) -> String {
    let text = as_text(value);
    match text.is_empty() {
        true => value.to_json(),
        false => text.into_owned(),
    }
}

fn of_leaf(condition: &Condition) -> Vec<Read<'_>> {
    match condition {
        Condition::Present { claim, .. } => vec![Read::Claim(claim)],
        Condition::Claim { claim, demands } => with_demands(claim, demands),
        Condition::Domain(_) | Condition::Address(_) => vec![Read::Addresses],
        Condition::Issuer(_) => vec![Read::Issuer],
        Condition::SignInType(_) => vec![Read::SignInTypes],
        Condition::App(_) => vec![Read::App],
        Condition::Locale(_) => vec![Read::Locale],
        Condition::ClientAddress(_) => vec![Read::ClientAddress],
        Condition::Step(_) | Condition::Time(_) | Condition::All(_) | Condition::Any(_) | Condition::Not(_) => {
            Vec::new()
        }
    }
}

fn of_action(action: &Action) -> Vec<Read<'_>> {
    match action {
        Action::Allow { listed, .. } | Action::Deny { listed, .. } => [
            listed.is_about_addresses().then_some(Read::Addresses),
            listed.issuers.as_ref().map(|_| Read::Issuer),
            listed.apps.as_ref().map(|_| Read::App),
            listed.values.as_ref().map(|(claim, _)| Read::Claim(claim)),
        ]
        .into_iter()
        .flatten()
        .collect(),
        Action::Require { requirement, .. } => with_demands(&requirement.claim, &requirement.demands),
        Action::Normalise { claims, with } => {
            let others = with.iter().filter_map(Normaliser::claim);
            claims
                .iter()
                .map(SettableName::name)
                .chain(others)
                .map(Read::Claim)
                .collect()
        }
        Action::Drop(claims) => claims.iter().map(|claim| Read::Claim(claim.name())).collect(),
        Action::Set { to, .. } => to.claims().into_iter().map(Read::Claim).collect(),
        Action::Verify { check, .. } => check.reads().into_iter().map(Read::AskedAbout).collect(),
        Action::Invite { invited, .. } => vec![Read::Claim(invited.claim.name())],
        Action::Limit { limit, .. } => match limit.by {
            By::Domain | By::Address => vec![Read::Addresses],
            By::Client => vec![Read::ClientAddress],
            By::All => Vec::new(),
        },
        Action::LookUp(look_up) => look_up.reads().into_iter().map(Read::AskedAbout).collect(),
        Action::Emit(emit) => emit.claims.iter().map(Read::Claim).collect(),
        Action::Hold { .. } | Action::End(_) => Vec::new(),
    }
}

fn with_demands<'r>(claim: &'r ClaimName, demands: &'r [Demand]) -> Vec<Read<'r>> {
    let others = demands.iter().filter_map(|demand| match demand {
        Demand::SameAs(other) | Demand::DiffersFrom(other) => Some(other),
        Demand::Minimum(Bound::Claim(other)) | Demand::Maximum(Bound::Claim(other)) => Some(other),
        Demand::NotBefore(Bound::Claim(other)) | Demand::NotAfter(Bound::Claim(other)) => Some(other),
        Demand::PostalCode(CountryFrom::Claim(other)) => Some(other),
        _ => None,
    });
    std::iter::once(claim).chain(others).map(Read::Claim).collect()
}
