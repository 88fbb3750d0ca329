//! Several runs, leases, and the time that a run has.

use std::time::Duration;

use deliver::Report;
use host::{Job, Ran};

use crate::{
    cast::{DONE, FAILED, TELL, done, later, never},
    world::{Behaviour, FAR, World},
};

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
        unfinished: false,
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
