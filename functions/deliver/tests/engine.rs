//! What delivering promises, whatever the receiver does: against a real store, with a clock in the test's hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod world;

use std::time::Duration;

use approvals::{Account, Ruling};
use deliver::{Delivered, Report};
use effects::{Attempt, Why};
use host::{Job, Ran};
use store::{Effect, EntryId, News, Occasion, Outbox, OutboxEntry, Progress, Receiver, State, Store};

use crate::world::{Behaviour, FAR, World};

/// A letter to an applicant.
const TELL: Effect = Effect::TellApplicant {
    news: News::Received,
    redeem_url: None,
};

const DONE: Report = Report {
    delivered: 1,
    failed: 0,
    parked: 0,
};

const FAILED: Report = Report {
    delivered: 0,
    failed: 1,
    parked: 0,
};

fn later(after: Option<Duration>) -> Attempt<Delivered> {
    Attempt::Later {
        why: Why::new("not now"),
        after,
    }
}

fn never() -> Attempt<Delivered> {
    Attempt::Never { why: Why::new("no") }
}

fn created() -> Attempt<Delivered> {
    Attempt::Done(Delivered::Account(Account {
        object_id: "2f1c".to_owned(),
        redeem_url: None,
    }))
}

fn done() -> Attempt<Delivered> {
    Attempt::Done(Delivered::Done)
}

#[tokio::test]
async fn what_is_delivered_is_gone_and_not_delivered_again() {
    let world = World::new();
    let entry = world.write("jane", 1, TELL).await;
    assert_eq!(world.drain().await, DONE);
    assert_eq!(world.mail.log(), [entry.id]);
    assert_eq!(world.store.entry(&entry.id).await, Ok(None));
    assert_eq!(world.drain().await, Report::default());
}

#[tokio::test]
async fn what_fails_is_tried_by_the_schedule_with_the_same_id_and_then_parked() {
    let world = World::new();
    world.mail.behave(|_| Behaviour::Answer(later(None)));
    let entry = world.write("jane", 1, TELL).await;
    let waits = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];
    for (n, seconds) in waits.into_iter().enumerate() {
        assert_eq!(world.drain().await.failed, 1, "attempt {n}");
        let now = world.entry(&entry).await;
        assert_eq!(
            (now.attempts as usize, now.failures as usize, now.failure.as_deref()),
            (n + 1, n + 1, Some("not now"))
        );
        let wait = now.due().unwrap().since(world.now()).as_secs_f64();
        assert!(
            (f64::from(seconds)..=f64::from(seconds) * 1.1).contains(&wait),
            "{wait}"
        );
        world.forward(Duration::from_secs_f64(wait) - Duration::from_millis(2));
        assert_eq!(world.drain().await, Report::default(), "not before its time");
        world.forward(Duration::from_millis(2));
    }
    assert_eq!(world.drain().await.parked, 1, "the last attempt");
    assert_eq!(world.mail.log(), vec![entry.id; 8]);
    world.forward(FAR);
    assert_eq!(world.drain().await, Report::default());
    let [parked] = world.store.parked(None, 10).await.unwrap().entries.try_into().unwrap();
    assert_eq!((parked.id, parked.failure.as_deref()), (entry.id, Some("not now")));
}

#[tokio::test]
async fn a_receiver_that_asks_for_more_time_gets_it() {
    let world = World::new();
    world
        .mail
        .behave(|_| Behaviour::Answer(later(Some(Duration::from_secs(600)))));
    let entry = world.write("jane", 1, TELL).await;
    world.drain().await;
    let wait = world.entry(&entry).await.due().unwrap().since(world.now());
    assert!(
        wait >= Duration::from_secs(600) && wait <= Duration::from_secs(660),
        "{wait:?}"
    );
}

#[tokio::test]
async fn what_cannot_heal_is_parked_at_once_and_does_not_hold_up_what_follows() {
    let world = World::new();
    world
        .mail
        .behave(|n| Behaviour::Answer(if n == 0 { never() } else { done() }));
    let first = world.write("jane", 1, TELL).await;
    let second = world.write("jane", 2, TELL).await;
    let report = world.drain().await;
    assert_eq!((report.parked, report.delivered), (1, 1));
    assert_eq!(world.mail.log(), [first.id, second.id]);
    assert!(world.entry(&first).await.parked_at().is_some());
}

