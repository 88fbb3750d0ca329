use async_trait::async_trait;
use claims::Hash;
use serde::{Deserialize, Serialize};

use crate::{EntryId, Lane, ParkedPage, ParkedPlace, RequestId, StoreError, Timestamp};

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

    /// A page of the entries that nobody tries to deliver any more, the longest parked first, after a place that the
    /// page before named. May lag behind.
    ///
    /// # Errors
    /// As [`due`](Self::due).
    async fn parked(&self, after: Option<&ParkedPlace>, limit: usize) -> Result<ParkedPage, StoreError>;
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

impl OutboxEntry {
    /// A parked entry as it is when somebody wants it tried again: due now, with every attempt of the schedule before
    /// it. Why the last one failed stays known until the next one. Nothing if it is not parked.
    pub fn released(&self, now: Timestamp) -> Option<OutboxEntry> {
        self.parked_at.map(|_| OutboxEntry {
            due: now,
            attempts: 0,
            revision: self.revision + 1,
            parked_at: None,
            ..self.clone()
        })
    }
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

    /// Whether it holds a value that only its receiver may read. Lists say `sealed` in its place.
    pub fn is_sealed(&self) -> bool {
        matches!(
            self,
            Effect::TellApplicant {
                redeem_url: Some(_),
                ..
            }
        )
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
