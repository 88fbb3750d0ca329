//! What each stage of a pending request has, and wants.

use serde::Serialize;
use store::{Review, Stage, Vote};

#[derive(Serialize)]
pub(super) struct StageShape<'r> {
    name: &'r str,
    /// `passed`, `current`, `to-come`.
    progress: &'static str,
    /// `anybody`, `group:NAME` or `person:NAME`.
    asked: String,
    approvals: usize,
    approvals_wanted: u32,
    denials: usize,
    denials_wanted: u32,
    among: Vec<ShareShape<'r>>,
}

/// How many of those who approve have to belong to a group.
#[derive(Serialize)]
struct ShareShape<'r> {
    group: &'r str,
    approvals: usize,
    approvals_wanted: u32,
}

/// In order.
pub(super) fn stages(review: &Review) -> Vec<StageShape<'_>> {
    let stages = review.plan.stages.iter().enumerate();
    stages.map(|(number, stage)| shape(review, number, stage)).collect()
}

fn shape<'r>(review: &'r Review, number: usize, stage: &'r Stage) -> StageShape<'r> {
    let count = |wanted: &dyn Fn(&&Vote) -> bool| {
        let votes = review.votes.iter().filter(|vote| vote.stage == number);
        votes.filter(wanted).count()
    };
    let among = stage.among.iter().map(|share| ShareShape {
        group: &share.group,
        approvals: count(&|vote| vote.approves && vote.groups.contains(&share.group)),
        approvals_wanted: share.at_least,
    });
    StageShape {
        name: &stage.name,
        progress: match number.cmp(&review.stage) {
            std::cmp::Ordering::Less => "passed",
            std::cmp::Ordering::Equal => "current",
            std::cmp::Ordering::Greater => "to-come",
        },
        asked: stage.asked.key(),
        approvals: count(&|vote| vote.approves),
        approvals_wanted: stage.approve,
        denials: count(&|vote| !vote.approves),
        denials_wanted: stage.deny,
        among: among.collect(),
    }
}
