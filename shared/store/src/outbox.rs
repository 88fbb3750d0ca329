use std::{fmt, str::FromStr};

use async_trait::async_trait;
use claims::Hash;
use serde::{Deserialize, Serialize};

use crate::{RequestId, StoreError, Timestamp};

/// What is to be delivered. Entries come in and go out by commits, with the changes of state that cause them.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Entries of a receiver that are due, those that wait longest first. May lag behind the latest commits.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer, or answers what cannot be read.
    async fn due(&self, receiver: Receiver, now: Timestamp, limit: usize) -> Result<Vec<OutboxEntry>, StoreError>;

    /// The first entry in a lane that is not parked, as of the latest commit.
    ///
    /// # Errors
    /// As [`due`](Self::due).
    async fn first_in(&self, lane: &Lane) -> Result<Option<OutboxEntry>, StoreError>;

    /// One entry, as of the latest commit.
    ///
    /// # Errors
    /// As [`due`](Self::due).
    async fn entry(&self, id: &EntryId) -> Result<Option<OutboxEntry>, StoreError>;

    /// Entries that nobody tries to deliver any more, those parked first first, after a place. May lag behind.
    ///
    /// # Errors
    /// As [`due`](Self::due).
    async fn parked(&self, after: Option<&OutboxEntry>, limit: usize) -> Result<Vec<OutboxEntry>, StoreError>;
}

/// An effect on its way to its receiver. It holds no claims: whoever delivers it reads the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxEntry {
    /// Its place among those of the same applicant and receiver.
    pub id: EntryId,
    /// The request that it is about.
    pub request: RequestId,
    /// What to do.
    pub effect: Effect,
    /// When it was written.
    pub written_at: Timestamp,
    /// When the next attempt may begin; while an attempt is under way, when it counts as lost.
    pub due: Timestamp,
    /// How many attempts were begun.
    pub attempts: u32,
    /// Goes up by one with every change.
    pub revision: u64,
    /// Why the last attempt came to nothing. Nothing personal.
    pub failure: Option<String>,
    /// Since when nobody tries any more.
    pub parked_at: Option<Timestamp>,
}

/// What follows a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Create the account of somebody whose request was approved.
    CreateAccount,
    /// Tell the applicant what became of their request.
    TellApplicant {
        /// What.
        news: News,
        /// The encrypted address at which an invitation is redeemed, where the news has one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        redeem_url: Option<String>,
    },
    /// Tell the reviewers that somebody waits: each of them, by an effect of their own.
    TellReviewers,
    /// Tell one reviewer that somebody waits.
    TellReviewer {
        /// At which address, by its hash.
        address: Hash,
    },
}

impl Effect {
    /// Who carries it out.
    pub fn receiver(&self) -> Receiver {
        match self {
            Effect::CreateAccount => Receiver::Account,
            Effect::TellApplicant { .. } => Receiver::Mail,
            Effect::TellReviewers | Effect::TellReviewer { .. } => Receiver::Reviewers,
        }
    }

    /// Its name in logs and lists.
    pub fn name(&self) -> &'static str {
        match self {
            Effect::CreateAccount => "create-account",
            Effect::TellApplicant { news, .. } => news.name(),
            Effect::TellReviewers => "tell-reviewers",
            Effect::TellReviewer { .. } => "tell-reviewer",
        }
    }
}

/// What an applicant is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum News {
    /// Their request was received, and waits.
    Received,
    /// They may come in.
    Approved,
    /// They may not.
    Denied,
}

impl News {
    /// All there are.
    pub const ALL: [News; 3] = [News::Received, News::Approved, News::Denied];

    /// The name of the news in policies, logs and lists.
    pub fn name(self) -> &'static str {
        match self {
            News::Received => "received",
            News::Approved => "approved",
            News::Denied => "denied",
        }
    }
}

/// Who carries effects out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Receiver {
    /// The directory, where accounts are created.
    Account,
    /// Mail to applicants.
    Mail,
    /// Mail to reviewers: a mailbox of theirs that is full holds up no applicant.
    Reviewers,
}

