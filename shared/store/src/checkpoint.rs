//! What is proved of all histories together, so that one that is gone as a whole is missed.

use claims::Hash;
use serde::{Deserialize, Serialize};

use crate::{Counter, JournalPlace, RequestId};

/// The most entries of histories that one checkpoint seals: well inside the 400 KB of a DynamoDB item.
pub const MOST_SEALED: usize = 500;

/// What histories had come to at a time. Each carries proof of the one before, so that none can be left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The how manieth: from 1, without gaps.
    pub number: u64,
    /// The last entry of any history, in the order of the journal, up to which all are sealed.
    pub through: JournalPlace,
    /// Requests that have new entries, each as the last of these left it.
    pub leaves: Vec<Sealed>,
    /// Requests that ended so long ago that they are removed on purpose.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub pruned: Vec<Pruned>,
    /// How many entries all checkpoints up to this one have sealed.
    pub entries: u64,
    /// How many requests there were, as the counters said; they lag behind by what is still in the outbox.
    pub counts: Vec<(Counter, i64)>,
    /// The proof of the one before; nothing for the first.
    pub previous: Option<Hash>,
    /// Proof of everything in it but this.
    pub proof: Hash,
}

/// A request as a checkpoint knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Which one.
    pub request: RequestId,
    /// Its version then.
    pub version: u64,
    /// The proof of the entry of its history that led there, and so of all before it.
    pub mac: Hash,
}

/// A request that is removed on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pruned {
    /// Which one.
    pub request: RequestId,
    /// Its last version.
    pub version: u64,
    /// The proof of the last entry of its history. An applicant who comes back begins with the same ids and versions: this
    /// tells one life from the next.
    pub head: Option<Hash>,
}
