use std::sync::Arc;

use approvals::Held;
use claims::{Changes, ClaimName, Claims, Hash, SignUp, Step, Value};
use store::{Tally, Timestamp};

use crate::{
    Otherwise, Policy,
    condition::{Condition, Reading},
    did::Did,
    emit::Event,
    explain::{Seen, Witness},
    facts::Facts,
    messages::MessageName,
    names::Names,
    outside::Question,
    route::Route,
    rule::{Action, Ending, OnFailure, Rule},
    scene::{Caller, Failure, Scene},
    sight,
};

/// What the policy says of a sign-up.
#[derive(Clone, Debug)]
pub struct Verdict<'p> {
    /// What is to happen.
    pub outcome: Outcome,
    /// The rule that said so; none where the step's `otherwise` did.
    pub rule: Option<&'p str>,
    /// Who decides on a person who waits, where `outcome` is [`Outcome::Hold`].
    pub held: Option<Held>,
    /// The claims as the policy left them.
    pub claims: Claims,
    /// The claims as they came, without those that a rule dropped: what may be kept.
    pub received: Claims,
    /// The claims that a rule set or changed, by the key that goes out.
    pub changes: Changes,
    /// What rules with `mode = "observe"` would have done, in order.
    pub observed: Vec<Observed<'p>>,
    /// What rules want said about it.
    pub events: Vec<Event<'p>>,
    /// What went wrong: a list that a rule needs is not there. No claim is in it.
    pub failure: Option<String>,
    /// The invitation, by the hash of its code, that a rule accepted: whoever goes on or waits takes it.
    pub invitation: Option<Hash>,
    /// What is counted if the person goes on or waits.
    pub counts: Vec<Tally>,
    /// What is counted whatever comes of the call: codes that were wrong.
    pub attempts: Vec<Tally>,
    /// Why a code was not good, which applicants do not read. No claim is in it.
    pub refused: Option<&'static str>,
}

/// What a rule would have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed<'p> {
    /// The rule.
    pub rule: &'p str,
    /// In a word: `block`, `ask-again`, `error`, `hold`, `admit`, `allow`, `change`, `verify` or `emit`; `fail` where it could
    /// not say.
    pub would: &'static str,
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
    ///
    /// A rule that needs a list in the store fails here: [`ask`](Self::ask) is for policies that have such lists.
    pub fn decide(&self, sign_up: &SignUp, now: Timestamp) -> Verdict<'_> {
        self.run(Run::new(sign_up, now, &Facts::unanswered(), None)).0
    }

    /// The same as [`decide`](Self::decide), with what the store said.
    ///
    /// # Errors
    /// The questions whose answers it lacks: ask the store, add what it says to the facts, and ask again.
    pub fn ask(&self, sign_up: &SignUp, now: Timestamp, facts: &Facts) -> Result<Verdict<'_>, Vec<Question>> {
        let (verdict, _) = self.run(Run::new(sign_up, now, facts, None));
        let wanted = facts.wanted();
        if wanted.is_empty() { Ok(verdict) } else { Err(wanted) }
    }

    /// The same, with what each rule saw and did.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub fn explain(
        &self,
        sign_up: &SignUp,
        now: Timestamp,
        facts: &Facts,
    ) -> Result<(Verdict<'_>, Vec<Seen<'_>>), Vec<Question>> {
        let explained = self.run(Run::new(sign_up, now, facts, Some(Witness::default())));
        let wanted = facts.wanted();
        if wanted.is_empty() { Ok(explained) } else { Err(wanted) }
    }

    /// The same of somebody who waits already: only who is turned away counts, and some rules are passed over.
    pub(crate) fn ask_again<'p>(
        &'p self,
        sign_up: &SignUp,
        now: Timestamp,
        facts: &Facts,
        passed_over: &[&str],
    ) -> Result<Verdict<'p>, Vec<Question>> {
        let mut run = Run::new(sign_up, now, facts, None);
        run.passed_over = Some(passed_over);
        let (verdict, _) = self.run(run);
        let wanted = facts.wanted();
        if wanted.is_empty() { Ok(verdict) } else { Err(wanted) }
    }

    fn run<'p>(&'p self, mut run: Run<'p, '_>) -> (Verdict<'p>, Vec<Seen<'p>>) {
        let sign_up = run.sign_up;
        run.spends = self.rules_at(sign_up.step).filter_map(Rule::spends).collect();
        run.events = self
            .rules_at(sign_up.step)
            .filter(|rule| rule.emits().is_some() && run.passed_over.is_none())
            .collect();
        // Behind what is no address (`a@b@evil.test`) no condition on addresses can be trusted to see the right one.
        if run.caller.addresses.iter().any(Option::is_none) && self.reads_addresses(sign_up.step) {
            let refused = if sign_up.step.is_sign_up() {
                Outcome::Block(MessageName::BLOCKED)
            } else {
                Outcome::Error
            };
            return run.end(refused, None);
        }
        let passed_over = run.passed_over.unwrap_or_default();
        if run.passed_over.is_some() {
            run.let_in = self
                .rules_at(sign_up.step)
                .find(|rule| rule.invites())
                .map(|rule| &*rule.name);
        }
        let is_asked = |rule: &&Rule| rule.emits().is_none() && !passed_over.contains(&&*rule.name);
        for rule in self.rules_at(sign_up.step).filter(is_asked) {
            let ended = match run.take(rule) {
                Ok(ended) => ended,
                Err(Failure::Unasked) => {
                    run.wait_for(rule);
                    None
                }
                Err(Failure::Broken(why)) => run.fail(rule, why),
            };
            if let Some(outcome) = ended {
                return run.end(outcome, Some(&rule.name));
            }
        }
        // A policy does not start for a step without `otherwise`; should it be asked all the same, nobody gets in.
        let otherwise = self.otherwise(sign_up.step).unwrap_or(Otherwise::Block);
        run.drop_spent();
        let handed_over = run.hand_over();
        match (handed_over, run.automatic, otherwise) {
            (Some((outcome, rule)), _, _) => run.end(outcome, Some(rule)),
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

    fn reads_addresses(&self, step: Step) -> bool {
        let decides = |rule: &&Rule| !rule.observes && rule.emits().is_none();
        let asked = self.rules_at(step).filter(decides);
        asked.flat_map(Rule::conditions).any(Condition::reads_addresses)
    }

    pub(crate) fn rules_at(&self, step: Step) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.steps.contains(&step))
    }
}

