//! A store that fails, and a body that never ends.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use http::Method;
use store::{
    Commit, Committed, Counts, DuePage, DuePlace, EntryId, HistoryEntry, Keys, Lane, Listing, Outbox, OutboxEntry,
    OverduePage, OverduePlace, Page, ParkedPage, ParkedPlace, Receiver, Request, RequestId, Snapshot, Store,
    StoreError, Timestamp,
};

use crate::{
    browser::Browser,
    people::{parked, pending},
    room::{RITA, Room, call},
};

/// A store that is gone, or hangs.
#[derive(Clone, Copy)]
enum Broken {
    Gone,
    Hangs,
}

impl Broken {
    async fn fail<T>(self) -> Result<T, StoreError> {
        match self {
            Broken::Gone => Err(StoreError::Unavailable("connection refused at 10.0.0.1".to_owned())),
            Broken::Hangs => std::future::pending().await,
        }
    }
}

#[async_trait]
impl Store for Broken {
    async fn look_up(&self, _: &Keys) -> Result<Snapshot, StoreError> {
        self.fail().await
    }

    async fn request(&self, _: &RequestId) -> Result<Option<Request>, StoreError> {
        self.fail().await
    }

    async fn history(&self, _: &RequestId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.fail().await
    }

    async fn earlier(&self, _: &RequestId, _: usize) -> Result<Vec<Request>, StoreError> {
        self.fail().await
    }

    async fn list(&self, _: &Listing) -> Result<Page, StoreError> {
        self.fail().await
    }

    async fn overdue(&self, _: Timestamp, _: Option<&OverduePlace>, _: usize) -> Result<OverduePage, StoreError> {
        self.fail().await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.fail().await
    }

    async fn commit(&self, _: &Commit) -> Result<Committed, StoreError> {
        self.fail().await
    }
}

#[async_trait]
impl Outbox for Broken {
    async fn due(&self, _: Receiver, _: Timestamp, _: Option<&DuePlace>, _: usize) -> Result<DuePage, StoreError> {
        self.fail().await
    }

    async fn first_in(&self, _: &Lane) -> Result<Option<OutboxEntry>, StoreError> {
        self.fail().await
    }

    async fn entry(&self, _: &EntryId) -> Result<Option<OutboxEntry>, StoreError> {
        self.fail().await
    }

    async fn parked(&self, _: Option<&ParkedPlace>, _: usize) -> Result<ParkedPage, StoreError> {
        self.fail().await
    }
}

#[tokio::test]
async fn a_store_that_fails_is_said_so_in_time() {
    let whole = Room::new();
    let path = format!("/requests/{}", pending(&whole, "Jane").await);
    let effect = format!("/review/api/effects/{}", parked(&whole, "Jane", 1).await.id);
    for broken in [Broken::Gone, Broken::Hangs] {
        let room = Room::with(|parts| {
            parts.desk.store = Arc::new(broken);
            parts.outbox = Arc::new(broken);
            parts.deadline = Duration::from_millis(100);
        });
        let begun = Instant::now();
        for api in [
            room.get("/review/api/requests").await,
            room.get(&format!("/review/api{path}")).await,
            room.post(RITA, &format!("/review/api{path}/approve"), "").await,
            room.get("/review/api/effects").await,
            room.get(&effect).await,
            room.post(RITA, &format!("{effect}/retry"), "").await,
            room.post(RITA, &format!("{effect}/drop"), "").await,
        ] {
            assert_eq!((api.status.as_u16(), &*api.code()), (503, "unavailable"));
            assert!(!api.body.contains("10.0.0.1"), "{api:?}");
        }
        // Nobody needs the store to log in.
        let mut rita = Browser::logged_in(&room, RITA).await;
        for page in [rita.get("/review").await, rita.get(&format!("/review{path}")).await] {
            assert_eq!(page.status, 503);
            assert!(page.header("content-type").starts_with("text/html") && page.body.contains("does not answer"));
            assert!(!page.body.contains("10.0.0.1"), "{page:?}");
        }
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "the deadline is 100 ms a call"
        );
    }
}

#[tokio::test]
async fn a_body_that_never_ends_is_not_waited_for() {
    let room = Room::with(|parts| parts.deadline = Duration::from_millis(100));
    let id = pending(&room, "Jane").await;
    let (head, _) = call(
        Method::POST,
        &format!("/review/api/requests/{id}/approve"),
        &[
            crate::room::bearer(RITA),
            ("content-type", "application/json".to_owned()),
        ],
        "",
    )
    .into_parts();
    let body = http_body_util::combinators::UnsyncBoxBody::new(Never);
    assert_eq!(room.send(http::Request::from_parts(head, body)).await.status, 503);
}

struct Never;

impl http_body::Body for Never {
    type Data = bytes::Bytes;
    type Error = host::BodyError;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, host::BodyError>>> {
        std::task::Poll::Pending
    }
}
