use claims::{ClaimName, Value};

use crate::{
    demand::Demand,
    scene::{Failure, Scene},
};

/// What a claim must be like.
#[derive(Debug)]
pub(crate) struct Requirement {
    pub(crate) claim: ClaimName,
    /// Absent is fine.
    pub(crate) optional: bool,
    /// With none, it only has to be there.
    pub(crate) demands: Vec<Demand>,
}

/// What is wrong with a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortcoming {
    Absent,
    Blank,
    /// By the key of the demand that it does not meet.
    Unlike(&'static str),
}

impl Requirement {
    /// What the claim falls short of. A value of a type that no rule can use counts as absent; one that is there and
    /// blank does not.
    pub(crate) fn shortcoming(&self, scene: &Scene<'_>) -> Result<Option<Shortcoming>, Failure> {
        let value = match scene.claims.get(&self.claim) {
            None | Some(Value::Other(_)) => return Ok((!self.optional).then_some(Shortcoming::Absent)),
            Some(value) if value.is_blank() => return Ok(Some(Shortcoming::Blank)),
            Some(value) => value,
        };
        if self.demands.is_empty() {
            return Ok(None);
        }
        for text in value.scalars() {
            if Value::shows_nothing(text) {
                return Ok(Some(Shortcoming::Blank));
            }
            for demand in &self.demands {
                if !demand.accepts(text, scene)? {
                    return Ok(Some(Shortcoming::Unlike(demand.key())));
                }
            }
        }
        Ok(None)
    }
}
