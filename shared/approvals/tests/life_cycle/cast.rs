//! Jane, who signs up, and Rita, who reviews.

use std::time::Duration;

use approvals::{
    Answer, AuditKey, Decide, Decided, Decider, Held, Notice, Refusal, Reviewer, Ruling, Submission, Terms, Transition,
    Wish, check, decide, submit,
};
use claims::{Changes, Claims, Hash, Identity};
use store::{Asked, Commit, Denial, Effect, Occasion, Plan, Reasons, Request, Stage, TimeOut, Timestamp, Write};

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Any key.
pub(crate) fn audit_key() -> AuditKey {
    AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
}

pub(crate) fn terms() -> Terms {
    Terms::default()
}

/// Everybody waits for whoever reviews.
pub(crate) fn hold() -> Wish {
    Wish::Hold(Held::by_anybody())
}

pub(crate) fn at(after: Duration) -> Timestamp {
    START.plus(after)
}

pub(crate) fn claims(json: &str) -> Claims {
    claims::parse(claims::Step::PostAttributeCollection, json.as_bytes())
        .unwrap()
        .claims
}

pub(crate) fn changes(json: &str) -> Changes {
    let mut changes = Changes::none();
    claims(json)
        .iter()
        .for_each(|(key, value)| changes.set(key, value.clone()));
    changes
}

pub(crate) const JANE: &str = r#"{"email":"jane@example.com","displayName":"jane roe","extension_Age":41}"#;

/// Jane submits; the policy spells her name properly.
pub(crate) fn jane(wish: Wish) -> Submission {
    Submission {
        applicant: Hash::of(&["jane"]),
        proven: true,
        kept: claims(JANE),
        received: claims(JANE),
        reviewed: claims(&JANE.replace("jane roe", "Jane Roe")),
        changes: changes(r#"{"displayName":"Jane Roe"}"#),
        identities: vec![Identity {
            sign_in_type: None,
            issuer: Some("google.com".into()),
            issuer_assigned_id: Some("1".into()),
        }],
        app: None,
        locales: claims::Locales::default(),
        addresses: vec![Hash::of_address("jane@example.com")],
        invitation: None,
        wish,
        rule: "hold".into(),
    }
}

pub(crate) fn with_claims(submission: Submission, json: &str) -> Submission {
    Submission {
        kept: claims(json),
        received: claims(json),
        reviewed: claims(json),
        changes: Changes::none(),
        ..submission
    }
}

pub(crate) fn pending() -> Request {
    let (answer, transition) = submit(None, &[], &jane(hold()), START, &terms());
    assert_eq!(answer, Answer::Notice(Notice::Waiting));
    transition.unwrap().request
}

pub(crate) fn decided(ruling: Ruling, request: &Request, now: Timestamp) -> Transition {
    let by = Decide {
        reason: Some("known".into()),
        ..Decide::new(ruling, rita())
    };
    decide(request, &by, now, &terms()).transition.unwrap()
}

pub(crate) fn rita() -> Decider {
    Decider::Reviewer(Reviewer::named("rita", Vec::new()))
}

pub(crate) fn approved() -> Request {
    decided(Ruling::Approve, &pending(), at(DAY)).request
}

pub(crate) fn denied() -> Request {
    decided(Ruling::Deny, &pending(), at(DAY)).request
}

pub(crate) fn first_step(request: &Request, after: Duration) -> Option<Notice> {
    check(Some(request), &[], at(after), &terms())
}

pub(crate) fn second_step(request: &Request, wish: Wish, after: Duration) -> (Answer, Option<Transition>) {
    submit(Some(request), &[], &jane(wish), at(after), &terms())
}

pub(crate) fn notice(answer: (Answer, Option<Transition>)) -> (Notice, bool) {
    match answer {
        (Answer::Notice(notice), transition) => (notice, transition.is_some()),
        other => panic!("expected a notice: {other:?}"),
    }
}

pub(crate) fn denials(commit: &Commit) -> Vec<Denial> {
    let denial = |write: &Write| match write {
        Write::Denial { denial, .. } => Some(denial.clone()),
        _ => None,
    };
    commit.writes.iter().filter_map(denial).collect()
}

pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);

/// A stage that anybody passes alone, for ten days.
pub(crate) fn stage(name: &str, asked: Asked) -> Stage {
    Stage {
        name: name.to_owned(),
        asked,
        approve: 1,
        deny: 1,
        among: Vec::new(),
        remind: Vec::new(),
        escalate: None,
        lasts: 10 * DAY,
        then: TimeOut::Expire,
    }
}

pub(crate) fn plan(stages: &[Stage]) -> Plan {
    Plan {
        stages: stages.to_vec(),
        reasons: Reasons::Optional,
        cool_down: None,
    }
}

pub(crate) fn by(plan: &Plan) -> Wish {
    Wish::Hold(Held {
        route: None,
        plan: plan.clone(),
    })
}

/// Jane's request, held by a plan.
pub(crate) fn held(plan: &Plan) -> Request {
    submit(None, &[], &jane(by(plan)), START, &telling()).1.unwrap().request
}

/// Reviewers are told that somebody waits.
pub(crate) fn telling() -> Terms {
    Terms {
        tell_reviewers: true,
        ..terms()
    }
}

pub(crate) fn reviewer(name: &str, groups: &[&str]) -> Decider {
    Decider::Reviewer(Reviewer::named(
        name,
        groups.iter().map(|&group| group.into()).collect(),
    ))
}

/// What comes of a reviewer's ruling.
pub(crate) fn rule(request: &Request, ruling: Ruling, by: &Decider, after: Duration) -> Decided {
    decide(request, &Decide::new(ruling, by.clone()), at(after), &telling())
}

/// The request after a ruling that was accepted.
pub(crate) fn ruled(request: &Request, ruling: Ruling, by: &Decider, after: Duration) -> Request {
    let decided = rule(request, ruling, by, after);
    assert_eq!(decided.refused, None);
    decided.transition.unwrap().request
}

/// Why a ruling is refused, without anything changing.
pub(crate) fn refused(request: &Request, ruling: Ruling, by: &Decider) -> Option<Refusal> {
    let decided = rule(request, ruling, by, HOUR);
    assert_eq!(decided.transition, None);
    decided.refused
}

/// For what reviewers are told with a change.
pub(crate) fn occasions(transition: &Transition) -> Vec<Occasion> {
    let occasion = |write: &Write| match write {
        Write::Effect { entry, .. } => match entry.effect {
            Effect::TellReviewers { why } => Some(why),
            _ => None,
        },
        _ => None,
    };
    let commit = transition.clone().commit(None, &[], &audit_key().seal().unwrap());
    commit.writes.iter().filter_map(occasion).collect()
}
