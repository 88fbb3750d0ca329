//! Letters, and effects that become others.

use approvals::{Account, Ruling};
use deliver::Delivered;
use effects::Attempt;
use store::{Effect, Occasion, Outbox, Store};

use crate::{
    cast::{DONE, TELL},
    world::{Behaviour, World},
};

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
