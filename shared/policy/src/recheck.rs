//! Asking the rules once more about somebody who waits for reviewers.

use claims::{ClaimName, SettableName, SignUp, Step};
use store::Timestamp;

use crate::{
    Outcome, Policy, Verdict,
    condition::Condition,
    demand::Demand,
    facts::Facts,
    names::Names,
    normalise::Normaliser,
    outside::Question,
    rule::{Action, Rule},
};

/// A policy as it is asked about sign-ups that are over: whom would it turn away now?
///
/// What a person can correct, and who would decide, is no matter: rules that ask again or hold are as if they were not
/// there. So are those that could only turn away on account of what is not known any more: the day and time of the call, and
/// claims that the policy drops.
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
            passed_over: resting_on_unkept(self, &[]),
        }
    }
}

impl<'p> Recheck<'p> {
    /// The same for a sign-up of which claims with these keys were dropped when it came, by the policy of that time.
    #[must_use]
    pub fn without(&self, dropped: &[String]) -> Recheck<'p> {
        Recheck {
            policy: self.policy,
            passed_over: resting_on_unkept(self.policy, dropped),
        }
    }

    /// The rules that are not asked, since they look at what is not kept.
    pub fn passed_over(&self) -> &[&'p str] {
        &self.passed_over
    }

    /// What the rules of the second step say of a sign-up, by the claims that were [kept](SignUp::kept) of it.
    ///
    /// # Errors
    /// As [`Policy::ask`].
    pub fn ask(&self, sign_up: &SignUp, now: Timestamp, facts: &Facts) -> Result<Rechecked<'p>, Vec<Question>> {
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
fn resting_on_unkept<'p>(policy: &'p Policy, dropped_then: &[String]) -> Vec<&'p str> {
    let rules = || {
        let all = policy.rules_at(Step::PostAttributeCollection);
        all.filter(|rule| !rule.observes && rule.emits().is_none())
    };
    let mut unkept = Names::default();
    dropped_then.iter().for_each(|key| unkept.add_key(key));
    rules().flat_map(dropped).for_each(|claim| unkept.add(claim));
    let mut resting = Vec::new();
    for rule in rules() {
        let reads = rule.reads_unkept(&unkept);
        match &rule.action {
            // Nobody outside is asked once more.
            Action::LookUp(look_up) => {
                resting.push(&*rule.name);
                look_up.claims.iter().for_each(|claim| unkept.add(claim.name()));
            }
            Action::Verify { .. } | Action::Invite { .. } | Action::Limit { .. } => resting.push(&*rule.name),
            Action::Set { claim, .. } if reads => unkept.add(claim.name()),
            Action::Normalise { claims, .. } if reads => claims.iter().for_each(|claim| unkept.add(claim.name())),
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
    claims.iter().map(SettableName::name).chain(rule.spends())
}

impl Rule {
    fn reads_unkept(&self, unkept: &Names<'_>) -> bool {
        let deny_when = match &self.action {
            Action::Hold { deny_when, .. } => deny_when.as_ref(),
            _ => None,
        };
        let mut leaves = self.when.iter().chain(deny_when).flat_map(Condition::leaves);
        leaves.any(|leaf| leaf.reads_unkept(unkept)) || self.action.reads_unkept(unkept)
    }
}

impl Action {
    fn reads_unkept(&self, unkept: &Names<'_>) -> bool {
        match self {
            Action::Allow { listed, .. } | Action::Deny { listed, .. } => {
                listed.values.iter().any(|(claim, _)| unkept.has(claim))
            }
            Action::Require { requirement, .. } => {
                unkept.has(&requirement.claim) || reads_unkept(&requirement.demands, unkept)
            }
            Action::Normalise { with, .. } => with.iter().filter_map(Normaliser::claim).any(|claim| unkept.has(claim)),
            Action::Set { to, .. } => to.claims().into_iter().any(|claim| unkept.has(claim)),
            // Those that ask others are passed over anyhow.
            Action::LookUp(_)
            | Action::Verify { .. }
            | Action::Invite { .. }
            | Action::Limit { .. }
            | Action::Drop(_)
            | Action::Hold { .. }
            | Action::End(_)
            | Action::Emit(_) => false,
        }
    }
}

impl Condition {
    fn reads_unkept(&self, unkept: &Names<'_>) -> bool {
        match self {
            Condition::Time(_) => true,
            Condition::ClientAddress(_) => unkept.has_key("ipAddress"),
            Condition::Present { claim, .. } => unkept.has(claim),
            Condition::Claim { claim, demands } => unkept.has(claim) || reads_unkept(demands, unkept),
            _ => false,
        }
    }
}

/// Whether what is demanded depends on what is not kept. A day that was far enough from the day of the call need not be
/// so far from today.
fn reads_unkept(demands: &[Demand], unkept: &Names<'_>) -> bool {
    let reads = |demand: &Demand| demand.counts_from_today() || demand.claim().is_some_and(|claim| unkept.has(claim));
    demands.iter().any(reads)
}
