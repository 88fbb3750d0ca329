use std::fmt;

use claims::{Claims, Hash};
use serde::{Deserialize, Serialize};

use crate::{Asked, Block, RequestId, StateName, Timestamp};

/// One thing that happened to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The request.
    pub request: RequestId,
    /// The version that the request got by it.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// In which state it was until then; nothing for the entry that opens it.
    pub from: Option<StateName>,
    /// What happened.
    pub event: Event,
    /// What the event says of claims: proof of them, which stays when they are forgotten.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commitment: Option<Hash>,
    /// The claims themselves, until they are forgotten.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kept: Option<Kept>,
    /// Proof of this entry and of all before it.
    pub mac: Hash,
}

/// Claims that an entry of a history proves.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What keeps anybody from finding out the claims by trying: it is forgotten with them.
    pub salt: Hash,
    /// As the applicant sent them.
    pub received: Claims,
    /// As the policy left them.
    pub reviewed: Claims,
}

impl Kept {
    /// What proves these claims.
    pub fn commitment(&self) -> Hash {
        let (received, reviewed) = (self.received.canonical(), self.reviewed.canonical());
        Hash::of(&["claims", &self.salt.to_string(), &received, &reviewed])
    }
}

/// Shows neither claims nor the salt.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept(..)")
    }
}

/// Who does something to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The person signing up.
    Applicant,
    /// The policy, on its own.
    Policy,
    /// A reviewer, by name.
    Reviewer(String),
    /// Time.
    Clock,
    /// Somebody at the command line without a reviewer's token, by the name they gave: outside any quorum.
    Override(String),
}

/// What can happen to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// It was opened.
    Opened,
    /// The applicant changed their claims while it was pending.
    Updated,
    /// Somebody voted, and the stage goes on.
    Voted {
        /// In which stage.
        stage: String,
        /// Whether they approve; they deny otherwise.
        approves: bool,
        /// Why.
        reason: Option<String>,
        /// What they want blocked for good, if the applicant is turned away.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        block: Vec<Block>,
    },
    /// A stage was passed, and the next began.
    Passed {
        /// The stage.
        stage: String,
        /// Why, says who voted last.
        reason: Option<String>,
    },
    /// Those who are asked were reminded.
    Reminded {
        /// In which stage.
        stage: String,
    },
    /// Nobody decided in time, and the next reviewers are asked.
    Escalated {
        /// In which stage.
        stage: String,
        /// Whom.
        to: Asked,
    },
    /// Somebody else is asked.
    Reassigned {
        /// In which stage.
        stage: String,
        /// Whom.
        to: Asked,
        /// Why.
        reason: Option<String>,
    },
    /// The applicant may come in.
    Approved {
        /// Why.
        reason: Option<String>,
        /// Until when the approval can be used.
        until: Timestamp,
    },
    /// The applicant is turned away.
    Denied {
        /// Why.
        reason: Option<String>,
        /// When the applicant may ask again.
        until: Timestamp,
        /// What was blocked for good with it.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        block: Vec<Block>,
    },
    /// The applicant gave up.
    Withdrawn {
        /// Why, as far as a reviewer was told.
        reason: Option<String>,
    },
    /// Nobody decided in time, or the approval was not used in time.
    Expired,
    /// The applicant was told to go on.
    Admitted,
    /// The account was created.
    Provisioned {
        /// Its id in the directory.
        object_id: String,
    },
    /// The claims were deleted; the fact stays.
    Forgotten,
}

impl Event {
    /// The state in which an event leaves a request; nothing where it stays in its state.
    pub fn leads_to(&self) -> Option<StateName> {
        match self {
            Event::Opened
            | Event::Updated
            | Event::Voted { .. }
            | Event::Passed { .. }
            | Event::Reminded { .. }
            | Event::Escalated { .. }
            | Event::Reassigned { .. } => Some(StateName::Pending),
            Event::Approved { .. } => Some(StateName::Approved),
            Event::Denied { .. } => Some(StateName::Denied),
            Event::Withdrawn { .. } => Some(StateName::Withdrawn),
            Event::Expired => Some(StateName::Expired),
            Event::Admitted => Some(StateName::Admitted),
            Event::Provisioned { .. } => Some(StateName::Provisioned),
            Event::Forgotten => None,
        }
    }

    /// The event's name in logs and pages.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Opened => "opened",
            Event::Updated => "updated",
            Event::Voted { .. } => "voted",
            Event::Passed { .. } => "passed",
            Event::Reminded { .. } => "reminded",
            Event::Escalated { .. } => "escalated",
            Event::Reassigned { .. } => "reassigned",
            Event::Expired => "expired",
            Event::Approved { .. } => "approved",
            Event::Denied { .. } => "denied",
            Event::Withdrawn { .. } => "withdrawn",
            Event::Admitted => "admitted",
            Event::Provisioned { .. } => "provisioned",
            Event::Forgotten => "forgotten",
        }
    }
}
