//! Asking the rules once more about somebody who waits for reviewers.

use claims::{ClaimName, SignUp, Step};
use store::{ListQuestion, Timestamp};

use crate::{
    Outcome, Policy, Verdict,
    condition::Condition,
    demand::Demand,
    facts::Facts,
    rule::{Action, Rule},
};

/// A policy as it is asked about sign-ups that are over: whom would it turn away now?
///
/// What a person can correct, and who would decide, is no matter: rules that ask again or hold are as if they were not
/// there. So are those that could only turn away on account of what is not known any more: the time of the call, and claims
/// that the policy drops.
#[derive(Clone, Debug)]
pub struct Recheck<'p> {
    policy: &'p Policy,
    passed_over: Vec<&'p str>,
}

impl Policy {
    /// The policy as it is asked about sign-ups that are over.
    pub fn recheck(&self) -> Recheck<'_> {
        Recheck {
            policy: self,
            passed_over: resting_on_unkept(self),
        }
    }
}

impl<'p> Recheck<'p> {
    /// The rules that are not asked, since they look at what is not kept.
    pub fn passed_over(&self) -> &[&'p str] {
        &self.passed_over
    }

    /// What the rules of the second step say of a sign-up, by the claims that were [kept](SignUp::kept) of it.
    ///
    /// # Errors
    /// As [`Policy::ask`].
    pub fn ask(&self, sign_up: &SignUp, now: Timestamp, facts: &Facts) -> Result<Rechecked<'p>, Vec<ListQuestion>> {
        let verdict = self.policy.ask_again(sign_up, now, facts, &self.passed_over)?;
        Ok(Rechecked::of(verdict))
    }
}

/// What the rules say of somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rechecked<'p> {
    /// Nothing that turns them away.
    Waits,
    /// This rule turns them away.
    Refused(&'p str),
    /// No rule does, and the step's `otherwise` would.
    NotLetIn,
    /// Nobody can say, for this reason. No claim is in it.
    Failed(String),
}

impl<'p> Rechecked<'p> {
    fn of(verdict: Verdict<'p>) -> Rechecked<'p> {
        match (verdict.failure, verdict.outcome, verdict.rule) {
            (Some(why), _, _) => Rechecked::Failed(why),
            (None, Outcome::Block(_), Some(rule)) => Rechecked::Refused(rule),
            (None, Outcome::Block(_), None) => Rechecked::NotLetIn,
            _ => Rechecked::Waits,
        }
    }
}

/// The rules that end calls and look at what is not kept, or at claims that such rules make.
fn resting_on_unkept(policy: &Policy) -> Vec<&str> {
    let rules = || {
        let all = policy.rules_at(Step::PostAttributeCollection);
        all.filter(|rule| !rule.observes && rule.emits().is_none())
    };
    let mut unkept: Vec<&ClaimName> = rules().flat_map(dropped).collect();
    let mut resting = Vec::new();
    for rule in rules() {
        let reads = rule.reads_unkept(&unkept);
        match &rule.action {
            Action::Set { claim, to } if reads || to.claims().iter().any(|from| unkept.contains(from)) => {
                unkept.push(claim.name());
            }
            Action::Normalise { claims, .. } if reads => unkept.extend(claims.iter().map(|claim| claim.name())),
            Action::Set { .. } | Action::Normalise { .. } | Action::Drop(_) | Action::Emit(_) => {}
            _ if reads => resting.push(&*rule.name),
            _ => {}
        }
    }
    resting
}

fn dropped(rule: &Rule) -> impl Iterator<Item = &ClaimName> {
    let claims = match &rule.action {
        Action::Drop(claims) => claims.as_slice(),
        _ => &[],
    };
    claims.iter().map(|claim| claim.name())
}

impl Rule {
    fn reads_unkept(&self, unkept: &[&ClaimName]) -> bool {
        let deny_when = match &self.action {
            Action::Hold { deny_when, .. } => deny_when.as_ref(),
            _ => None,
        };
        let mut leaves = self.when.iter().chain(deny_when).flat_map(Condition::leaves);
        let of_action: Vec<&ClaimName> = match &self.action {
            Action::Allow { listed, .. } | Action::Deny { listed, .. } => {
                listed.values.iter().map(|(claim, _)| claim).collect()
            }
            Action::Require { requirement, .. } => {
                let compared = requirement.demands.iter().filter_map(Demand::claim);
                compared.chain([&requirement.claim]).collect()
            }
            _ => Vec::new(),
        };
        leaves.any(|leaf| leaf.reads_unkept(unkept)) || of_action.iter().any(|claim| unkept.contains(claim))
    }
}

impl Condition {
    fn reads_unkept(&self, unkept: &[&ClaimName]) -> bool {
        match self {
            Condition::Time(_) => true,
            Condition::ClientAddress(_) => unkept.iter().any(|claim| claim.as_str() == "ipAddress"),
            Condition::Present { claim, .. } => unkept.contains(&claim),
            Condition::Claim { claim, demands } => {
                unkept.contains(&claim)
                    || demands
                        .iter()
                        .filter_map(Demand::claim)
                        .any(|claim| unkept.contains(&claim))
            }
            _ => false,
        }
    }
}
