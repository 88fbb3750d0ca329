//! What the store knows of a call before the rules are asked.

use approvals::{MOST_ADDRESSES, Standing};
use claims::{ApplicantKey, CallKey, Decision, Hash, SignUp};
use policy::Before;
use store::{Keys, Left, Snapshot, StoreError, Timestamp};

use crate::Parts;

/// What the store knows of a call before the rules are asked, where asking them again would count or cost something.
pub(crate) async fn remembered(
    parts: &Parts,
    sign_up: &SignUp,
    call_key: CallKey,
) -> Result<Option<Snapshot>, StoreError> {
    let Some(store) = parts.store.as_ref().filter(|_| parts.policy.remembers(parts.step)) else {
        return Ok(None);
    };
    let held = parts.step.is_sign_up() && parts.policy.holds();
    let addresses = addresses(sign_up);
    let keys = Keys {
        applicant: ApplicantKey::of(sign_up)
            .filter(|_| held)
            .map(|applicant| applicant.hash()),
        // A call with more is refused before anybody looks for them.
        addresses: match held && addresses.len() <= MOST_ADDRESSES {
            true => addresses,
            false => Vec::new(),
        },
        call: Some(call_key),
    };
    store.look_up(&keys).await.map(Some)
}

/// What became of an applicant before this call.
pub(crate) fn before(snapshot: &Snapshot, parts: &Parts) -> Before {
    let (request, now) = (snapshot.request.as_ref(), parts.clock.now());
    match approvals::standing(request, now) {
        _ if approvals::turned_away(request, &snapshot.denials, now) => Before::Decided,
        Standing::None => Before::Nothing,
        Standing::Pending(_) => Before::Waits,
        _ => Before::Decided,
    }
}

/// The answer stored for this call, as long as nothing happened since: neither to the request, nor to another one
/// with the same address, nor by time.
pub(crate) fn answered_before(snapshot: &Snapshot, now: Timestamp) -> Option<&Decision> {
    let call = snapshot.call.as_ref()?;
    let Some(request) = &snapshot.request else {
        let turned_away = approvals::turned_away(None, &snapshot.denials, now);
        return (call.once.stands && now < call.until() && !turned_away).then_some(&call.answer);
    };
    let same = call.left
        == Some(Left {
            request: request.id,
            version: request.version,
        });
    let turned_away = approvals::turned_away(Some(request), &snapshot.denials, now);
    // What is due by then, nobody may have recorded yet.
    let overtaken = request.due().is_some_and(|due| now >= due);
    (same && now < call.until() && !turned_away && !overtaken).then_some(&call.answer)
}

pub(crate) fn addresses(sign_up: &SignUp) -> Vec<Hash> {
    let mut addresses: Vec<_> = sign_up.addresses().map(Hash::of_address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}