#[tokio::test]
async fn order_is_kept_for_an_applicant_and_a_receiver_and_others_go_on() {
    let world = World::new();
    world
        .mail
        .behave(|n| Behaviour::Answer(if n == 0 { later(None) } else { done() }));
    let first = world.write("jane", 1, TELL).await;
    let second = world.write("jane", 2, TELL).await;
    world.drain().await;
    let other = world.write("jim", 1, TELL).await;
    world.drain().await;
    assert_eq!(world.mail.log(), [first.id, other.id]);
    world.forward(Duration::from_secs(4));
    assert_eq!(
        world.drain().await,
        Report::default(),
        "the second one waits as long as the first"
    );
    world.forward(Duration::from_secs(2));
    assert_eq!(world.drain().await.delivered, 2);
    let janes: Vec<_> = world
        .mail
        .log()
        .into_iter()
        .filter(|id| id.lane == first.id.lane)
        .collect();
    assert_eq!(janes, [first.id, first.id, second.id]);
}

#[tokio::test]
async fn what_waits_for_an_earlier_effect_does_not_stand_in_the_way_of_others() {
    let world = World::new();
    world
        .mail
        .behave(|n| Behaviour::Answer(if n == 0 { later(None) } else { done() }));
    // More than are read at once.
    for n in 0..300 {
        world.write("jane", n + 1, TELL).await;
    }
    world.forward(Duration::from_millis(1));
    world.drain().await;
    let due = world.store.due(Receiver::Mail, world.now(), None, 500).await.unwrap();
    assert_eq!(due.entries, [], "nobody looks at them before the first one's time");
    let other = world.write("jim", 1, TELL).await;
    assert_eq!(world.drain().await, DONE);
    assert_eq!(world.mail.log().last(), Some(&other.id));
}

#[tokio::test]
async fn a_receiver_that_is_down_does_not_hold_up_the_others() {
    let world = World::new();
    world.account.behave(|_| Behaviour::Hang);
    for name in ["jane", "jim", "joe"] {
        world.approved(name).await;
        world.write(name, 9, TELL).await;
    }
    let draining = tokio::spawn(world.deliverer().drain_far());
    world.account.wait_for(3).await;
    world.mail.wait_for(3).await;
    draining.abort();
}

#[tokio::test]
async fn a_lane_that_is_slow_takes_one_place_and_no_more() {
    let world = World::new();
    world.mail.behave(|n| {
        if n == 0 {
            Behaviour::Hang
        } else {
            Behaviour::Answer(done())
        }
    });
    // More than are read at once.
    for n in 0..601 {
        world.write(&n.to_string(), 1, TELL).await;
    }
    let draining = tokio::spawn(world.deliverer().drain_far());
    world.mail.wait_for(601).await;
    let slow = world.store.entry(&world.mail.log()[0]).await.unwrap().unwrap();
    assert_eq!(slow.failures, 0, "its attempt is under way");
    draining.abort();
}

#[tokio::test]
async fn what_becomes_due_while_others_work_is_carried_out_in_the_same_run() {
    let world = World::new();
    world.account.behave(|_| Behaviour::Hang);
    world.mail.behave(|n| {
        if n == 0 {
            Behaviour::Hang
        } else {
            Behaviour::Answer(done())
        }
    });
    world.approved("jane").await;
    let draining = tokio::spawn(world.deliverer().drain_far());
    world.account.wait_for(1).await;
    // Another receiver, which had nothing to do, and then one that has.
    for (n, name) in ["jim", "joe"].into_iter().enumerate() {
        world.write(name, 1, TELL).await;
        world.mail.wait_for(n + 1).await;
    }
    draining.abort();
    let account = world.store.entry(&world.account.log()[0]).await.unwrap().unwrap();
    assert_eq!(account.failures, 0, "its attempt is under way");
}

