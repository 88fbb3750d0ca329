//! What is known of the copies of a fetched list beside the one in use.

use serde::{Deserialize, Serialize};

use crate::{StoreError, Timestamp};

/// The copies of a fetched list that may have entries, and who fills one now: one row, whose every change names the
/// revision before.
///
/// A copy is entered here before it gets its first entry. So it is found whatever becomes of the process that fills it,
/// and cleared when nobody asks it any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListCopies {
    /// How often this was changed: 0 where nobody ever did.
    pub revision: u64,
    /// No copy up to this version can be put in use any more. Whoever takes over from a process that seems to be gone
    /// closes its copy: it may only be slow.
    pub closed: u64,
    /// Who is at work.
    pub filling: Option<Filling>,
    /// All that may have entries, the one in use included.
    pub kept: Vec<KeptCopy>,
}

impl ListCopies {
    /// The revision that this one replaces; none if it is the first.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for revision 0, which is what nobody wrote.
    pub fn replaces(&self) -> Result<Option<u64>, StoreError> {
        match self.revision.checked_sub(1) {
            None => Err(StoreError::Broken(
                "what is known of a list's copies has a revision from 1 on".to_owned(),
            )),
            Some(before) => Ok(Some(before).filter(|before| *before > 0)),
        }
    }
}

/// A copy that somebody fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filling {
    /// Which one. Versions begin at 1.
    pub version: u64,
    /// Whoever fills it says so again before this; afterwards others may take over.
    pub until: Timestamp,
}

/// A copy that may have entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCopy {
    /// Which one.
    pub version: u64,
    /// From when on it can be cleared, for one that was found to be out of use.
    pub clear_from: Option<Timestamp>,
}
