//! What time does, and that it is over for everybody who comes late.

use approvals::{Answer, Notice, Refusal, Ruling, check, submit, tick};
use store::{Actor, Asked, Escalate, Event, Occasion, Request, Stage, StateName, TimeOut, Write};

use crate::cast::*;

fn timed(then: TimeOut) -> Stage {
    Stage {
        remind: vec![DAY, 2 * DAY, 5 * DAY],
        escalate: Some(Escalate {
            after: 4 * DAY,
            to: Asked::Group("others".to_owned()),
        }),
        then,
        ..stage("first", Asked::Group("front".to_owned()))
    }
}

fn ticked(request: &Request, after: std::time::Duration) -> Option<approvals::Transition> {
    tick(request, at(after), &telling())
}

const MILLI: std::time::Duration = std::time::Duration::from_millis(1);

#[test]
fn those_who_are_asked_are_reminded_and_missed_reminders_become_one() {
    let request = held(&plan(&[timed(TimeOut::Expire)]));
    assert_eq!(request.due(), Some(at(DAY)));
    assert_eq!(ticked(&request, DAY - MILLI), None);
    let once = ticked(&request, DAY).unwrap();
    assert!(matches!(&once.entries[..], [entry] if entry.by == Actor::Clock
        && matches!(&entry.event, Event::Reminded { stage } if stage == "first")));
    assert_eq!(occasions(&once), [Occasion::Reminded]);
    assert_eq!(ticked(&once.request, DAY), None, "once");
    assert_eq!(once.request.due(), Some(at(2 * DAY)));
    let late = ticked(&request, 3 * DAY).unwrap();
    assert_eq!(occasions(&late), [Occasion::Reminded], "two were missed");
    assert_eq!(
        (ticked(&late.request, 3 * DAY), late.request.due()),
        (None, Some(at(4 * DAY)))
    );
}

#[test]
fn others_are_asked_when_nobody_decides_in_time() {
    let request = held(&plan(&[timed(TimeOut::Expire)]));
    let front = reviewer("rita", &["front"]);
    let escalated = ticked(&request, 4 * DAY).unwrap();
    assert_eq!(occasions(&escalated), [Occasion::Escalated]);
    let to = Asked::Group("others".to_owned());
    assert!(matches!(&escalated.entries[0].event, Event::Escalated { to: whom, .. } if *whom == to));
    let escalated = escalated.request;
    assert_eq!(escalated.review().map(|review| &review.stage().asked), Some(&to));
    assert_eq!(
        rule(&escalated, Ruling::Approve, &front, 4 * DAY).refused,
        Some(Refusal::NotAsked)
    );
    assert_eq!(
        ruled(&escalated, Ruling::Approve, &reviewer("bob", &["others"]), 4 * DAY)
            .state
            .name(),
        StateName::Approved
    );
    assert_eq!(
        ticked(&escalated, 4 * DAY),
        None,
        "nobody is reminded of what others have missed"
    );
    let reminded = ticked(&escalated, 5 * DAY).unwrap();
    assert_eq!(
        (occasions(&reminded), ticked(&reminded.request, 5 * DAY)),
        (vec![Occasion::Reminded], None)
    );
}

#[test]
fn a_stage_ends_as_its_plan_says() {
    for (then, state) in [
        (TimeOut::Expire, StateName::Expired),
        (TimeOut::Approve, StateName::Approved),
        (TimeOut::Deny, StateName::Denied),
    ] {
        let request = held(&plan(&[Stage {
            then,
            ..stage("only", Asked::Anybody)
        }]));
        assert_eq!(ticked(&request, 10 * DAY - MILLI), None);
        let over = ticked(&request, 10 * DAY).unwrap();
        assert_eq!((over.request.state.name(), &over.entries[0].by), (state, &Actor::Clock));
    }
    let stages = [
        Stage {
            then: TimeOut::Approve,
            ..stage("first", Asked::Anybody)
        },
        stage("second", Asked::Anybody),
    ];
    let passed = ticked(&held(&plan(&stages)), 10 * DAY).unwrap();
    assert!(matches!(passed.entries[0].event, Event::Passed { .. }));
    assert_eq!(
        (occasions(&passed), passed.request.due()),
        (vec![Occasion::Asked], Some(at(20 * DAY)))
    );
}

