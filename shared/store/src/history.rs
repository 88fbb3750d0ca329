use claims::Claims;
use serde::{Deserialize, Serialize};

use crate::{RequestId, Timestamp};

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
    /// What happened.
    pub event: Event,
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
}

/// What can happen to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// It was opened with these claims.
    Opened {
        /// As the applicant sent them.
        received: Claims,
        /// As the policy left them.
        reviewed: Claims,
    },
    /// The applicant changed their claims while it was pending.
    Updated {
        /// As the applicant sent them.
        received: Claims,
        /// As the policy left them.
        reviewed: Claims,
    },
    /// A reviewer let the applicant in.
    Approved {
        /// Why.
        reason: Option<String>,
        /// Until when the approval can be used.
        until: Timestamp,
    },
    /// A reviewer turned the applicant away.
    Denied {
        /// Why.
        reason: Option<String>,
        /// When the applicant may ask again.
        until: Timestamp,
    },
    /// The applicant gave up.
    Withdrawn {
        /// Why, as far as a reviewer was told.
        reason: Option<String>,
    },
    /// The applicant was told to go on.
    Admitted,
    /// The account was created.
    Provisioned {
        /// Its id in the directory.
        object_id: String,
    },
}

impl Event {
    /// The event's name in logs and pages.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Opened { .. } => "opened",
            Event::Updated { .. } => "updated",
            Event::Approved { .. } => "approved",
            Event::Denied { .. } => "denied",
            Event::Withdrawn { .. } => "withdrawn",
            Event::Admitted => "admitted",
            Event::Provisioned { .. } => "provisioned",
        }
    }
}
