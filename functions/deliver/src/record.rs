//! Recording what was carried out, with what follows from it.

use store::{Commit, Committed, Effect, OutboxEntry, StoreError, Write};

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
    let account = match delivered {
        Delivered::Account(account) => account,
        Delivered::Done => return commit(parts, vec![gone]).await.map(drop),
        Delivered::Further(effects) => {
            let further = (0..)
                .zip(effects)
                .map(|(index, effect)| instead(parts, entry, index, effect));
            return commit(parts, [gone].into_iter().chain(further).collect())
                .await
                .map(drop);
        }
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

fn instead(parts: &Parts, entry: &OutboxEntry, index: u64, effect: Effect) -> Write {
    let entry = OutboxEntry {
        id: entry.id.further(index),
        request: entry.request,
        effect,
        written_at: entry.written_at,
        due: parts.clock.now(),
        attempts: 0,
        revision: 1,
        failure: None,
        parked_at: None,
    };
    Write::Effect {
        entry: Box::new(entry),
        replaces: None,
    }
}

async fn commit(parts: &Parts, writes: Vec<Write>) -> Result<Committed, StoreError> {
    parts.store.commit(&Commit { writes }).await
}