#[test]
fn whoever_decides_when_time_is_over_records_what_time_did() {
    for (then, state) in [
        (TimeOut::Expire, StateName::Expired),
        (TimeOut::Approve, StateName::Approved),
        (TimeOut::Deny, StateName::Denied),
    ] {
        let request = held(&plan(&[Stage {
            then,
            ..stage("only", Asked::Anybody)
        }]));
        for ruling in [Ruling::Approve, Ruling::Deny, Ruling::Withdraw] {
            let late = rule(&request, ruling, &rita(), 10 * DAY);
            assert_eq!(late.refused, Some(Refusal::NotPending));
            let over = late.transition.unwrap();
            assert_eq!(Some(&over), ticked(&request, 10 * DAY).as_ref());
            assert_eq!(over.request.state.name(), state);
        }
    }
}

#[test]
fn an_approval_that_nobody_used_expires() {
    let request = approved();
    assert_eq!(
        (request.due(), ticked(&request, 31 * DAY - MILLI)),
        (Some(at(31 * DAY)), None)
    );
    let over = ticked(&request, 31 * DAY).unwrap();
    assert_eq!(
        (over.request.state.name(), over.entries[0].from),
        (StateName::Expired, Some(StateName::Approved))
    );
    assert_eq!((over.request.due(), ticked(&over.request, 99 * DAY)), (None, None));
    let late = rule(&request, Ruling::Deny, &rita(), 31 * DAY);
    assert_eq!(
        (late.refused, late.transition),
        (Some(Refusal::NotPending), Some(ticked(&request, 31 * DAY).unwrap()))
    );
}

#[test]
fn who_comes_when_time_is_over_opens_a_new_round_and_the_old_one_is_kept_as_it_ended() {
    let old = held(&plan(&[stage("only", Asked::Anybody)]));
    let terms = approvals::Terms {
        tell_applicants: store::News::ALL.to_vec(),
        tell_unproven: true,
        ..telling()
    };
    assert_eq!(check(Some(&old), &[], at(10 * DAY), &terms), None);
    let (answer, transition) = submit(Some(&old), &[], &jane(hold()), at(10 * DAY), &terms);
    assert_eq!(answer, Answer::Notice(Notice::Waiting));
    let opened = transition.unwrap();
    let versions: Vec<_> = opened
        .entries
        .iter()
        .map(|entry| (entry.request.round, entry.version))
        .collect();
    assert_eq!(versions, [(1, 2), (2, 3)]);
    assert_eq!((opened.request.id.round, opened.request.version), (2, 3));
    let commit = opened.commit(None, &[], &audit_key().seal().unwrap());
    assert!(commit.check().is_ok());
    let archived = commit.writes.iter().find_map(|write| match write {
        Write::Archive { request, .. } => Some((request.id, request.version, request.state.name())),
        _ => None,
    });
    assert_eq!(archived, Some((old.id, 2, StateName::Expired)));
    let effects = commit.writes.iter().filter_map(|write| match write {
        Write::Effect { entry, .. } => Some((entry.request.round, entry.effect.name(), entry.id.number / 32)),
        _ => None,
    });
    assert_eq!(
        effects.collect::<Vec<_>>(),
        [
            (1, "expired", 2),
            (2, "received", 3),
            (2, "tell-reviewers", 3),
            (1, "count", 2),
            (2, "count", 3)
        ]
    );
    let replaced = commit
        .writes
        .iter()
        .any(|write| matches!(write, Write::Request { replaces: Some(1), .. }));
    assert!(replaced, "on what the store has");
}

#[test]
fn who_is_denied_by_time_stays_denied_when_they_come() {
    let old = held(&plan(&[Stage {
        then: TimeOut::Deny,
        ..stage("only", Asked::Anybody)
    }]));
    let late = at(10 * DAY);
    assert_eq!(check(Some(&old), &[], late, &terms()), Some(Notice::Denied));
    assert_eq!(
        submit(Some(&old), &[], &jane(hold()), late, &terms()).0,
        Answer::Notice(Notice::Denied)
    );
}

#[test]
fn who_is_approved_by_time_goes_on_at_once() {
    let old = held(&plan(&[Stage {
        then: TimeOut::Approve,
        ..stage("only", Asked::Anybody)
    }]));
    let late = at(10 * DAY);
    assert_eq!(check(Some(&old), &[], late, &terms()), None);
    let (answer, transition) = submit(Some(&old), &[], &jane(hold()), late, &terms());
    assert!(matches!(answer, Answer::Continue(_)));
    let names: Vec<_> = transition
        .unwrap()
        .entries
        .iter()
        .map(|entry| entry.event.name())
        .collect();
    assert_eq!(names, ["approved", "admitted"]);
}
