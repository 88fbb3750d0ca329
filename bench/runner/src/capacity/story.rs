//! What happens to people who sign up, one thing after the other.

use super::Row;
use super::meter::{Meter, Seen};
use crate::house::House;
use crate::queue::requests::Requests;
use crate::rows;
use end_to_end::http::Request;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;
use store::{Actor, Clock, Commit, Committed, Event, HistoryEntry, MAX_WRITES, MOST_SEALED, Store, SystemClock, Write};
use store_dynamodb::{DynamoStore, testing};

pub(super) const CHECK: &str = "check, nobody known";
pub(super) const ADMITTED: &str = "submit, let in and recorded";
pub(super) const HELD: &str = "submit, held";
/// So many wait that a page of 50 finds a full part of it in each shard.
const MANY: usize = 1000;
/// Longer than a stage lasts.
const LONG: Duration = Duration::from_secs(91 * 24 * 60 * 60);

/// All of it, in an empty table.
pub(super) async fn told(endpoint: &str, table: &str) -> Vec<Row> {
    let (store, meter) = Meter::open(endpoint, table);
    let store = Arc::new(store);
    let house = House::new(store.clone(), "capacity.toml");
    // The first in the life of a table write its settings.
    house.submit(rows::submit(0)).await;
    decide(&house, &meter, "deny").await;
    house.deliver().await;
    meter.take();
    let books = books(&house, &store, &meter).await;

    let mut story = Vec::new();
    let mut then = |what| {
        let seen = meter.take();
        story.push(Row { what, seen });
    };
    house.check(rows::check(1)).await;
    then(CHECK);
    house.submit(partner()).await;
    then(ADMITTED);
    house.deliver().await;
    meter.take();
    house.submit(rows::submit(1)).await;
    then(HELD);
    house.deliver().await;
    let (looks, effects) = parted(meter.take(), |seen| seen.body.contains("\"IndexName\""));
    let (counts, letters) = parted(effects, |seen| seen.body.contains("#counts"));
    decide(&house, &meter, "approve").await;
    then("approve");
    house.submit(rows::submit(1)).await;
    then("the approved applicant returns");
    house.submit(rows::submit(2)).await;
    decide(&house, &meter, "deny").await;
    then("deny");
    house.submit(rows::submit(3)).await;
    meter.take();
    assert_eq!(house.sweep(LONG).await, 1, "one request expires");
    let (overdue, expiry) = parted(meter.take(), |seen| seen.body.contains("\"IndexName\":\"due\""));
    let many: Vec<_> = (0..MANY).map(|n| Requests::new().nth(n)).collect();
    testing::put_requests(&store, &many)
        .await
        .expect("requests that are put");
    meter.take();
    page(&house, 50).await;
    let mut row = |what, seen| story.push(Row { what, seen });
    row("a page of 50 requests", meter.take());
    row("the clock ends a request", expiry);
    row("delivery: a count", counts);
    row("delivery: a letter", letters);
    row("a run of `deliver`, nothing due", one_round(looks));
    row(
        "a run of `sweep`, nothing due or new",
        [overdue, books.nothing_new].concat(),
    );
    row("`sweep` seals 500 entries", books.sealed);
    row("`sweep` removes a request", books.removed);
    story
}

/// What the ledger of histories takes.
struct Books {
    nothing_new: Vec<Seen>,
    sealed: Vec<Seen>,
    /// One request with two entries: what concerns it alone.
    removed: Vec<Seen>,
}

/// After the one request that there is was denied.
async fn books(house: &House, store: &DynamoStore, meter: &Meter) -> Books {
    assert_eq!(
        house.keep_books(LONG).await,
        2,
        "a checkpoint, and one request is removed"
    );
    let (removed, _) = parted(meter.take(), |seen| {
        ["\"A#", "\"O#"].iter().any(|pk| seen.body.contains(pk))
    });
    assert_eq!(house.keep_books(LONG).await, 0);
    let nothing_new = meter.take();
    let entries: Vec<_> = (0..MOST_SEALED).map(entry).collect();
    for some in entries.chunks(MAX_WRITES) {
        let writes = some.to_vec();
        assert_eq!(store.commit(&Commit { writes }).await, Ok(Committed::Applied));
    }
    meter.take();
    assert_eq!(house.keep_books(LONG).await, 1, "a full checkpoint");
    Books {
        nothing_new,
        sealed: meter.take(),
        removed,
    }
}

/// An entry that nobody verifies, of a request of its own.
fn entry(n: usize) -> Write {
    let request = Requests::new().nth(n);
    Write::History(Box::new(HistoryEntry {
        request: request.id,
        version: request.version,
        at: SystemClock.now(),
        by: Actor::Applicant,
        from: None,
        event: Event::Opened,
        commitment: None,
        kept: None,
        mac: request.id.applicant,
    }))
}

/// The one request that waits is decided; only that stays on the meter.
async fn decide(house: &House, meter: &Meter, ruling: &str) {
    let waiting = page(house, 1).await;
    meter.take();
    let id = waiting["requests"][0]["id"].as_str().expect("a request that waits");
    let decide = Request::post(&format!("/review/api/requests/{id}/{ruling}"));
    house.reviewed(decide.json(&json!({}))).await;
}

async fn page(house: &House, limit: usize) -> Json {
    let list = Request::get("/review/api/requests").query("state", "pending");
    let page = house.reviewed(list.query("limit", &limit.to_string())).await;
    assert_eq!(page["requests"].as_array().map(Vec::len), Some(limit));
    page
}

/// Somebody who is let in by a rule.
fn partner() -> Request {
    let mut body: Json = serde_json::from_slice(&rows::submit(1).body).expect("JSON");
    let address = "jane.doe@contoso.com";
    body["email"] = json!(address);
    body["identities"] = json!([{ "signInType": "federated", "issuer": "mail", "issuerAssignedId": address }]);
    rows::call("/post-attribute-collection").json(&body)
}

fn parted(seen: Vec<Seen>, is_first: impl Fn(&Seen) -> bool) -> (Vec<Seen>, Vec<Seen>) {
    seen.into_iter().partition(is_first)
}

/// A run looks at what is due for each receiver, and again after it did something.
fn one_round(mut looks: Vec<Seen>) -> Vec<Seen> {
    let receivers = looks.iter().filter(|seen| seen.body.contains("#00\"")).count();
    let shards = looks.len() / receivers.max(1);
    looks.truncate(4 * shards);
    looks
}
