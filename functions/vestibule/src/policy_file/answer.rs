//! What the gate answers to somebody who has no request yet.

use approvals::{AccountBy, Held, MOST_ADDRESSES};
use claims::{ApplicantKey, Decision, Hash, Reply, SignUp, render};
use policy::{MessageName, Outcome, Policy, Seen, Verdict};
use store::Timestamp;

use super::{given::Given, show::Show};

pub(super) struct Answer<'p> {
    policy: &'p Policy,
    sign_up: &'p SignUp,
    /// What the rules say; none if they are not asked.
    pub(super) verdict: Option<Verdict<'p>>,
    pub(super) seen: Vec<Seen<'p>>,
    /// What it comes to.
    pub(super) outcome: Outcome,
    /// Why, where no rule says it.
    pub(super) reason: Option<String>,
}

impl<'p> Answer<'p> {
    pub(super) fn of(policy: &'p Policy, sign_up: &'p SignUp, now: Timestamp, given: &Given) -> Answer<'p> {
        if sign_up.contradicts_its_step() {
            return Answer {
                policy,
                sign_up,
                verdict: None,
                seen: Vec::new(),
                outcome: match sign_up.step.is_sign_up() {
                    true => Outcome::Block(MessageName::FAILED),
                    false => Outcome::Error,
                },
                reason: Some("the body's own `step` names another one; no rule is asked".to_owned()),
            };
        }
        let (verdict, seen) = given.explain(policy, sign_up, now);
        let refused = refused(policy, sign_up, &verdict.outcome);
        let (outcome, reason) = match refused {
            Some((message, why)) => (Outcome::Block(message), Some(why.to_owned())),
            None => (verdict.outcome.clone(), verdict.failure.clone()),
        };
        Answer {
            policy,
            sign_up,
            verdict: Some(verdict),
            seen,
            outcome,
            reason,
        }
    }

    /// The outcome in the words of cases.
    pub(super) fn word(&self) -> &'static str {
        match self.outcome {
            Outcome::Continue => "continue",
            Outcome::Admit => "admit",
            Outcome::Hold => "hold",
            Outcome::Block(_) => "block",
            Outcome::AskAgain(_) => "ask-again",
            Outcome::Error => "error",
        }
    }

    /// The rule that decided.
    pub(super) fn rule(&self) -> Option<&'p str> {
        self.verdict.as_ref().and_then(|verdict| verdict.rule)
    }

    /// The message that the applicant reads.
    pub(super) fn message(&self) -> Option<MessageName> {
        match &self.outcome {
            Outcome::Block(message) | Outcome::AskAgain(message) => Some(message.clone()),
            Outcome::Hold => Some(self.waiting()),
            Outcome::Continue | Outcome::Admit | Outcome::Error => None,
        }
    }

    pub(super) fn decision(&self, show: Show) -> Decision {
        let told = |name: &MessageName| {
            let claims = show.claims(&self.sign_up.claims);
            self.policy.message(name, &self.sign_up.locales, &claims)
        };
        match &self.outcome {
            Outcome::Continue | Outcome::Admit => {
                let changes = self.verdict.as_ref().map(|verdict| show.changes(&verdict.changes));
                Decision::Continue(changes.unwrap_or_default())
            }
            Outcome::AskAgain(message) => Decision::AskAgain(told(message)),
            Outcome::Block(message) => Decision::Block(told(message)),
            Outcome::Hold => Decision::Block(told(&self.waiting())),
            Outcome::Error => Decision::Block(told(&MessageName::FAILED)),
        }
    }

    /// How the reviewers decide on somebody who is held.
    pub(super) fn held(&self) -> Option<&Held> {
        let held = self.verdict.as_ref().and_then(|verdict| verdict.held.as_ref());
        held.filter(|_| self.outcome == Outcome::Hold)
    }

    /// What people read who wait for the reviewers of the route, if there is one.
    fn waiting(&self) -> MessageName {
        let route = self.held().and_then(|held| held.route.as_ref());
        self.policy.message_on(route, MessageName::WAITING)
    }

    /// The reply as it is sent.
    pub(super) fn reply(&self, show: Show) -> Reply {
        render(self.sign_up.step, &self.decision(show))
    }
}

/// Whom the gate turns away although no rule does, where the policy holds people.
fn refused(policy: &Policy, sign_up: &SignUp, outcome: &Outcome) -> Option<(MessageName, &'static str)> {
    let ended = matches!(outcome, Outcome::Block(_) | Outcome::Error);
    if ended || !policy.holds() || !sign_up.step.is_sign_up() {
        return None;
    }
    let mut addresses: Vec<_> = sign_up.addresses().map(Hash::of_address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    if addresses.len() > MOST_ADDRESSES {
        return Some((MessageName::BLOCKED, "the call gives too many addresses"));
    }
    if policy.terms().account == AccountBy::Graph && sign_up.is_b2c() {
        return Some((
            MessageName::FAILED,
            "`account = \"graph\"` is for B2B: B2C never sends the password",
        ));
    }
    let held = matches!(outcome, Outcome::Hold | Outcome::Admit);
    (held && ApplicantKey::of(sign_up).is_none()).then_some((
        MessageName::BLOCKED,
        "held, but the call has neither an identity nor an e-mail address: the request would be nobody's",
    ))
}
