//! What a rule makes of a call, by itself.

use claims::{ClaimName, Hash, SettableName, Value};
use store::{CheckOutcome, Tally};

use crate::{
    condition::{Condition, Reading},
    invitation::Presented,
    messages::MessageName,
    normalise::normalise,
    rule::{Action, Ending, Rule},
    scene::{Failure, Scene},
};

/// What a rule makes of a call.
#[derive(Clone, Debug)]
pub(crate) enum Did<'p> {
    Nothing,
    LetIn,
    /// Gave claims these values; `""` takes one away.
    Change(Vec<(&'p ClaimName, Value)>),
    /// Took claims away that are not to be kept either.
    Drop(Vec<&'p ClaimName>),
    Admit,
    End(Ending),
    /// Accepts an invitation, and lets in whom the rule's `when` selects strictly.
    Invite {
        code: Hash,
        lets_in: bool,
    },
    /// Does not accept one. What is counted is counted whatever comes of the call.
    Refuse {
        /// For the log.
        why: &'static str,
        ending: Ending,
        attempts: Vec<Tally>,
    },
    /// Counts the person, unless this ends the call.
    Count {
        tally: Tally,
        ending: Option<Ending>,
    },
    /// Would make a check: a rule that only observes makes none.
    Check,
    /// Says an event.
    Say,
}

impl Did<'_> {
    /// In a word.
    pub(crate) fn name(&self) -> Option<&'static str> {
        match self {
            Did::Nothing | Did::Count { ending: None, .. } => None,
            Did::Change(changes) if changes.is_empty() => None,
            Did::Drop(claims) if claims.is_empty() => None,
            Did::LetIn | Did::Invite { .. } => Some("allow"),
            Did::Check => Some("verify"),
            Did::Change(_) | Did::Drop(_) => Some("change"),
            Did::Admit => Some("admit"),
            Did::End(ending)
            | Did::Refuse { ending, .. }
            | Did::Count {
                ending: Some(ending), ..
            } => Some(match ending {
                Ending::Block(_) => "block",
                Ending::AskAgain(_) => "ask-again",
                Ending::Hold(_) => "hold",
                Ending::Error => "error",
            }),
            Did::Say => Some("emit"),
        }
    }
}

impl Rule {
    /// Whether it selects the call though its `when` is read strictly: only then it may let somebody in.
    fn selects_strictly(&self, scene: &Scene<'_>) -> Result<bool, Failure> {
        self.when
            .as_ref()
            .map_or(Ok(true), |when| when.holds(Reading::Every, scene))
    }

    /// What the rule makes of a call to which it applies.
    pub(crate) fn weigh(&self, scene: &Scene<'_>) -> Result<Did<'_>, Failure> {
        let end_if = |so: bool, ending: &Ending| if so { Did::End(ending.clone()) } else { Did::Nothing };
        Ok(match &self.action {
            Action::Allow { listed, otherwise } => match (listed.lets_in(scene)?, otherwise) {
                (true, _) if self.selects_strictly(scene)? => Did::LetIn,
                (true, _) => Did::Nothing,
                (false, None) => Did::Nothing,
                (false, Some(ending)) => Did::End(ending.clone()),
            },
            Action::Deny { listed, otherwise } => end_if(listed.turns_away(scene)?, otherwise),
            Action::Require { requirement, otherwise } => end_if(requirement.shortcoming(scene)?.is_some(), otherwise),
            Action::Normalise { claims, with } => {
                let changed = claims.iter().filter_map(|claim| {
                    let old = scene.claims.get(claim.name())?;
                    let new = old.map_text(|text| normalise(text, with, scene.claims));
                    (new != *old).then_some((claim.name(), new))
                });
                Did::Change(changed.collect())
            }
            Action::Set { claim, to } => Did::Change(vec![(claim.name(), to.value(scene))]),
            Action::LookUp(look_up) => Did::Change(look_up.changes(scene)?),
            Action::Verify { .. } if self.observes => Did::Check,
            Action::Verify {
                check,
                otherwise,
                refer,
            } => match check.outcome(scene)? {
                CheckOutcome::Pass => Did::Nothing,
                CheckOutcome::Refer => Did::End(Ending::Hold(refer.clone().flatten())),
                CheckOutcome::Fail => Did::End(otherwise.clone()),
            },
            Action::Invite { invited, otherwise } => match invited.presented(&self.name, scene)? {
                Presented::Good(code) => Did::Invite {
                    code,
                    lets_in: self.selects_strictly(scene)?,
                },
                Presented::Bad(why, attempts) => Did::Refuse {
                    ending: otherwise.clone(),
                    why,
                    attempts,
                },
            },
            // Nobody is in their own way, and whoever was let in stays so.
            Action::Limit { .. } if scene.facts.was_counted() => Did::Nothing,
            Action::Limit { limit, otherwise } => {
                let (tally, reached) = limit.reached(&self.name, scene)?;
                Did::Count {
                    tally,
                    ending: reached.then(|| otherwise.clone()),
                }
            }
            Action::Drop(claims) => {
                let came = claims.iter().filter(|claim| scene.claims.get(claim.name()).is_some());
                Did::Drop(came.map(SettableName::name).collect())
            }
            Action::Hold {
                route,
                approve_when,
                deny_when,
            } => {
                let holds = |reading: Reading, condition: &Option<Condition>| match condition {
                    Some(condition) => condition.holds(reading, scene),
                    None => Ok(false),
                };
                if holds(Reading::Any, deny_when)? {
                    Did::End(Ending::Block(MessageName::DENIED))
                } else if holds(Reading::Every, approve_when)? && self.selects_strictly(scene)? {
                    Did::Admit
                } else {
                    Did::End(Ending::Hold(route.clone()))
                }
            }
            Action::End(ending) => Did::End(ending.clone()),
            Action::Emit(_) => Did::Say,
        })
    }
}
