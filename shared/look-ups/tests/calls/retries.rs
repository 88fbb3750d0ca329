//! When a call is made twice, and what is said of it then.

use std::time::Duration;

use outgoing::Reach;
use policy::outside::{Call, Outside};
use tokio::net::TcpListener;

use crate::{
    house::{LONG, found, get, here, look_ups, not_sent, perhaps_sent},
    server::{Act, Server, json, reply},
};

#[tokio::test]
async fn what_may_heal_is_tried_once_more() {
    for first in [
        reply("500 Oh", "", ""),
        reply("503 Busy", "", ""),
        reply("429 Slow", "retry-after: 0\r\n", ""),
        Act::Answer(String::new()),
    ] {
        let server = Server::new([first, json(r#"{"tier": "gold"}"#)]).await;
        assert_eq!(here().call(&twice(&server)).await, found("gold"));
        assert_eq!(server.count(), 2);
    }
}

#[tokio::test]
async fn it_is_tried_once_more_and_no_more() {
    let server = Server::new([reply("500 Oh", "", ""), reply("503 Busy", "", "")]).await;
    let why = perhaps_sent(here().call(&twice(&server)).await);
    assert_eq!((&*why, server.count()), ("`crm` answered with status 503", 2));
}

#[tokio::test]
async fn nothing_is_tried_again_that_the_policy_does_not_let() {
    let server = Server::new([reply("500 Oh", "", ""), json("{}")]).await;
    perhaps_sent(here().call(&get(server.url("/"))).await);
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn what_would_come_again_is_not_tried_again() {
    for first in [
        reply("400 Bad", "", ""),
        reply("401 Who", "", ""),
        reply("409 Conflict", "retry-after: 0\r\n", ""),
        reply("302 Go", "location: /other\r\n", ""),
        json("<html>"),
        json(&format!("\"{}\"", "x".repeat(1000))),
    ] {
        let server = Server::new([first, json("{}")]).await;
        here().call(&twice(&server)).await.unwrap_err();
        assert_eq!(server.count(), 1);
    }
    let nothing = Server::new([reply("404 None", "", ""), json("{}")]).await;
    here().call(&twice(&nothing)).await.unwrap();
    assert_eq!(nothing.count(), 1);
    let closed = look_ups(Reach::Internet, &Default::default());
    not_sent(closed.call(&twice(&nothing)).await);
    assert_eq!(nothing.count(), 1);
}

/// The other end asks for more time than there is.
#[tokio::test]
async fn nothing_is_tried_again_beyond_the_deadline() {
    let server = Server::new([reply("503 Busy", "retry-after: 60\r\n", ""), json("{}")]).await;
    let why = perhaps_sent(here().call(&twice(&server)).await);
    assert_eq!((&*why, server.count()), ("`crm` answered with status 503", 1));
}

/// The first attempt is given up while there is time for another.
#[tokio::test]
async fn an_attempt_does_not_take_all_the_time() {
    let server = Server::new([Act::Silence, json(r#"{"tier": "gold"}"#)]).await;
    assert_eq!(here().call(&twice(&server)).await, found("gold"));
    assert_eq!(server.count(), 2);
}

/// Without a second attempt there is nothing to save time for.
#[tokio::test]
async fn the_only_attempt_has_all_the_time() {
    let server = Server::new([Act::Silence]).await;
    for retries in [false, true] {
        let call = Call {
            retries,
            deadline: Duration::from_millis(1199),
            ..get(server.url("/"))
        };
        let before = server.count();
        perhaps_sent(here().call(&call).await);
        assert_eq!(server.count() - before, 1);
    }
}

/// The end is gone after a first request, of which nobody knows what became.
#[tokio::test]
async fn what_may_have_been_sent_stays_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let call = twice_at(format!("http://{}/", listener.local_addr().unwrap()));
    let closing = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        drop(listener);
        drop(stream);
    });
    let why = perhaps_sent(here().call(&call).await);
    assert_eq!(why, "`crm`: nobody answered at the address");
    closing.await.unwrap();
}

fn twice(server: &Server) -> Call {
    twice_at(server.url("/"))
}

fn twice_at(url: String) -> Call {
    Call {
        retries: true,
        deadline: LONG / 2,
        ..get(url)
    }
}
