//! What the checkpoints say: which requests there were, and which were removed on purpose.

use approvals::AuditKey;
use claims::Hash;
use store::{
    Checkpoint, HistoryEntry, JournalPlace, Leaf, MOST_CHECKPOINTS, MOST_SEALED, Numbered, Request, RequestId, Rows,
    StoreError, Timestamp,
};

use super::words::ChainFault;

/// What all checkpoints say together.
///
/// It holds some 64 bytes for each leaf, so that a million requests, sealed two or three times each, fit into 200 MB.
#[derive(Default)]
pub(super) struct Chain {
    /// By request, then by version.
    leaves: Vec<Known>,
    pruned: Vec<Removed>,
    last: Option<Last>,
    /// The proof of the last one that could be read.
    previous: Option<Hash>,
    /// The number of the last one, whatever it holds.
    number: u64,
    /// Whether anything stands among them that has no number.
    has_strays: bool,
    /// The number that the next one had when what is not sealed was read.
    open: u32,
}

/// The last checkpoint that holds.
#[derive(Clone, Copy)]
pub(super) struct Last {
    pub(super) number: u64,
    pub(super) proof: Hash,
    pub(super) through: JournalPlace,
}

/// A version of a request that a checkpoint or the journal knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known {
    pub(super) request: RequestId,
    /// The first half of its proof: 128 bits tell one from another.
    mac: [u8; 16],
    pub(super) version: u64,
    /// In which checkpoint; the next one, for what is in none yet.
    number: u32,
}

/// A request that was removed on purpose. An applicant who comes back begins with the same ids and versions: it is one life
/// of several.
#[derive(Clone, Copy)]
pub(super) struct Removed {
    request: RequestId,
    pub(super) version: u64,
    /// The first half of its last entry's proof.
    head: Option<[u8; 16]>,
    number: u32,
    /// What was sealed until then. A request of the same id that was opened later is another one: rounds begin anew.
    through: Timestamp,
    /// The checkpoint that first said so. What was sealed of the id after that is another life's.
    first: u32,
}

/// A checkpoint that the log told of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    number: u64,
    proof: Hash,
}

impl std::str::FromStr for Told {
    type Err = String;

    fn from_str(text: &str) -> Result<Told, String> {
        let told = text.split_once(':').and_then(|(number, proof)| {
            let number = number.parse().ok().filter(|number| *number > 0)?;
            let proof = Hash::from_hex(proof)?;
            Some(Told { number, proof })
        });
        told.ok_or_else(|| "a checkpoint is written as in the log: its number, `:` and 64 hex digits".to_owned())
    }
}

impl Chain {
    /// Reads all checkpoints, and what the journal holds since.
    pub(super) async fn read(
        rows: &dyn Rows,
        key: &AuditKey,
        told: &[Told],
    ) -> Result<(Chain, Vec<ChainFault>), StoreError> {
        let (mut chain, mut faults) = (Chain::default(), Vec::new());
        let mut seen = Vec::new();
        chain.go_on(rows, key, told, &mut seen, &mut faults).await?;
        let lost = told.iter().filter(|told| !seen.contains(&told.number));
        faults.extend(lost.map(|told| ChainFault::Lost(told.number)));
        chain.read_journal(rows, &mut faults).await?;
        chain.leaves.sort_unstable_by_key(|leaf| (leaf.request, leaf.version));
        chain.tell_lives_apart();
        Ok((chain, faults))
    }

    /// The last checkpoint that holds.
    pub(super) fn last(&self) -> Option<Last> {
        self.last
    }

    /// What is known of a request, by its place among all that is known.
    pub(super) fn of(&self, request: &RequestId) -> std::ops::Range<usize> {
        let from = self.leaves.partition_point(|leaf| leaf.request < *request);
        let to = self.leaves.partition_point(|leaf| leaf.request <= *request);
        from..to
    }

    /// All that is known, by request and version.
    pub(super) fn leaves(&self) -> &[Known] {
        &self.leaves
    }

