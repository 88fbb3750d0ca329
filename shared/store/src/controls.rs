//! What rules ask the store beside lists: invitations, how often something happened, what a check said, items.

use async_trait::async_trait;
use claims::Hash;

use crate::{Invitation, InvitationUse, KeptResult, ListName, StoreError, Tally};

/// Answers what rules ask beside lists, as of the latest commit.
#[async_trait]
pub trait Controls: Send + Sync {
    /// The invitation with this code, by the code's hash, and how the applicant uses it, by the hash of their key.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer, or answers what cannot be read.
    async fn invited(
        &self,
        code: &Hash,
        applicant: &Hash,
    ) -> Result<Option<(Invitation, Option<InvitationUse>)>, StoreError>;

    /// How often each of these happened, in their order.
    ///
    /// # Errors
    /// As [`invited`](Self::invited).
    async fn tallied(&self, tallies: &[Tally]) -> Result<Vec<u64>, StoreError>;

    /// What is known of a check that is made once.
    ///
    /// # Errors
    /// As [`invited`](Self::invited).
    async fn kept(&self, key: &Hash) -> Result<Option<KeptResult>, StoreError>;

    /// The JSON of an item, by the hash of its key.
    ///
    /// # Errors
    /// As [`invited`](Self::invited).
    async fn item(&self, table: &ListName, key: &Hash) -> Result<Option<String>, StoreError>;
}
