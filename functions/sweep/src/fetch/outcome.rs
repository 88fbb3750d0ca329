//! What came of a fetch, for the log and for operators. No entry and no address is in it.

use std::{fmt, time::Duration};

use http::StatusCode;
use outgoing::Cause;
use store::{ListCopy, ListName, StoreError, Timestamp};

use super::NoList;

/// A list is as its address serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// There is a new copy.
    New {
        /// The copy, which is in use.
        copy: ListCopy,
        /// How many lines were left out since they are no entries.
        left_out: u64,
    },
    /// The copy that was in use still is what the address serves.
    Same {
        /// The copy.
        copy: ListCopy,
    },
    /// It was fetched less long ago than the policy says, and nobody asked for more.
    NotDue,
}

/// Why a list was not fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFetched {
    /// The policy has no list with an address of this name.
    NoAddress,
    /// Another process is at it.
    UnderWay,
    /// Another process took over, and what was done here counts for nothing.
    Overtaken,
    /// No whole reply came.
    Unserved(Cause),
    /// The address answered with another status than that of success.
    Status(StatusCode),
    /// What it serves is no list.
    NoList(NoList),
    /// It has no entries, and there is no copy yet.
    Empty,
    /// It has less than half of the entries that the copy in use has.
    Shrunk {
        /// How many that one has.
        before: u64,
        /// How many the address serves.
        now: u64,
    },
    /// Storing it took longer than this.
    TooSlow(Duration),
    /// The text could not be put into a file.
    File(String),
    /// The tag of the copy in use cannot be sent.
    Tag,
    /// The store failed.
    Store(StoreError),
}

impl From<NoList> for NotFetched {
    fn from(why: NoList) -> NotFetched {
        NotFetched::NoList(why)
    }
}

impl fmt::Display for NotFetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotFetched::NoAddress => {
                f.write_str("the policy names no address for it: only a list with `url` is fetched")
            }
            NotFetched::UnderWay => f.write_str("another process fetches it, or did until some minutes ago: try again"),
            NotFetched::Overtaken => f.write_str("another process took over meanwhile"),
            NotFetched::Unserved(cause) => write!(f, "{cause}"),
            NotFetched::Status(status) if status.is_redirection() => write!(
                f,
                "its address answers with status {status}, and redirects are not followed: write the address where it leads"
            ),
            NotFetched::Status(status) => write!(f, "its address answers with status {status}"),
            NotFetched::NoList(why) => write!(f, "{why}"),
            NotFetched::Empty => f.write_str(
                "it has no entries, and there is no copy yet; `vestibule lists fetch --any-size` takes it all the same",
            ),
            NotFetched::Shrunk { before, now } => write!(
                f,
                "it has {}, less than half of the {before} in use; `vestibule lists fetch --any-size` takes it \
                 all the same",
                counted(*now)
            ),
            NotFetched::TooSlow(limit) => write!(f, "the store did not take it within {} s", limit.as_secs()),
            NotFetched::File(why) => write!(f, "its text cannot be put into a file for temporary files: {why}"),
            NotFetched::Tag => f.write_str("the tag of the copy in use cannot be sent"),
            NotFetched::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for NotFetched {}

fn counted(entries: u64) -> String {
    let plural = if entries == 1 { "entry" } else { "entries" };
    format!("{entries} {plural}")
}

pub(super) fn log_fetched(list: &ListName, fetched: &Fetched) {
    let list = list.as_str();
    match fetched {
        Fetched::New { copy, left_out } => {
            let (entries, version) = (copy.entries, copy.version);
            tracing::info!(target: "vestibule", list, entries, left_out, version, "list {list}: {} fetched", counted(entries));
        }
        Fetched::Same { copy } => {
            let (entries, version) = (copy.entries, copy.version);
            tracing::info!(target: "vestibule", list, entries, version, "list {list}: nothing new");
        }
        Fetched::NotDue => {}
    }
}

/// The last good copy stays, and how old it is stands here.
pub(super) fn log_failed(list: &ListName, why: &NotFetched, copy: Option<&ListCopy>, now: Timestamp) {
    let (list, reason) = (list.as_str(), tracing::field::display(why));
    match copy {
        Some(copy) => {
            let age_seconds = now.since(copy.fetched_at).as_secs();
            let since = copy.fetched_at;
            tracing::warn!(
                target: "vestibule", list, reason, age_seconds,
                "list {list}: not fetched; the copy of {since} stays in use"
            );
        }
        None => {
            tracing::warn!(
                target: "vestibule", list, reason,
                "list {list}: not fetched, and never was; rules that need it fail"
            );
        }
    }
}

/// The store does not even say which copy is in use.
pub(super) fn log_unknown(list: &ListName, why: &NotFetched, error: &StoreError) {
    let (list, reason) = (list.as_str(), tracing::field::display(why));
    let store = tracing::field::display(error);
    tracing::warn!(target: "vestibule", list, reason, store, "list {list}: not fetched");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_entry_is_no_entries() {
        let shrunk = |now| NotFetched::Shrunk { before: 100, now }.to_string();
        assert!(
            shrunk(1).starts_with("it has 1 entry, less than half of the 100 in use"),
            "{}",
            shrunk(1)
        );
        assert!(shrunk(0).starts_with("it has 0 entries, "), "{}", shrunk(0));
    }
}
