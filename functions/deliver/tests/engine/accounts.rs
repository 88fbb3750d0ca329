//! What an account comes to.

use std::time::Duration;

use approvals::{Account, Ruling};
use deliver::Delivered;
use effects::Attempt;
use store::{Effect, News, Outbox, Receiver, State, Store};

use crate::{
    cast::{DONE, created},
    world::{Behaviour, FAR, World},
};

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
