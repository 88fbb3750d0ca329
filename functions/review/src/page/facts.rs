//! What a request's page says before anybody decides: what it is, and how far its review is.

use claims::Identity;
use maud::{Markup, html};
use store::{Request, Review, Stage, TimeOut};

use super::{
    queue,
    text::{asked, shown, time},
};

/// What there is to know at a glance.
pub(super) fn facts(request: &Request) -> Markup {
    html! {
        dl.facts {
            dt { "State" } dd { span class={ "state " (request.state.name()) } { (queue::capital(request.state.name())) } }
            dt { "Opened" } dd { (time(request.opened_at)) }
            @if request.changed_at != request.opened_at { dt { "Last changed" } dd { (time(request.changed_at)) } }
            dt { "Held by rule" } dd { (shown(&request.rule)) }
            @if let Some(route) = &request.route { dt { "Route" } dd { (shown(route.as_str())) } }
            @if let Some(app) = &request.app { dt { "App" } dd { (shown(app)) } }
            dt { "Identities" }
            dd {
                @if request.identities.is_empty() { "none" } @else {
                    ul { @for identity in &request.identities { li { (identified(identity)) } } }
                }
            }
        }
    }
}

fn identified(identity: &Identity) -> Markup {
    html! {
        @match &identity.issuer { Some(issuer) => (shown(issuer)), None => { span.muted { "no issuer" } } }
        ": "
        @match &identity.issuer_assigned_id { Some(id) => (shown(id)), None => { span.muted { "no id" } } }
        @if let Some(kind) = &identity.sign_in_type { " " span.muted { "(" (shown(kind)) ")" } }
    }
}

/// How far a review is.
pub(super) fn progress(review: &Review) -> Markup {
    let stage = review.stage();
    let here = || review.votes.iter().filter(|vote| vote.stage == review.stage);
    let votes = |approves| here().filter(|vote| vote.approves == approves).count();
    let of_group = |group: &String| {
        let belongs = here().filter(|vote| vote.approves && vote.groups.contains(group));
        belongs.count()
    };
    html! {
        p {
            "This request waits for " strong { (shown(&asked(&stage.asked))) }
            @if review.plan.stages.len() > 1 {
                ", at stage " (review.stage + 1) " of " (review.plan.stages.len()) " (" (shown(&stage.name)) ")"
            }
            "."
            @if stage.approve > 1 || stage.deny > 1 {
                " So far " (votes(true)) " of " (stage.approve) " approve, and " (votes(false)) " of " (stage.deny) " deny."
            }
            @for share in &stage.among {
                " Of those who approve, " (share.at_least) " must be of the group " (shown(&share.group))
                @match usize::try_from(share.at_least).unwrap_or(usize::MAX).saturating_sub(of_group(&share.group)) {
                    0 => ".",
                    missing => { "; " (missing) @if missing == 1 { " is" } @else { " are" } " missing." }
                }
            }
            " " (when_over(stage)) " " (time(review.ends())) "."
        }
    }
}

fn when_over(stage: &Stage) -> &'static str {
    match stage.then {
        TimeOut::Expire => "If nobody decides, it expires",
        TimeOut::Approve => "If nobody decides, it is approved",
        TimeOut::Deny => "If nobody decides, it is denied",
    }
}
