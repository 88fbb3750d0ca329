//! The names of what a policy asks, for whoever gives the answers to try it out.

use claims::SignUp;
use store::{Tally, Timestamp};

use crate::{
    Policy,
    facts::Facts,
    rule::{Action, Rule},
    scene::{Caller, Scene},
};

impl Policy {
    /// The look-ups that rules use.
    pub fn look_ups(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().filter_map(|rule| match &rule.action {
            Action::LookUp(look_up) => Some(&*look_up.name),
            _ => None,
        })
    }

    /// The checks that rules make.
    pub fn checks(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().filter_map(|rule| match &rule.action {
            Action::Verify { check, .. } => Some(&*check.call.name),
            _ => None,
        })
    }

    /// The rules that limit how many sign up.
    pub fn limits(&self) -> impl Iterator<Item = &str> {
        let limits = self
            .rules
            .iter()
            .filter(|rule| matches!(rule.action, Action::Limit { .. }));
        limits.map(|rule| &*rule.name)
    }

    /// The rule that counts a call so; nothing if it is no limit that does.
    pub fn limit_counting(&self, tally: &Tally, sign_up: &SignUp, now: Timestamp) -> Option<&str> {
        let (caller, facts) = (Caller::of(sign_up), Facts::none());
        let scene = Scene {
            sign_up,
            caller: &caller,
            claims: &sign_up.claims,
            now,
            facts: &facts,
            settled: true,
        };
        let counts = |rule: &&Rule| match &rule.action {
            Action::Limit { limit, .. } => limit.tally(&rule.name, &scene).is_ok_and(|own| own == *tally),
            _ => false,
        };
        self.rules_at(sign_up.step).find(counts).map(|rule| &*rule.name)
    }
}
