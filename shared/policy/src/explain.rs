//! What each rule saw and did, for an administrator who asks why.

use std::time::{Duration, Instant};

use claims::{ClaimName, Value};

use crate::{
    condition::Condition,
    decide::Did,
    demand::{Bound, CountryFrom, Demand},
    rule::{Action, Ending, Rule},
    scene::Scene,
    template::shown,
};

/// A rule's part in a call.
#[derive(Clone, Debug)]
pub struct Seen<'p> {
    /// The rule.
    pub rule: &'p str,
    /// Whether its `when` held.
    pub applies: bool,
    /// Whether it only says what it would do.
    pub observes: bool,
    /// What it looked at.
    pub saw: Vec<Sight>,
    /// In a few words, without a claim's value.
    pub did: String,
    /// The claims that it changed, with what they became; `""` takes one away.
    pub changed: Vec<(String, Value)>,
    /// How long it took.
    pub took: Duration,
}

/// Something that a rule looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The claim, or `address`, `issuer`, `sign_in_type`, `app`, `locale`, `client_address`.
    pub what: String,
    /// The text it has; none if it is absent.
    pub text: Option<String>,
}

/// Writes down what rules see and do.
#[derive(Default)]
pub(crate) struct Witness<'p> {
    seen: Vec<Seen<'p>>,
    begun: Option<(Instant, &'p Rule)>,
}

impl<'p> Witness<'p> {
    pub(crate) fn begin(&mut self, rule: &'p Rule, scene: &Scene<'_>) {
        self.seen.push(Seen {
            rule: &rule.name,
            // What stands here if it fails.
            applies: true,
            observes: rule.observes,
            saw: sights(rule, scene),
            did: "fails: a list that it needs gives no answer".to_owned(),
            changed: Vec::new(),
            took: Duration::ZERO,
        });
        self.begun = Some((Instant::now(), rule));
    }

    pub(crate) fn end(&mut self, applies: bool, did: &Did<'p>) {
        let (Some(seen), Some((begun, rule))) = (self.seen.last_mut(), self.begun.take()) else {
            return;
        };
        seen.took = begun.elapsed();
        seen.applies = applies;
        seen.did = match applies {
            true => said(rule, did),
            false => "nothing: its `when` does not hold".to_owned(),
        };
        if let Did::Drop(claims) = did {
            seen.changed = claims.iter().map(|claim| (claim.to_string(), Value::blank())).collect();
        }
        if let Did::Change(changes) = did {
            seen.changed = changes
                .iter()
                .map(|(claim, value)| (claim.to_string(), value.clone()))
                .collect();
        }
    }

    pub(crate) fn seen(self) -> Vec<Seen<'p>> {
        self.seen
    }
}

fn said(rule: &Rule, did: &Did<'_>) -> String {
    match did {
        Did::Nothing => match &rule.action {
            Action::Allow { .. } => "nothing: nobody on its list".to_owned(),
            Action::Deny { .. } => "nothing: not on its list".to_owned(),
            Action::Require { .. } => "nothing: as required".to_owned(),
            _ => "nothing".to_owned(),
        },
        Did::LetIn => "lets in".to_owned(),
        Did::Say => match &rule.action {
            Action::Emit(emit) => format!("says `{}`, if it comes to that", emit.event),
            _ => "says something".to_owned(),
        },
        Did::Admit => "approves at once".to_owned(),
        Did::Change(changes) if changes.is_empty() => "nothing to change".to_owned(),
        Did::Drop(claims) if claims.is_empty() => "nothing to drop".to_owned(),
        Did::Drop(claims) => {
            let names: Vec<_> = claims.iter().map(|claim| claim.as_str()).collect();
            format!("drops {}", names.join(", "))
        }
        Did::Change(changes) => {
            let names: Vec<_> = changes.iter().map(|(claim, _)| claim.as_str()).collect();
            format!("changes {}", names.join(", "))
        }
        Did::End(Ending::Block(message)) => format!("blocks with `{message}`"),
        Did::End(Ending::AskAgain(message)) => format!("asks again with `{message}`"),
        Did::End(Ending::Hold) => "holds".to_owned(),
        Did::End(Ending::Error) => "fails the call".to_owned(),
    }
}

/// Everything that a rule may look at, once each.
fn sights(rule: &Rule, scene: &Scene<'_>) -> Vec<Sight> {
    let mut reads: Vec<Read<'_>> = rule
        .conditions()
        .flat_map(Condition::leaves)
        .flat_map(of_leaf)
        .collect();
    reads.extend(of_action(&rule.action));
    let mut sights: Vec<Sight> = Vec::new();
    for sight in reads.into_iter().flat_map(|read| read.look(scene)) {
        if !sights.contains(&sight) {
            sights.push(sight);
        }
    }
    sights
}

/// Where a rule looks.
enum Read<'r> {
    Claim(&'r ClaimName),
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
            Read::Claim(claim) => {
                let text = shown(scene.claims, claim);
                let text = scene.claims.get(claim).map(|value| match text.is_empty() {
                    true => value.to_json(),
                    false => text.into_owned(),
                });
                one(claim.as_str(), text)
            }
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
        Action::Normalise { claims, .. } | Action::Drop(claims) => {
            claims.iter().map(|claim| Read::Claim(claim.name())).collect()
        }
        Action::Set { to, .. } => to.claims().into_iter().map(Read::Claim).collect(),
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