#[tokio::test]
async fn what_waits_behind_an_attempt_under_way_stands_in_nobodys_way_and_is_not_postponed() {
    let world = World::new();
    world.mail.behave(|n| {
        if n == 0 {
            Behaviour::Hang
        } else {
            Behaviour::Answer(done())
        }
    });
    let mut janes = Vec::new();
    // More than are read at once.
    for n in 0..300 {
        janes.push(world.write("jane", n + 1, TELL).await);
    }
    let holder = tokio::spawn(world.deliverer().drain_far());
    world.mail.wait_for(1).await;
    world.forward(Duration::from_millis(1));
    let jim = world.write("jim", 1, TELL).await;
    world.mail.wait_for(2).await;
    let joe = world.write("joe", 1, TELL).await;
    // Whoever cannot take the lane goes on with the rest, and ends.
    let other = world.another_deliverer().drain_far().await;
    assert!(other.unwrap().delivered <= 1);
    world.mail.wait_for(3).await;
    holder.abort();
    assert_eq!(world.mail.log(), [janes[0].id, jim.id, joe.id]);
    for entry in &janes[1..] {
        assert_eq!(world.entry(entry).await, *entry);
    }
}

#[tokio::test]
async fn a_deliverer_that_lost_its_races_carries_out_the_rest_and_ends() {
    let world = World::new();
    world.mail.behave(|n| match n {
        0..World::AT_ONCE => Behaviour::Hang,
        _ => Behaviour::Answer(done()),
    });
    for n in 0..World::AT_ONCE {
        world.write(&format!("held {n}"), 1, TELL).await;
        world.write(&format!("held {n}"), 2, TELL).await;
    }
    world.forward(Duration::from_millis(1));
    let holder = tokio::spawn(world.deliverer().drain_far());
    world.mail.wait_for(World::AT_ONCE).await;
    for n in 0..300 {
        world.write(&n.to_string(), 1, TELL).await;
    }
    holder.abort();
    let rest = world.another_deliverer().drain_far().await;
    assert_eq!(rest.unwrap().delivered, 300);
    let nothing = world.another_deliverer().drain_far().await;
    assert_eq!(nothing, Ok(Report::default()), "what somebody else has is left alone");
}

#[tokio::test]
async fn what_ends_its_process_every_time_is_parked_in_the_end() {
    let world = World::new();
    world.mail.behave(|_| Behaviour::Hang);
    let entry = world.write("jane", 1, TELL).await;
    for n in 1..=8 {
        let killed = tokio::spawn(world.deliverer().drain_far());
        world.mail.wait_for(n).await;
        killed.abort();
        assert!(killed.await.unwrap_err().is_cancelled());
        world.forward(FAR);
    }
    assert_eq!(world.drain().await.parked, 1);
    let now = world.entry(&entry).await;
    assert_eq!((now.attempts, now.failures), (8, 8));
    assert!(now.failure.unwrap().contains("the process ended"));
}

#[tokio::test]
async fn a_receiver_that_asked_for_time_is_left_alone_by_everything_that_is_due() {
    let world = World::new();
    let runner = world.deliverer();
    world
        .mail
        .behave(|_| Behaviour::Answer(later(Some(Duration::from_secs(60)))));
    for n in 0..30 {
        world.write(&n.to_string(), 1, TELL).await;
    }
    let report = runner.drain_far().await.unwrap();
    assert!((1..=World::AT_ONCE).contains(&report.failed), "{report:?}");
    assert_eq!(
        world.mail.log().len(),
        report.failed,
        "nothing began after the first answer"
    );
    world.mail.behave(|_| Behaviour::Answer(done()));
    world.forward(Duration::from_millis(59_999));
    assert_eq!(runner.drain_far().await, Ok(Report::default()));
    world.forward(Duration::from_millis(1));
    assert_eq!(runner.drain_far().await.unwrap().delivered, 30 - report.failed);
}

