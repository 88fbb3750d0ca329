//! How far removing what ended long ago has come.

use serde::{Deserialize, Serialize};

use crate::{Position, StateName, StoreError, Timestamp};

/// How far a pass through the requests that ended has come: one row, whose every change names the revision before. What it
/// says saves work and decides nothing: whoever removes a request looks at it first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruning {
    /// How often this was changed, from 1.
    pub revision: u64,
    /// When the pass began.
    pub begun: Timestamp,
    /// The list that it is in; nothing once it is through.
    pub state: Option<StateName>,
    /// The last place in that list that was looked at.
    pub after: Option<Position>,
}

impl Pruning {
    /// The revision that this one replaces; none if it is the first.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for revision 0, which is what nobody wrote.
    pub fn replaces(&self) -> Result<Option<u64>, StoreError> {
        match self.revision.checked_sub(1) {
            None => Err(StoreError::Broken(
                "how far removing has come has a revision from 1 on".to_owned(),
            )),
            Some(before) => Ok(Some(before).filter(|before| *before > 0)),
        }
    }
}
