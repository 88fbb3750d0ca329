//! Recording what was carried out, with what follows from it.

use store::{Commit, Committed, OutboxEntry, StoreError, Write};

use crate::{Delivered, Parts};

/// How often recording is tried again that lost a race: an approved request changes at most once more.
const MOST_RACES: usize = 3;

/// Takes an entry out of the outbox, and records what came of it in the same commit. If the lease is over and somebody
/// else has the entry, they find that it is done.
pub(crate) async fn delivered(parts: &Parts, entry: &OutboxEntry, delivered: Delivered) -> Result<(), StoreError> {
    let gone = Write::Delivered {
        id: entry.id,
        revision: entry.revision,
    };
    let Delivered::Account(account) = delivered else {
        return commit(parts, vec![gone]).await.map(drop);
    };
    for _ in 0..MOST_RACES {
        let request = parts.store.request(&entry.request).await?;
        let transition = request
            .and_then(|request| approvals::provision(&request, account.clone(), parts.clock.now(), &parts.terms).ok());
        let mut writes = match transition {
            Some(transition) => transition.commit(None, &[]).writes,
            // It was recorded before, and only the entry was left.
            None => Vec::new(),
        };
        writes.push(gone.clone());
        if commit(parts, writes).await? == Committed::Applied {
            return Ok(());
        }
        if parts
            .outbox
            .entry(&entry.id)
            .await?
            .is_none_or(|now| now.revision != entry.revision)
        {
            return Ok(());
        }
    }
    Err(StoreError::Busy(format!(
        "lost {MOST_RACES} races for the same request"
    )))
}

async fn commit(parts: &Parts, writes: Vec<Write>) -> Result<Committed, StoreError> {
    parts.store.commit(&Commit { writes }).await
}