#[tokio::test]
async fn what_a_receiver_asks_for_stops_its_effects_for_minutes_and_never_for_days() {
    let world = World::new();
    let runner = world.deliverer();
    world
        .mail
        .behave(|n| Behaviour::Answer(if n == 0 { later(Some(FAR)) } else { done() }));
    world.write("jane", 1, TELL).await;
    assert_eq!(runner.drain_far().await, Ok(FAILED));
    world.write("jim", 1, TELL).await;
    world.forward(Duration::from_secs(10 * 60) - Duration::from_millis(1));
    assert_eq!(runner.drain_far().await, Ok(Report::default()));
    world.forward(Duration::from_millis(1));
    assert_eq!(runner.drain_far().await, Ok(DONE));
}

#[tokio::test]
async fn what_is_due_for_a_receiver_that_nobody_carries_is_given_up_for_a_person_to_see() {
    for alone in [false, true] {
        let world = World::new();
        world.approved("jane").await;
        let lane = world
            .write("jim", 1, Effect::TellReviewers { why: Occasion::Asked })
            .await;
        let runner = world.deliverer_of(&world.mail);
        let run = async || match alone {
            false => runner.drain_far().await.unwrap().parked,
            true => {
                let mut parked = 0;
                for one in runner.alone() {
                    parked += one.drain_far().await.unwrap().parked;
                }
                parked
            }
        };
        world.forward(Duration::from_secs(15 * 60) - Duration::from_millis(1));
        assert_eq!(run().await, 0, "a deployment may be under way");
        world.forward(Duration::from_millis(1));
        assert_eq!(run().await, 0, "it is looked at once a minute");
        world.forward(Duration::from_secs(60));
        assert_eq!(run().await, 2);
        let parked = world.store.parked(None, 10).await.unwrap().entries;
        let missing = |entry: &store::OutboxEntry| match entry.id.lane.receiver {
            Receiver::Account => "account = \"graph\"",
            _ => "`reviewers` of `[mail]`",
        };
        for entry in &parked {
            let failure = entry.failure.as_deref().unwrap();
            assert!(
                failure.contains(missing(entry)) && failure.contains("drop"),
                "{failure}"
            );
            assert_eq!(entry.attempts, 0, "none was begun");
        }
        assert!(parked.iter().any(|entry| entry.id == lane.id));
        assert!(world.account.log().is_empty());
    }
}

#[tokio::test]
async fn no_account_is_created_for_an_address_that_was_denied_after_the_approval() {
    let world = World::new();
    // An address that both have given.
    let jane = world.submitted("Jane at home.example").await;
    let john = world.submitted("John at home.example").await;
    let other = world.approved("Jim at work.example").await;
    world.decided(&jane, Ruling::Approve).await;
    world.forward(Duration::from_secs(1));
    world.decided(&john, Ruling::Deny).await;
    let report = world.drain().await;
    assert_eq!(report.parked, 1);
    let [parked] = world.store.parked(None, 10).await.unwrap().entries.try_into().unwrap();
    assert_eq!(parked.request, jane.id);
    let failure = parked.failure.unwrap();
    assert!(failure.contains("denied") && !failure.contains("home"), "{failure}");
    let asked: Vec<_> = world.account.log().iter().map(|id| id.lane.applicant).collect();
    assert_eq!(asked, [other.id.applicant]);
    // An earlier denial does not count: the reviewer who approved knew better.
    let joan = world.submitted("Joan at home.example").await;
    world.forward(Duration::from_secs(1));
    world.decided(&joan, Ruling::Approve).await;
    world.drain().await;
    assert_eq!(world.account.log().last().unwrap().lane.applicant, joan.id.applicant);
}

#[tokio::test]
async fn reviewers_are_told_of_what_waits_and_not_of_what_was_decided_meanwhile() {
    let world = World::new();
    let waits = world
        .write("jane", 1, Effect::TellReviewers { why: Occasion::Asked })
        .await;
    let decided = world
        .write("jim", 1, Effect::TellReviewers { why: Occasion::Asked })
        .await;
    let jim = world.store.request(&decided.request).await.unwrap().unwrap();
    world.decided(&jim, Ruling::Deny).await;
    assert_eq!(world.drain().await, DONE);
    assert_eq!(world.reviewers.log(), [waits.id]);
    assert_eq!(world.store.entry(&decided.id).await, Ok(None), "it is done");
}

