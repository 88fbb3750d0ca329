//! What a store knows of an applicant beside their requests.

use std::collections::BTreeSet;

use store::{Effect, EntryId, Occasion, OutboxEntry, Progress, Receiver, Request};

use crate::{
    Place,
    sample::{at, commit, effect, pending, put},
};

/// [`Traces::undelivered`](store::Traces::undelivered).
pub async fn all_effects_of_an_applicant_are_found(place: &dyn Place) {
    let store = place.open().await;
    let (jane, john) = (pending("jane"), pending("john"));
    let waits = effect(&jane, Effect::CreateAccount);
    let parked = OutboxEntry {
        progress: Progress::Parked { since: at(5) },
        ..numbered(&jane, Receiver::Reviewers, 1)
    };
    let later = numbered(&jane, Receiver::Reviewers, 2);
    let broken = numbered(&jane, Receiver::Mail, 3);
    let others = effect(&john, Effect::CreateAccount);
    let all = [&waits, &parked, &later, &broken, &others].map(put);
    assert_eq!(store.commit(&commit(all)).await, Ok(store::Committed::Applied));
    place.damage(&broken.id).await;
    let found = store.undelivered(&jane.id.applicant).await.unwrap();
    let ids: BTreeSet<_> = found.entries.iter().map(|entry| entry.id).collect();
    assert_eq!(ids, BTreeSet::from([waits.id, parked.id, later.id]));
    assert!(found.entries.contains(&parked));
    let unreadable: Vec<_> = found.unreadable.iter().map(|row| row.id).collect();
    assert_eq!(unreadable, [broken.id]);
    assert_eq!(store.wipe(&jane.id.applicant).await, Ok(()));
    let nobody = store.undelivered(&pending("joe").id.applicant).await.unwrap();
    assert!(nobody.entries.is_empty() && nobody.unreadable.is_empty());
}

fn numbered(of: &Request, receiver: Receiver, index: u64) -> OutboxEntry {
    let id = EntryId::of(&of.id, of.version, receiver, index);
    let why = Occasion::Asked;
    OutboxEntry::new(id, of.id, Effect::TellReviewers { why }, at(0))
}
