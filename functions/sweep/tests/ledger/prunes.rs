//! Removing what ended long ago.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use approvals::{Ruling, Wish};
use async_trait::async_trait;
use futures_util::future::join;
use store::{Commit, Committed, Pruned, Pruning, StateName, Store, StoreError, Write};
use store_suite::{Between, Interpose};
use tokio::sync::Semaphore;

use crate::world::{DAY, KEEP, World};

async fn goes(world: World) {
    let jane = world.comes("jane", Wish::Admit).await;
    let john = world.held("john").await;
    world.decide(&john, Ruling::Deny).await;
    let waits = world.held("waits").await;
    world.deliver().await;
    world.at(DAY);
    assert_eq!(world.run().await, (1, 0));
    world.at(KEEP - std::time::Duration::from_millis(1));
    assert_eq!(world.run().await, (0, 0), "not yet");
    world.at(KEEP + DAY);
    // Two requests, and the checkpoint that said so before is no piece of work.
    assert_eq!(world.run().await, (2, 0));
    assert!(!world.is_there(&jane).await && !world.is_there(&john).await && world.is_there(&waits).await);
    let pruned: Vec<_> = world
        .checkpoints()
        .await
        .into_iter()
        .flat_map(|one| one.pruned)
        .collect();
    assert_eq!(pruned.len(), 2);
    for request in [jane, john] {
        let same = |one: &&Pruned| one.request == request && one.version == 2 && one.head.is_some();
        assert_eq!(pruned.iter().filter(same).count(), 1);
    }
    let states = [StateName::Admitted, StateName::Denied, StateName::Pending];
    for (state, count) in states.into_iter().zip([0, 0, 1]) {
        assert_eq!(world.counted(state).await, count, "{state}");
    }
    // They come again, and begin anew.
    let again = world.held("john").await;
    assert_eq!((again, again.round), (john, 1));
    assert!(world.is_there(&again).await);
    world.at(KEEP + 2 * DAY);
    assert_eq!(world.run().await, (1, 0));
    assert_eq!(world.sealed().await.last(), Some(&(john, 1)));
    assert!(world.is_there(&again).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_long_ago_goes_on_sqlite() {
    goes(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_long_ago_goes_on_dynamodb() {
    goes(World::dynamodb().await).await;
}

/// Young, waiting, approved, with a cool-down, with something to deliver, not as it was written: each stays.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_goes() {
    let world = World::sqlite();
    let pending = world.held("pending").await;
    let approved = world.held("approved").await;
    world.decide(&approved, Ruling::Approve).await;
    let forged = world.comes("forged", Wish::Admit).await;
    world.deliver().await;
    let undelivered = world.comes("undelivered", Wish::Admit).await;
    let young = world.held("young").await;
    let cooling = world.held("cooling").await;
    world.at(KEEP - 20 * DAY);
    world.decide(&young, Ruling::Withdraw).await;
    world.at(KEEP);
    world.decide(&cooling, Ruling::Deny).await;
    let file = rusqlite::Connection::open(world.folder.path().join("vestibule.db")).unwrap();
    let sql = "UPDATE request SET document = replace(document, 'forged', 'f0rged') WHERE applicant = ?";
    assert_eq!(file.execute(sql, [forged.applicant.to_string()]), Ok(1));
    world.deliver_but_for(&[undelivered]).await;
    world.at(KEEP + DAY);
    let (_, failed) = world.run().await;
    assert_eq!(failed, 1, "the forged one is told");
    for id in [pending, approved, undelivered, young, cooling] {
        assert!(world.is_there(&id).await);
    }
    assert!(world.store.request(&forged).await.unwrap().is_some());
    // Each in its time: the young one's is kept for so long, the denial outlives its cool-down.
    world.deliver().await;
    world.at(2 * KEEP - 20 * DAY);
    world.run().await;
    assert!(!world.is_there(&undelivered).await && !world.is_there(&young).await && world.is_there(&cooling).await);
}

/// An applicant's latest request goes last: their rounds begin anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_latest_request_goes_after_those_before_it() {
    let world = World::sqlite();
    let one = world.held("jane").await;
    world.decide(&one, Ruling::Withdraw).await;
    let two = world.held("jane").await;
    world.decide(&two, Ruling::Deny).await;
    world.deliver().await;
    world.at(KEEP + DAY);
    // Denied ones are looked at before those that were withdrawn.
    world.run().await;
    assert!(!world.is_there(&one).await && world.is_there(&two).await);
    world.at(KEEP + 2 * DAY - std::time::Duration::from_secs(1));
    world.run().await;
    assert!(world.is_there(&two).await, "a pass begins once a day");
    world.at(KEEP + 2 * DAY);
    world.run().await;
    assert!(!world.is_there(&two).await);
}

/// Whichever write is the last one: the next run finishes, and what was removed was announced before.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_anywhere_is_finished_by_the_next() {
    let mut killed = 0;
    loop {
        let world = World::sqlite();
        let mut ids = vec![world.comes("short", Wish::Admit).await, world.held("long").await];
        // More entries than fit into two commits.
        for n in 0..45 {
            world.at(DAY * n / 100);
            world.comes_with("long", n).await;
        }
        world.decide(&ids[1], Ruling::Withdraw).await;
        ids.push(world.comes("other", Wish::Admit).await);
        world.deliver().await;
        world.at(KEEP + 2 * DAY);
        let died = world.run_killed_after(killed).await;
        let announced: Vec<_> = world
            .checkpoints()
            .await
            .into_iter()
            .flat_map(|one| one.pruned)
            .collect();
        for id in &ids {
            let whole = world.store.request(id).await.unwrap().is_some() && approvals_hold(&world, id).await;
            assert!(whole || announced.iter().any(|pruned| pruned.request == *id));
        }
        world.run().await;
        world.at(KEEP + 4 * DAY);
        world.run().await;
        for id in &ids {
            assert!(!world.is_there(id).await, "killed after {killed} writes");
        }
        assert_eq!(
            world.counted(StateName::Admitted).await + world.counted(StateName::Withdrawn).await,
            0
        );
        if !died {
            break;
        }
        killed += 1;
    }
    assert!(killed >= 7, "{killed} writes");
}

async fn approvals_hold(world: &World, id: &store::RequestId) -> bool {
    let request = world.store.request(id).await.unwrap().unwrap();
    let history = world.store.history(id).await.unwrap();
    approvals::verify(&crate::world::audit_key(), &request, &history).is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_remove_once() {
    let world = World::sqlite();
    let mut ids = Vec::new();
    for n in 0..250 {
        ids.push(world.comes(&n.to_string(), Wish::Admit).await);
    }
    ids.push(world.held("waits").await);
    world.deliver().await;
    world.at(KEEP + DAY);
    for days in 0..5 {
        world.at(KEEP + (1 + days) * DAY);
        let (one, two) = join(world.run(), world.run()).await;
        assert_eq!((one.1, two.1), (0, 0));
    }
    let waits = ids.pop().unwrap();
    for id in &ids {
        assert!(!world.is_there(id).await);
    }
    assert!(world.is_there(&waits).await);
    assert_eq!(world.counted(StateName::Admitted).await, 0);
    world.checkpoints().await;
}

/// A store that stops once, after it took a checkpoint that announces a removal.
struct Stalls {
    store: Arc<dyn Store>,
    announced: Arc<Semaphore>,
    goes_on: Arc<Semaphore>,
    did: AtomicBool,
}

#[async_trait]
impl Interpose for Stalls {
    fn store(&self) -> &dyn Store {
        &*self.store
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let done = self.store.commit(commit).await;
        let announces = matches!(commit.writes.first(), Some(Write::Checkpoint(one)) if !one.pruned.is_empty());
        if announces && !self.did.swap(true, Ordering::SeqCst) {
            self.announced.add_permits(1);
            self.goes_on.acquire().await.unwrap().forget();
        }
        done
    }
}

/// Their request has the id and the version that the removed one had.
async fn comes_back_while_a_run_stalls(world: World) {
    let jane = world.comes("jane", Wish::Admit).await;
    world.deliver().await;
    world.at(DAY);
    world.run().await;
    world.at(KEEP + DAY);
    let (announced, goes_on) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let stalls = Stalls {
        store: world.store.clone(),
        announced: announced.clone(),
        goes_on: goes_on.clone(),
        did: AtomicBool::new(false),
    };
    let first = world.run_on(Arc::new(Between(stalls)), 1000 * DAY);
    let second = async {
        announced.acquire().await.unwrap().forget();
        world.run().await;
        assert!(!world.is_there(&jane).await);
        assert_eq!(world.comes("jane", Wish::Admit).await, jane);
        goes_on.add_permits(1);
    };
    let (first, ()) = join(first, second).await;
    assert_eq!(first, (0, 0), "somebody else was first, which is no fault");
    assert!(world.is_there(&jane).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_while_a_run_stalls_stays_on_sqlite() {
    comes_back_while_a_run_stalls(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_while_a_run_stalls_stays_on_dynamodb() {
    comes_back_while_a_run_stalls(World::dynamodb().await).await;
}

/// One that cannot be read, and one whose last entry is gone: each is told, and no checkpoint says that it goes.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_history_stays_and_holds_up_no_other() {
    let world = World::sqlite();
    let mut ids = Vec::new();
    for n in 0..20 {
        ids.push(world.comes(&n.to_string(), Wish::Admit).await);
    }
    world.deliver().await;
    world.at(DAY);
    world.run().await;
    ids.sort_unstable();
    let file = rusqlite::Connection::open(world.folder.path().join("vestibule.db")).unwrap();
    let damage = |sql: &str, n: usize| file.execute(sql, [ids[n].applicant.to_string()]).unwrap();
    damage("UPDATE history SET document = '{' WHERE applicant = ?", 0);
    damage("DELETE FROM history WHERE version = 2 AND applicant = ?", 10);
    world.at(KEEP + DAY);
    assert_eq!(world.run().await, (18, 2));
    world.at(KEEP + 2 * DAY);
    assert_eq!(world.run().await, (0, 2), "told by every pass");
    for (n, id) in ids.iter().enumerate() {
        let there = world.store.request(id).await.unwrap().is_some();
        assert_eq!(there, n == 0 || n == 10, "{n}");
    }
    let announced: usize = world.checkpoints().await.iter().map(|one| one.pruned.len()).sum();
    assert_eq!(announced, 18);
}

/// Somebody who wrote such a row into the store would keep everything for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_begins_in_the_future_is_none() {
    for state in [None, Some(StateName::Provisioned)] {
        let world = World::sqlite();
        let jane = world.comes("jane", Wish::Admit).await;
        world.deliver().await;
        let never = Pruning {
            revision: 1,
            begun: store::Timestamp::from_millis(i64::MAX),
            state,
            after: None,
        };
        let writes = vec![Write::Pruning(Box::new(never))];
        assert_eq!(world.store.commit(&Commit { writes }).await, Ok(Committed::Applied));
        world.at(KEEP + DAY);
        world.run().await;
        assert!(!world.is_there(&jane).await);
    }
}

/// A store whose every removal takes a day.
struct Slow {
    store: Arc<dyn Store>,
    world: Arc<World>,
}

#[async_trait]
impl Interpose for Slow {
    fn store(&self) -> &dyn Store {
        &*self.store
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        if let Some(Write::RemoveHistory(_)) = commit.writes.first() {
            self.world.passes(DAY);
        }
        self.store.commit(commit).await
    }
}

/// What is announced and not removed then, the next run removes.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_begins_no_removal_after_its_time() {
    let world = Arc::new(World::sqlite());
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(world.comes(&n.to_string(), Wish::Admit).await);
    }
    world.deliver().await;
    world.at(DAY);
    world.run().await;
    world.at(KEEP + DAY);
    let slow = Slow {
        store: world.store.clone(),
        world: world.clone(),
    };
    assert_eq!(world.run_on(Arc::new(Between(slow)), 2 * DAY).await, (2, 0));
    assert_eq!(world.run_for(Duration::from_secs(60)).await, (3, 0));
    for id in &ids {
        assert!(!world.is_there(id).await);
    }
}
