//! What was found, in an operator's words.

use std::fmt;

use approvals::Fault;

/// What is wrong with a request.
pub(super) enum Finding {
    /// With its history.
    History(Fault),
    /// It, or an entry of its history, cannot be read: why.
    Unreadable(String),
    /// It is gone, last seen at this version.
    Deleted(u64),
    /// It was put back to what it was before this version.
    PutBack(u64),
    /// A life of it that ended with this version was removed twice, and another one was there in between.
    RemovedAgain(u64),
    /// Its place in the list of its state is gone.
    Hidden,
    /// It stands in a list with a place that is none.
    NoPlace,
    /// It is later than what stands as its applicant's latest.
    OutOfOrder,
    /// It is found by something else than what it says.
    Misfiled,
    /// Another one stands in its place.
    Other,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::History(Fault::Altered(version)) => write!(
                f,
                "the entry of version {version}, or one before it, was altered; or VESTIBULE_AUDIT_KEY is another one"
            ),
            Finding::History(Fault::Missing(version)) => write!(f, "the entry of version {version} is missing"),
            Finding::History(Fault::Claims(version)) => {
                write!(f, "the claims of version {version} are not those that came")
            }
            Finding::History(Fault::Truncated) => f.write_str("the last entries are missing"),
            Finding::History(Fault::Request) => f.write_str("the request is not what its history made of it"),
            Finding::Unreadable(why) => write!(f, "it cannot be read: {why}"),
            Finding::Deleted(version) => write!(f, "it was deleted; its version {version} was there"),
            Finding::PutBack(version) => write!(
                f,
                "it was put back to an earlier time: its version {version} was there, and is not, or is another one"
            ),
            Finding::RemovedAgain(version) => write!(
                f,
                "what was removed with its version {version} was put back in the place of a later one, and removed again"
            ),
            Finding::Hidden => f.write_str("it is hidden: it is there, and not in the list of its state"),
            Finding::NoPlace => f.write_str("it stands in the list of a state, and its place there cannot be read"),
            Finding::OutOfOrder => {
                f.write_str("another one, or none, stands in the place of its applicant's latest request")
            }
            Finding::Misfiled => f.write_str("what lists, the clock or decisions find it by is not what it says"),
            Finding::Other => f.write_str("another request stands in its place"),
        }
    }
}

/// What is wrong with the checkpoints.
pub(super) enum ChainFault {
    /// From this number to that one.
    Missing(u64, u64),
    /// In the place of a checkpoint stands something without a number.
    NoNumber,
    /// Why.
    Unreadable(u64, String),
    Altered(u64),
    /// It follows another one than the one before it.
    OutOfLine(u64),
    /// It is another one than the log told of.
    PutBack(u64),
    /// The log told of it, and it is not there.
    Lost(u64),
    /// Among what happened since the last one is what cannot be read: what can be named of it.
    Journal(String),
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChainFault::Missing(from, to) if from == to => write!(f, "checkpoint {from} is missing"),
            ChainFault::Missing(from, to) => write!(f, "checkpoints {from} to {to} are missing"),
            ChainFault::NoNumber => f.write_str("among the checkpoints is something that has no number of one"),
            ChainFault::Unreadable(number, why) => write!(f, "checkpoint {number} cannot be read: {why}"),
            ChainFault::Altered(number) => write!(
                f,
                "checkpoint {number} was altered; or VESTIBULE_AUDIT_KEY is another one"
            ),
            ChainFault::OutOfLine(number) => write!(f, "checkpoint {number} does not follow the one before it"),
            ChainFault::PutBack(number) => write!(
                f,
                "checkpoint {number} is not the one that the log told of: the store was put back to an earlier time"
            ),
            ChainFault::Lost(number) => write!(
                f,
                "checkpoint {number}, of which the log told, is not there: the store was put back to an earlier time"
            ),
            ChainFault::Journal(what) => {
                write!(
                    f,
                    "{what}: it has no place in the order in which histories were written"
                )
            }
        }
    }
}
