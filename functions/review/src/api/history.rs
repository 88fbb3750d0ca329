//! What happened to a request.

use claims::Claims;
use serde::Serialize;
use store::{Actor, Block, Event, HistoryEntry, StateName};

use super::shape::Time;

#[derive(Serialize)]
pub(super) struct EntryShape<'f> {
    version: u64,
    at: Time,
    by: ActorShape<'f>,
    event: &'static str,
    /// In which state it was until then.
    from: Option<StateName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approves: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Time>,
    /// What a denial blocked, or is to block, for good.
    #[serde(skip_serializing_if = "<[Block]>::is_empty")]
    block: &'f [Block],
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<&'f Claims>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewed: Option<&'f Claims>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum ActorShape<'f> {
    Applicant,
    Policy,
    Clock,
    Reviewer { name: &'f str },
    Override { name: &'f str },
}

pub(super) fn entry(entry: &HistoryEntry) -> EntryShape<'_> {
    let bare = EntryShape {
        version: entry.version,
        at: Time(entry.at),
        by: actor(&entry.by),
        event: entry.event.name(),
        from: entry.from,
        stage: None,
        approves: None,
        to: None,
        reason: None,
        until: None,
        block: &[],
        received: entry.kept.as_ref().map(|kept| &kept.received),
        reviewed: entry.kept.as_ref().map(|kept| &kept.reviewed),
    };
    match &entry.event {
        Event::Denied { reason, until, block } => EntryShape {
            reason: reason.as_deref(),
            until: Some(Time(*until)),
            block,
            ..bare
        },
        Event::Approved { reason, until } => EntryShape {
            reason: reason.as_deref(),
            until: Some(Time(*until)),
            ..bare
        },
        Event::Withdrawn { reason } => EntryShape {
            reason: reason.as_deref(),
            ..bare
        },
        Event::Voted {
            stage,
            approves,
            reason,
            block,
        } => EntryShape {
            stage: Some(stage),
            approves: Some(*approves),
            reason: reason.as_deref(),
            block,
            ..bare
        },
        Event::Passed { stage, reason } => EntryShape {
            stage: Some(stage),
            reason: reason.as_deref(),
            ..bare
        },
        Event::Reminded { stage } => EntryShape {
            stage: Some(stage),
            ..bare
        },
        Event::Escalated { stage, to } => EntryShape {
            stage: Some(stage),
            to: Some(to.key()),
            ..bare
        },
        Event::Reassigned { stage, to, reason } => EntryShape {
            stage: Some(stage),
            to: Some(to.key()),
            reason: reason.as_deref(),
            ..bare
        },
        Event::Opened
        | Event::Updated
        | Event::Expired
        | Event::Admitted
        | Event::Provisioned { .. }
        | Event::Forgotten => bare,
    }
}

fn actor(actor: &Actor) -> ActorShape<'_> {
    match actor {
        Actor::Applicant => ActorShape::Applicant,
        Actor::Policy => ActorShape::Policy,
        Actor::Clock => ActorShape::Clock,
        Actor::Reviewer(name) => ActorShape::Reviewer { name },
        Actor::Override(name) => ActorShape::Override { name },
    }
}
