//! Runs that are killed anywhere, and several at once.

use std::sync::Arc;

use end_to_end::list_server::Answer;
use sweep::fetch::{NotFetched, Size};
use tokio::{sync::Notify, task::JoinSet};

use crate::{
    faults::{Ending, Hold},
    world::{EVERY, TURN, World, lines, name, run, text},
};

/// Kills a run at each of its moments, in a world of its own, until it comes to its end.
async fn kill_everywhere(with_copy: bool, step: usize, fresh: impl AsyncFn() -> World) {
    for moment in (0..).step_by(step) {
        let world = fresh().await;
        if with_copy {
            assert_eq!(world.run().await, (1, 0));
            world.clock.forward(EVERY);
        }
        world.server.answers(text(&["c.example", "d.example"]));
        let killed = Arc::new(Notify::new());
        let fetcher = world.fetcher_that_ends(Ending::Killed(moment, killed.clone()));
        let ended = tokio::select! {
            ran = run(&fetcher, &world.clock) => { assert_eq!(ran, (1, 0)); true }
            () = killed.notified() => false,
        };
        if let Some(copy) = world.copy().await {
            let first = world.texts().await.remove(0);
            assert!(
                first == "a.example" || first == "c.example",
                "moment {moment}: {copy:?}"
            );
        }
        world.clock.forward(TURN);
        world.run().await;
        assert_eq!(world.texts().await, ["c.example", "d.example"], "moment {moment}");
        world.clock.forward(TURN);
        world.run().await;
        assert_eq!(world.left().await, 0, "moment {moment}");
        world.server.answers(text(&["e.example", "f.example"]));
        assert_eq!(world.run_later().await, (1, 0), "moment {moment}");
        assert_eq!(world.texts().await, ["e.example", "f.example"], "moment {moment}");
        if ended {
            assert!(moment > 10, "no run is that short");
            return;
        }
    }
}

#[tokio::test]
async fn a_run_that_is_killed_anywhere_is_set_right_by_the_next() {
    let fresh = async || World::sqlite(text(&["a.example", "b.example"]));
    kill_everywhere(true, 1, fresh).await;
    kill_everywhere(false, 1, fresh).await;
}

#[tokio::test]
async fn a_run_that_is_killed_anywhere_is_set_right_on_dynamodb_too() {
    // Not at all of them: each makes a table of its own.
    let fresh = async || World::dynamodb(text(&["a.example", "b.example"])).await;
    kill_everywhere(true, 5, fresh).await;
}

/// One asks the address, and the others have nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_runs_at_once_fetch_once() {
    for world in World::both(text(&[])).await {
        for round in 1..=3 {
            world.server.answers(Answer::Text(lines(world.many + round)));
            let mut runs = JoinSet::new();
            for _ in 0..8 {
                let (fetcher, clock) = (world.fetcher(), world.clock.clone());
                runs.spawn(async move { run(&fetcher, &clock).await });
            }
            let ran = runs.join_all().await;
            let done: usize = ran.iter().map(|(done, _)| done).sum();
            assert_eq!(done, 1, "{ran:?}");
            assert_eq!(world.server.requests().len(), round);
            assert_eq!(world.texts().await.len(), world.many + round);
            world.clock.forward(EVERY);
        }
        world.run().await;
        world.clock.forward(TURN);
        world.run().await;
        assert_eq!(world.left().await, 0);
    }
}

/// Whoever falls silent and comes back finds another copy in use, and leaves nothing behind.
#[tokio::test]
async fn whoever_was_taken_over_changes_nothing() {
    for held_at in ["add", "publish"] {
        for world in World::both(text(&["a.example", "b.example"])).await {
            assert_eq!(world.run().await, (1, 0));
            world.server.answers(Answer::Text(lines(world.many)));
            let hold = Hold::new();
            let fetcher = world.fetcher_that_ends(Ending::Held(held_at, hold.clone()));
            let slow = tokio::spawn(async move { fetcher.fetch(&name(), Size::Any, &|_, _| {}).await });
            hold.reached().await;
            world.server.answers(text(&["c.example", "d.example"]));
            world.clock.forward(EVERY);
            assert_eq!(world.run().await, (1, 0));
            world.clock.forward(TURN);
            assert_eq!(world.run().await, (0, 0));
            hold.open();
            assert_eq!(slow.await.unwrap(), Err(NotFetched::Overtaken), "{held_at}");
            assert_eq!(world.texts().await, ["c.example", "d.example"], "{held_at}");
            world.clock.forward(TURN);
            world.run().await;
            assert_eq!(world.left().await, 0, "{held_at}");
        }
    }
}

/// Also where the one who took over is not done: its copy may be cleared from now on.
#[tokio::test]
async fn a_copy_that_was_taken_over_never_comes_into_use() {
    for world in World::both(text(&["a.example", "b.example"])).await {
        let hold = Hold::new();
        let fetcher = world.fetcher_that_ends(Ending::Held("publish", hold.clone()));
        let slow = tokio::spawn(async move { fetcher.fetch(&name(), Size::Any, &|_, _| {}).await });
        hold.reached().await;
        world.clock.forward(TURN);
        let other = Hold::new();
        let fetcher = world.fetcher_that_ends(Ending::Held("add", other.clone()));
        let second = tokio::spawn(async move { fetcher.fetch(&name(), Size::Any, &|_, _| {}).await });
        other.reached().await;
        hold.open();
        assert_eq!(slow.await.unwrap(), Err(NotFetched::Overtaken));
        assert_eq!(world.copy().await, None);
        other.open();
        second.await.unwrap().unwrap();
        assert_eq!(world.texts().await, ["a.example", "b.example"]);
    }
}

/// Whoever is at work for long says so, and nobody takes over.
#[tokio::test]
async fn whoever_is_at_work_is_left_alone() {
    let mut world = World::sqlite(Answer::Text(lines(15_000)));
    world.bounds.entries = 15_000;
    world.bounds.bytes = 1_000_000;
    let hold = Hold::new();
    let fetcher = world.fetcher_that_ends(Ending::Held("add", hold.clone()));
    let slow = tokio::spawn(async move { fetcher.fetch(&name(), Size::Any, &|_, _| {}).await });
    hold.reached().await;
    for _ in 0..2 {
        world.clock.forward(TURN * 2 / 3);
        assert_eq!(world.run().await, (0, 0));
        hold.open_once();
        hold.reached().await;
    }
    world.clock.forward(TURN * 2 / 3);
    assert_eq!(world.run().await, (0, 0));
    hold.open();
    slow.await.unwrap().unwrap();
    assert_eq!(world.server.requests().len(), 1);
    assert_eq!(world.texts().await.len(), 15_000);
}

/// Whoever saw that a list is due, and gets the turn after somebody else fetched it, leaves it alone.
#[tokio::test]
async fn whoever_comes_second_finds_it_done() {
    let world = World::sqlite(Answer::Text(lines(10)));
    let hold = Hold::new();
    let (fetcher, clock) = (
        world.fetcher_that_ends(Ending::Held("set_copies", hold.clone())),
        world.clock.clone(),
    );
    let second = tokio::spawn(async move { run(&fetcher, &clock).await });
    hold.reached().await;
    assert_eq!(world.run().await, (1, 0));
    hold.open();
    assert_eq!(second.await.unwrap(), (0, 0));
    assert_eq!(world.server.requests().len(), 1);
}
