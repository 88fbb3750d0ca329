use std::{fmt, str::FromStr};

use claims::Hash;
use serde::{Deserialize, Serialize};

use crate::{Receiver, RequestId, Timestamp};

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
    /// The id of the `index`th effect that a call has at a time for a receiver, where no request changes. Two calls of an
    /// applicant in the same millisecond have the same: the second one's commit is a conflict, and it asks again.
    pub fn at(applicant: Hash, receiver: Receiver, now: Timestamp, index: u64) -> EntryId {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        EntryId {
            lane: Lane { applicant, receiver },
            number: millis.saturating_mul(EntryId::PER_VERSION).saturating_add(index),
        }
    }

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
