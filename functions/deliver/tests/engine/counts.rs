//! Counting, which the store does by itself.

use std::time::Duration;

use approvals::Ruling;
use deliver::Report;

use crate::{
    cast::TELL,
    world::{Behaviour, World},
};

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
