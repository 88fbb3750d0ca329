//! On account of what a rule did not apply, or a claim was not as required. Asked for an administrator only.

use claims::{ClaimName, Value};

use crate::{
    condition::{Condition, Reading},
    demand::Demand,
    require::{Requirement, Shortcoming},
    scene::Scene,
};

/// A part of a condition that came out otherwise than it had to.
pub(crate) struct Missed<'r> {
    /// Where it stands and what is so, in words without a claim's value.
    pub(crate) what: String,
    pub(crate) leaf: &'r Condition,
}

/// The parts on account of which a condition does not hold, in their order; none if it holds.
pub(crate) fn in_condition<'r>(condition: &'r Condition, reading: Reading, scene: &Scene<'_>) -> Vec<Missed<'r>> {
    let mut missed = Vec::new();
    look(condition, reading, true, "", scene, &mut missed);
    missed
}

/// What a claim falls short of.
pub(crate) fn in_requirement(requirement: &Requirement, scene: &Scene<'_>) -> Option<String> {
    let shortcoming = requirement.shortcoming(scene).ok().flatten()?;
    Some(said(&requirement.claim, shortcoming))
}

/// Goes down to the leaves that keep a condition from what is wanted of it.
fn look<'r>(
    condition: &'r Condition,
    reading: Reading,
    wanted: bool,
    place: &str,
    scene: &Scene<'_>,
    missed: &mut Vec<Missed<'r>>,
) {
    // Of a list that gives no answer nothing can be said.
    if !condition.holds(reading, scene).is_ok_and(|holds| holds != wanted) {
        return;
    }
    let mut parts = |parts: &'r [Condition], key: &str| {
        for (part, number) in parts.iter().zip(1..) {
            let place = format!("{place}{} of `{key}`, ", ordinal(number));
            look(part, reading, wanted, &place, scene, missed);
        }
    };
    match condition {
        Condition::All(conditions) => parts(conditions, "all"),
        Condition::Any(conditions) => parts(conditions, "any"),
        Condition::Not(inner) => {
            let place = format!("{place}`not`, ");
            look(inner, reading.inverted(), !wanted, &place, scene, missed);
        }
        leaf => missed.push(Missed {
            what: place.to_owned() + &leaf_said(leaf, wanted, scene),
            leaf,
        }),
    }
}

fn leaf_said(leaf: &Condition, wanted: bool, scene: &Scene<'_>) -> String {
    match (leaf, wanted) {
        (Condition::Present { claim, present }, _) => match *present == wanted {
            true => said(claim, absence(claim, scene)),
            false => format!("`{claim}` is there"),
        },
        (Condition::Claim { claim, demands }, true) => said(claim, shortcoming(claim, demands, scene)),
        (Condition::Claim { claim, .. }, false) => format!("`{claim}` is as it says"),
        (leaf, true) => format!("`{}` does not hold", leaf.key()),
        (leaf, false) => format!("`{}` holds", leaf.key()),
    }
}

/// Why a claim is not present, if it is not.
fn absence(claim: &ClaimName, scene: &Scene<'_>) -> Shortcoming {
    match scene.claims.get(claim) {
        Some(value) if value.scalar().is_some() => Shortcoming::Blank,
        _ => Shortcoming::Absent,
    }
}

/// What the first text of a claim that does not fit falls short of.
fn shortcoming(claim: &ClaimName, demands: &[Demand], scene: &Scene<'_>) -> Shortcoming {
    let unmet = |text: &str| {
        let mut demands = demands.iter();
        let unmet = demands.find(|demand| demand.accepts(text, scene) == Ok(false));
        unmet.map(|demand| Shortcoming::Unlike(demand.key()))
    };
    let texts = scene.claims.get(claim).into_iter().flat_map(Value::scalars);
    let mut visible = texts.filter(|text| Value::visible_length(text) > 0);
    visible.find_map(unmet).unwrap_or_else(|| absence(claim, scene))
}

fn said(claim: &ClaimName, shortcoming: Shortcoming) -> String {
    match shortcoming {
        Shortcoming::Absent => format!("`{claim}` is not there"),
        Shortcoming::Blank => format!("`{claim}` shows nothing"),
        Shortcoming::Unlike(demand) => format!("`{claim}` does not meet `{demand}`"),
    }
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (1, of_hundred) if of_hundred != 11 => "st",
        (2, of_hundred) if of_hundred != 12 => "nd",
        (3, of_hundred) if of_hundred != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_people_do() {
        let said: Vec<_> = [1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal).into();
        assert_eq!(
            said,
            ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"]
        );
    }
}
