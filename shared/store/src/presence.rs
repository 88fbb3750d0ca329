//! Who is looking at a request, so that two reviewers do not do the same work: rows with a short life that prove nothing.

use std::time::Duration;

use async_trait::async_trait;
use claims::Hash;
use serde::{Deserialize, Serialize};

use crate::{Person, RequestId, StoreError, Timestamp};

/// How long somebody is taken to look at a request after they last said so.
pub const LOOKING_LIFE: Duration = Duration::from_secs(60);

/// The most people who are named: enough to see that there are others.
pub const MOST_LOOKING: usize = 100;

/// Where it is kept who is looking at a request.
#[async_trait]
pub trait Presence: Send + Sync {
    /// Somebody looks at a request from now on, for [`LOOKING_LIFE`]. Whoever looks already goes on looking since they began.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn look(&self, id: &RequestId, name: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Somebody looks no longer, or never did.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    async fn look_away(&self, id: &RequestId, name: &str) -> Result<(), StoreError>;

    /// Who is looking now: those who began first come first, at most [`MOST_LOOKING`].
    ///
    /// # Errors
    /// As [`look`](Self::look).
    async fn looking(&self, id: &RequestId, now: Timestamp) -> Result<Vec<Looking>, StoreError>;
}

/// Somebody who looks at a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looking {
    /// Who, as they are called in histories.
    pub name: String,
    /// When they began.
    pub since: Timestamp,
    /// From when on they do not look any more, unless they say so again.
    pub until: Timestamp,
}

impl Looking {
    /// Under which somebody's row is kept: one person has one, and their name is personal.
    pub fn key(name: &str) -> Hash {
        Hash::of(&["looking", Person::of(name).as_str()])
    }

    /// What somebody's row says after they said that they look, where it said this before.
    pub fn again(before: Option<&Looking>, name: &str, now: Timestamp) -> Looking {
        let began = before
            .filter(|before| before.is_current(now))
            .map(|before| before.since);
        Looking {
            name: name.to_owned(),
            since: began.unwrap_or(now),
            until: now.plus(LOOKING_LIFE),
        }
    }

    /// Whether they still look.
    pub fn is_current(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// Those who look now, as [`Presence::looking`] names them.
    pub fn current(mut rows: Vec<Looking>, now: Timestamp) -> Vec<Looking> {
        rows.retain(|row| row.is_current(now));
        rows.sort_by(|a, b| (a.since, &a.name).cmp(&(b.since, &b.name)));
        rows.truncate(MOST_LOOKING);
        rows
    }
}