impl Receiver {
    /// All there are.
    pub const ALL: [Receiver; 3] = [Receiver::Account, Receiver::Mail, Receiver::Reviewers];

    /// The receiver in ids, logs and lists.
    pub fn name(self) -> &'static str {
        match self {
            Receiver::Account => "account",
            Receiver::Mail => "mail",
            Receiver::Reviewers => "reviewers",
        }
    }

    /// The receiver with this name.
    pub fn from_name(name: &str) -> Option<Receiver> {
        Receiver::ALL.into_iter().find(|receiver| receiver.name() == name)
    }
}

/// One applicant's effects for one receiver: they are delivered in the order of their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane {
    /// Whose, by the hash of the applicant's key.
    pub applicant: Hash,
    /// For whom.
    pub receiver: Receiver,
}

/// Which effect: written as 64 hex digits of the applicant key's hash, the receiver and the number, with `-` between.
/// The same on every attempt, so that receivers can tell a second one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntryId {
    /// Where it waits.
    pub lane: Lane,
    /// Its place there. Numbers only go up.
    pub number: u64,
}

impl EntryId {
    /// How many effects one change of a request can have for one receiver.
    const PER_VERSION: u64 = 32;

    /// The id of the `index`th effect that a version of a request has for a receiver.
    pub fn of(request: &RequestId, version: u64, receiver: Receiver, index: u64) -> EntryId {
        EntryId {
            lane: Lane {
                applicant: request.applicant,
                receiver,
            },
            number: version.saturating_mul(EntryId::PER_VERSION).saturating_add(index),
        }
    }
}

impl EntryId {
    /// The id of the `index`th effect that takes the place of this one, in the same lane and before those of later
    /// versions, as long as there are no more than [`MOST_FURTHER`].
    pub fn further(&self, index: u64) -> EntryId {
        EntryId {
            lane: self.lane,
            number: self.number.saturating_add(1).saturating_add(index),
        }
    }
}

/// The most effects that may take the place of one: as many as a commit holds beside it.
pub const MOST_FURTHER: usize = 16;

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lane { applicant, receiver } = self.lane;
        write!(f, "{applicant}-{}-{}", receiver.name(), self.number)
    }
}

impl FromStr for EntryId {
    type Err = BadEntryId;

    fn from_str(text: &str) -> Result<Self, BadEntryId> {
        let mut parts = text.splitn(3, '-');
        let mut part = || parts.next().ok_or(BadEntryId);
        let (applicant, receiver, number) = (part()?, part()?, part()?);
        let id = EntryId {
            lane: Lane {
                applicant: Hash::from_hex(applicant).ok_or(BadEntryId)?,
                receiver: Receiver::from_name(receiver).ok_or(BadEntryId)?,
            },
            number: number.parse().map_err(|_| BadEntryId)?,
        };
        // One spelling for each: `+1`, `01` and capital letters are none.
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(BadEntryId)
        }
    }
}

impl From<EntryId> for String {
    fn from(id: EntryId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for EntryId {
    type Error = BadEntryId;

    fn try_from(text: String) -> Result<Self, BadEntryId> {
        text.parse()
    }
}

/// The text is no effect's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadEntryId;

impl fmt::Display for BadEntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an effect's id is 64 hex digits, `-`, a receiver, `-`, and a number")
    }
}

impl std::error::Error for BadEntryId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let request = RequestId {
            applicant: Hash::of(&["a"]),
            round: 1,
        };
        let id = EntryId::of(&request, 3, Receiver::Mail, 1);
        assert_eq!(id.number, 97);
        assert_eq!(id.to_string().parse(), Ok(id));
        let hex = request.applicant.to_string();
        for text in [
            format!("{hex}-mail-01"),
            format!("{hex}-mail-+1"),
            format!("{hex}-post-1"),
            format!("{}-mail-1", hex.to_uppercase()),
            format!("{hex}-mail"),
        ] {
            assert_eq!(text.parse::<EntryId>(), Err(BadEntryId), "{text}");
        }
    }
}
