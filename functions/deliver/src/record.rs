//! Recording what was carried out, with what follows from it.

use approvals::Account;
use effects::Why;
use store::{Commit, Committed, Effect, Keys, OutboxEntry, State, StoreError, Write};

use crate::{Delivered, Parts};

/// How often recording is tried again that lost a race: an approved request changes at most once more.
const MOST_RACES: usize = 3;

/// What became of recording.
pub(crate) enum Recorded {
    /// It is recorded, and the entry gone; or somebody else has the entry and finds that it is done. These took its
    /// place.
    Done(Vec<OutboxEntry>),
    /// There is no place for it any more: a person has to know.
    Nowhere(Why),
}

/// Takes an entry out of the outbox, and records what came of it in the same commit. If the lease is over and somebody
/// else has the entry, they find that it is done.
pub(crate) async fn delivered(
    parts: &Parts,
    entry: &OutboxEntry,
    delivered: Delivered,
) -> Result<Recorded, StoreError> {
    match delivered {
        Delivered::Done => gone(parts, entry).await.map(|_is_ours| Recorded::Done(Vec::new())),
        Delivered::Account(account) => provisioned(parts, entry, account).await,
        Delivered::Further(effects) => replaced(parts, entry, effects).await.map(Recorded::Done),
    }
}

/// Takes an entry out of the outbox; false if it is not as it was any more.
pub(crate) async fn gone(parts: &Parts, entry: &OutboxEntry) -> Result<bool, StoreError> {
    Ok(commit(parts, vec![taken_out(entry)]).await? == Committed::Applied)
}

/// Puts others in the place of an entry.
async fn replaced(parts: &Parts, entry: &OutboxEntry, effects: Vec<Effect>) -> Result<Vec<OutboxEntry>, StoreError> {
    let further = (0..)
        .zip(effects)
        .map(|(index, effect)| instead(parts, entry, index, effect));
    let further: Vec<_> = further.collect();
    let written = further.iter().map(|entry| Write::Effect {
        entry: Box::new(entry.clone()),
        replaces: None,
    });
    let writes = [taken_out(entry)].into_iter().chain(written).collect();
    Ok(match commit(parts, writes).await? {
        Committed::Applied => further,
        Committed::Conflict => Vec::new(),
    })
}

async fn provisioned(parts: &Parts, entry: &OutboxEntry, account: Account) -> Result<Recorded, StoreError> {
    for _ in 0..MOST_RACES {
        let Some(mut writes) = provision(parts, entry, &account).await? else {
            return Ok(Recorded::Nowhere(Why::new(format!(
                "the account {} was created, but the approval had run out meanwhile, and the applicant asks anew: keep \
                 the account or remove it from the directory, then drop this effect",
                account.object_id
            ))));
        };
        writes.push(taken_out(entry));
        if commit(parts, writes).await? == Committed::Applied {
            return Ok(Recorded::Done(Vec::new()));
        }
        let now = parts.outbox.entry(&entry.id).await?;
        if now.is_none_or(|now| now.revision != entry.revision) {
            return Ok(Recorded::Done(Vec::new()));
        }
    }
    Err(StoreError::Busy(format!(
        "lost {MOST_RACES} races for the same request"
    )))
}

/// What records an account: nothing to write if it was recorded before and only the entry was left. `None` if another
/// request has taken the place of this one, so that it cannot change any more.
async fn provision(parts: &Parts, entry: &OutboxEntry, account: &Account) -> Result<Option<Vec<Write>>, StoreError> {
    let keys = Keys {
        applicant: Some(entry.request.applicant),
        ..Keys::default()
    };
    let seal = parts
        .audit
        .seal()
        .map_err(|_| StoreError::Broken("the system has no random numbers".to_owned()))?;
    let latest = parts.store.look_up(&keys).await?.request;
    let (request, is_latest) = match latest.filter(|latest| latest.id == entry.request) {
        Some(latest) => (Some(latest), true),
        None => (parts.store.request(&entry.request).await?, false),
    };
    Ok(match request {
        Some(request) if matches!(request.state, State::Provisioned { .. }) => Some(Vec::new()),
        Some(request) if is_latest => approvals::provision(&request, account.clone(), parts.clock.now(), &parts.terms)
            .ok()
            .map(|transition| transition.commit(None, &[], &seal).writes),
        _ => None,
    })
}

fn instead(parts: &Parts, entry: &OutboxEntry, index: u64, effect: Effect) -> OutboxEntry {
    let further = OutboxEntry::new(entry.id.further(index), entry.request, effect, parts.clock.now());
    OutboxEntry {
        written_at: entry.written_at,
        ..further
    }
}

fn taken_out(entry: &OutboxEntry) -> Write {
    Write::Delivered {
        id: entry.id,
        revision: entry.revision,
    }
}

async fn commit(parts: &Parts, writes: Vec<Write>) -> Result<Committed, StoreError> {
    parts.store.commit(&Commit { writes }).await
}
