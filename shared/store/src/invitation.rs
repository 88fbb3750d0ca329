//! Codes that let people sign up.

use std::time::Duration;

use async_trait::async_trait;
use claims::Hash;
use serde::{Deserialize, Serialize};

use crate::{Effect, OutboxEntry, StoreError, Timestamp, Write};

/// The most people that one code lets in.
pub const MOST_USES: u32 = 1_000_000;

/// The longest time for which a code can be made.
pub const LONGEST_INVITATION: Duration = Duration::from_secs(2 * YEAR);

/// How long an invitation is still known after its end. Who used it is known as long, and longer where it was taken late.
pub const INVITATION_KEPT: Duration = Duration::from_secs(YEAR);

const YEAR: u64 = 366 * 24 * 60 * 60;

/// Looks through invitations, for operators.
#[async_trait]
pub trait Invitations: Send + Sync {
    /// Some of the invitations, in the order of their codes' hashes, from one hash on, as of the latest commits.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer, or answers what cannot be read.
    async fn invitations(&self, from: &Hash, limit: usize) -> Result<Vec<Invitation>, StoreError>;

    /// Who has uses of an invitation, in the order of their keys' hashes, from one hash on, as of the latest commits.
    ///
    /// # Errors
    /// As [`invitations`](Self::invitations).
    async fn uses(&self, code: &Hash, from: &Hash, limit: usize) -> Result<Vec<InvitationUse>, StoreError>;
}

/// A code that lets people sign up. The code itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The code, by its hash.
    pub code: Hash,
    /// What its maker wrote beside it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// From when on nobody new may use it.
    pub until: Timestamp,
    /// How many people it lets in, from 1 to [`MOST_USES`].
    pub uses: u32,
    /// How many of these are taken.
    pub taken: u32,
    /// For whom it is; anybody if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bound: Option<Bound>,
    /// Since when it is void for everybody who does not hold it already.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked_at: Option<Timestamp>,
}

impl Invitation {
    /// Whether somebody new may use it.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.until && self.taken < self.uses
    }

    /// From when on it may be removed.
    pub fn forgotten(&self) -> Timestamp {
        self.until.plus(INVITATION_KEPT)
    }
}

/// For whom an invitation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Whoever has this address, by its hash.
    Address(Hash),
    /// Whoever has an address at exactly this domain, in lower case and ASCII form.
    Domain(String),
}

/// That somebody uses an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationUse {
    /// The code, by its hash.
    pub code: Hash,
    /// Who, by the hash of their key.
    pub applicant: Hash,
    /// Since when they hold it: when it was taken, or last held on to.
    pub at: Timestamp,
    /// Since when it is used up: they were admitted, or their account is there. Until then they hold it, and it is given
    /// back when their request ends otherwise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spent_at: Option<Timestamp>,
}

impl InvitationUse {
    /// From when on it may be removed: not before the invitation.
    pub fn forgotten(&self) -> Timestamp {
        self.at.plus(LONGEST_INVITATION).plus(INVITATION_KEPT)
    }

    /// Whether it is held: taken, and not used up.
    pub fn is_held(&self) -> bool {
        self.spent_at.is_none()
    }
}

/// What a request holds of an invitation while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HeldInvitation {
    /// The code, by its hash.
    pub code: Hash,
    /// Since when, as [the use](InvitationUse::at) says.
    pub since: Timestamp,
}

/// What becomes of a use that a request held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Becomes {
    /// Somebody else may have it: the request ended otherwise.
    Returned,
    /// It is used up: the applicant was let in, or their account is there.
    Spent,
}

/// What carries out an effect that ends the use of an invitation, in one commit: the effect goes as the use ends. None for
/// other effects.
///
/// If that is a conflict, and the effect is still there, then nothing is held any more since that time, and nothing will be:
/// there is nothing to do, and the effect can go alone.
pub fn end_use(entry: &OutboxEntry, now: Timestamp) -> Option<[Write; 2]> {
    let Effect::Invitation { held, becomes } = &entry.effect else {
        return None;
    };
    let HeldInvitation { code, since } = *held;
    let applicant = entry.request.applicant;
    let end = match becomes {
        Becomes::Returned => Write::ReturnInvitation { code, applicant, since },
        Becomes::Spent => Write::SpendInvitation {
            code,
            applicant,
            at: now,
        },
    };
    let taken_out = Write::Delivered {
        id: entry.id,
        revision: entry.revision,
    };
    Some([taken_out, end])
}
