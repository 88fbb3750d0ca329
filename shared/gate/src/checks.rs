//! Checks that are made once for an applicant and an input: those that cost money, and tokens that are good for one use.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use policy::outside::{Check, Found, NoAnswer, Outside};
use store::{
    CheckOutcome,
    CheckProgress::{self, Done, Lost, UnderWay},
    Clock, Commit, Committed, Controls, KeptResult, LOST_RESULT_LIFE, Store, StoreError, Timestamp, Write,
};

use crate::Parts;

/// How long others wait for a result beyond the check's own deadline, for the store to take it.
const GRACE: Duration = Duration::from_millis(500);

/// The first pause of somebody who waits for a result, and between attempts to keep one; each is twice as long as the one
/// before, up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// How often a result is handed to a store that does not take it.
const MOST_ATTEMPTS: usize = 5;

/// What a check says: what is kept, or what the one says who makes it just now, or what it says now. Whoever waits does so
/// until their call's deadline.
///
/// # Errors
/// Why nobody knows, in words without a claim in them. As long as it may have been made, it is not made again.
pub(crate) async fn make(parts: &Parts, check: &Arc<Check>) -> Result<CheckOutcome, String> {
    let hands = Hands::of(parts).ok_or("nobody is there to make the check")?;
    // Its own mark is known again: a reply of the store's may be lost.
    let by = RandomState::new().hash_one(check);
    let mut pause = PAUSE;
    loop {
        let now = hands.clock.now();
        let stored = hands
            .controls
            .kept(&check.key)
            .await
            .map_err(|error| error.to_string())?;
        let replaces = stored.as_ref().map(|kept| kept.revision);
        match stored
            .filter(|kept| now < kept.until)
            .map(|kept| (kept.progress, kept.revision))
        {
            Some((Done(outcome), _)) => return Ok(outcome),
            Some((UnderWay { by: other, .. }, revision)) if other == by => {
                return hands.run(Arc::clone(check), revision).await;
            }
            Some((UnderWay { lease, .. }, _)) if now < lease => {
                tokio::time::sleep(pause).await;
                pause = LONGEST_PAUSE.min(2 * pause);
            }
            Some((Lost | UnderWay { .. }, _)) => {
                return Err(format!("the result of the check `{}` was lost", check.call.name));
            }
            None => {
                let lease = now.plus(check.call.deadline + GRACE);
                let mark = Mark { check, replaces };
                let written = hands
                    .write(mark.with(UnderWay { lease, by }, now.plus(LOST_RESULT_LIFE)))
                    .await;
                match written {
                    // What came of it is read.
                    Ok(_) | Err(StoreError::Unavailable(_) | StoreError::Busy(_)) => {}
                    Err(error) => return Err(error.to_string()),
                }
            }
        }
    }
}

/// What a check is made with, by somebody who may outlive the call.
struct Hands {
    store: Arc<dyn Store>,
    controls: Arc<dyn Controls>,
    outside: Arc<dyn Outside>,
    clock: Arc<dyn Clock>,
}

impl Hands {
    fn of(parts: &Parts) -> Option<Hands> {
        Some(Hands {
            store: parts.store.clone()?,
            controls: parts.controls.clone()?,
            outside: parts.outside.clone()?,
            clock: parts.clock.clone(),
        })
    }

    /// Makes a check that is marked, and keeps what comes of it, even if the call is over by then.
    async fn run(self, check: Arc<Check>, revision: u64) -> Result<CheckOutcome, String> {
        let running = tokio::spawn(async move { self.run_marked(&check, revision).await });
        running.await.unwrap_or_else(|_| Err("the check broke off".to_owned()))
    }

    async fn run_marked(&self, check: &Check, revision: u64) -> Result<CheckOutcome, String> {
        let replied = self.outside.call(&check.call).await;
        let now = self.clock.now();
        let (progress, until, came) = meaning(check, replied, now);
        let mark = Mark {
            check,
            replaces: Some(revision),
        };
        for attempt in 1..=MOST_ATTEMPTS {
            match self.write(mark.with(progress, until)).await {
                Ok(_) => break,
                Err(error) if attempt == MOST_ATTEMPTS => {
                    tracing::warn!(target: "vestibule", check = &*check.call.name, reason = %error, "the result of a check was not kept");
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
        came
    }

    async fn write(&self, write: Write) -> Result<Committed, StoreError> {
        self.store.commit(&Commit { writes: vec![write] }).await
    }
}

/// A row of kept results that is about to change.
#[derive(Clone, Copy)]
struct Mark<'c> {
    check: &'c Check,
    replaces: Option<u64>,
}

impl Mark<'_> {
    fn with(self, progress: CheckProgress, until: Timestamp) -> Write {
        Write::Keep {
            result: KeptResult {
                key: self.check.key,
                revision: self.replaces.unwrap_or(0) + 1,
                progress,
                until,
            },
            replaces: self.replaces,
        }
    }
}

/// What is kept of a reply, until when, and what the call that made the check is told.
fn meaning(
    check: &Check,
    replied: Result<Found, NoAnswer>,
    now: Timestamp,
) -> (CheckProgress, Timestamp, Result<CheckOutcome, String>) {
    let about = |what: &str| format!("the check `{}`: {what}", check.call.name);
    let lost = |what: &str| (Lost, now.plus(LOST_RESULT_LIFE), Err(about(what)));
    match replied {
        Ok(Found::Values(values)) => match check.meaning.of(&values) {
            Some(outcome) => (Done(outcome), now.plus(check.keep), Ok(outcome)),
            None => lost("a reply that means neither pass nor refer nor fail"),
        },
        Ok(Found::Nothing) => lost("a reply that there is nothing there"),
        Err(NoAnswer::PerhapsSent(why)) => lost(&why),
        // It was not made: whoever comes next makes it.
        Err(NoAnswer::NotSent(why)) => (Lost, now, Err(about(&why))),
    }
}
