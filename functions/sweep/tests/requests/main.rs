//! The clock of requests: on both stores, at a time in the test's hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod world;

use std::time::Duration;

use approvals::Ruling;
use futures_util::future::join_all;
use store::{Asked, Occasion, StateName, TimeOut};

use crate::world::{DAY, World, stage};

/// Reminded after a day and after two, others asked after three, over after ten.
fn patient() -> store::Stage {
    store::Stage {
        remind: vec![DAY, 2 * DAY],
        escalate: Some(store::Escalate {
            after: 3 * DAY,
            to: Asked::Group("managers".to_owned()),
        }),
        ..stage(10 * DAY, TimeOut::Expire)
    }
}

async fn each_in_its_time(world: World) {
    let id = world.held("jane", vec![patient()]).await;
    for (days, done, events) in [
        (0, 0, vec!["opened"]),
        (1, 1, vec!["opened", "reminded"]),
        (1, 0, vec!["opened", "reminded"]),
        (2, 1, vec!["opened", "reminded", "reminded"]),
        (3, 1, vec!["opened", "reminded", "reminded", "escalated"]),
        (9, 0, vec!["opened", "reminded", "reminded", "escalated"]),
        (10, 1, vec!["opened", "reminded", "reminded", "escalated", "expired"]),
        (400, 0, vec!["opened", "reminded", "reminded", "escalated", "expired"]),
    ] {
        world.at(days * DAY);
        assert_eq!(world.run().await, (done, 0), "day {days}");
        assert_eq!(world.events(&id).await, events, "day {days}");
    }
    let occasions = [
        Occasion::Asked,
        Occasion::Reminded,
        Occasion::Reminded,
        Occasion::Escalated,
    ];
    assert_eq!(world.told().await, occasions);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_thing_is_done_in_its_time_on_sqlite() {
    each_in_its_time(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_thing_is_done_in_its_time_on_dynamodb() {
    each_in_its_time(World::dynamodb().await).await;
}

/// A moment before is too early.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_early() {
    let world = World::sqlite();
    let id = world.held("jane", vec![stage(DAY, TimeOut::Expire)]).await;
    world.at(DAY - Duration::from_millis(1));
    assert_eq!(world.run().await, (0, 0));
    world.at(DAY);
    assert_eq!(world.run().await, (1, 0));
    assert_eq!(world.state(&id).await, StateName::Expired);
}

/// Reminders that were missed are one; what is due after what was due is done in the same run.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_caught_up() {
    let world = World::sqlite();
    let reminded = world.held("jane", vec![patient()]).await;
    world.at(2 * DAY + DAY / 2);
    assert_eq!(world.run().await, (1, 0));
    assert_eq!(world.events(&reminded).await, ["opened", "reminded"]);
    // An approval by time-out that nobody used for a month, all of it missed.
    let approved = world.held("john", vec![stage(DAY, TimeOut::Approve)]).await;
    world.at(5 * DAY);
    assert_eq!(world.run().await.1, 0);
    assert_eq!(world.state(&approved).await, StateName::Approved);
    world.at(50 * DAY);
    assert_eq!(world.run().await.1, 0);
    assert_eq!(world.events(&approved).await, ["opened", "approved", "expired"]);
}

/// More than a page, with several clocks at once: each request once.
async fn several_at_once(world: World, people: usize) {
    let mut ids = Vec::new();
    for n in 0..people {
        ids.push(world.held(&n.to_string(), vec![stage(DAY, TimeOut::Deny)]).await);
    }
    world.at(DAY);
    let ran = join_all((0..3).map(|_| world.run())).await;
    let (done, failed) = ran.iter().fold((0, 0), |all, ran| (all.0 + ran.0, all.1 + ran.1));
    assert_eq!((done, failed), (people, 0));
    for id in ids {
        assert_eq!(world.events(&id).await, ["opened", "denied"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_clocks_do_nothing_twice_on_sqlite() {
    several_at_once(World::sqlite(), 230).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_clocks_do_nothing_twice_on_dynamodb() {
    several_at_once(World::dynamodb().await, 25).await;
}

/// A reviewer decides while the clock ends it: one outcome, and the other one is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_and_the_clock_have_one_outcome() {
    let world = World::sqlite();
    for n in 0..20 {
        let id = world.held(&n.to_string(), vec![stage(DAY, TimeOut::Expire)]).await;
        world.at(DAY);
        let (ran, decided) = futures_util::future::join(world.run(), world.decide(&id, Ruling::Approve)).await;
        // The reviewer came when time was over, and recorded that if they were first.
        assert!(!decided && ran.1 == 0);
        assert_eq!(world.events(&id).await, ["opened", "expired"]);
        world.at(Duration::ZERO);
    }
}

/// It ends early, and the next run goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_time_begins_nothing() {
    let world = World::sqlite();
    let id = world.held("jane", vec![stage(DAY, TimeOut::Expire)]).await;
    world.at(DAY);
    assert_eq!(world.run_until(Duration::ZERO).await, (0, 0));
    assert_eq!(world.state(&id).await, StateName::Pending);
}

/// After a long outage the next run does not wait for its turn.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_time_is_over_says_that_there_is_more() {
    let world = World::sqlite();
    for n in 0..30 {
        world.held(&n.to_string(), vec![stage(DAY, TimeOut::Expire)]).await;
    }
    world.at(2 * DAY);
    let (done, more) = world.run_slowly(30).await;
    assert!((1..30).contains(&done) && more, "{done} {more}");
    assert_eq!(world.run_slowly(10_000).await, (30 - done, false));
    assert_eq!(world.run_slowly(0).await, (0, false));
}
