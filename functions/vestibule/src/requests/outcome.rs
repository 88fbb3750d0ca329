//! What came of a decision, in an operator's words.

use approvals::{Refusal, Ruling};
use desk::File;
use store::{Review, StateName, Vote};

/// The ruling in a word.
pub(super) fn name_of(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Approve => "approve",
        Ruling::Deny => "deny",
        Ruling::Withdraw => "withdraw",
    }
}

/// How a request stands.
pub(super) fn standing(file: &File) -> String {
    match (file.request.review(), file.decision()) {
        (Some(review), _) => format!("pending, {}", progress(review)),
        (None, None) => file.request.state.name().to_string(),
        (None, Some(decision)) => {
            let (ruling, by, at) = (past(decision.ruling), decision.who(), decision.at);
            let ruled = format!("{ruling} by {by} at {at}");
            match file.request.state.name() {
                state if state.as_str() == ruling => ruled,
                state => format!("{ruled}, {state} since"),
            }
        }
    }
}

/// Whether a request stands as somebody wants it to.
pub(super) fn is_so(ruling: Ruling, state: StateName) -> bool {
    match ruling {
        Ruling::Approve => matches!(
            state,
            StateName::Approved | StateName::Admitted | StateName::Provisioned
        ),
        Ruling::Deny => state == StateName::Denied,
        Ruling::Withdraw => state == StateName::Withdrawn,
    }
}

/// How far a stage is.
pub(super) fn progress(review: &Review) -> String {
    let stage = review.stage();
    let votes = |approves| {
        let count = |vote: &&Vote| vote.stage == review.stage && vote.approves == approves;
        review.votes.iter().filter(count).count()
    };
    let (number, stages) = (review.stage + 1, review.plan.stages.len());
    let shares = stage.among.iter().map(|share| {
        let belongs = |vote: &&Vote| vote.stage == review.stage && vote.approves && vote.groups.contains(&share.group);
        let have = review.votes.iter().filter(belongs).count();
        format!(", {have} of {} from {}", share.at_least, share.group)
    });
    format!(
        "stage {number} of {stages}, approvals {} of {}{}, denials {} of {}",
        votes(true),
        stage.approve,
        shares.collect::<String>(),
        votes(false),
        stage.deny,
    )
}

/// Why nothing was changed.
pub(super) fn refusal(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotPending | Refusal::NotApproved => "it is decided",
        Refusal::NotAsked => "its stage asks others",
        Refusal::OnThemselves => "it is this reviewer's own request",
        Refusal::Voted => "this reviewer has voted, and counts once",
        Refusal::Opposed => "somebody voted to turn the applicant away",
        Refusal::NoReason => "its route wants a reason: say `--reason`",
        Refusal::NothingToBlock => "the policy names no list to block with, or the request has no address",
        Refusal::NoSuchGroup => "the policy knows no such group of reviewers",
        Refusal::TooFew => {
            "too few of those who would be asked may vote: one has voted, is the applicant or has no token, or the stage wants more people"
        }
        Refusal::TooOften => "it was handed on many times already: whoever is asked now has to decide",
    }
}

fn past(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Approve => "approved",
        Ruling::Deny => "denied",
        Ruling::Withdraw => "withdrawn",
    }
}
