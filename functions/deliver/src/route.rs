//! The way of one receiver's effects.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use store::{EntryId, Receiver, Timestamp, Unreadable};

use crate::Receive;

/// The longest time for which a receiver is left alone because it asked for that: a wrong header must not stop it for a
/// day.
const LONGEST_REST: Duration = Duration::from_secs(10 * 60);

/// How often the effects of a receiver are looked at that this deployment does not carry: there are none, as a rule.
const ABSENT: Duration = Duration::from_secs(60);

/// Where a receiver's effects go, and what is remembered of that from one run to the next.
pub(crate) struct Route {
    pub(crate) receiver: Receiver,
    /// Who carries them out; nobody where this deployment has no use for the receiver.
    pub(crate) carrier: Option<Arc<dyn Receive>>,
    /// Until when no attempt begins, in milliseconds since 1970.
    rest: AtomicI64,
    /// When an absent receiver's effects are looked at next, in milliseconds since 1970.
    look: AtomicI64,
    /// Rows that a person was told of.
    told: Mutex<HashSet<EntryId>>,
}

impl Route {
    pub(crate) fn new(receiver: Receiver, carrier: Option<Arc<dyn Receive>>) -> Route {
        Route {
            receiver,
            carrier,
            rest: AtomicI64::new(i64::MIN),
            look: AtomicI64::new(i64::MIN),
            told: Mutex::default(),
        }
    }

    /// Leaves the receiver alone for as long as it asked, within bounds. What is under way goes on.
    pub(crate) fn leave_alone(&self, now: Timestamp, asked: Duration) {
        let until = now.plus(asked.min(LONGEST_REST));
        self.rest.fetch_max(until.as_millis(), Ordering::Relaxed);
    }

    pub(crate) fn rests(&self, now: Timestamp) -> bool {
        now.as_millis() < self.rest.load(Ordering::Relaxed)
    }

    /// Whether these go into the store itself, as counts do, and need nobody to carry them.
    pub(crate) fn counts(&self) -> bool {
        self.receiver == Receiver::Counts
    }

    /// Whether a run looks what is due: always, but for a receiver that nobody carries.
    pub(crate) fn is_looked_at(&self, now: Timestamp) -> bool {
        if self.carrier.is_some() || self.counts() {
            return true;
        }
        let is_time = now.as_millis() >= self.look.load(Ordering::Relaxed);
        if is_time {
            self.look.store(now.plus(ABSENT).as_millis(), Ordering::Relaxed);
        }
        is_time
    }

    /// Why an effect is given up that nobody carries out, and what to do.
    pub(crate) fn absent(&self) -> &'static str {
        match self.receiver {
            Receiver::Account => {
                "nobody creates accounts here: the policy does not say `account = \"graph\"`. Say so and retry this \
                 effect, or drop it"
            }
            Receiver::Mail => {
                "nobody writes to applicants here: the policy does not name this under `applicants` of `[mail]`. Name \
                 it and retry this effect, or drop it"
            }
            Receiver::Events => "nobody publishes events here: drop this effect",
            Receiver::Counts => "this effect changes nothing in the store: drop it",
            Receiver::Reviewers => {
                "nobody writes to reviewers here: the policy names none under `reviewers` of `[mail]`. Name them and \
                 retry this effect, or drop it"
            }
        }
    }

    /// Tells a person of a row that cannot be read, once in the life of the process: an alarm counts these.
    pub(crate) fn tell(&self, Unreadable { id, why }: &Unreadable) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(*id) {
            let (id, reason) = (tracing::field::display(id), &**why);
            tracing::error!(
                target: "vestibule", id, reason,
                "an effect cannot be read and is not carried out: mend its row, or delete it"
            );
        }
    }
}