#[tokio::test]
async fn an_applicants_letters_keep_their_order_when_the_decision_is_faster() {
    let world = World::new();
    let received = world.write("jane", 1, TELL).await;
    let jane = world.store.request(&received.request).await.unwrap().unwrap();
    world.decided(&jane, Ruling::Deny).await;
    let denied = world.write("jane", 2, TELL).await;
    world.drain().await;
    assert_eq!(world.mail.log(), [received.id, denied.id]);
}

#[tokio::test]
async fn an_account_is_recorded_though_the_approval_ran_out_during_the_attempt() {
    let world = World::new();
    let jane = world.approved("jane").await;
    let clock = world.clock.clone();
    world.account.behave(move |_| {
        clock.forward(2 * FAR);
        Behaviour::Answer(created())
    });
    assert_eq!(world.drain().await, DONE);
    let now = world.request(&jane).await;
    assert!(matches!(now.state, State::Provisioned { object_id, .. } if object_id == "2f1c"));
}

#[tokio::test]
async fn an_account_whose_applicant_asked_anew_during_the_attempt_is_told_to_a_person() {
    let world = World::new();
    let jane = world.approved("jane").await;
    world
        .account
        .behave(|_| Behaviour::Slow(Duration::from_millis(200), created()));
    let draining = tokio::spawn(world.deliverer().drain_far());
    world.account.wait_for(1).await;
    world.forward(2 * FAR);
    let anew = world.submitted("jane").await;
    assert_eq!(anew.id.round, 2);
    assert_eq!(draining.await.unwrap().unwrap().parked, 1);
    let [parked] = world.store.parked(None, 10).await.unwrap().entries.try_into().unwrap();
    assert_eq!(parked.request, jane.id);
    assert!(parked.failure.unwrap().contains("account 2f1c was created"));
    assert_eq!(world.request(&anew).await, anew);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_takes_too_long_or_panics_has_failed() {
    for behaviour in [Behaviour::Hang, Behaviour::Panic] {
        let world = World::new();
        world.mail.behave(move |_| behaviour.clone());
        let entry = world.write("jane", 1, TELL).await;
        assert_eq!(world.drain().await.failed, 1);
        assert!(world.entry(&entry).await.failure.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_deliverers_never_work_on_one_entry() {
    let world = World::new();
    world
        .mail
        .behave(|_| Behaviour::Slow(Duration::from_millis(20), done()));
    for n in 0..20 {
        world.write(&n.to_string(), 1, TELL).await;
    }
    let drains = (0..6).map(|_| tokio::spawn(world.another_deliverer().drain_far()));
    for drain in drains.collect::<Vec<_>>() {
        drain.await.unwrap().unwrap();
    }
    let mut log = world.mail.log();
    assert_eq!(log.len(), 20);
    log.sort_unstable();
    log.dedup();
    assert_eq!(log.len(), 20);
}

#[tokio::test]
async fn a_lease_outlives_the_attempt_and_ends_when_its_holder_is_gone() {
    let world = World::new();
    world.mail.behave(|n| {
        if n == 0 {
            Behaviour::Hang
        } else {
            Behaviour::Answer(done())
        }
    });
    let entry = world.write("jane", 1, TELL).await;
    let holder = tokio::spawn(world.deliverer().drain_far());
    world.mail.wait_for(1).await;
    holder.abort();
    world.forward(world.mail.limit());
    assert_eq!(
        world.drain().await,
        Report::default(),
        "the attempt could still be under way"
    );
    world.forward(Duration::from_secs(30));
    assert_eq!(world.drain().await, FAILED, "it counts as lost, and waits for its time");
    let now = world.entry(&entry).await;
    assert_eq!((now.attempts, now.failures), (1, 1));
    assert!(now.failure.unwrap().contains("the process ended"));
    world.forward(Duration::from_secs(6));
    assert_eq!(world.drain().await, DONE);
    assert_eq!(world.mail.log(), [entry.id, entry.id]);
}

#[tokio::test]
async fn an_account_is_recorded_with_the_news_in_one_commit() {
    let world = World::new();
    world.account.behave(|_| {
        Behaviour::Answer(Attempt::Done(Delivered::Account(Account {
            object_id: "2f1c".to_owned(),
            redeem_url: Some("sealed".to_owned()),
        })))
    });
    let request = world.approved("jane").await;
    world.deliverer_of(&world.account).drain_far().await.unwrap();
    let now = world.store.request(&request.id).await.unwrap().unwrap();
    assert!(matches!(&now.state, State::Provisioned { object_id, .. } if object_id == "2f1c"));
    let account = store::Lane {
        applicant: request.id.applicant,
        receiver: Receiver::Account,
    };
    assert_eq!(
        world.store.first_in(&account).await,
        Ok(None),
        "the effect is gone with it"
    );
    let lane = store::Lane {
        applicant: request.id.applicant,
        receiver: Receiver::Mail,
    };
    let news = world.store.first_in(&lane).await.unwrap().unwrap();
    let Effect::TellApplicant { news, redeem_url } = news.effect else {
        panic!()
    };
    assert_eq!((news, redeem_url.as_deref()), (News::Approved, Some("sealed")));
    assert_eq!(world.drain().await, DONE);
}

#[tokio::test]
async fn what_follows_for_another_receiver_is_carried_out_in_the_same_run() {
    let world = World::new();
    world.account.behave(|_| {
        Behaviour::Answer(Attempt::Done(Delivered::Account(Account {
            object_id: "2f1c".to_owned(),
            redeem_url: Some("sealed".to_owned()),
        })))
    });
    world.approved("jane").await;
    assert_eq!(world.drain().await.delivered, 2);
    assert_eq!(world.mail.log().len(), 1);
}

#[tokio::test]
async fn a_crash_between_done_and_recorded_is_harmless() {
    let world = World::new();
    world.account.behave(|_| Behaviour::Answer(created()));
    let request = world.approved("jane").await;
    world.fail_commits_after(1);
    world.deliverer_on_failing_store().drain_far().await.unwrap_err();
    assert_eq!(world.account.log().len(), 1, "it was carried out");
    let now = world.store.request(&request.id).await.unwrap().unwrap();
    assert!(matches!(now.state, State::Approved { .. }), "and not recorded");
    world.forward(world.account.limit() + Duration::from_secs(36));
    let report = world.drain().await;
    assert_eq!((report.failed, report.delivered), (1, 1), "{report:?}");
    let log = world.account.log();
    assert!(log.len() == 2 && log[0] == log[1], "the same id again: {log:?}");
    let now = world.store.request(&request.id).await.unwrap().unwrap();
    assert!(matches!(now.state, State::Provisioned { .. }));
}

#[tokio::test]
async fn a_backlog_is_drained_batch_by_batch() {
    let world = World::new();
    world.mail.behave(|_| Behaviour::Slow(Duration::from_millis(2), done()));
    for n in 0..600 {
        world.write(&n.to_string(), 1, TELL).await;
    }
    assert_eq!(world.drain().await.delivered, 600);
    assert_eq!(world.mail.most_at_once(), World::AT_ONCE);
}

#[tokio::test]
async fn what_was_passed_over_while_its_lane_was_worked_on_is_carried_out_in_the_same_run() {
    let world = World::new();
    // The first one ends in the middle of the second page, which held another of the same lane.
    world.mail.behave(|n| match n {
        0 => Behaviour::DoneAfter(300),
        _ => Behaviour::Answer(done()),
    });
    let first = world.write("jane", 1, TELL).await;
    for n in 0..600 {
        world.forward(Duration::from_millis(1));
        world.write(&n.to_string(), 1, TELL).await;
        if n == 300 {
            world.write("jane", 2, TELL).await;
        }
    }
    assert_eq!(world.drain().await.delivered, 602);
    // Which of several lanes begins first is open; the order in a lane is not.
    let of_jane: Vec<_> = world
        .mail
        .log()
        .into_iter()
        .filter(|id| id.lane == first.id.lane)
        .collect();
    assert!(of_jane.len() == 2 && of_jane[0] == first.id, "{of_jane:?}");
}

/// Then it is the lease, the attempt and the record: nothing else is asked of the store.
#[tokio::test]
async fn a_lane_and_its_request_are_read_together_and_once() {
    let world = World::new();
    // What is first in its lane need not be what waits longest.
    world.write("jane", 2, TELL).await;
    world.forward(Duration::from_millis(1));
    world.write("jane", 1, TELL).await;
    let report = world.deliverer_on_sparing_store().drain_far().await;
    assert_eq!(report.unwrap().delivered, 2);
}

/// While others work, an effect of an earlier request becomes due, before the one that was found to be due in its lane.
#[tokio::test]
async fn an_effect_is_carried_out_for_its_own_request() {
    let world = World::new();
    let early = world
        .write("jane", 1, Effect::TellReviewers { why: Occasion::Asked })
        .await;
    let denied = world.store.request(&early.request).await.unwrap().unwrap();
    world.decided(&denied, Ruling::Deny).await;
    world.forward(FAR);
    let in_a_second = Progress::Waits {
        until: world.now().plus(Duration::from_secs(1)),
    };
    world.change(&early, in_a_second).await;
    for n in 0..World::AT_ONCE {
        world
            .write(&n.to_string(), 1, Effect::TellReviewers { why: Occasion::Asked })
            .await;
    }
    world.forward(Duration::from_millis(1));
    let pending = world.submitted("jane").await;
    let id = EntryId::of(&pending.id, 9, Receiver::Reviewers, 0);
    let late = OutboxEntry::new(
        id,
        pending.id,
        Effect::TellReviewers { why: Occasion::Asked },
        world.now(),
    );
    world.put(&late, None).await;
    let clock = world.clock.clone();
    world.reviewers.behave(move |_| {
        clock.forward(Duration::from_secs(1));
        Behaviour::Answer(done())
    });
    assert_eq!(world.drain().await.delivered, World::AT_ONCE + 1);
    assert_eq!(world.reviewers.log().last(), Some(&late.id));
    assert_eq!(world.store.entry(&early.id).await, Ok(None), "it is over");
}

#[tokio::test]
async fn a_run_ends_when_its_time_is_over() {
    let world = World::new();
    for n in 0..5 {
        world.write("jane", n + 1, TELL).await;
    }
    let clock = world.clock.clone();
    world.mail.behave(move |_| {
        clock.forward(Duration::from_secs(10));
        Behaviour::Answer(done())
    });
    let until = world.now().plus(Duration::from_secs(25));
    assert_eq!(world.deliverer().drain(until).await.unwrap().delivered, 3);
    assert_eq!(world.drain().await.delivered, 2);
}

#[tokio::test]
async fn one_effect_for_several_becomes_one_for_each() {
    let world = World::new();
    let further = [
        Effect::TellReviewers { why: Occasion::Asked },
        TELL,
        Effect::TellReviewers { why: Occasion::Asked },
    ];
    let effects = further.to_vec();
    world.mail.behave(move |n| {
        let delivered = if n == 0 {
            Delivered::Further(effects.clone())
        } else {
            Delivered::Done
        };
        Behaviour::Answer(Attempt::Done(delivered))
    });
    let entry = world.write("jane", 1, TELL).await;
    let next = world.write("jane", 2, TELL).await;
    assert_eq!(world.drain().await.delivered, 5);
    let ids: Vec<_> = (0..3).map(|index| entry.id.further(index)).collect();
    assert_eq!(world.mail.log(), [&[entry.id][..], &ids, &[next.id]].concat());
}

#[tokio::test]
async fn a_lane_goes_on_with_what_took_the_place_of_an_effect_though_the_list_of_what_is_due_lags() {
    let world = World::new();
    world.mail.behave(|n| {
        Behaviour::Answer(Attempt::Done(match n {
            0 => Delivered::Further(vec![TELL, TELL]),
            _ => Delivered::Done,
        }))
    });
    world.write("jane", 1, TELL).await;
    let report = world.deliverer_on_sparing_store().drain_far().await;
    assert_eq!(report.unwrap().delivered, 3);
}

#[tokio::test]
async fn as_a_job_it_tells_what_it_did_and_what_stopped_it() {
    let world = World::new();
    world.mail.behave(|before| {
        Behaviour::Answer(match before {
            0 => done(),
            1 => later(None),
            _ => never(),
        })
    });
    for name in ["jane", "john", "joan"] {
        world.write(name, 1, TELL).await;
    }
    let (runner, failing) = (world.deliverer(), world.deliverer_on_failing_store());
    let nothing = Ran::default();
    assert_eq!(
        runner.job().run(Duration::ZERO).await,
        Ok(nothing),
        "no time, and it began"
    );
    let ran = Ran {
        done: 1,
        failed: 1,
        given_up: 1,
    };
    assert_eq!(runner.job().run(FAR).await, Ok(ran));
    assert_eq!(runner.job().run(FAR).await, Ok(nothing));
    // An attempt, and the time to record it: as long as a lease.
    let limit = world.mail.limit() + Duration::from_secs(30);
    assert_eq!(runner.job().longest_piece(), limit);

    world.write("jill", 1, TELL).await;
    world.fail_commits_after(0);
    assert!(failing.job().run(FAR).await.is_err());
}

/// Two programs, each with several runs, at the same outbox: in the end the counters say what the lists do.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_counts_once_however_many_count_it() {
    let world = World::counting();
    let (one, other) = (world.deliverer(), world.another_deliverer());
    let runs = |_| [tokio::spawn(one.drain_far()), tokio::spawn(other.drain_far())];
    let mut at_work: Vec<_> = (0..3).flat_map(runs).collect();
    for n in 0..40 {
        let request = world.submitted(&n.to_string()).await;
        match n % 4 {
            0 => drop(world.decided(&request, Ruling::Deny).await),
            1 => drop(world.decided(&request, Ruling::Approve).await),
            2 => drop(world.decided(&request, Ruling::Withdraw).await),
            _ => {}
        }
        if n % 10 == 9 {
            at_work.extend((0..2).flat_map(runs));
        }
    }
    for run in at_work {
        run.await.unwrap().unwrap();
    }
    world.drain().await;
    let (listed, counted) = world.counts().await;
    assert_eq!(listed.values().sum::<i64>(), 40);
    assert_eq!(counted, listed);
}

/// Nothing has to be set up for it, and no mail server can hold it up.
#[tokio::test]
async fn counting_needs_no_receiver_and_waits_for_none() {
    let world = World::counting();
    let nobody = world.deliverer_of_nobody();
    for name in ["jane", "otto"] {
        world.submitted(name).await;
        assert_eq!(nobody.drain_far().await, Ok(Report::default()));
        let (listed, counted) = world.counts().await;
        assert_eq!(counted, listed, "at once, and not when the next minute begins");
    }

    world.mail.behave(|_| Behaviour::Hang);
    world.write("john", 1, TELL).await;
    let run = tokio::spawn(world.deliverer().drain_far());
    world.mail.wait_for(1).await;
    for _ in 0..1000 {
        let (listed, counted) = world.counts().await;
        if counted == listed {
            run.abort();
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the count waits for the letter");
}

/// The store is gone at the wrong moment: what was not counted is counted by the next run.
#[tokio::test]
async fn a_count_that_fails_is_made_up_for() {
    let world = World::counting();
    let jane = world.submitted("jane").await;
    world.decided(&jane, Ruling::Deny).await;
    for commits in [0, 1] {
        world.fail_commits_after(commits);
        assert!(world.deliverer_on_failing_store().drain_far().await.is_err());
        assert_ne!(world.counts().await.0, world.counts().await.1);
    }
    world.drain().await;
    let (listed, counted) = world.counts().await;
    assert_eq!(counted, listed);
}
