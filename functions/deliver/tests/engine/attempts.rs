//! One effect, attempt by attempt.

use std::time::Duration;

use deliver::Report;
use store::{Effect, Occasion, Outbox, Receiver, State, Store};

use crate::{
    cast::{DONE, FAILED, TELL, created, done, later, never},
    world::{Behaviour, FAR, World},
};

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
    let delivered = runner.drain_far().await.unwrap().delivered;
    // All that had not begun; and of those that failed whatever is due by then.
    assert!(
        (30 - report.failed..=30).contains(&delivered),
        "{delivered} after {report:?}"
    );
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
