//! Checkpoints.

use std::time::Duration;

use approvals::Ruling;
use futures_util::future::join_all;
use store::{Commit, MOST_SEALED};
use sweep::ledger::{MARGIN, OVERLAP};

use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

async fn seals(world: World) {
    assert_eq!(world.run().await, (0, 0));
    assert_eq!(world.checkpoints().await, []);
    let (jane, john) = (world.held("jane").await, world.held("john").await);
    world.decide(&jane, Ruling::Approve).await;
    world.deliver().await;
    world.at(MARGIN + SECOND);
    assert_eq!(world.run().await, (1, 0));
    // The last version of each, and what the counters say.
    let mut expected = [(jane, 2), (john, 1)];
    expected.sort_unstable();
    assert_eq!(world.sealed().await, expected);
    let first = world.checkpoints().await.remove(0);
    assert_eq!((first.entries, first.counts.len()), (3, 2));
    // Nothing new: nothing is written.
    assert_eq!(world.run().await, (0, 0));
    world.decide(&john, Ruling::Deny).await;
    world.at(2 * MARGIN + 2 * SECOND);
    assert_eq!(world.run().await, (1, 0));
    assert_eq!(world.sealed().await[2..], [(john, 2)]);
    let second = world.checkpoints().await.remove(1);
    assert_eq!((second.entries, second.previous), (4, Some(first.proof)));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_entry_is_sealed_once_on_sqlite() {
    seals(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_entry_is_sealed_once_on_dynamodb() {
    seals(World::dynamodb().await).await;
}

/// Others with an earlier time may still be on their way.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_young_is_left_to_the_next_run() {
    let world = World::sqlite();
    let jane = world.held("jane").await;
    world.at(MARGIN);
    assert_eq!(world.run().await, (0, 0));
    world.at(MARGIN + Duration::from_millis(1));
    assert_eq!(world.run().await, (1, 0));
    assert_eq!(world.sealed().await, [(jane, 1)]);
}

/// More than one checkpoint holds; several at once, and every entry in one.
#[tokio::test(flavor = "multi_thread")]
async fn several_at_once_write_one_chain() {
    let world = World::sqlite();
    for n in 0..MOST_SEALED + 30 {
        world.held(&n.to_string()).await;
    }
    world.at(2 * MARGIN);
    let ran = join_all((0..4).map(|_| world.run())).await;
    assert!(ran.iter().all(|(_, failed)| *failed == 0));
    // Those that were second stopped: whoever comes next finishes.
    world.run().await;
    let sealed = world.sealed().await;
    assert_eq!(world.checkpoints().await.len(), 2);
    let distinct: std::collections::BTreeSet<_> = sealed.iter().collect();
    assert_eq!((sealed.len(), distinct.len()), (MOST_SEALED + 30, MOST_SEALED + 30));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_time_seals_nothing() {
    let world = World::sqlite();
    world.held("jane").await;
    world.at(2 * MARGIN);
    assert_eq!(world.run_for(Duration::ZERO).await, (0, 0));
    assert_eq!(world.checkpoints().await, []);
}

/// A clock that is slow, a commit that was long on its way, an index that lagged: whatever it was, once.
async fn seals_what_is_late(world: World) {
    world.at(OVERLAP);
    let john = world.held("john").await;
    world.at(OVERLAP + 2 * MARGIN);
    assert_eq!(world.run().await, (1, 0));
    let first = world.checkpoints().await.remove(0);
    // As late as can be, not so late, and one whose later entry is in time.
    world.at(Duration::ZERO);
    let jane = world.held("jane").await;
    world.at(OVERLAP - SECOND);
    let (joan, jill) = (world.held("joan").await, world.held("jill").await);
    world.at(OVERLAP + 2 * MARGIN);
    assert_eq!(world.run().await, (1, 0));
    let mut late = [(jane, 1), (joan, 1), (jill, 1)];
    late.sort_unstable();
    assert_eq!(world.sealed().await[1..], late);
    let second = world.checkpoints().await.remove(1);
    assert_eq!((second.through, second.entries), (first.through, 4));
    assert_eq!(world.run().await, (0, 0));
    // Late ones and new ones go together.
    world.at(OVERLAP + SECOND);
    world.decide(&jill, Ruling::Deny).await;
    world.at(OVERLAP - SECOND);
    let jack = world.held("jack").await;
    world.at(OVERLAP + 4 * MARGIN);
    assert_eq!(world.run().await, (1, 0));
    let mut both = [(jill, 2), (jack, 1)];
    both.sort_unstable();
    assert_eq!(world.sealed().await[4..], both);
    let third = world.checkpoints().await.remove(2);
    assert_eq!((third.through.request, third.entries), (jill, 6));
    assert_eq!(world.run().await, (0, 0));
    assert_eq!(world.sealed().await[0], (john, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_late_is_sealed_on_sqlite() {
    seals_what_is_late(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_late_is_sealed_on_dynamodb() {
    seals_what_is_late(World::dynamodb().await).await;
}

/// Every run reads again what it looks through: not more than it must.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_later_than_that_is_not_looked_for() {
    let world = World::sqlite();
    world.at(OVERLAP + SECOND);
    let john = world.held("john").await;
    world.at(OVERLAP + 2 * MARGIN);
    world.run().await;
    world.at(Duration::ZERO);
    world.held("jane").await;
    world.at(OVERLAP + 2 * MARGIN);
    assert_eq!(world.run().await, (0, 0));
    assert_eq!(world.sealed().await, [(john, 1)]);
}

/// What is known of them is read from several checkpoints, page by page; one that cannot be read is none.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sealed_twice_whatever_number_of_checkpoints_it_is_in() {
    let world = World::sqlite();
    for n in 0..130_u32 {
        world.at(SECOND * n);
        world.held(&n.to_string()).await;
        world.at(SECOND * n + MARGIN + SECOND);
        assert_eq!(world.run().await, (1, 0), "{n}");
        assert_eq!(world.run().await, (0, 0), "{n}");
    }
    assert_eq!(world.sealed().await.len(), 130);
    let file = rusqlite::Connection::open(world.folder.path().join("vestibule.db")).unwrap();
    let sql = "UPDATE checkpoint SET document = '{' WHERE number = 125";
    assert_eq!(file.execute(sql, []), Ok(1));
    assert_eq!(world.run().await, (1, 0), "the entry that nobody can prove any more");
    assert_eq!(world.run().await, (0, 0));
}

/// What comes after a checkpoint that somebody wrote would prove that one too.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sealed_after_a_checkpoint_that_does_not_hold() {
    let world = World::sqlite();
    world.held("jane").await;
    world.at(2 * MARGIN);
    assert_eq!(world.run().await, (1, 0));
    let mut forged = world.checkpoints().await.remove(0);
    (forged.number, forged.previous, forged.leaves) = (2, Some(forged.proof), Vec::new());
    let writes = vec![store::Write::Checkpoint(Box::new(forged))];
    let _ = world.store.commit(&Commit { writes }).await.unwrap();
    world.held("john").await;
    world.at(4 * MARGIN);
    assert_eq!(world.run().await, (0, 1));
    assert_eq!(world.store.checkpoints(0, 10).await.unwrap().len(), 2);
}
