//! A request whose claims were forgotten, with proofs made by hand: as whoever has the key makes them.

use claims::{Claims, Hash};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use store::{Actor, Commit, Committed, Event, HistoryEntry, Request, RequestId, Store, Write};

use crate::place::{KEY, NOW, Place};

/// Forgets what a request and its history say of its applicant.
pub(crate) async fn forget(place: &Place, id: &RequestId) {
    let store = place.open();
    let (request, history) = (
        store.request(id).await.unwrap().unwrap(),
        store.history(id).await.unwrap(),
    );
    let entry = entry_after(&request);
    let mut row = Request {
        version: entry.version,
        changed_at: entry.at,
        received: Claims::from_iter([]),
        reviewed: Claims::from_iter([]),
        head: Some(entry.mac),
        proof: None,
        ..request.clone()
    };
    row.proof = Some(mac(&["request", &serde_json::to_string(&row).unwrap()]));
    let redacted = history.into_iter().map(|old| HistoryEntry { kept: None, ..old });
    let mut writes: Vec<_> = redacted.map(|old| Write::Redact(Box::new(old))).collect();
    writes.push(Write::History(Box::new(entry)));
    writes.push(Write::Request {
        request: Box::new(row),
        replaces: Some(request.version),
    });
    assert_eq!(store.commit(&Commit { writes }).await, Ok(Committed::Applied));
}

fn entry_after(request: &Request) -> HistoryEntry {
    let mut entry = HistoryEntry {
        request: request.id,
        version: request.version + 1,
        at: NOW.plus(std::time::Duration::from_secs(24 * 60 * 60)),
        by: Actor::Override("olga".to_owned()),
        from: Some(request.state.name()),
        event: Event::Forgotten,
        commitment: None,
        kept: None,
        mac: Hash::of(&[]),
    };
    entry.mac = mac(&[
        "history",
        &request.head.unwrap().to_string(),
        &entry.request.to_string(),
        &entry.version.to_string(),
        &entry.at.as_millis().to_string(),
        &serde_json::to_string(&entry.by).unwrap(),
        request.state.name().as_str(),
        &serde_json::to_string(&entry.event).unwrap(),
        "",
    ]);
    entry
}

fn mac(parts: &[&str]) -> Hash {
    let mut mac = Hmac::<Sha256>::new_from_slice(&hex::decode(KEY).unwrap()).unwrap();
    mac.update(Hash::of(parts).as_bytes());
    Hash::from_bytes(mac.finalize().into_bytes().into())
}
