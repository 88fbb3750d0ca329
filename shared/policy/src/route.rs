//! Routes: who decides on somebody whom a rule holds.

use std::time::Duration;

use approvals::Held;
use store::{Asked, Plan, Reasons, RouteName, Stage};

use crate::{
    condition::{Condition, Reading},
    messages::MessageName,
    scene::{Failure, Scene},
};

/// One of the `[routes]`.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) name: RouteName,
    /// In order; at least one.
    pub(crate) stages: Vec<RouteStage>,
    pub(crate) reasons: Reasons,
    /// Where it says something else than `[approvals]`.
    pub(crate) cool_down: Option<Duration>,
    /// What its applicants read, and in the place of which built-in text.
    pub(crate) messages: Vec<(MessageName, MessageName)>,
}

/// One of the stages of a route.
#[derive(Debug)]
pub(crate) struct RouteStage {
    /// Who is asked when a condition holds; the first that does counts.
    pub(crate) choices: Vec<(Condition, Asked)>,
    /// The stage as it is where none of them holds.
    pub(crate) fallback: Stage,
}

impl Route {
    /// The route for somebody.
    pub(crate) fn plan(&self, scene: &Scene<'_>) -> Result<Plan, Failure> {
        // Each is asked before any may fail, so that the store hears all questions at once.
        let stages: Vec<_> = self.stages.iter().map(|stage| stage.plan(scene)).collect();
        Ok(Plan {
            stages: stages.into_iter().collect::<Result<_, _>>()?,
            reasons: self.reasons,
            cool_down: self.cool_down,
        })
    }

    /// What its applicants read in the place of a built-in text.
    pub(crate) fn message(&self, built_in: &MessageName) -> Option<&MessageName> {
        let own = self.messages.iter().find(|(name, _)| name == built_in);
        own.map(|(_, own)| own)
    }

    /// The conditions by which it chooses whom it asks.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let choices = self.stages.iter().flat_map(|stage| &stage.choices);
        choices.map(|(when, _)| when)
    }
}

impl RouteStage {
    fn plan(&self, scene: &Scene<'_>) -> Result<Stage, Failure> {
        Ok(Stage {
            asked: self.asked(scene)?,
            ..self.fallback.clone()
        })
    }

    /// Conditions are read as where they hold somebody: one value that fits is enough. Nobody gets past the reviewers who
    /// are in charge of them by writing a second value beside the first.
    fn asked(&self, scene: &Scene<'_>) -> Result<Asked, Failure> {
        for (when, asked) in &self.choices {
            if when.holds(Reading::Any, scene)? {
                return Ok(asked.clone());
            }
        }
        Ok(self.fallback.asked.clone())
    }
}

/// Whom somebody was handed to, for an administrator; nothing where no route says it.
pub(crate) fn explained(held: &Held) -> Option<String> {
    let route = held.route.as_ref()?;
    let stages: Vec<_> = held.plan.stages.iter().map(stage_explained).collect();
    Some(format!("by the route `{route}`: {}", stages.join(", ")))
}

fn stage_explained(stage: &Stage) -> String {
    let asked = match &stage.asked {
        Asked::Anybody => "anybody".to_owned(),
        Asked::Group(group) => format!("the group `{group}`"),
        Asked::Person(person) => format!("`{person}`"),
    };
    match stage.approve {
        0 | 1 => format!("`{}` asks {asked}", stage.name),
        some => format!("`{}` asks {asked} for {some} approvals", stage.name),
    }
}
