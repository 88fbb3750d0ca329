//! An applicant's effects for one receiver keep their order, and are in nobody's way.

use std::time::Duration;

use approvals::Ruling;
use deliver::{Delivered, Report};
use effects::Attempt;
use store::{Effect, EntryId, Occasion, Outbox, OutboxEntry, Progress, Receiver, Store};

use crate::{
    cast::{DONE, TELL, done, later},
    world::{Behaviour, FAR, World},
};

#[tokio::test]
async fn order_is_kept_for_an_applicant_and_a_receiver_and_others_go_on() {
    let world = World::new();
    world
        .mail
        .behave(|n| Behaviour::Answer(if n == 0 { later(None) } else { done() }));
    let first = world.write("jane", 1, TELL).await;
    let second = world.write("jane", 2, TELL).await;
    world.drain().await;
    let other = world.write("jim", 1, TELL).await;
    world.drain().await;
    assert_eq!(world.mail.log(), [first.id, other.id]);
    world.forward(Duration::from_secs(4));
    assert_eq!(
        world.drain().await,
        Report::default(),
        "the second one waits as long as the first"
    );
    world.forward(Duration::from_secs(2));
    assert_eq!(world.drain().await.delivered, 2);
    let janes: Vec<_> = world
        .mail
        .log()
        .into_iter()
        .filter(|id| id.lane == first.id.lane)
        .collect();
    assert_eq!(janes, [first.id, first.id, second.id]);
}

#[tokio::test]
async fn what_waits_for_an_earlier_effect_does_not_stand_in_the_way_of_others() {
    let world = World::new();
    world
        .mail
        .behave(|n| Behaviour::Answer(if n == 0 { later(None) } else { done() }));
    // More than are read at once.
    for n in 0..300 {
        world.write("jane", n + 1, TELL).await;
    }
    world.forward(Duration::from_millis(1));
    world.drain().await;
    let due = world.store.due(Receiver::Mail, world.now(), None, 500).await.unwrap();
    assert_eq!(due.entries, [], "nobody looks at them before the first one's time");
    let other = world.write("jim", 1, TELL).await;
    assert_eq!(world.drain().await, DONE);
    assert_eq!(world.mail.log().last(), Some(&other.id));
}

#[tokio::test]
async fn a_receiver_that_is_down_does_not_hold_up_the_others() {
    let world = World::new();
    world.account.behave(|_| Behaviour::Hang);
    for name in ["jane", "jim", "joe"] {
        world.approved(name).await;
        world.write(name, 9, TELL).await;
    }
    let draining = tokio::spawn(world.deliverer().drain_far());
    world.account.wait_for(3).await;
    world.mail.wait_for(3).await;
    draining.abort();
}

#[tokio::test]
async fn a_lane_that_is_slow_takes_one_place_and_no_more() {
    let world = World::new();
    world.mail.behave(|n| {
        if n == 0 {
            Behaviour::Hang
        } else {
            Behaviour::Answer(done())
        }
    });
    // More than are read at once.
    for n in 0..601 {
        world.write(&n.to_string(), 1, TELL).await;
    }
    let draining = tokio::spawn(world.deliverer().drain_far());
    world.mail.wait_for(601).await;
    let slow = world.store.entry(&world.mail.log()[0]).await.unwrap().unwrap();
    assert_eq!(slow.failures, 0, "its attempt is under way");
    draining.abort();
}

#[tokio::test]
async fn what_becomes_due_while_others_work_is_carried_out_in_the_same_run() {
    let world = World::new();
    world.account.behave(|_| Behaviour::Hang);
    world.mail.behave(|n| {
        if n == 0 {
            Behaviour::Hang
        } else {
            Behaviour::Answer(done())
        }
    });
    world.approved("jane").await;
    let draining = tokio::spawn(world.deliverer().drain_far());
    world.account.wait_for(1).await;
    // Another receiver, which had nothing to do, and then one that has.
    for (n, name) in ["jim", "joe"].into_iter().enumerate() {
        world.write(name, 1, TELL).await;
        world.mail.wait_for(n + 1).await;
    }
    draining.abort();
    let account = world.store.entry(&world.account.log()[0]).await.unwrap().unwrap();
    assert_eq!(account.failures, 0, "its attempt is under way");
}

