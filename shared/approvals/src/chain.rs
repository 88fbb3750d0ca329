//! Proof that nobody changed a history: each entry carries an HMAC over the one before, with a key that is kept outside the
//! store. Whoever can write to the store and has no key can destroy a history, and cannot invent one.

use std::fmt;

use claims::{Claims, Hash};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use store::{Actor, Event, HistoryEntry, Kept, Request, RequestId, StateName, Timestamp};

/// What histories are proved with: 256 bits that the store never sees.
#[derive(Clone, PartialEq, Eq)]
pub struct AuditKey([u8; 32]);

impl AuditKey {
    /// Reads 64 hex digits, such as `openssl rand -hex 32` makes; nothing for any other text, and for digits that are all
    /// the same.
    pub fn parse(text: &str) -> Option<AuditKey> {
        let text = text.trim();
        let mut key = [0; 32];
        hex::decode_to_slice(text, &mut key).ok()?;
        let made_up = key.iter().all(|byte| *byte == key[0]);
        (!made_up).then_some(AuditKey(key))
    }

    /// What one commit is proved with: the key, and a salt of its own.
    ///
    /// # Errors
    /// [`NoRandom`] if the system has no random numbers.
    pub fn seal(&self) -> Result<Seal<'_>, NoRandom> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|_| NoRandom)?;
        Ok(Seal {
            key: self,
            salt: Hash::of(&["salt", &hex::encode(salt)]),
        })
    }

    /// Whether a request is as this key's owner wrote it. Whoever acts on one asks first: what somebody wrote into the store
    /// behind our back must not become true by the next entry that we prove.
    pub fn vouches_for(&self, request: &Request) -> bool {
        request.proof == Some(self.proof_of(request))
    }

    /// Proof of a whole row. It is made of the row's text: a field that is added to rows later must not be written where it
    /// holds nothing, or what was written before could not be proved any more.
    pub(crate) fn proof_of(&self, request: &Request) -> Hash {
        let row = Request {
            proof: None,
            ..request.clone()
        };
        self.mac(&["request", &json(&row)])
    }

    /// An HMAC-SHA256 of several parts.
    pub(crate) fn mac(&self, parts: &[&str]) -> Hash {
        // HMAC pads a short key with zeros to its block, so that doing it here changes nothing, and cannot fail.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(Hash::of(parts).as_bytes());
        Hash::from_bytes(mac.finalize().into_bytes().into())
    }
}

/// Without the key.
impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey(..)")
    }
}

/// The system has no random numbers: nothing can be proved without giving claims away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRandom;

/// What the entries of one commit are proved with.
#[derive(Clone, Copy, Debug)]
pub struct Seal<'k> {
    key: &'k AuditKey,
    salt: Hash,
}

/// Something that happens to a request: an entry of its history before it is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// The request.
    pub request: RequestId,
    /// The version that the request gets by it.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// Who does it.
    pub by: Actor,
    /// In which state it was until then; nothing for what opens it.
    pub from: Option<StateName>,
    /// What happens.
    pub event: Event,
    /// The claims that came with it.
    pub submitted: Option<Submitted>,
}

/// Claims as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// As the applicant sent them.
    pub received: Claims,
    /// As the policy left them.
    pub reviewed: Claims,
}

/// What is to be said of a request that nobody vouches for.
pub const NOT_AS_WRITTEN: &str = "a request is not as it was written: somebody changed it in the store, or VESTIBULE_AUDIT_KEY \
    is another one; `vestibule audit verify` names it";

impl Seal<'_> {
    /// As [`AuditKey::vouches_for`].
    pub fn vouches_for(&self, request: &Request) -> bool {
        self.key.vouches_for(request)
    }

    pub(crate) fn key(&self) -> &AuditKey {
        self.key
    }

    /// The entry after the one that this proves.
    pub(crate) fn entry(&self, head: Option<Hash>, happened: Happened) -> HistoryEntry {
        let kept = happened.submitted.map(|submitted| Kept {
            salt: self.salt,
            received: submitted.received,
            reviewed: submitted.reviewed,
        });
        let mut entry = HistoryEntry {
            request: happened.request,
            version: happened.version,
            at: happened.at,
            by: happened.by,
            from: happened.from,
            event: happened.event,
            commitment: kept.as_ref().map(Kept::commitment),
            kept,
            mac: self.salt,
        };
        entry.mac = link(self.key, head, &entry);
        entry
    }
}

/// What is wrong with a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// This entry, by its version, is not the one that was written: it, or one before it, was altered.
    Altered(u64),
    /// The entry with this version is missing.
    Missing(u64),
    /// The claims of this entry, by its version, are not those that were written.
    Claims(u64),
    /// The history ends before the request does: its last entries are missing.
    Truncated,
    /// The request says something else than its history does.
    Request,
}

/// What is wrong with the history of a request; nothing if it is as it was written.
pub fn verify(key: &AuditKey, request: &Request, history: &[HistoryEntry]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let (mut head, mut version, mut state) = (None, None::<u64>, None::<StateName>);
    let forgotten = history.iter().any(|entry| entry.event == Event::Forgotten);
    for entry in history {
        let expected = version.map_or(entry.version, |version| version + 1);
        if entry.version != expected || (version.is_none() && entry.from.is_some()) {
            faults.push(Fault::Missing(expected.min(entry.version.saturating_sub(1))));
        } else if link(key, head, entry) != entry.mac || entry.from != state {
            faults.push(Fault::Altered(entry.version));
        }
        let kept = entry.kept.as_ref().map(Kept::commitment);
        if kept != entry.commitment && !(kept.is_none() && forgotten) {
            faults.push(Fault::Claims(entry.version));
        }
        (head, version) = (Some(entry.mac), Some(entry.version));
        state = entry.event.leads_to().or(state);
    }
    match history.last() {
        Some(last) if last.version == request.version => faults.extend(said_otherwise(key, request, history, last)),
        Some(last) if last.version > request.version => faults.push(Fault::Request),
        _ => faults.push(Fault::Truncated),
    }
    faults
}

/// Whether a request is not what its history made of it.
fn said_otherwise(key: &AuditKey, request: &Request, history: &[HistoryEntry], last: &HistoryEntry) -> Option<Fault> {
    // Whoever is forgotten loses the claims of the request first, then those of each entry.
    let forgotten = last.event == Event::Forgotten;
    let claims = history.iter().rev().find_map(|entry| entry.kept.as_ref());
    let claims = claims.filter(|_| !forgotten);
    let same_claims = claims.is_none_or(|kept| kept.received == request.received && kept.reviewed == request.reviewed);
    let same_state = last.event.leads_to().is_none_or(|state| state == request.state.name());
    let same = request.head == Some(last.mac) && same_claims && same_state && key.vouches_for(request);
    (!same).then_some(Fault::Request)
}

/// The HMAC of an entry and of the one before it. The claims are in it by their commitment alone.
fn link(key: &AuditKey, head: Option<Hash>, entry: &HistoryEntry) -> Hash {
    let text = |hash: Option<Hash>| hash.map(|hash| hash.to_string()).unwrap_or_default();
    key.mac(&[
        "history",
        &text(head),
        &entry.request.to_string(),
        &entry.version.to_string(),
        &entry.at.as_millis().to_string(),
        &json(&entry.by),
        entry.from.map_or("", StateName::as_str),
        &json(&entry.event),
        &text(entry.commitment),
    ])
}

/// What is proved holds nothing that JSON cannot express; were it otherwise, no proof would hold.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
