//! Patterns whose compiling an applicant would wait for.

use std::time::Duration;

use crate::{Policy, demand::Demand, rule::Rule};

/// A pattern that takes long to compile. It is compiled at the first call that needs it, in the applicant's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowPattern<'p> {
    /// The rule that has it.
    pub rule: &'p str,
    /// The pattern as it is written.
    pub pattern: &'p str,
    /// How long compiling took here and now.
    pub took: Duration,
}

impl Policy {
    /// The patterns that take longer than this to compile, in the order of the rules. Compiles every pattern, so it is
    /// for an administrator who asks, not for a start.
    pub fn slow_patterns(&self, limit: Duration) -> Vec<SlowPattern<'_>> {
        let timed = self.rules.iter().flat_map(timed);
        timed.filter(|pattern| pattern.took > limit).collect()
    }
}

fn timed(rule: &Rule) -> impl Iterator<Item = SlowPattern<'_>> {
    let patterns = rule.demands().filter_map(Demand::pattern);
    patterns.map(|pattern| SlowPattern {
        rule: &rule.name,
        pattern: pattern.written(),
        took: pattern.time_to_compile(),
    })
}