#[tokio::test]
async fn what_waits_behind_an_attempt_under_way_stands_in_nobodys_way_and_is_not_postponed() {
    let world = World::new();
    world.mail.behave(|n| {
        if n == 0 {
            Behaviour::Hang
        } else {
            Behaviour::Answer(done())
        }
    });
    let mut janes = Vec::new();
    // More than are read at once.
    for n in 0..300 {
        janes.push(world.write("jane", n + 1, TELL).await);
    }
    let holder = tokio::spawn(world.deliverer().drain_far());
    world.mail.wait_for(1).await;
    world.forward(Duration::from_millis(1));
    let jim = world.write("jim", 1, TELL).await;
    world.mail.wait_for(2).await;
    let joe = world.write("joe", 1, TELL).await;
    // Whoever cannot take the lane goes on with the rest, and ends.
    let other = world.another_deliverer().drain_far().await;
    assert!(other.unwrap().delivered <= 1);
    world.mail.wait_for(3).await;
    holder.abort();
    assert_eq!(world.mail.log(), [janes[0].id, jim.id, joe.id]);
    for entry in &janes[1..] {
        assert_eq!(world.entry(entry).await, *entry);
    }
}

#[tokio::test]
async fn what_was_passed_over_while_its_lane_was_worked_on_is_carried_out_in_the_same_run() {
    let world = World::new();
    // The first one ends in the middle of the second page, which held another of the same lane.
    world.mail.behave(|n| match n {
        0 => Behaviour::DoneAfter(300),
        _ => Behaviour::Answer(done()),
    });
    let first = world.write("jane", 1, TELL).await;
    for n in 0..600 {
        world.forward(Duration::from_millis(1));
        world.write(&n.to_string(), 1, TELL).await;
        if n == 300 {
            world.write("jane", 2, TELL).await;
        }
    }
    assert_eq!(world.drain().await.delivered, 602);
    // Which of several lanes begins first is open; the order in a lane is not.
    let of_jane: Vec<_> = world
        .mail
        .log()
        .into_iter()
        .filter(|id| id.lane == first.id.lane)
        .collect();
    assert!(of_jane.len() == 2 && of_jane[0] == first.id, "{of_jane:?}");
}

/// Then it is the lease, the attempt and the record: nothing else is asked of the store.
#[tokio::test]
async fn a_lane_and_its_request_are_read_together_and_once() {
    let world = World::new();
    // What is first in its lane need not be what waits longest.
    world.write("jane", 2, TELL).await;
    world.forward(Duration::from_millis(1));
    world.write("jane", 1, TELL).await;
    let report = world.deliverer_on_sparing_store().drain_far().await;
    assert_eq!(report.unwrap().delivered, 2);
}

/// While others work, an effect of an earlier request becomes due, before the one that was found to be due in its lane.
#[tokio::test]
async fn an_effect_is_carried_out_for_its_own_request() {
    let world = World::new();
    let early = world
        .write("jane", 1, Effect::TellReviewers { why: Occasion::Asked })
        .await;
    let denied = world.store.request(&early.request).await.unwrap().unwrap();
    world.decided(&denied, Ruling::Deny).await;
    world.forward(FAR);
    let in_a_second = Progress::Waits {
        until: world.now().plus(Duration::from_secs(1)),
    };
    world.change(&early, in_a_second).await;
    for n in 0..World::AT_ONCE {
        world
            .write(&n.to_string(), 1, Effect::TellReviewers { why: Occasion::Asked })
            .await;
    }
    world.forward(Duration::from_millis(1));
    let pending = world.submitted("jane").await;
    let id = EntryId::of(&pending.id, 9, Receiver::Reviewers, 0);
    let late = OutboxEntry::new(
        id,
        pending.id,
        Effect::TellReviewers { why: Occasion::Asked },
        world.now(),
    );
    world.put(&late, None).await;
    let clock = world.clock.clone();
    world.reviewers.behave(move |_| {
        clock.forward(Duration::from_secs(1));
        Behaviour::Answer(done())
    });
    assert_eq!(world.drain().await.delivered, World::AT_ONCE + 1);
    assert_eq!(world.reviewers.log().last(), Some(&late.id));
    assert_eq!(world.store.entry(&early.id).await, Ok(None), "it is over");
}

#[tokio::test]
async fn a_lane_goes_on_with_what_took_the_place_of_an_effect_though_the_list_of_what_is_due_lags() {
    let world = World::new();
    world.mail.behave(|n| {
        Behaviour::Answer(Attempt::Done(match n {
            0 => Delivered::Further(vec![TELL, TELL]),
            _ => Delivered::Done,
        }))
    });
    world.write("jane", 1, TELL).await;
    let report = world.deliverer_on_sparing_store().drain_far().await;
    assert_eq!(report.unwrap().delivered, 3);
}
