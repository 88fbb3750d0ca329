use std::{
    future::Future,
    time::{Duration, Instant},
};

use store::{Commit, Committed, Keys, Store, StoreError, Write};

/// Commits until it is certain what came of it, as one call after another would: a refusal for now is asked again,
/// and where it is in doubt whether the writes happened, the call record among them tells.
///
/// # Panics
/// If the store is broken, if it refuses for a minute, or if the writes are in doubt and hold no call record.
pub async fn settle(store: &dyn Store, commit: &Commit) -> Committed {
    let started = Instant::now();
    let mut in_doubt = false;
    while started.elapsed() < Duration::from_secs(60) {
        match store.commit(commit).await {
            Ok(Committed::Conflict) if in_doubt => return settled(store, commit).await,
            Ok(certain) => return certain,
            Err(StoreError::Busy(_)) => {}
            Err(StoreError::Unavailable(_)) => in_doubt = true,
            Err(broken @ StoreError::Broken(_)) => panic!("{broken}"),
        }
    }
    panic!("the store refused for a minute");
}

/// Asks until a condition holds, for as long as a list may lag behind.
///
/// # Panics
/// If it does not hold within ten seconds.
pub async fn eventually<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let started = Instant::now();
    while !condition().await {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "not in ten seconds: {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether writes that conflict now are there because they happened before.
async fn settled(store: &dyn Store, commit: &Commit) -> Committed {
    let record = commit.writes.iter().find_map(|write| match write {
        Write::Call { record, .. } => Some(record),
        _ => None,
    });
    let record = record.expect("writes in doubt hold a call record");
    let keys = Keys {
        call: Some(record.key),
        ..Keys::default()
    };
    loop {
        match store.look_up(&keys).await {
            Ok(snapshot) if snapshot.call.as_ref() == Some(record) => return Committed::Applied,
            Ok(_) => return Committed::Conflict,
            Err(StoreError::Broken(why)) => panic!("{why}"),
            Err(_) => {}
        }
    }
}
