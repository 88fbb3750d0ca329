//! Uses of invitations, which end in the store by themselves.

use std::time::Duration;

use approvals::{Invited, Ruling, Submission};
use claims::Hash;
use deliver::Report;
use store::{Becomes, Commit, Committed, Controls, Effect, HeldInvitation, Invitation, InvitationUse, Store, Write};

use crate::world::{World, submission};

/// With the request that holds it, whatever fails on the way; nobody has to carry anything for that.
#[tokio::test]
async fn a_use_is_given_back_once() {
    let world = World::counting();
    make(&world, 3).await;
    for name in ["jane", "john"] {
        let held = world.submit(&invited(name, None)).await;
        assert_eq!(used(&world, name).await.map(|usage| usage.at), Some(world.now()));
        world.decided(&held, Ruling::Deny).await;
    }
    assert_eq!(taken(&world).await, 2);
    for commits in [0, 1, 2] {
        world.fail_commits_after(commits);
        assert!(world.deliverer_on_failing_store().drain_far().await.is_err());
    }
    let (one, other) = (world.deliverer_of_nobody(), world.another_deliverer());
    let (one, other) = tokio::join!(one.drain_far(), other.drain_far());
    assert_eq!((one, other), (Ok(Report::default()), Ok(Report::default())));
    assert_eq!((taken(&world).await, used(&world, "jane").await), (0, None));
    assert_eq!(used(&world, "john").await, None);
}

#[tokio::test]
async fn a_use_is_used_up_once() {
    let world = World::new();
    make(&world, 3).await;
    let held = world.submit(&invited("jane", None)).await.invitation.unwrap();
    let at = world.now();
    world.write("jane", 7, end(held, Becomes::Spent)).await;
    world.forward(Duration::from_secs(1));
    assert_eq!(world.drain().await, Report::default());
    let used_up = used(&world, "jane").await.unwrap();
    assert_eq!((used_up.at, used_up.spent_at), (at, Some(world.now())));
    // What would give it back, or use it up once more, finds nothing that is held, and goes.
    for (version, becomes) in [(8, Becomes::Returned), (9, Becomes::Spent)] {
        let entry = world.write("jane", version, end(held, becomes)).await;
        world.forward(Duration::from_secs(1));
        assert_eq!(world.drain().await, Report::default());
        assert_eq!(store::Outbox::entry(&*world.store, &entry.id).await, Ok(None));
    }
    assert_eq!((used(&world, "jane").await, taken(&world).await), (Some(used_up), 1));
}

/// The applicant was denied and came again before what gives their use back was carried out.
#[tokio::test]
async fn what_is_held_anew_is_not_given_back() {
    let world = World::counting();
    make(&world, 1).await;
    let first = world.submit(&invited("jane", None)).await;
    world.decided(&first, Ruling::Withdraw).await;
    world.forward(Duration::from_secs(1));
    let usage = used(&world, "jane").await;
    let second = world.submit(&invited("jane", usage)).await;
    assert_eq!(world.deliverer_of_nobody().drain_far().await, Ok(Report::default()));
    assert_eq!(taken(&world).await, 1);
    assert_eq!(used(&world, "jane").await.map(|usage| usage.at), Some(world.now()));
    world.decided(&second, Ruling::Withdraw).await;
    world.deliverer_of_nobody().drain_far().await.unwrap();
    assert_eq!((taken(&world).await, used(&world, "jane").await), (0, None));
}

fn invited(name: &str, usage: Option<InvitationUse>) -> Submission {
    Submission {
        invitation: Some(Invited { code: code(), usage }),
        ..submission(name)
    }
}

fn end(held: HeldInvitation, becomes: Becomes) -> Effect {
    Effect::Invitation { held, becomes }
}

async fn make(world: &World, uses: u32) {
    let invitation = Invitation {
        code: code(),
        note: None,
        made_at: world.now(),
        until: world.now().plus(Duration::from_secs(3600)),
        uses,
        taken: 0,
        bound: None,
        revoked_at: None,
    };
    let writes = vec![Write::Invitation(Box::new(invitation))];
    assert_eq!(world.store.commit(&Commit { writes }).await, Ok(Committed::Applied));
}

async fn taken(world: &World) -> u32 {
    let nobody = Hash::of(&["nobody"]);
    let found = world.store.invited(&code(), &nobody).await.unwrap();
    found.unwrap().0.taken
}

async fn used(world: &World, name: &str) -> Option<InvitationUse> {
    let found = world.store.invited(&code(), &Hash::of(&[name])).await.unwrap();
    found.unwrap().1
}

fn code() -> Hash {
    Hash::of(&["code"])
}
