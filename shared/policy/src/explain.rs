//! What each rule saw and did, for an administrator who asks why.

use std::time::{Duration, Instant};

use approvals::Held;
use claims::Value;

use crate::{
    condition::{Condition, Reading},
    did::Did,
    missed::{self, Missed},
    route,
    rule::{Action, Ending, Rule},
    scene::Scene,
    sight::{self, Sight},
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
    /// What it looked at; if its `when` did not hold, only what that lay in.
    pub saw: Vec<Sight>,
    /// On account of what its `when` did not hold, a claim was not as required, or a hold was not approved at once: each part
    /// with its place, without a claim's value.
    pub missed: Vec<String>,
    /// In a few words, without a claim's value.
    pub did: String,
    /// The claims that it changed, with what they became; `""` takes one away.
    pub changed: Vec<(String, Value)>,
    /// How long it took.
    pub took: Duration,
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
            saw: sight::of_rule(rule, scene),
            missed: Vec::new(),
            did: failed(rule).to_owned(),
            changed: Vec::new(),
            took: Duration::ZERO,
        });
        self.begun = Some((Instant::now(), rule));
    }

    pub(crate) fn end(&mut self, applies: bool, did: &Did<'p>, scene: &Scene<'_>) {
        let (Some(seen), Some((begun, rule))) = (self.seen.last_mut(), self.begun.take()) else {
            return;
        };
        seen.took = begun.elapsed();
        seen.applies = applies;
        seen.did = match applies {
            true => said(rule, did, scene),
            false => "nothing: its `when` does not hold".to_owned(),
        };
        let missed = missed_by(rule, applies, did, scene);
        if !applies {
            seen.saw = sight::of_leaves(missed.iter().map(|missed| missed.leaf), scene);
        }
        seen.missed = missed.into_iter().map(|missed| missed.what).collect();
        if let (Action::Require { requirement, .. }, Did::End(_)) = (&rule.action, did) {
            seen.missed.extend(missed::in_requirement(requirement, scene));
        }
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

    /// Whom a rule hands the person to is known in the end; nothing if that failed.
    pub(crate) fn hands_over(&mut self, rule: &str, held: Option<&Held>) {
        let Some(seen) = self.seen.iter_mut().find(|seen| seen.rule == rule) else {
            return;
        };
        match held.map(route::explained) {
            Some(Some(whom)) => seen.did = format!("{} {whom}", seen.did),
            Some(None) => {}
            None => "fails: a list that its route needs gives no answer".clone_into(&mut seen.did),
        }
    }

    pub(crate) fn seen(self) -> Vec<Seen<'p>> {
        self.seen
    }
}

fn failed(rule: &Rule) -> &'static str {
    match &rule.action {
        _ if rule.asks() => "fails: what it asks gives no answer",
        _ => "fails: a list that it needs gives no answer",
    }
}

fn said(rule: &Rule, did: &Did<'_>, scene: &Scene<'_>) -> String {
    match did {
        Did::Nothing => match &rule.action {
            Action::Allow { listed, .. } if listed.lets_in(scene) == Ok(true) => {
                "nothing: its `when` does not hold of everything that the call gives".to_owned()
            }
            Action::Allow { .. } => "nothing: nobody on its list".to_owned(),
            Action::Deny { .. } => "nothing: not on its list".to_owned(),
            Action::Require { .. } => "nothing: as required".to_owned(),
            Action::Verify { .. } => "nothing: the check passes".to_owned(),
            _ => "nothing".to_owned(),
        },
        Did::LetIn => "lets in".to_owned(),
        Did::Invite { lets_in: true, .. } => "lets in: the invitation is good".to_owned(),
        Did::Invite { lets_in: false, .. } => {
            "accepts the invitation; its `when` does not hold of everything that the call gives".to_owned()
        }
        Did::Refuse { ending, .. } => format!("{}: no invitation that is good", ended(ending)),
        Did::Count { ending: None, .. } => "counts: there is room".to_owned(),
        Did::Count {
            ending: Some(ending), ..
        } => format!("{}: there were as many before", ended(ending)),
        Did::Check => "would make a check, and makes none: it observes".to_owned(),
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
        Did::End(ending) => ended(ending),
    }
}

fn ended(ending: &Ending) -> String {
    match ending {
        Ending::Block(message) => format!("blocks with `{message}`"),
        Ending::AskAgain(message) => format!("asks again with `{message}`"),
        Ending::Hold(_) => "holds".to_owned(),
        Ending::Error => "fails the call".to_owned(),
    }
}

/// The parts of its conditions that kept a rule from what it could have done.
fn missed_by<'r>(rule: &'r Rule, applies: bool, did: &Did<'_>, scene: &Scene<'_>) -> Vec<Missed<'r>> {
    let of = |condition: &'r Option<Condition>, reading| {
        let condition = condition.iter();
        condition.flat_map(move |condition| missed::in_condition(condition, reading, scene))
    };
    match (&rule.action, did) {
        _ if !applies => of(&rule.when, Reading::Any).collect(),
        // Whoever is let in must be selected strictly.
        (Action::Allow { listed, .. }, Did::Nothing) if listed.lets_in(scene) == Ok(true) => {
            of(&rule.when, Reading::Every).collect()
        }
        (Action::Hold { approve_when, .. }, Did::End(Ending::Hold(_))) if approve_when.is_some() => {
            of(approve_when, Reading::Every)
                .chain(of(&rule.when, Reading::Every))
                .collect()
        }
        _ => Vec::new(),
    }
}
