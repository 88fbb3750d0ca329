//! Checkpoints over what was added to histories.

use std::{collections::BTreeMap, time::Duration};

use host::Ran;
use store::{Checkpoint, JournalPlace, Leaf, MOST_SEALED, RequestId, Sealed, StoreError, Timestamp};

use super::{Parts, UNSIGNED, write};

/// What is younger is left to the next run: a commit takes its time before it begins to write and may be on its way for
/// some seconds, clocks of several machines differ, and indexes lag behind. What comes in later than that, with a time that
/// is sealed already, is in no checkpoint until its request changes again.
pub const MARGIN: Duration = Duration::from_secs(120);

/// What is said of a last checkpoint that was not written by us.
const NOT_SIGNED: &str = "the last checkpoint is not as it was written: somebody changed it in the store, or \
    VESTIBULE_AUDIT_KEY is another one; nothing is sealed until a person has looked, and `vestibule audit verify` says more";

/// Seals all that is older than [`MARGIN`], in as many checkpoints as it takes; the last one then. Nothing if there is none,
/// if time is over, or if another run is at it.
pub(super) async fn seal(parts: &Parts, until: Timestamp, ran: &mut Ran) -> Result<Option<Checkpoint>, StoreError> {
    let Parts { rows, audit, clock, .. } = parts;
    let before = clock.now().minus(MARGIN);
    loop {
        let latest = rows.latest_checkpoint().await?;
        if latest.as_ref().is_some_and(|latest| !audit.has_signed(latest)) {
            return Err(StoreError::Broken(NOT_SIGNED.to_owned()));
        }
        let after = latest.as_ref().map(|latest| &latest.through);
        let leaves = rows.journal(after, before, MOST_SEALED).await?.leaves;
        let Some(last) = leaves.last() else {
            return Ok(latest);
        };
        if clock.now() >= until {
            return Ok(None);
        }
        let counts = rows.counts().await?.into_iter().collect();
        let next = Checkpoint {
            number: latest.as_ref().map_or(1, |latest| latest.number + 1),
            through: last.place,
            leaves: last_of_each(&leaves),
            pruned: Vec::new(),
            entries: latest.as_ref().map_or(0, |latest| latest.entries) + leaves.len() as u64,
            counts,
            previous: latest.map(|latest| latest.proof),
            proof: UNSIGNED,
        };
        if write(parts, next).await?.is_none() {
            return Ok(None);
        }
        ran.done += 1;
    }
}

/// The last version of each request: it proves those before it.
fn last_of_each(leaves: &[Leaf]) -> Vec<Sealed> {
    let mut last = BTreeMap::<RequestId, Sealed>::new();
    for Leaf { place, mac } in leaves {
        let JournalPlace { request, version, .. } = *place;
        let leaf = Sealed {
            request,
            version,
            mac: *mac,
        };
        let kept = last.entry(request).or_insert(leaf);
        if kept.version < version {
            *kept = leaf;
        }
    }
    last.into_values().collect()
}
