//! How often something happened in a window of time.

use std::time::Duration;

use claims::Hash;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Something that is counted in one window of time. Windows begin at multiples of their length since 1970 in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tally {
    /// What is counted, by its hash: of the limit's name and of whom it counts.
    pub what: Hash,
    /// When the window began.
    pub begins: Timestamp,
    /// When it ends. The count may be removed from then on.
    pub ends: Timestamp,
}

impl Tally {
    /// The window that a moment lies in. Windows of no length are of a millisecond.
    pub fn at(what: Hash, now: Timestamp, length: Duration) -> Tally {
        let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX).max(1);
        let begins = now.as_millis().div_euclid(length).saturating_mul(length);
        Tally {
            what,
            begins: Timestamp::from_millis(begins),
            ends: Timestamp::from_millis(begins.saturating_add(length)),
        }
    }
}
