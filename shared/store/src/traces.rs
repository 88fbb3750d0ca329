use async_trait::async_trait;
use claims::Hash;

use crate::{OutboxEntry, StoreError, Unreadable};

/// What a store knows of an applicant beside their requests: for whoever forgets them.
#[async_trait]
pub trait Traces: Send + Sync {
    /// Every effect that is still in the outbox for an applicant, parked or not, as of the latest commit.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer. A row that cannot be read is no error.
    async fn undelivered(&self, applicant: &Hash) -> Result<Undelivered, StoreError>;

    /// Deletes the answers to an applicant's calls as far as the store finds them by applicant, and what rows that were
    /// deleted or replaced have left behind in files of its own. A managed store does both by itself, in its time.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while others keep it from doing so.
    async fn wipe(&self, applicant: &Hash) -> Result<(), StoreError>;
}

/// What the outbox has for an applicant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undelivered {
    /// The entries, in no order.
    pub entries: Vec<OutboxEntry>,
    /// What cannot be read.
    pub unreadable: Vec<Unreadable>,
}

impl Undelivered {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.unreadable.is_empty()
    }
}
