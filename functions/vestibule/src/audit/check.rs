//! One request with its history, as it is now and as the checkpoints know it.

use std::{ops::Range, time::Duration};

use approvals::{AuditKey, Fault};
use store::{Filed, HistoryEntry, Position, Request, RequestId, Rows, StoreError};

use super::{
    chain::{Chain, Known},
    words::Finding,
};

/// How often a request is read again that changes while its history is read.
const MOST_READS: usize = 20;

/// How often, and how long after one another, a list is asked for a request that changes lists meanwhile.
const MOST_LOOKS: usize = 4;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// What was found under an id.
pub(super) enum Checked {
    /// No request.
    Gone,
    /// What cannot be read: why.
    Unreadable(String),
    /// A request, what is wrong with it and its history, and that.
    There {
        request: Box<Request>,
        filed: Filed,
        faults: Vec<Fault>,
        history: Vec<HistoryEntry>,
    },
    /// Another request.
    Other,
}

/// Reads a request with its history, which belong together.
pub(super) async fn check(rows: &dyn Rows, key: &AuditKey, id: RequestId) -> Result<Checked, StoreError> {
    match read(rows, &id).await {
        Ok(None) => Ok(Checked::Gone),
        Ok(Some((request, ..))) if request.id != id => Ok(Checked::Other),
        Ok(Some((request, history, filed))) => Ok(Checked::There {
            filed,
            faults: approvals::verify(key, &request, &history),
            request: Box::new(request),
            history: history.into_iter().map(without_claims).collect(),
        }),
        Err(StoreError::Broken(why)) => Ok(Checked::Unreadable(why)),
        Err(error) => Err(error),
    }
}

async fn read(rows: &dyn Rows, id: &RequestId) -> Result<Option<(Request, Vec<HistoryEntry>, Filed)>, StoreError> {
    let mut before = None;
    for _ in 0..MOST_READS {
        let history = rows.history(id).await?;
        let Some(request) = rows.request(id).await? else {
            return Ok(None);
        };
        let whole = history.last().is_some_and(|last| last.version == request.version);
        // An applicant whose requests are removed, and who comes back, begins with the first again.
        let filed = rows.filed(id).await?;
        if (whole && filed.in_order) || before == Some(request.version) {
            return Ok(Some((request, history, filed)));
        }
        before = Some(request.version);
    }
    Err(StoreError::Busy("a request changes all the time".to_owned()))
}

fn without_claims(entry: HistoryEntry) -> HistoryEntry {
    HistoryEntry { kept: None, ..entry }
}

/// Whether a request that no list named is there. One that moves from one list to another may be in neither for a moment.
pub(super) async fn is_hidden(rows: &dyn Rows, id: &RequestId) -> Result<bool, StoreError> {
    for look in 0..MOST_LOOKS {
        if look > 0 {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        let request = match rows.request(id).await {
            Ok(Some(request)) => request,
            Ok(None) | Err(StoreError::Broken(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        let place = Position::of(&request);
        let before = Position {
            id: RequestId {
                round: place.id.round.saturating_sub(1),
                ..place.id
            },
            ..place.clone()
        };
        let page = rows.roll(request.state.name(), Some(&before), 1).await?;
        if page.places.contains(&place) {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Checked {
    /// Whether there is nothing.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Checked::Gone)
    }

    /// What is wrong, by itself and by what the chain knows of it.
    pub(super) fn findings(&self, chain: &Chain, known: Range<usize>) -> Vec<Finding> {
        // What was removed on purpose is no more to be there; what came after that is.
        let mut leaves = chain.leaves()[known].iter().filter(|leaf| !chain.was_removed(leaf));
        match self {
            Checked::Gone => leaves
                .next_back()
                .map(|leaf| Finding::Deleted(leaf.version))
                .into_iter()
                .collect(),
            Checked::Unreadable(why) => vec![Finding::Unreadable(why.clone())],
            Checked::Other => vec![Finding::Other],
            Checked::There {
                request,
                filed,
                faults,
                history,
            } => {
                let removal = chain.removal(request);
                let going = removal.filter(|removed| history.iter().any(|entry| removed.ends_with(entry)));
                // Of what is just being removed, the oldest entries go first.
                let may_lack =
                    |version| going.is_some() && history.first().is_some_and(|first| version < first.version);
                let on_purpose = |fault: &Fault| matches!(fault, Fault::Missing(gone) if may_lack(*gone));
                let faults = faults.iter().filter(|fault| !on_purpose(fault)).copied();
                let is_there = |leaf: &Known| is_there(leaf, request, history) && !may_lack(leaf.version);
                let put_back = leaves.rev().find(|leaf| !is_there(leaf)).map(|leaf| leaf.version);
                // It was opened before what was removed was, and is not that: it is an earlier time of it.
                let removed = removal.filter(|_| going.is_none()).map(|removed| removed.version);
                let put_back = put_back.or(removed).map(Finding::PutBack);
                let misfiled = [
                    (!filed.in_order).then_some(Finding::OutOfOrder),
                    (!filed.as_written).then_some(Finding::Misfiled),
                ];
                let faults = faults.map(Finding::History).chain(put_back);
                faults.chain(misfiled.into_iter().flatten()).collect()
            }
        }
    }

    /// How many of its entries are older than the last checkpoint and not proved by any.
    pub(super) fn late(&self, chain: &Chain, known: Range<usize>) -> usize {
        let (Checked::There { history, request, .. }, Some(last)) = (self, chain.last()) else {
            return 0;
        };
        let leaves = chain.leaves()[known].iter();
        let sealed = leaves.filter(|leaf| chain.is_sealed(leaf) && !chain.was_removed(leaf));
        let removed = chain.removal(request).map(|removed| removed.version);
        let sealed = sealed.map(|leaf| leaf.version).max().max(removed);
        let late = |entry: &&HistoryEntry| entry.at < last.through.at && Some(entry.version) > sealed;
        history.iter().filter(late).count()
    }
}

/// Whether a version that is known is the one that the history holds. An entry that is missing before the end is a fault of
/// the history, and named as such.
fn is_there(leaf: &Known, request: &Request, history: &[HistoryEntry]) -> bool {
    match history.iter().find(|entry| entry.version == leaf.version) {
        Some(entry) => leaf.is(entry.mac),
        None => request.version >= leaf.version,
    }
}
