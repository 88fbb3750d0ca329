//! Requests as JSON, in the words of the review room's API. Rows are not shown as they are stored, so that they can change.

use desk::{Decision, File};
use serde::Serialize;
use serde_json::{Value, json};
use store::{Actor, Event, HistoryEntry, Request, Review, Timestamp};

use super::outcome;

/// Without claims but for who it is.
pub(super) fn summary(request: &Request) -> Value {
    let text = |key: &str| request.received.at_key(key).and_then(claims::Value::text);
    let mut shape = fact(request);
    add(&mut shape, "app", &request.app);
    add(&mut shape, "email", &request.email());
    add(&mut shape, "display_name", &text("displayName"));
    shape
}

/// Everything.
pub(super) fn file(file: &File) -> Value {
    let request = &file.request;
    let mut shape = summary(request);
    add(
        &mut shape,
        "locales",
        &request.locales.iter().map(|l| l.as_str()).collect::<Vec<_>>(),
    );
    add(&mut shape, "received", &request.received);
    add(&mut shape, "reviewed", &request.reviewed);
    add(&mut shape, "identities", &request.identities);
    add(&mut shape, "decision", &file.decision().map(|it| decision(&it)));
    let history = file.history.iter().map(|entry| {
        let mut shape = happened(entry);
        if let Some(kept) = &entry.kept {
            add(&mut shape, "received", &kept.received);
            add(&mut shape, "reviewed", &kept.reviewed);
        }
        shape
    });
    add(&mut shape, "history", &history.collect::<Vec<_>>());
    shape
}

/// What happened and who decided, without anything that the applicant said.
pub(super) fn without_claims(file: &File) -> Value {
    let mut shape = fact(&file.request);
    add(&mut shape, "decision", &file.decision().map(|it| decision(&it)));
    add(
        &mut shape,
        "history",
        &file.history.iter().map(happened).collect::<Vec<_>>(),
    );
    shape
}

fn fact(request: &Request) -> Value {
    json!({
        "id": request.id,
        "state": request.state.name(),
        "version": request.version,
        "opened_at": time(request.opened_at),
        "changed_at": time(request.changed_at),
        "rule": request.rule,
        "route": request.route,
        "proven": request.proven,
        "review": request.review().map(review),
    })
}

fn review(review: &Review) -> Value {
    let stage = review.stage();
    let votes = |approves| {
        let votes = review.votes.iter().filter(move |vote| vote.approves == approves);
        votes.filter(|vote| vote.stage == review.stage).count()
    };
    let vote = |vote: &store::Vote| {
        json!({
            "person": vote.person, "stage": vote.stage + 1, "approves": vote.approves, "at": time(vote.at),
            "block": vote.block,
        })
    };
    json!({
        "stage": stage.name,
        "number": review.stage + 1,
        "stages": review.plan.stages.len(),
        "asked": stage.asked.key(),
        "approvals": votes(true),
        "approvals_wanted": stage.approve,
        "denials": votes(false),
        "denials_wanted": stage.deny,
        "among": stage.among,
        "since": time(review.since),
        "ends": time(review.ends()),
        "then": stage.then.name(),
        "votes": review.votes.iter().map(vote).collect::<Vec<_>>(),
    })
}

fn decision(decision: &Decision<'_>) -> Value {
    json!({
        "ruling": outcome::name_of(decision.ruling),
        "by": decision.who(),
        "at": time(decision.at),
        "reason": decision.reason,
        "until": decision.until.map(time),
    })
}

fn happened(entry: &HistoryEntry) -> Value {
    let mut shape = json!({
        "version": entry.version,
        "at": time(entry.at),
        "by": actor(&entry.by),
        "event": entry.event.name(),
        "from": entry.from,
    });
    let (mut stage, mut reason, mut block, mut until) = (None, None, None, None);
    match &entry.event {
        Event::Voted {
            stage: of,
            approves,
            reason: why,
            block: what,
        } => {
            (stage, reason, block) = (Some(of), why.as_ref(), Some(what));
            add(&mut shape, "approves", approves);
        }
        Event::Passed { stage: of, reason: why } => (stage, reason) = (Some(of), why.as_ref()),
        Event::Reminded { stage: of } => stage = Some(of),
        Event::Escalated { stage: of, to } => {
            stage = Some(of);
            add(&mut shape, "to", &to.key());
        }
        Event::Reassigned {
            stage: of,
            to,
            reason: why,
        } => {
            (stage, reason) = (Some(of), why.as_ref());
            add(&mut shape, "to", &to.key());
        }
        Event::Approved {
            reason: why,
            until: end,
        } => (reason, until) = (why.as_ref(), Some(*end)),
        Event::Denied {
            reason: why,
            until: end,
            block: what,
        } => (reason, until, block) = (why.as_ref(), Some(*end), Some(what)),
        Event::Withdrawn { reason: why } => reason = why.as_ref(),
        Event::Provisioned { object_id } => add(&mut shape, "object_id", object_id),
        Event::Opened | Event::Updated | Event::Expired | Event::Admitted | Event::Forgotten => {}
    }
    for (key, value) in [("stage", stage), ("reason", reason)] {
        if let Some(value) = value {
            add(&mut shape, key, value);
        }
    }
    if let Some(until) = until {
        add(&mut shape, "until", &time(until));
    }
    if let Some(block) = block.filter(|block| !block.is_empty()) {
        add(&mut shape, "block", block);
    }
    shape
}

fn actor(actor: &Actor) -> Value {
    match actor {
        Actor::Applicant => json!({"kind": "applicant"}),
        Actor::Policy => json!({"kind": "policy"}),
        Actor::Clock => json!({"kind": "clock"}),
        Actor::Reviewer(name) => json!({"kind": "reviewer", "name": name}),
        Actor::Override(name) => json!({"kind": "override", "name": name}),
    }
}

fn time(time: Timestamp) -> String {
    time.to_string()
}

/// What a store could keep is JSON.
fn add(shape: &mut Value, key: &str, value: &impl Serialize) {
    shape[key] = serde_json::to_value(value).unwrap_or_default();
}
