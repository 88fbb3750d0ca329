//! Removing requests that ended long ago, with their histories.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use host::Ran;
use store::{
    Checkpoint, Commit, Committed, Counter, Keys, Leaf, MAX_WRITES, Position, Pruned, Pruning, Request, RequestId,
    StateName, StoreError, Timestamp, Write,
};

use super::{Parts, UNSIGNED, write};

/// A pass through all that ended begins no more often than this.
const PASS: Duration = Duration::from_secs(24 * 60 * 60);

/// How many requests are looked at before any is removed, and their removal announced in one checkpoint.
const PAGE: usize = 100;

/// How many pages a run looks at; the next one goes on.
const MOST_PAGES: usize = 20;

/// How many requests are looked at at once.
const AT_ONCE: usize = 8;

/// What is said of a request whose history ends before or after it.
const CUT_OFF: &str = "the last entry of its history is not the one that it names: `vestibule audit verify` says more";

/// The states in which a request has ended.
const ENDED: [StateName; 5] = [
    StateName::Denied,
    StateName::Withdrawn,
    StateName::Expired,
    StateName::Admitted,
    StateName::Provisioned,
];

/// Goes on with the pass that is under way, or begins one. `latest` is the last checkpoint.
pub(super) async fn prune(
    parts: &Parts,
    keep: Duration,
    mut latest: Checkpoint,
    until: Timestamp,
    ran: &mut Ran,
) -> Result<(), StoreError> {
    let Parts {
        store, ledger, clock, ..
    } = parts;
    let now = clock.now();
    let old = now.minus(keep);
    let Some(mut pruning) = under_way(ledger.pruning().await?, now) else {
        return Ok(());
    };
    for _ in 0..MOST_PAGES {
        let Some(state) = pruning.state.filter(|_| clock.now() < until) else {
            break;
        };
        let page = ledger.roll(state, pruning.after.as_ref(), PAGE).await?;
        // They are sorted by the time they were opened, and none changed before that.
        let places = page.places.iter().take_while(|place| place.opened_at <= old);
        let places: Vec<Position> = places.cloned().collect();
        let through = page.next.is_none() || places.len() < page.places.len();
        let removable = removable(parts, &places, old, ran).await?;
        if !removable.is_empty() {
            let Some(announced) = announce(parts, &latest, &removable).await? else {
                return Ok(());
            };
            latest = announced;
            if !remove_all(parts, removable, until, ran).await? {
                return Ok(());
            }
        }
        pruning = after_page(pruning, state, places.last().filter(|_| !through));
        let writes = vec![Write::Pruning(Box::new(pruning.clone()))];
        if store.commit(&Commit { writes }).await? == Committed::Conflict {
            return Ok(());
        }
    }
    Ok(())
}

/// Where to go on; nothing if the last pass is through and the next one not due. One that begins later than now is none:
/// it would keep all others from beginning.
fn under_way(stored: Option<Pruning>, now: Timestamp) -> Option<Pruning> {
    let revision = stored.as_ref().map_or(0, |stored| stored.revision);
    match stored.filter(|stored| stored.begun <= now) {
        Some(pruning) if pruning.state.is_some() => Some(pruning),
        Some(pruning) if now < pruning.begun.plus(PASS) => None,
        _ => Some(Pruning {
            revision,
            begun: now,
            state: ENDED.first().copied(),
            after: None,
        }),
    }
}

/// After a page of a state's list: further in it, or at the next one's beginning.
fn after_page(pruning: Pruning, state: StateName, last: Option<&Position>) -> Pruning {
    let next = ENDED.into_iter().skip_while(|ended| *ended != state).nth(1);
    Pruning {
        revision: pruning.revision + 1,
        state: if last.is_some() { Some(state) } else { next },
        after: last.cloned(),
        ..pruning
    }
}

/// Those that can go, and whether each is its applicant's latest. What cannot be read or proved stays, and is told.
async fn removable(
    parts: &Parts,
    places: &[Position],
    old: Timestamp,
    ran: &mut Ran,
) -> Result<Vec<(Request, bool)>, StoreError> {
    let ids: Vec<RequestId> = places.iter().map(|place| place.id).collect();
    let looks = stream::iter(ids).map(|id| async move { (id, look(parts, &id, old).await) });
    let looked_at: Vec<_> = looks.buffered(AT_ONCE).collect().await;
    let mut removable = Vec::new();
    for (request, found) in looked_at {
        match found {
            Ok(found) => removable.extend(found),
            Err(error) => give_up(&request, error, ran)?,
        }
    }
    Ok(removable)
}

