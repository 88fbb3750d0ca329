//! What the JSON looks like. Rows are not shown as they are stored, so that they can change without the API.

use std::borrow::Cow;

use approvals::Reviewer;
use claims::{Claims, Identity, Value};
use desk::File;
use serde::{Serialize, Serializer};
use store::{Counts, Looking, Page, Request, RequestId, Review, RouteName, StateName, Timestamp};

use super::{
    history::{EntryShape, entry},
    looking::LookingShape,
    stages::{StageShape, stages},
};

use crate::decide::{self, Decided};

#[derive(Serialize)]
pub(super) struct PageShape<'p> {
    requests: Vec<Summary<'p>>,
    next: Option<String>,
    /// As many rows were looked at as may be; there may be more behind `next`.
    cut_short: bool,
}

#[derive(Serialize)]
struct Summary<'r> {
    id: RequestId,
    state: StateName,
    version: u64,
    opened_at: Time,
    changed_at: Time,
    rule: &'r str,
    route: Option<&'r str>,
    review: Option<ReviewShape<'r>>,
    proven: bool,
    app: Option<&'r str>,
    email: Option<&'r str>,
    display_name: Option<&'r str>,
    /// What reviewers said about it is left out.
    own: bool,
}

/// How far the review of a pending request is.
#[derive(Serialize)]
struct ReviewShape<'r> {
    stage: &'r str,
    /// From 1.
    number: usize,
    stages: usize,
    /// `anybody`, `group:NAME` or `person:NAME`.
    asked: String,
    approvals: usize,
    approvals_wanted: u32,
    denials: usize,
    denials_wanted: u32,
    since: Time,
    /// When the stage ends by itself, and how: `expire`, `approve` or `deny`.
    ends: Time,
    then: &'static str,
}

#[derive(Serialize)]
struct FileShape<'f> {
    #[serde(flatten)]
    summary: Summary<'f>,
    as_written: bool,
    decision: Option<DecisionShape<'f>>,
    received: &'f Claims,
    reviewed: &'f Claims,
    identities: &'f [Identity],
    history: Vec<EntryShape<'f>>,
}

/// What is known beside a request.
pub(super) struct Beside<'f> {
    /// The reviewer who asks.
    pub(super) me: &'f Reviewer,
    /// The same person's, the newest first.
    pub(super) earlier: &'f [Request],
    /// Others' with an address of the same domain.
    pub(super) same_domain: &'f [Request],
    /// Who else looks at it now.
    pub(super) looking: &'f [Looking],
}

#[derive(Serialize)]
pub(super) struct ShownShape<'f> {
    #[serde(flatten)]
    file: FileShape<'f>,
    awaits_me: bool,
    /// Empty where nobody is asked any more.
    stages: Vec<StageShape<'f>>,
    looking: Vec<LookingShape<'f>>,
    earlier: Vec<Summary<'f>>,
    same_domain: Vec<Summary<'f>>,
}

#[derive(Serialize)]
pub(super) struct CountsShape<'c> {
    counts: Vec<CountShape<'c>>,
}

#[derive(Serialize)]
struct CountShape<'c> {
    state: StateName,
    route: Option<&'c str>,
    count: i64,
}

#[derive(Serialize)]
pub(super) struct DecisionShape<'f> {
    ruling: &'static str,
    by: Cow<'f, str>,
    at: Time,
    reason: Option<&'f str>,
    until: Option<Time>,
}

#[derive(Serialize)]
pub(super) struct DecidedShape<'f> {
    applied: bool,
    request: FileShape<'f>,
}

/// A point in time as RFC 3339 text.
pub(super) struct Time(pub(super) Timestamp);

pub(super) fn page<'p>(page: &'p Page, next: Option<String>, me: &Reviewer) -> PageShape<'p> {
    PageShape {
        requests: page.requests.iter().map(|request| summary(request, me)).collect(),
        next,
        cut_short: page.cut_short,
    }
}

pub(super) fn counts(counts: &Counts) -> CountsShape<'_> {
    let counts = counts.iter().map(|(counter, count)| CountShape {
        state: counter.state,
        route: counter.route.as_ref().map(RouteName::as_str),
        count: *count,
    });
    CountsShape {
        counts: counts.collect(),
    }
}

/// A request with what is known beside it.
pub(super) fn shown<'f>(shown: &'f File, beside: &Beside<'f>) -> ShownShape<'f> {
    let summaries = |requests: &'f [Request]| requests.iter().map(|request| summary(request, beside.me)).collect();
    ShownShape {
        file: file(shown, beside.me),
        awaits_me: beside.me.is_awaited(&shown.request),
        stages: shown.request.review().map(stages).unwrap_or_default(),
        looking: beside.looking.iter().map(LookingShape::of).collect(),
        earlier: summaries(beside.earlier),
        same_domain: summaries(beside.same_domain),
    }
}

/// What was decided, if anything was.
pub(super) fn decision(file: &File) -> Option<DecisionShape<'_>> {
    file.decision().map(|decision| DecisionShape {
        ruling: decide::name_of(decision.ruling),
        by: decision.who(),
        at: Time(decision.at),
        reason: decision.reason,
        until: decision.until.map(Time),
    })
}

fn file<'f>(file: &'f File, me: &Reviewer) -> FileShape<'f> {
    FileShape {
        summary: summary(&file.request, me),
        as_written: file.as_written == Some(true),
        decision: decision(file),
        received: &file.request.received,
        reviewed: &file.request.reviewed,
        identities: &file.request.identities,
        history: file.history.iter().map(entry).collect(),
    }
}

pub(super) fn decided<'f>(decided: &'f Decided, me: &Reviewer) -> DecidedShape<'f> {
    DecidedShape {
        applied: decided.applied,
        request: file(&decided.file, me),
    }
}

fn summary<'r>(request: &'r Request, me: &Reviewer) -> Summary<'r> {
    Summary {
        id: request.id,
        state: request.state.name(),
        version: request.version,
        opened_at: Time(request.opened_at),
        changed_at: Time(request.changed_at),
        rule: &request.rule,
        route: request.route.as_ref().map(RouteName::as_str),
        review: request.review().map(review),
        proven: request.proven,
        app: request.app.as_deref(),
        email: request.email(),
        display_name: request.reviewed.at_key("displayName").and_then(Value::text),
        own: me.is_applicant(request),
    }
}

fn review(review: &Review) -> ReviewShape<'_> {
    let stage = review.stage();
    let votes = |approves| {
        let votes = review.votes.iter().filter(|vote| vote.stage == review.stage);
        votes.filter(|vote| vote.approves == approves).count()
    };
    ReviewShape {
        stage: &stage.name,
        number: review.stage + 1,
        stages: review.plan.stages.len(),
        asked: stage.asked.key(),
        approvals: votes(true),
        approvals_wanted: stage.approve,
        denials: votes(false),
        denials_wanted: stage.deny,
        since: Time(review.since),
        ends: Time(review.ends()),
        then: stage.then.name(),
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
