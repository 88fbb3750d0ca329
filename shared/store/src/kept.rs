//! Results of checks that are made once: paid ones, and tokens that are good for one use.

use std::time::Duration;

use claims::Hash;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// How long a check whose result was lost is not made again: as long as the answer to a call is given again.
pub const LOST_RESULT_LIFE: Duration = crate::CALL_RECORD_LIFE;

/// A check of one applicant with one input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptResult {
    /// Of which check, whom and what, by hash.
    pub key: Hash,
    /// Goes up by one with every change, from 1.
    pub revision: u64,
    /// How often it was done before: what other systems are told is the same call in each of these rounds.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub round: u64,
    /// How far it is.
    pub progress: CheckProgress,
    /// From when on it is as if it had never been made.
    pub until: Timestamp,
}

fn is_zero(round: &u64) -> bool {
    *round == 0
}

/// How far a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckProgress {
    /// Somebody makes it, and says what came of it by then; afterwards the result is lost.
    UnderWay {
        /// Until when others wait.
        lease: Timestamp,
        /// Who makes it: a number of their own, by which they know their mark again when the store's reply was lost.
        by: u64,
    },
    /// It may have been made, and nobody knows with which result.
    Lost,
    /// It is done.
    Done(CheckOutcome),
}

/// What a check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// All is well.
    Pass,
    /// Somebody has to look.
    Refer,
    /// It is not.
    Fail,
}
