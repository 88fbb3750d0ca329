//! What is asked once, and for how long.

use std::{sync::Arc, time::Duration};

use futures_util::{future::join_all, poll};
use outgoing::Reach;
use policy::outside::{Call, Found, Outside};
use tokio::sync::Semaphore;

use crate::{
    house::{Hand, found, get, here, look_ups, perhaps_sent},
    server::{Act, Server, json, reply},
};

const AGE: Duration = Duration::from_secs(600);
const MOMENT: Duration = Duration::from_millis(1);

#[tokio::test]
async fn an_answer_serves_for_its_time() {
    let server = Server::new([json(r#"{"tier": "gold"}"#), json(r#"{"tier": "silver"}"#)]).await;
    let clock = Arc::<Hand>::default();
    let look_ups = look_ups(Reach::InternetAndLoopback, &clock);
    assert_eq!(look_ups.call(&kept(&server)).await, found("gold"));
    clock.pass(AGE - MOMENT);
    assert_eq!(look_ups.call(&kept(&server)).await, found("gold"));
    assert_eq!(server.count(), 1);
    clock.pass(MOMENT);
    assert_eq!(look_ups.call(&kept(&server)).await, found("silver"));
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn that_there_is_nothing_serves_for_a_tenth_of_it() {
    let server = Server::new([reply("404 None", "", ""), json(r#"{"tier": "gold"}"#)]).await;
    let clock = Arc::<Hand>::default();
    let look_ups = look_ups(Reach::InternetAndLoopback, &clock);
    assert_eq!(look_ups.call(&kept(&server)).await, Ok(Found::Nothing));
    clock.pass(AGE / 10 - MOMENT);
    assert_eq!(look_ups.call(&kept(&server)).await, Ok(Found::Nothing));
    clock.pass(MOMENT);
    assert_eq!(look_ups.call(&kept(&server)).await, found("gold"));
}

#[tokio::test]
async fn what_failed_is_asked_again() {
    let server = Server::new([reply("500 Oh", "", ""), json("<html>"), json(r#"{"tier": "gold"}"#)]).await;
    let look_ups = here();
    perhaps_sent(look_ups.call(&kept(&server)).await);
    perhaps_sent(look_ups.call(&kept(&server)).await);
    assert_eq!(look_ups.call(&kept(&server)).await, found("gold"));
}

#[tokio::test]
async fn other_questions_have_other_answers_and_some_are_always_asked() {
    let server = Server::new(["a", "b", "c", "d"].map(|tier| json(&format!(r#"{{"tier": "{tier}"}}"#)))).await;
    let look_ups = here();
    let other = Call {
        url: server.url("/other"),
        ..kept(&server)
    };
    let uncached = get(server.url("/"));
    for (call, tier) in [
        (&kept(&server), "a"),
        (&other, "b"),
        (&uncached, "c"),
        (&uncached, "d"),
        (&other, "b"),
    ] {
        assert_eq!(look_ups.call(call).await, found(tier));
    }
}

#[tokio::test]
async fn those_who_ask_the_same_at_once_share_a_request() {
    let (server, told) = waiting().await;
    let (look_ups, call) = (here(), kept(&server));
    let mut calls: Vec<_> = (0..20).map(|_| look_ups.call(&call)).collect();
    for call in &mut calls {
        assert!(poll!(call).is_pending());
    }
    told.add_permits(1);
    for came in join_all(calls).await {
        assert_eq!(came, found("gold"));
    }
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn those_who_ask_the_same_at_once_share_a_failure() {
    let server = Server::new([reply("500 Oh", "", ""), json("{}")]).await;
    let (look_ups, call) = (here(), kept(&server));
    for came in join_all((0..20).map(|_| look_ups.call(&call))).await {
        perhaps_sent(came);
    }
    assert_eq!(server.count(), 1);
}

/// Whoever began it may be out of time; the others are not.
#[tokio::test]
async fn a_request_goes_on_while_anybody_waits_for_it() {
    let (server, told) = waiting().await;
    let (look_ups, call) = (here(), kept(&server));
    let (mut first, mut second) = (look_ups.call(&call), look_ups.call(&call));
    assert!(poll!(&mut first).is_pending());
    assert!(poll!(&mut second).is_pending());
    drop(first);
    told.add_permits(1);
    assert_eq!(second.await, found("gold"));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn what_nobody_waited_for_is_asked_anew() {
    let (server, told) = waiting().await;
    let (look_ups, call) = (here(), kept(&server));
    let mut first = look_ups.call(&call);
    while server.count() == 0 {
        assert!(poll!(&mut first).is_pending());
        tokio::task::yield_now().await;
    }
    drop(first);
    told.add_permits(2);
    assert_eq!(look_ups.call(&call).await, found("gold"));
    assert_eq!(server.count(), 2);
}

/// A server that answers each request once it is told to.
async fn waiting() -> (Server, Arc<Semaphore>) {
    let told = Arc::new(Semaphore::new(0));
    let Act::Answer(gold) = json(r#"{"tier": "gold"}"#) else {
        unreachable!()
    };
    (Server::new([Act::WhenTold(told.clone(), gold)]).await, told)
}

fn kept(server: &Server) -> Call {
    Call {
        cache: Some(AGE),
        ..get(server.url("/people/jane"))
    }
}