/// Tells of a request that stays because of what is stored. Other errors concern all.
fn give_up(request: &RequestId, error: StoreError, ran: &mut Ran) -> Result<(), StoreError> {
    let StoreError::Broken(why) = error else {
        return Err(error);
    };
    tracing::error!(target: "vestibule", %request, why, "sweep: a request that ended is not removed, {why}");
    ran.given_up += 1;
    Ok(())
}

/// Whether a request can go: it would be treated as if it had never been, nothing of it is still to be delivered, and its
/// applicant has none before it. Their rounds begin anew when the last is gone, and must not meet earlier ones.
async fn look(parts: &Parts, id: &RequestId, old: Timestamp) -> Result<Option<(Request, bool)>, StoreError> {
    let Parts {
        store,
        traces,
        audit,
        clock,
        ..
    } = parts;
    let Some(request) = store.request(id).await? else {
        return Ok(None);
    };
    if request.changed_at > old || !approvals::is_spent(&request, clock.now()) {
        return Ok(None);
    }
    if !audit.vouches_for(&request) {
        return Err(StoreError::Broken(approvals::NOT_AS_WRITTEN.to_owned()));
    }
    if !traces.undelivered(&id.applicant).await?.is_empty() {
        return Ok(None);
    }
    if !ends_with_its_head(parts, &request).await? {
        return match store.request(id).await? == Some(request) {
            true => Err(StoreError::Broken(CUT_OFF.to_owned())),
            // Somebody changed or removed it in between.
            false => Ok(None),
        };
    }
    let keys = Keys {
        applicant: Some(id.applicant),
        ..Keys::default()
    };
    let latest = store.look_up(&keys).await?.request;
    let is_latest = latest.is_some_and(|latest| latest.id == *id);
    if is_latest && !store.earlier(id, 1).await?.is_empty() {
        return Ok(None);
    }
    Ok(Some((request, is_latest)))
}

/// Whether the last entry of its history is the one that the request names. Oldest ones may be gone: an earlier run may have
/// been killed in between.
async fn ends_with_its_head(parts: &Parts, request: &Request) -> Result<bool, StoreError> {
    let history = parts.store.history(&request.id).await?;
    Ok(history.last().map(|entry| entry.mac) == request.head)
}

/// A checkpoint that says what is removed, before anything is; nothing if another run was first.
async fn announce(
    parts: &Parts,
    latest: &Checkpoint,
    removable: &[(Request, bool)],
) -> Result<Option<Checkpoint>, StoreError> {
    let pruned = removable.iter().map(|(request, _)| Pruned {
        request: request.id,
        version: request.version,
        head: request.head,
    });
    let checkpoint = Checkpoint {
        number: latest.number + 1,
        through: latest.through,
        leaves: Vec::new(),
        pruned: pruned.collect(),
        entries: latest.entries,
        counts: parts.store.counts().await?.into_iter().collect(),
        previous: Some(latest.proof),
        proof: UNSIGNED,
    };
    write(parts, checkpoint).await
}

/// Removes what was announced; begins with none after `until`. Whether all were looked at: what cannot be removed is told and
/// holds up no other.
async fn remove_all(
    parts: &Parts,
    removable: Vec<(Request, bool)>,
    until: Timestamp,
    ran: &mut Ran,
) -> Result<bool, StoreError> {
    for (request, is_latest) in removable {
        if parts.clock.now() >= until {
            return Ok(false);
        }
        match remove(parts, &request, is_latest).await {
            Ok(removed) => ran.done += usize::from(removed),
            Err(error) => give_up(&request.id, error, ran)?,
        }
    }
    Ok(true)
}

/// Removes a request with its history, in one commit unless that is long: then the oldest entries go first, and the request
/// last, so that the next run finds what this one could not finish. Whether the request was still there as it was.
async fn remove(parts: &Parts, request: &Request, latest: bool) -> Result<bool, StoreError> {
    let history = parts.store.history(&request.id).await?;
    if history.last().map(|entry| entry.mac) != request.head {
        return Ok(false);
    }
    let entries: Vec<_> = history.iter().map(Leaf::of).map(Write::RemoveHistory).collect();
    let with_request = [
        Write::RemoveRequest {
            id: request.id,
            version: request.version,
            opened_at: request.opened_at,
            latest,
        },
        Write::Count {
            counter: Counter::of(request),
            by: -1,
        },
    ];
    let (before, last) = entries.split_at(entries.len().saturating_sub(MAX_WRITES - with_request.len()));
    for writes in before.chunks(MAX_WRITES).map(<[Write]>::to_vec) {
        if parts.store.commit(&Commit { writes }).await? == Committed::Conflict {
            return Ok(false);
        }
    }
    let writes = [last, &with_request].concat();
    Ok(parts.store.commit(&Commit { writes }).await? == Committed::Applied)
}