/// That a rule wants reviewers to decide.
struct Holding<'p> {
    rule: &'p Rule,
    route: Option<Arc<Route>>,
    /// Whether its `on_failure` said so.
    failing: bool,
}

/// One way through the rules.
struct Run<'p, 's> {
    sign_up: &'s SignUp,
    caller: Caller,
    now: Timestamp,
    claims: Claims,
    /// The claims as they came, without those that were dropped.
    received: Claims,
    changes: Changes,
    /// The rules that hold the person, in order.
    holding: Vec<Holding<'p>>,
    /// Who decides on them in the end.
    held: Option<Held>,
    /// The last hold that was approved automatically.
    automatic: Option<&'p str>,
    /// The last allow list that names the person.
    let_in: Option<&'p str>,
    observed: Vec<Observed<'p>>,
    /// The first thing that went wrong.
    failure: Option<String>,
    /// The invitation that was accepted.
    invitation: Option<Hash>,
    counts: Vec<Tally>,
    attempts: Vec<Tally>,
    /// Why a code was not good.
    refused: Option<&'static str>,
    /// The claims with tokens and codes.
    spends: Vec<&'p ClaimName>,
    /// The rules that say what came of it: asked last.
    events: Vec<&'p Rule>,
    facts: &'s Facts,
    witness: Option<Witness<'p>>,
    /// Whether a rule waits for an answer: what later ones come to does not count.
    waits: bool,
    /// The claims that such rules may change.
    unsettled: Names<'p>,
    /// The rules that are not asked, where the sign-up is over: then only who is turned away counts.
    passed_over: Option<&'s [&'s str]>,
}

impl<'p, 's> Run<'p, 's> {
    fn new(sign_up: &'s SignUp, now: Timestamp, facts: &'s Facts, witness: Option<Witness<'p>>) -> Run<'p, 's> {
        Run {
            sign_up,
            caller: Caller::of(sign_up),
            now,
            claims: sign_up.claims.clone(),
            received: sign_up.claims.clone(),
            changes: Changes::none(),
            holding: Vec::new(),
            held: None,
            automatic: None,
            let_in: None,
            observed: Vec::new(),
            failure: None,
            invitation: None,
            counts: Vec::new(),
            attempts: Vec::new(),
            refused: None,
            spends: Vec::new(),
            events: Vec::new(),
            facts,
            witness,
            waits: false,
            unsettled: Names::default(),
            passed_over: None,
        }
    }

