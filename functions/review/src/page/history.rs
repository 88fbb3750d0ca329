//! What happened to a request, in words.

use maud::{Markup, html};
use store::{Actor, Event, HistoryEntry};

use super::text::{lines, shown, time};

/// One thing that happened.
pub(super) fn happened(entry: &HistoryEntry) -> Markup {
    html! {
        (time(entry.at)) " "
        @match (&entry.event, &entry.by) {
            (Event::Admitted, Actor::Applicant) => { "the applicant " strong { "came again and was let in" } }
            (Event::Voted { approves, .. }, by) => {
                strong { @if *approves { "voted to approve" } @else { "voted to deny" } } " by " (who(by))
            }
            (event, by) => { strong { (event.name()) } " by " (who(by)) }
        }
        @match &entry.event {
            Event::Denied { block, .. } | Event::Voted { block, .. } => {
                @for block in block { ", blocking the " (block.name()) }
            }
            _ => {}
        }
        @match &entry.event {
            Event::Approved { reason: Some(reason), .. } | Event::Denied { reason: Some(reason), .. }
            | Event::Withdrawn { reason: Some(reason) } | Event::Passed { reason: Some(reason), .. }
            | Event::Voted { reason: Some(reason), .. } | Event::Reassigned { reason: Some(reason), .. } => { blockquote { (lines(reason)) } }
            _ => {}
        }
    }
}

fn who(actor: &Actor) -> Markup {
    html! {
        @match actor {
            Actor::Applicant => "the applicant",
            Actor::Policy => "the policy",
            Actor::Clock => "time",
            Actor::Override(name) => { (shown(name)) " (override)" }
            Actor::Reviewer(name) => (shown(name)),
        }
    }
}
