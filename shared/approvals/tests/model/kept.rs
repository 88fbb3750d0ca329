use std::{
    collections::hash_map::DefaultHasher,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
    sync::Arc,
};

use serde::Serialize;
use store::{Actor, Request, State, Timestamp};

/// A row of the store, compared and hashed by its canonical text: the same rows are met millions of times.
pub(crate) struct Kept<T>(Arc<(u64, T)>);

impl<T: Serialize> Kept<T> {
    pub(crate) fn new(row: T) -> Kept<T> {
        let key = fingerprint(&row);
        Kept(Arc::new((key, row)))
    }
}

impl Kept<Request> {
    /// A request. What nobody decides by makes no two different: since when it waits, who voted when, who decided.
    pub(crate) fn request(request: Request) -> Kept<Request> {
        let never = Timestamp::from_millis(0);
        let mut plain = Request {
            opened_at: never,
            changed_at: never,
            ..request.clone()
        };
        match &mut plain.state {
            State::Pending(review) => review.votes.iter_mut().for_each(|vote| vote.at = never),
            State::Approved { by, .. } => *by = Actor::Clock,
            State::Denied { by, at, .. } => (*by, *at) = (Actor::Clock, never),
            State::Withdrawn { at } | State::Expired { at } => *at = never,
            State::Admitted { .. } | State::Provisioned { .. } => {}
        }
        Kept(Arc::new((fingerprint(&plain), request)))
    }
}

fn fingerprint(row: &impl Serialize) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(row).unwrap().hash(&mut hasher);
    hasher.finish()
}

impl<T> Kept<T> {
    pub(crate) fn fingerprint(&self) -> u64 {
        self.0.0
    }
}

impl<T> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.1
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Kept(self.0.clone())
    }
}

impl<T> PartialEq for Kept<T> {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint() == other.fingerprint()
    }
}

impl<T> Eq for Kept<T> {}

impl<T> Hash for Kept<T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.fingerprint().hash(hasher);
    }
}

impl<T: fmt::Debug> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.1.fmt(f)
    }
}
