//! Invitations as they are printed.

use claims::Hash;
use clap::ValueEnum;
use serde_json::{Value, json};
use store::{Bound, Invitation, Timestamp};

/// How many hex digits of a code's hash are its id: a hundred thousand invitations hardly ever share one.
pub(super) const ID_DIGITS: usize = 12;

/// What an invitation is good for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum State {
    /// Somebody new may use it.
    Open,
    /// All of its uses are taken: held, or used up.
    UsedUp,
    /// Its time is over.
    Expired,
    /// It was made void.
    Revoked,
}

impl State {
    pub(super) fn of(invitation: &Invitation, now: Timestamp) -> State {
        match () {
            () if invitation.revoked_at.is_some() => State::Revoked,
            () if invitation.until <= now => State::Expired,
            () if invitation.taken >= invitation.uses => State::UsedUp,
            () => State::Open,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::UsedUp => "used up",
            State::Expired => "expired",
            State::Revoked => "revoked",
        }
    }
}

pub(super) fn id(code: &Hash) -> String {
    code.to_string()[..ID_DIGITS].to_owned()
}

/// For whom it is. Of an address nothing is kept but its hash.
pub(super) fn bound(invitation: &Invitation) -> &str {
    match &invitation.bound {
        None => "anybody",
        Some(Bound::Domain(domain)) => domain,
        Some(Bound::Address(_)) => "one address",
    }
}

/// As one line of an export.
pub(super) fn document(invitation: &Invitation, now: Timestamp) -> Value {
    let address = match &invitation.bound {
        Some(Bound::Address(hash)) => Some(hash.to_string()),
        _ => None,
    };
    let domain = match &invitation.bound {
        Some(Bound::Domain(domain)) => Some(domain),
        _ => None,
    };
    json!({
        "id": id(&invitation.code),
        "state": State::of(invitation, now).name(),
        "uses": invitation.uses,
        "taken": invitation.taken,
        "made_at": invitation.made_at.to_string(),
        "until": invitation.until.to_string(),
        "revoked_at": invitation.revoked_at.map(|at| at.to_string()),
        "domain": domain,
        "address_hash": address,
        "note": invitation.note,
    })
}
