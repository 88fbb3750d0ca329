use claims::{Address, Changes, Claims, SignUp, Step};

use crate::{
    Otherwise, Policy,
    condition::{Condition, Reading},
    messages::MessageName,
    rule::{Action, Ending, Rule},
};

/// What the policy says of a sign-up.
#[derive(Clone, Debug)]
pub struct Verdict<'p> {
    /// What is to happen.
    pub outcome: Outcome,
    /// The rule that said so; none where the step's `otherwise` did.
    pub rule: Option<&'p str>,
    /// The claims as the policy left them.
    pub claims: Claims,
    /// The claims that a rule set or changed, by the key that goes out.
    pub changes: Changes,
}

/// What is to happen to a sign-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The person goes on.
    Continue,
    /// The person goes on: a hold was approved automatically.
    Admit,
    /// The person waits for reviewers.
    Hold,
    /// The person is turned away.
    Block(MessageName),
    /// The person has to correct something.
    AskAgain(MessageName),
    /// The call fails; token step only.
    Error,
}

impl Policy {
    /// Asks the rules of the sign-up's step, in order. The first that ends the call wins. A hold does not end it:
    /// later rules can still turn the person away, and finish the claims that reviewers see.
    pub fn decide(&self, sign_up: &SignUp) -> Verdict<'_> {
        let mut run = Run::new(sign_up);
        // Behind what is no address (`a@b@evil.test`) no condition on addresses can be trusted to see the right one.
        if self.reads_addresses(sign_up.step) && sign_up.addresses().any(|text| Address::parse(text).is_err()) {
            let refused = if sign_up.step.is_sign_up() {
                Outcome::Block(MessageName::BLOCKED)
            } else {
                Outcome::Error
            };
            return run.end(refused, None);
        }
        for rule in self.rules.iter().filter(|rule| rule.steps.contains(&sign_up.step)) {
            if rule
                .when
                .as_ref()
                .is_some_and(|when| !when.holds(Reading::Any, sign_up, &run.claims))
            {
                continue;
            }
            if let Some(ending) = run.apply(rule) {
                return run.end(ending.into(), Some(&rule.name));
            }
        }
        // A policy does not start for a step without `otherwise`; should it be asked all the same, nobody gets in.
        let otherwise = self.otherwise(sign_up.step).unwrap_or(Otherwise::Block);
        match (run.held, run.automatic, otherwise) {
            (Some(rule), _, _) => run.end(Outcome::Hold, Some(rule)),
            (None, Some(rule), _) => run.end(Outcome::Admit, Some(rule)),
            (None, None, Otherwise::Continue) => run.end(Outcome::Continue, None),
            (None, None, _) if run.let_in.is_some() => {
                let rule = run.let_in;
                run.end(Outcome::Continue, rule)
            }
            (None, None, Otherwise::Block) => run.end(Outcome::Block(MessageName::BLOCKED), None),
            (None, None, Otherwise::Error) => run.end(Outcome::Error, None),
        }
    }
}

impl Policy {
    fn reads_addresses(&self, step: Step) -> bool {
        let rules = self.rules.iter().filter(|rule| rule.steps.contains(&step));
        rules.flat_map(Rule::conditions).any(Condition::reads_addresses)
    }
}

impl From<Ending> for Outcome {
    fn from(ending: Ending) -> Outcome {
        match ending {
            Ending::Block(message) => Outcome::Block(message),
            Ending::AskAgain(message) => Outcome::AskAgain(message),
            Ending::Error => Outcome::Error,
        }
    }
}

/// One way through the rules.
struct Run<'p, 's> {
    sign_up: &'s SignUp,
    claims: Claims,
    changes: Changes,
    /// The first rule that holds the person.
    held: Option<&'p str>,
    /// The last hold that was approved automatically.
    automatic: Option<&'p str>,
    /// The last allow list that names the person.
    let_in: Option<&'p str>,
}

impl<'p, 's> Run<'p, 's> {
    fn new(sign_up: &'s SignUp) -> Run<'p, 's> {
        let (claims, changes) = (sign_up.claims.clone(), Changes::none());
        Run {
            sign_up,
            claims,
            changes,
            held: None,
            automatic: None,
            let_in: None,
        }
    }

    fn apply(&mut self, rule: &'p Rule) -> Option<Ending> {
        match &rule.action {
            Action::Allow { listed, .. } if listed.all(self.sign_up) => {
                self.let_in = Some(&rule.name);
                None
            }
            Action::Allow { otherwise, .. } => otherwise.clone(),
            Action::Deny { listed, otherwise } => listed.any(self.sign_up).then(|| otherwise.clone()),
            Action::Require { requirement, otherwise } => {
                (!requirement.is_met(&self.claims)).then(|| otherwise.clone())
            }
            Action::Normalise { claims, with } => {
                for claim in claims {
                    let Some(old) = self.claims.get(claim.name()) else {
                        continue;
                    };
                    let new = old.map_text(|text| with.iter().fold(text.to_owned(), |text, n| n.apply(&text)));
                    if new != *old {
                        self.set(claim.name(), new);
                    }
                }
                None
            }
            Action::Set { claim, to } => {
                self.set(claim.name(), to.clone());
                None
            }
            Action::Hold {
                approve_when,
                deny_when,
            } => {
                let holds = |reading: Reading, condition: &Option<Condition>| {
                    condition
                        .as_ref()
                        .is_some_and(|condition| condition.holds(reading, self.sign_up, &self.claims))
                };
                if holds(Reading::Any, deny_when) {
                    return Some(Ending::Block(MessageName::DENIED));
                }
                match holds(Reading::Every, approve_when) {
                    true => self.automatic = Some(&rule.name),
                    false => self.held = self.held.or(Some(&rule.name)),
                }
                None
            }
            Action::End(ending) => Some(ending.clone()),
        }
    }

    fn set(&mut self, name: &claims::ClaimName, value: claims::Value) {
        let key = self.claims.key_of(name).into_owned();
        let blank = value == claims::Value::blank();
        self.changes.set(&key, value.clone());
        self.claims.set(name, (!blank).then_some(value));
    }

    fn end(self, outcome: Outcome, rule: Option<&'p str>) -> Verdict<'p> {
        Verdict {
            outcome,
            rule,
            claims: self.claims,
            changes: self.changes,
        }
    }
}
