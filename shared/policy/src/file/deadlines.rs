//! How long rules wait for others, one behind the other.

use std::time::Duration;

use claims::Step;

use super::{
    Reader,
    rules::Entry,
    warnings::{Warned, Warning},
};
use crate::{
    look_up::Source,
    names::Names,
    rule::{Action, Rule},
    sight,
};

/// So long rules can wait: the gate answers within 1500 ms unless it is told otherwise, and asks the store too.
const MOST: Duration = Duration::from_millis(1300);

/// What a rule waits for until it has its answer: its own call, and those before it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Wait {
    time: Duration,
    calls: usize,
}

impl Reader<'_> {
    /// Warns about calls that wait for others and may not be over when the gate has to answer.
    pub(super) fn warn_about_deadlines(&mut self, rules: &mut [Entry]) {
        for step in Step::ALL {
            let at: Vec<_> = (0..rules.len())
                .filter(|at| rules[*at].rule.steps.contains(&step))
                .collect();
            let waits = waits(&at.iter().map(|at| &rules[*at].rule).collect::<Vec<_>>());
            let late = at.into_iter().zip(waits).find(|(_, wait)| wait.is_late());
            if let Some((at, wait)) = late {
                rules[at].warn_of(wait);
            }
        }
    }
}

impl Entry {
    fn warn_of(&mut self, wait: Wait) {
        let what = format!(
            "`{}` waits for what earlier rules ask: {} calls, one behind the other, may take {} ms, and the gate answers within 1500 \
             ms unless it is told otherwise. Give them a shorter `deadline_ms`",
            self.rule.name,
            wait.calls,
            wait.time.as_millis()
        );
        let warned = Warned::of(Warning::LongWait, self.span.clone(), what);
        self.warned.push(warned);
    }
}

impl Wait {
    fn is_late(self) -> bool {
        self.calls > 1 && self.time > MOST
    }

    fn and(self, own: Option<Duration>) -> Wait {
        Wait {
            time: self.time + own.unwrap_or_default(),
            calls: self.calls + usize::from(own.is_some()),
        }
    }
}

/// The longest wait for each rule of a step.
fn waits(rules: &[&Rule]) -> Vec<Wait> {
    let mut waits: Vec<Wait> = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let before = rules[..at].iter().zip(&waits);
        let longest = before
            .filter(|(other, _)| waits_for(rule, other))
            .map(|(_, wait)| *wait)
            .max();
        waits.push(longest.unwrap_or_default().and(deadline(rule)));
    }
    waits
}

/// How long a rule's own call may take, if it makes one.
fn deadline(rule: &Rule) -> Option<Duration> {
    match &rule.action {
        Action::LookUp(look_up) => match &look_up.source {
            Source::Call(call) => Some(call.deadline),
            Source::Item { .. } => None,
        },
        Action::Verify { check, .. } if !rule.observes => Some(check.call.deadline),
        _ => None,
    }
}

/// Whether a rule asks nothing before an earlier one has its answer: a check before any, others before those that set what
/// they read.
fn waits_for(rule: &Rule, earlier: &Rule) -> bool {
    let mut sets = Names::default();
    earlier.may_change().into_iter().for_each(|claim| sets.add(claim));
    let reads = || sight::claims_of(rule).any(|claim| sets.has(claim));
    !earlier.observes && (matches!(rule.action, Action::Verify { .. }) || reads())
}
