use claims::Claims;

use crate::rule::Emit;

/// What an applicant was answered, as events tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// They go on.
    Continue,
    /// They were turned away.
    Block,
    /// They have to correct something.
    AskAgain,
    /// They wait for reviewers from now on.
    Hold,
    /// The call failed; token step only.
    Error,
}

impl Came {
    /// All there are.
    pub const ALL: [Came; 5] = [Came::Continue, Came::Block, Came::AskAgain, Came::Hold, Came::Error];

    /// The name in policies and events.
    pub fn name(self) -> &'static str {
        match self {
            Came::Continue => "continue",
            Came::Block => "block",
            Came::AskAgain => "ask-again",
            Came::Hold => "hold",
            Came::Error => "error",
        }
    }
}

/// A business event that a rule wants said with certain answers.
#[derive(Clone, Debug)]
pub struct Event<'p> {
    /// Its name.
    pub name: &'p str,
    /// The claims that the rule chose, as the policy left them.
    pub claims: Claims,
    on: &'p [Came],
}

impl<'p> Event<'p> {
    pub(crate) fn new(emit: &'p Emit, claims: &Claims) -> Event<'p> {
        let mut chosen = Claims::default();
        for claim in &emit.claims {
            if let Some(value) = claims.get(claim) {
                chosen.set(claim, Some(value.clone()));
            }
        }
        Event {
            name: &emit.event,
            claims: chosen,
            on: &emit.on,
        }
    }

    /// Whether it is said when a call comes to this.
    pub fn is_said(&self, came: Came) -> bool {
        self.on.contains(&came)
    }
}