    /// Whether what is known of a request was removed on purpose since. A later one of the same id is another one.
    pub(super) fn was_removed(&self, leaf: &Known) -> bool {
        self.removals(&leaf.request).iter().any(|removed| removed.covers(leaf))
    }

    /// The version of a life that was removed on purpose, was put back after another one of the same id, and was then removed
    /// again, so that the other one would seem to have been removed.
    pub(super) fn removed_again(&self, id: &RequestId) -> Option<u64> {
        let leaves = &self.leaves[self.of(id)];
        let again = |removed: &&Removed| {
            let between = |leaf: &&Known| removed.first < leaf.number && leaf.number <= removed.number;
            leaves.iter().filter(between).any(|leaf| !removed.is(leaf))
        };
        self.removals(id).iter().find(again).map(|removed| removed.version)
    }

    /// Requests of which [`removed_again`](Self::removed_again) tells.
    pub(super) fn all_removed_again(&self) -> Vec<RequestId> {
        let mut ids: Vec<_> = self.pruned.iter().map(|removed| removed.request).collect();
        ids.dedup();
        ids.retain(|id| self.removed_again(id).is_some());
        ids
    }

    /// Whether a checkpoint proves it.
    pub(super) fn is_sealed(&self, leaf: &Known) -> bool {
        leaf.number < self.open
    }

    /// The last removal of a request's id that was announced since the request was opened.
    pub(super) fn removal(&self, request: &Request) -> Option<&Removed> {
        let since = |removed: &&Removed| request.opened_at <= removed.through;
        self.removals(&request.id).iter().rev().find(since)
    }

    /// Takes in what was removed on purpose since the checkpoints were read, and tells what is wrong with those since.
    pub(super) async fn catch_up(&mut self, rows: &dyn Rows, key: &AuditKey) -> Result<Vec<ChainFault>, StoreError> {
        let (kept, removed, mut faults) = (self.leaves.len(), self.pruned.len(), Vec::new());
        self.go_on(rows, key, &[], &mut Vec::new(), &mut faults).await?;
        self.leaves.truncate(kept);
        if self.pruned.len() > removed {
            self.tell_lives_apart();
        }
        Ok(faults)
    }

    fn removals(&self, id: &RequestId) -> &[Removed] {
        let from = self.pruned.partition_point(|removed| removed.request < *id);
        let to = self.pruned.partition_point(|removed| removed.request <= *id);
        &self.pruned[from..to]
    }

    /// Finds which checkpoint was the first to say that each life was removed: a run that was cut short says so again, and so
    /// does one that met what somebody put back.
    fn tell_lives_apart(&mut self) {
        self.pruned
            .sort_unstable_by_key(|removed| (removed.request, removed.number));
        for at in 0..self.pruned.len() {
            let removed = self.pruned[at];
            let leaves = self.leaves[self.of(&removed.request)].iter();
            let sealed = leaves.filter(|leaf| removed.is(leaf)).map(|leaf| leaf.number).min();
            let ended = |other: &&Removed| {
                sealed.is_some_and(|sealed| sealed <= other.number) || (other.version, other.head) == removed.names()
            };
            let first = self.removals(&removed.request).iter().find(ended);
            self.pruned[at].first = first.map_or(removed.number, |first| first.number.min(removed.number));
        }
    }

    async fn go_on(
        &mut self,
        rows: &dyn Rows,
        key: &AuditKey,
        told: &[Told],
        seen: &mut Vec<u64>,
        faults: &mut Vec<ChainFault>,
    ) -> Result<(), StoreError> {
        loop {
            let page = rows.checkpoints(self.number, MOST_CHECKPOINTS).await?;
            if page.is_empty() {
                return Ok(());
            }
            let before = self.number;
            for Numbered { number, checkpoint } in page {
                // What is in order only goes up: anything else is no place to go on from.
                let Some(number) = number.filter(|number| *number > self.number) else {
                    if !std::mem::replace(&mut self.has_strays, true) {
                        faults.push(ChainFault::NoNumber);
                    }
                    continue;
                };
                seen.extend(told.iter().filter(|told| told.number == number).map(|told| told.number));
                if number - self.number > 1 {
                    faults.push(ChainFault::Missing(self.number + 1, number - 1));
                }
                let follows = number - self.number == 1;
                self.number = number;
                match checkpoint {
                    Ok(checkpoint) => self.take(number, checkpoint, follows, key, told, faults),
                    Err(why) => faults.push(ChainFault::Unreadable(number, why)),
                }
            }
            if self.number == before {
                return Ok(());
            }
        }
    }

