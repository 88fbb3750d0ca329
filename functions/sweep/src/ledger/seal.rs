//! Checkpoints over what was added to histories.

use std::{collections::BTreeMap, time::Duration};

use claims::Hash;
use host::Ran;
use store::{Checkpoint, JournalPlace, Leaf, MOST_CHECKPOINTS, MOST_SEALED, RequestId, Sealed, StoreError, Timestamp};

use super::{Parts, UNSIGNED, write};

/// What is younger is left to the next run: a commit takes its time before it begins to write and may be on its way for
/// some seconds, clocks of several machines differ, and indexes lag behind.
pub const MARGIN: Duration = Duration::from_secs(120);

/// What comes in later than [`MARGIN`], with a time that is sealed already, is sealed if that time is no longer than this
/// before the last entry that is. More would be read again by every run: ten minutes of the journal, and the checkpoints over
/// them.
pub const OVERLAP: Duration = Duration::from_secs(10 * 60);

/// At most so many checkpoints are read again, whatever time they cover.
const MOST_AGAIN: u64 = 100;

/// What is said of a last checkpoint that was not written by us.
const NOT_SIGNED: &str = "the last checkpoint is not as it was written: somebody changed it in the store, or \
    VESTIBULE_AUDIT_KEY is another one; nothing is sealed until a person has looked, and `vestibule audit verify` says more";

/// Seals all that is older than [`MARGIN`], in as many checkpoints as it takes; the last one then. Nothing if there is none,
/// if time is over, or if another run is at it.
pub(super) async fn seal(parts: &Parts, until: Timestamp, ran: &mut Ran) -> Result<Option<Checkpoint>, StoreError> {
    let before = parts.clock.now().minus(MARGIN);
    let mut latest = parts.ledger.latest_checkpoint().await?;
    if latest.as_ref().is_some_and(|latest| !parts.audit.has_signed(latest)) {
        return Err(StoreError::Broken(NOT_SIGNED.to_owned()));
    }
    let (known, mut after) = match &latest {
        Some(latest) => {
            let known = Known::of(parts, latest).await?;
            let from = known.from;
            (Some(known), Some(from))
        }
        None => (None, None),
    };
    loop {
        let page = parts.ledger.journal(after.as_ref(), before, MOST_SEALED).await?;
        let is_new = |leaf: &&Leaf| known.as_ref().is_none_or(|known| !known.has(leaf));
        let leaves: Vec<Leaf> = page.leaves.iter().filter(is_new).copied().collect();
        if !leaves.is_empty() {
            if parts.clock.now() >= until {
                return Ok(None);
            }
            let Some(next) = write(parts, next(parts, latest, &leaves).await?).await? else {
                return Ok(None);
            };
            latest = Some(next);
            ran.done += 1;
        }
        after = page.next;
        if after.is_none() {
            return Ok(latest);
        }
    }
}

/// The checkpoint after `latest`, over these entries of which there is at least one.
async fn next(parts: &Parts, latest: Option<Checkpoint>, leaves: &[Leaf]) -> Result<Checkpoint, StoreError> {
    let counts = parts.store.counts().await?.into_iter().collect();
    // Late ones are before what is sealed already.
    let through = leaves.iter().map(|leaf| leaf.place);
    let through = through.chain(latest.as_ref().map(|latest| latest.through)).max();
    Ok(Checkpoint {
        number: latest.as_ref().map_or(1, |latest| latest.number + 1),
        through: through.ok_or_else(|| StoreError::Broken("a checkpoint over no entry".to_owned()))?,
        leaves: last_of_each(leaves),
        pruned: Vec::new(),
        entries: latest.as_ref().map_or(0, |latest| latest.entries) + leaves.len() as u64,
        counts,
        previous: latest.map(|latest| latest.proof),
        proof: UNSIGNED,
    })
}

/// What the last checkpoints have sealed of the [`OVERLAP`].
struct Known {
    /// Everything after this and up to `through` that they do not have came in late.
    from: JournalPlace,
    through: JournalPlace,
    /// The last version of each request.
    sealed: BTreeMap<RequestId, u64>,
}

impl Known {
    /// Reads checkpoints backwards, until one ends before the overlap.
    async fn of(parts: &Parts, latest: &Checkpoint) -> Result<Known, StoreError> {
        let through = latest.through;
        let begin = first_at(through.at.minus(OVERLAP));
        let mut known = Known {
            from: through,
            through,
            sealed: BTreeMap::new(),
        };
        let least = latest.number.saturating_sub(MOST_AGAIN);
        let mut number = latest.number;
        while number > least && known.from > begin {
            let below = number.saturating_sub(MOST_CHECKPOINTS as u64).max(least);
            let some = parts.ledger.checkpoints(below, (number - below) as usize).await?;
            let readable = some.into_iter().filter_map(|one| one.checkpoint.ok());
            // What somebody else wrote says nothing of what is sealed.
            readable
                .filter(|one| parts.audit.has_signed(one))
                .for_each(|one| known.add(&one));
            number = below;
        }
        known.from = match number {
            0 => begin,
            _ => known.from.max(begin),
        };
        Ok(known)
    }

    fn add(&mut self, checkpoint: &Checkpoint) {
        self.from = self.from.min(checkpoint.through);
        for Sealed { request, version, .. } in &checkpoint.leaves {
            let last = self.sealed.entry(*request).or_default();
            *last = (*last).max(*version);
        }
    }

    /// Whether an entry is sealed, by itself or by a later one of its request.
    fn has(&self, leaf: &Leaf) -> bool {
        let JournalPlace { request, version, .. } = &leaf.place;
        leaf.place <= self.through && self.sealed.get(request).is_some_and(|last| version <= last)
    }
}

/// Before all places of a time but an impossible one.
fn first_at(at: Timestamp) -> JournalPlace {
    let request = RequestId {
        applicant: Hash::from_bytes([0; 32]),
        round: 0,
    };
    JournalPlace {
        at,
        request,
        version: 0,
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