    /// One rule: asks what it makes of the call, and does that unless it only observes.
    fn take(&mut self, rule: &'p Rule) -> Result<Option<Outcome>, Failure> {
        let did = self.weigh(rule)?;
        if !rule.observes {
            return Ok(self.carry_out(rule, did));
        }
        let observed = did.name().map(|would| Observed {
            rule: &rule.name,
            would,
        });
        self.observed.extend(observed);
        Ok(None)
    }

    /// The verdict will not count; later rules may have questions too, as far as they can be asked by now.
    fn wait_for(&mut self, rule: &'p Rule) {
        if !rule.observes {
            self.waits = true;
            rule.may_change()
                .into_iter()
                .for_each(|claim| self.unsettled.add(claim));
        }
    }

    /// Whether a rule reads what an earlier one may still change.
    fn is_early(&self, rule: &Rule) -> bool {
        !self.unsettled.is_empty() && sight::claims_of(rule).any(|claim| self.unsettled.has(claim))
    }

    fn scene(&self) -> Scene<'_> {
        Scene {
            sign_up: self.sign_up,
            caller: &self.caller,
            claims: &self.claims,
            now: self.now,
            facts: self.facts,
            settled: !self.waits,
        }
    }

    /// What a rule makes of the call as it is now.
    fn weigh(&mut self, rule: &'p Rule) -> Result<Did<'p>, Failure> {
        if self.is_early(rule) {
            return Err(Failure::Unasked);
        }
        // Not `self.scene()`: beside it the witness writes.
        let scene = Scene {
            sign_up: self.sign_up,
            caller: &self.caller,
            claims: &self.claims,
            now: self.now,
            facts: self.facts,
            settled: !self.waits,
        };
        if let Some(witness) = &mut self.witness {
            witness.begin(rule, &scene);
        }
        let applies = match &rule.when {
            None => true,
            Some(when) => when.holds(Reading::Any, &scene)?,
        };
        let did = match applies {
            true => rule.weigh(&scene)?,
            false => Did::Nothing,
        };
        if let Some(witness) = &mut self.witness {
            witness.end(applies, &did, &scene);
        }
        Ok(did)
    }

    fn carry_out(&mut self, rule: &'p Rule, did: Did<'p>) -> Option<Outcome> {
        match did {
            Did::Nothing | Did::Say | Did::Check => {}
            Did::Invite { code, lets_in } => {
                self.invitation = Some(code);
                self.let_in = lets_in.then_some(&*rule.name).or(self.let_in);
            }
            Did::Refuse { ending, why, attempts } => {
                self.refused.get_or_insert(why);
                self.attempts.extend(attempts);
                return self.carry_out(rule, Did::End(ending));
            }
            Did::Count { tally, ending } => {
                self.counts.push(tally);
                return ending.and_then(|ending| self.carry_out(rule, Did::End(ending)));
            }
            Did::LetIn => self.let_in = Some(&rule.name),
            Did::Admit => self.automatic = Some(&rule.name),
            Did::Change(changes) => changes.into_iter().for_each(|(claim, value)| self.set(claim, value)),
            Did::Drop(claims) => claims.into_iter().for_each(|claim| self.drop(claim)),
            Did::End(Ending::Hold(_) | Ending::AskAgain(_)) if self.passed_over.is_some() => {}
            Did::End(Ending::Hold(route)) => self.hold(rule, route, false),
            Did::End(Ending::Block(message)) => return Some(Outcome::Block(message)),
            Did::End(Ending::AskAgain(message)) => return Some(Outcome::AskAgain(message)),
            Did::End(Ending::Error) => return Some(Outcome::Error),
        }
        None
    }

    fn set(&mut self, name: &ClaimName, value: Value) {
        if value == Value::blank() {
            return self.take_away(name);
        }
        self.changes.set(self.claims.key_of(name), value.clone());
        self.claims.set(name, Some(value));
    }

    /// Under every key that it came with: behind `surname` there may be a `lastName`.
    fn take_away(&mut self, name: &ClaimName) {
        loop {
            self.changes.set(self.claims.key_of(name), Value::blank());
            self.claims.set(name, None);
            if self.claims.get(name).is_none() {
                return;
            }
        }
    }

    /// Takes a claim away, and out of what is kept.
    fn drop(&mut self, name: &ClaimName) {
        self.take_away(name);
        while self.received.get(name).is_some() {
            self.received.set(name, None);
        }
    }

    /// Takes away tokens and codes: what is good for one use has no place in an account or a request, whatever came of it.
    fn drop_spent(&mut self) {
        for claim in self.spends.clone() {
            if self.claims.get(claim).is_some() {
                self.drop(claim);
            }
        }
    }

    /// A rule that cannot say anything turns away, unless it says otherwise. At the token step, which must never be the
    /// only control, the person goes on without added claims.
    fn fail(&mut self, rule: &'p Rule, why: String) -> Option<Outcome> {
        if rule.observes {
            let (rule, would) = (&*rule.name, "fail");
            self.observed.push(Observed { rule, would });
            return None;
        }
        self.failure.get_or_insert(why);
        // What stands in the form must not pass for what was not found.
        if let Action::LookUp(look_up) = &rule.action {
            self.carry_out(rule, Did::Change(look_up.nothing()));
        }
        match &rule.on_failure {
            Some(OnFailure::Continue) => None,
            Some(OnFailure::End(Ending::Hold(route))) => {
                self.hold(rule, route.clone(), true);
                None
            }
            Some(OnFailure::End(ending)) => self.carry_out(rule, Did::End(ending.clone())),
            None if self.sign_up.step.is_sign_up() => Some(Outcome::Block(MessageName::FAILED)),
            None => {
                self.changes = Changes::none();
                Some(Outcome::Continue)
            }
        }
    }

    fn hold(&mut self, rule: &'p Rule, route: Option<Arc<Route>>, failing: bool) {
        self.holding.push(Holding { rule, route, failing });
    }

    /// Hands the person over to the reviewers of the first rule that holds them: what that comes to, and the rule. A rule
    /// that cannot say who decides fails as any other.
    fn hand_over(&mut self) -> Option<(Outcome, &'p str)> {
        let holding = std::mem::take(&mut self.holding);
        let handed = |holding: Holding<'p>| {
            let rule = &*holding.rule.name;
            Some((self.hand_over_by(holding)?, rule))
        };
        holding.into_iter().find_map(handed)
    }

    fn hand_over_by(&mut self, holding: Holding<'p>) -> Option<Outcome> {
        let Holding { rule, route, failing } = holding;
        let held = match &route {
            _ if self.is_early(rule) => Err(Failure::Unasked),
            None => Ok(Held::by_anybody()),
            Some(route) => route.plan(&self.scene()).map(|plan| Held {
                route: Some(route.name.clone()),
                plan,
            }),
        };
        if let Some(witness) = &mut self.witness {
            witness.hands_over(&rule.name, held.as_ref().ok());
        }
        match held {
            Ok(held) => self.held = Some(held),
            // The verdict will not count.
            Err(Failure::Unasked) => {}
            // There is no second way out.
            Err(Failure::Broken(why)) if failing => {
                self.failure.get_or_insert(why);
                return Some(Outcome::Block(MessageName::FAILED));
            }
            Err(Failure::Broken(why)) => {
                return self.fail(rule, why).or_else(|| {
                    let instead = self.holding.pop()?;
                    self.hand_over_by(instead)
                });
            }
        }
        Some(Outcome::Hold)
    }

    fn end(mut self, outcome: Outcome, rule: Option<&'p str>) -> (Verdict<'p>, Vec<Seen<'p>>) {
        self.drop_spent();
        let events = self.said();
        let verdict = Verdict {
            outcome,
            rule,
            held: self.held,
            claims: self.claims,
            received: self.received,
            changes: self.changes,
            observed: self.observed,
            events,
            failure: self.failure,
            invitation: self.invitation,
            counts: self.counts,
            attempts: self.attempts,
            refused: self.refused,
        };
        (verdict, self.witness.map(Witness::seen).unwrap_or_default())
    }

    /// The events of the rules whose `when` holds in the end. One that cannot say anything says nothing.
    fn said(&mut self) -> Vec<Event<'p>> {
        let mut events = Vec::new();
        for rule in std::mem::take(&mut self.events) {
            let asked = self.weigh(rule);
            match (asked, rule.emits()) {
                (Ok(Did::Say), Some(emit)) => events.push(Event::new(emit, &self.claims)),
                (Err(Failure::Broken(why)), _) => drop(self.failure.get_or_insert(why)),
                _ => {}
            }
        }
        events
    }
}
