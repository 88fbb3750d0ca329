//! Proves all histories together, so that a request which is gone with its history is missed; and removes, where the policy
//! says so, those that ended long ago.

mod prune;
mod seal;

use std::{sync::Arc, time::Duration};

use approvals::AuditKey;
use claims::Hash;
use host::Ran;
use store::{Checkpoint, Clock, Commit, Committed, Ledger, Store, StoreError, Timestamp, Traces, Write};

pub use seal::{MARGIN, OVERLAP};

/// In the place of a proof, until there is one.
const UNSIGNED: Hash = Hash::from_bytes([0; 32]);

/// Writes checkpoints, and removes what ended long ago. Two at once do nothing twice: there is one checkpoint with a number,
/// and a request is removed at the version that it has.
#[derive(Clone)]
pub struct Bookkeeper(Arc<Parts>);

/// What a bookkeeper is made of.
pub struct Parts {
    /// Where requests are kept.
    pub store: Arc<dyn Store>,
    /// Where checkpoints are kept, and what they are made of.
    pub ledger: Arc<dyn Ledger>,
    /// What is not delivered yet.
    pub traces: Arc<dyn Traces>,
    /// How long what ended is kept; for ever if nothing is said.
    pub keep: Option<Duration>,
    /// What proves histories and checkpoints.
    pub audit: AuditKey,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl Bookkeeper {
    /// Puts it together.
    pub fn new(parts: Parts) -> Bookkeeper {
        Bookkeeper(Arc::new(parts))
    }

    /// Seals what is not sealed yet, then removes what is not kept; begins nothing after `until`. What fails is tried again
    /// by the next run.
    pub async fn run(&self, until: Timestamp) -> Ran {
        let mut ran = Ran::default();
        self.work(until, &mut ran).await;
        ran.unfinished = ran.done > 0 && self.0.clock.now() >= until;
        ran
    }

    async fn work(&self, until: Timestamp, ran: &mut Ran) {
        let parts = &*self.0;
        // What is removed was sealed before: nothing goes that no checkpoint knows of.
        let latest = match seal::seal(parts, until, ran).await {
            Ok(latest) => latest,
            Err(error) => {
                tracing::error!(target: "vestibule", %error, "sweep: histories are not sealed, {error}");
                ran.failed += 1;
                None
            }
        };
        let (Some(keep), Some(latest)) = (parts.keep, latest) else {
            return;
        };
        if let Err(error) = prune::prune(parts, keep, latest, until, ran).await {
            tracing::error!(target: "vestibule", %error, "sweep: what ended long ago is not removed, {error}");
            ran.failed += 1;
        }
    }
}

/// Writes the checkpoint after `latest`, proved; nothing if another run was first. The log tells of each, so that it can be
/// shown from outside of the store that checkpoints themselves were put back.
async fn write(parts: &Parts, checkpoint: Checkpoint) -> Result<Option<Checkpoint>, StoreError> {
    let checkpoint = parts.audit.sign(checkpoint);
    let writes = vec![Write::Checkpoint(Box::new(checkpoint.clone()))];
    if parts.store.commit(&Commit { writes }).await? == Committed::Conflict {
        return Ok(None);
    }
    let Checkpoint { number, proof, .. } = checkpoint;
    let (requests, pruned) = (checkpoint.leaves.len(), checkpoint.pruned.len());
    tracing::info!(
        target: "vestibule", number, %proof, requests, pruned, "sweep: checkpoint {number}:{proof}"
    );
    Ok(Some(checkpoint))
}
