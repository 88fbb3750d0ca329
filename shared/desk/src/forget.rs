//! Forgetting an applicant, commit by commit.
//!
//! The first commit closes their latest request and takes the claims out of it; the others take them out of its history, of
//! each earlier request and its history, and out of the outbox. A run that ends in between is finished by another one. Nothing
//! that a commit leaves is wrong: who reads meanwhile finds less, and the histories verify.

use approvals::Seal;
use claims::Hash;
use store::{
    Commit, HistoryEntry, Keys, MAX_WRITES, MOST_LISTED, OutboxEntry, Progress, Receiver, Request, RequestId, Snapshot,
    StoreError, Traces, Unreadable, Write,
};

use crate::{Desk, MOST_RACES, NotDone, keys};

/// What was forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// The applicant's requests, the latest first, whether they held anything any more or not.
    pub requests: Vec<RequestId>,
    /// How many effects will not be delivered.
    pub undelivered: usize,
    /// Effects that may name the applicant, and cannot be read.
    pub unreadable: Vec<Unreadable>,
}

impl Desk {
    /// Deletes what is personal from all requests of an applicant and their histories, and what the outbox has for them.
    /// The fact stays. An applicant who comes back meanwhile has a new request, which stays, or the same, which goes.
    ///
    /// # Errors
    /// [`NotDone`]. What was done before stays done; do the same again.
    pub async fn forget(&self, traces: &dyn Traces, applicant: Hash, by: &str) -> Result<Forgotten, NotDone> {
        let seal = self.audit.seal().map_err(|_| NotDone::NoRandom)?;
        let latest = self.forget_latest(applicant, by, &seal).await?;
        self.redact(&latest).await?;
        let mut requests = vec![latest];
        requests.extend(self.forget_earlier(&latest, by, &seal).await?);
        let mut forgotten = Forgotten {
            requests,
            ..Forgotten::default()
        };
        self.empty_outbox(traces, &latest, &mut forgotten).await?;
        traces.wipe(&applicant).await?;
        Ok(forgotten)
    }

    /// Which request it was in the end: the applicant may have opened another one meanwhile.
    async fn forget_latest(&self, applicant: Hash, by: &str, seal: &Seal<'_>) -> Result<RequestId, NotDone> {
        let only = Keys {
            applicant: Some(applicant),
            ..Keys::default()
        };
        for _ in 0..MOST_RACES {
            let request = self.store.look_up(&only).await?.request.ok_or(NotDone::Unknown)?;
            vouched_for(&request, seal)?;
            let Some(transition) = approvals::forget(&request, by, self.clock.now(), &self.terms) else {
                return Ok(request.id);
            };
            let Snapshot {
                request: latest,
                denials,
                ..
            } = self.store.look_up(&keys(&request)).await?;
            if latest.as_ref() == Some(&request) && self.commit(&transition.commit(None, &denials, seal)).await? {
                return Ok(request.id);
            }
        }
        Err(lost())
    }

    async fn forget_earlier(&self, latest: &RequestId, by: &str, seal: &Seal<'_>) -> Result<Vec<RequestId>, NotDone> {
        let (mut ids, mut before) = (Vec::new(), *latest);
        loop {
            let page = self.store.earlier(&before, MOST_LISTED).await?;
            let Some(last) = page.last() else { return Ok(ids) };
            before = last.id;
            for request in &page {
                self.forget_archived(&request.id, by, seal).await?;
                self.redact(&request.id).await?;
                ids.push(request.id);
            }
        }
    }

    async fn forget_archived(&self, id: &RequestId, by: &str, seal: &Seal<'_>) -> Result<(), NotDone> {
        for _ in 0..MOST_RACES {
            let Some(request) = self.store.request(id).await? else {
                return Ok(());
            };
            vouched_for(&request, seal)?;
            let Some(transition) = approvals::forget(&request, by, self.clock.now(), &self.terms) else {
                return Ok(());
            };
            if self.commit(&transition.commit_to_archive(seal)).await? {
                return Ok(());
            }
        }
        Err(lost())
    }

    /// Takes the claims out of a history. Nobody adds any to that of a request that is forgotten.
    async fn redact(&self, id: &RequestId) -> Result<(), NotDone> {
        for _ in 0..MOST_RACES {
            let history = self.store.history(id).await?;
            let with_claims = history.into_iter().filter(|entry| entry.kept.is_some());
            let writes: Vec<_> = with_claims.map(without_claims).collect();
            let mut all = true;
            for part in writes.chunks(MAX_WRITES) {
                let writes = part.to_vec();
                all &= self.commit(&Commit { writes }).await?;
            }
            if all {
                return Ok(());
            }
        }
        Err(lost())
    }

    async fn empty_outbox(
        &self,
        traces: &dyn Traces,
        latest: &RequestId,
        forgotten: &mut Forgotten,
    ) -> Result<(), NotDone> {
        for _ in 0..MOST_RACES {
            let mut found = traces.undelivered(&latest.applicant).await?;
            found.unreadable.retain(|row| row.id.lane.receiver != Receiver::Counts);
            forgotten.unreadable = found.unreadable;
            let mut all = true;
            for entry in found.entries.iter().filter(|entry| names_applicant(entry, latest)) {
                let (id, revision) = (entry.id, entry.revision);
                let writes = vec![Write::Delivered { id, revision }];
                let gone = self.commit(&Commit { writes }).await?;
                forgotten.undelivered += usize::from(gone);
                all &= gone;
            }
            if all {
                return Ok(());
            }
        }
        Err(lost())
    }
}

/// Whether an effect is about a request that is forgotten, and of no use, or of harm, from then on. What counts requests
/// or ends the use of an invitation names nobody. An account that somebody tried to create may be there already, and a person has to learn so.
fn names_applicant(entry: &OutboxEntry, latest: &RequestId) -> bool {
    let counts = match entry.id.lane.receiver {
        Receiver::Counts => false,
        Receiver::Account => entry.attempts == 0 && !matches!(entry.progress, Progress::UnderWay { .. }),
        Receiver::Mail | Receiver::Reviewers | Receiver::Events => true,
    };
    counts && entry.request.round <= latest.round
}

fn without_claims(entry: HistoryEntry) -> Write {
    Write::Redact(Box::new(HistoryEntry { kept: None, ..entry }))
}

/// What somebody wrote into the store behind our back must not become true by our proof.
fn vouched_for(request: &Request, seal: &Seal<'_>) -> Result<(), NotDone> {
    match seal.vouches_for(request) {
        true => Ok(()),
        false => Err(NotDone::NotAsWritten),
    }
}

fn lost() -> NotDone {
    StoreError::Busy(format!("lost {MOST_RACES} races for the same rows")).into()
}