    /// Takes one in, as far as it holds.
    fn take(
        &mut self,
        number: u64,
        checkpoint: Checkpoint,
        follows: bool,
        key: &AuditKey,
        told: &[Told],
        faults: &mut Vec<ChainFault>,
    ) {
        if told
            .iter()
            .any(|told| told.number == number && told.proof != checkpoint.proof)
        {
            faults.push(ChainFault::PutBack(number));
        }
        if checkpoint.number != number || !key.has_signed(&checkpoint) {
            faults.push(ChainFault::Altered(number));
            return;
        }
        // After one that is missing or cannot be read nobody can tell; that one is named.
        let first = number == 1 && checkpoint.previous.is_some();
        let other = self.previous.is_some() && checkpoint.previous != self.previous;
        if follows && (first || other) {
            faults.push(ChainFault::OutOfLine(number));
        }
        self.previous = Some(checkpoint.proof);
        self.last = Some(Last {
            number,
            proof: checkpoint.proof,
            through: checkpoint.through,
        });
        let number = short(number);
        let known = |leaf: &store::Sealed| Known::new(leaf.request, leaf.version, leaf.mac, number);
        self.leaves.extend(checkpoint.leaves.iter().map(known));
        let removed = |pruned: &store::Pruned| Removed {
            request: pruned.request,
            version: pruned.version,
            head: pruned.head.map(half),
            number,
            through: checkpoint.through.at,
            first: number,
        };
        self.pruned.extend(checkpoint.pruned.iter().map(removed));
    }

    /// What happened since the last checkpoint: nobody has proved it, but what is there must belong to requests.
    async fn read_journal(&mut self, rows: &dyn Rows, faults: &mut Vec<ChainFault>) -> Result<(), StoreError> {
        self.open = short(self.number.saturating_add(1));
        let open = self.open;
        let mut after = self.last.map(|last| last.through);
        loop {
            let until = Timestamp::from_millis(i64::MAX);
            let page = rows.journal(after.as_ref(), until, MOST_SEALED).await?;
            faults.extend(page.bad.into_iter().map(ChainFault::Journal));
            let known = |leaf: &Leaf| Known::new(leaf.place.request, leaf.place.version, leaf.mac, open);
            self.leaves.extend(page.leaves.iter().map(known));
            match page.next {
                Some(place) => after = Some(place),
                None => return Ok(()),
            }
        }
    }
}

impl Known {
    fn new(request: RequestId, version: u64, mac: Hash, number: u32) -> Known {
        Known {
            request,
            mac: half(mac),
            version,
            number,
        }
    }

    /// Whether it is the version with this proof.
    pub(super) fn is(&self, mac: Hash) -> bool {
        self.mac == half(mac)
    }
}

impl Removed {
    /// Whether the removal is one of this life, and so of this version. What came before the last entry cannot be told by its
    /// proof: it belongs to the life unless it was sealed after that had ended.
    fn covers(&self, leaf: &Known) -> bool {
        self.is(leaf) || (leaf.version < self.version && leaf.number <= self.first)
    }

    /// Whether this is the last version of what was removed.
    fn is(&self, leaf: &Known) -> bool {
        (leaf.version, Some(leaf.mac)) == self.names()
    }

    /// Whether this is the last entry of what was removed.
    pub(super) fn ends_with(&self, entry: &HistoryEntry) -> bool {
        (entry.version, Some(half(entry.mac))) == self.names()
    }

    fn names(&self) -> (u64, Option<[u8; 16]>) {
        (self.version, self.head)
    }
}

/// There is a checkpoint every five minutes at most often: so many come in 40,000 years.
fn short(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn half(mac: Hash) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&mac.as_bytes()[..16]);
    half
}
