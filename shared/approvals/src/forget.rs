//! What stays of a request when its applicant is forgotten.

use claims::{Changes, Claims, Locales};
use store::{Actor, Event, Request, State, Timestamp};

use crate::{Terms, Transition, time::overtake};

/// Takes out of a request what tells whose it is: claims, identities, addresses and what was made of them. What happened
/// stays, and who decided. What nobody can read cannot be reviewed, nor used: a request that waits, or was approved, is
/// withdrawn first. Nothing if nothing is left to take out.
///
/// The claims in its history are still to be [taken out](store::Write::Redact); the history verifies before and after.
/// Denials of its addresses stand, by hash, until their time.
pub fn forget(request: &Request, by: &str, now: Timestamp, terms: &Terms) -> Option<Transition> {
    if *request == nameless(request.clone()) {
        return None;
    }
    let by = Actor::Override(by.to_owned());
    // What time has ended is ended as it said: a denial stays one.
    let begun = overtake(request, now, terms).unwrap_or_else(|| Transition::of(request));
    let over = match begun.request.state {
        State::Pending(_) | State::Approved { .. } => {
            let withdrawn = Event::Withdrawn { reason: None };
            begun.then(withdrawn, by.clone(), now, |request| Request {
                state: State::Withdrawn { at: now },
                ..request
            })
        }
        _ => begun,
    };
    // Whoever is forgotten is told nothing: their address is gone.
    Some(over.then(Event::Forgotten, by, now, nameless).causing_nothing())
}

fn nameless(request: Request) -> Request {
    Request {
        received: Claims::default(),
        dropped: Vec::new(),
        reviewed: Claims::default(),
        changes: Changes::none(),
        identities: Vec::new(),
        app: None,
        locales: Locales::default(),
        addresses: Vec::new(),
        recent: Vec::new(),
        ..request
    }
}
