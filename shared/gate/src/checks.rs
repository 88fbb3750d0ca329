//! Checks that are made once for an applicant and an input: those that cost money, and tokens that are good for one use.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use claims::Hash;
use policy::outside::{Call, Check, Found, NoAnswer, Outside};
use store::{
    CheckOutcome,
    CheckProgress::{self, Done, Lost, UnderWay},
    Clock, Commit, Committed, Controls, KeptResult, LOST_RESULT_LIFE, Store, StoreError, Tally, Timestamp, Write,
};

use crate::Parts;

/// How long others wait for a result beyond the check's own deadline, for the store to take it.
const GRACE: Duration = Duration::from_millis(500);

/// The first pause of somebody who waits for a result, and between attempts to keep one; each is twice as long as the one
/// before, up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// So long a result is handed to a store that does not take it.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often one check is made for one applicant in a day, with whatever input: somebody has to pay for each.
const MOST_A_DAY: u64 = 20;

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
        let stored = hands.controls.kept(&check.key).await.map_err(words)?;
        let now = hands.clock.now();
        match stored
            .as_ref()
            .filter(|kept| now < kept.until)
            .map(|kept| kept.progress)
        {
            Some(Done(outcome)) => return Ok(outcome),
            Some(UnderWay { lease, by: other }) if other == by => {
                let kept = stored.as_ref().map_or((1, 0), |kept| (kept.revision, kept.round));
                return hands.run(Arc::clone(check), Mark::of(kept, lease)).await;
            }
            Some(UnderWay { lease, .. }) if now < lease => {}
            Some(Lost | UnderWay { .. }) => {
                return Err(format!("the result of the check `{}` was lost", check.call.name));
            }
            None if hands.is_made_too_often(check, now).await? => return Ok(CheckOutcome::Fail),
            None => match hands.mark(check, stored.as_ref(), by).await {
                // What came of it is read.
                Ok(Committed::Applied | Committed::Conflict) => continue,
                Err(StoreError::Unavailable(_) | StoreError::Busy(_)) => {}
                Err(error) => return Err(words(error)),
            },
        }
        tokio::time::sleep(pause).await;
        pause = LONGEST_PAUSE.min(2 * pause);
    }
}

/// What a check is made with, by somebody who may outlive the call.
struct Hands {
    store: Arc<dyn Store>,
    controls: Arc<dyn Controls>,
    outside: Arc<dyn Outside>,
    clock: Arc<dyn Clock>,
}

/// A check that is marked as under way.
#[derive(Clone, Copy)]
struct Mark {
    revision: u64,
    round: u64,
    lease: Timestamp,
}

impl Mark {
    fn of((revision, round): (u64, u64), lease: Timestamp) -> Mark {
        Mark { revision, round, lease }
    }
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

    async fn is_made_too_often(&self, check: &Check, now: Timestamp) -> Result<bool, String> {
        let so_far = self.controls.tallied(&[today(check, now)]).await.map_err(words)?;
        Ok(so_far.iter().any(|times| *times >= MOST_A_DAY))
    }

    /// Says that it is under way, and counts it.
    async fn mark(&self, check: &Check, stored: Option<&KeptResult>, by: u64) -> Result<Committed, StoreError> {
        let now = self.clock.now();
        let lease = now.plus(check.call.deadline + GRACE);
        let done = |kept: &KeptResult| u64::from(matches!(kept.progress, Done(_)));
        let result = KeptResult {
            key: check.key,
            revision: stored.map_or(0, |kept| kept.revision) + 1,
            round: stored.map_or(0, |kept| kept.round + done(kept)),
            progress: UnderWay { lease, by },
            until: now.plus(LOST_RESULT_LIFE),
        };
        let replaces = stored.map(|kept| kept.revision);
        let writes = vec![Write::Keep { result, replaces }, Write::Tally(today(check, now))];
        self.store.commit(&Commit { writes }).await
    }

    /// Makes a check that is marked, and keeps what comes of it, even if the call is over by then.
    async fn run(self, check: Arc<Check>, mark: Mark) -> Result<CheckOutcome, String> {
        let running = tokio::spawn(async move { self.run_marked(&check, mark).await });
        running.await.unwrap_or_else(|_| Err("the check broke off".to_owned()))
    }

    async fn run_marked(&self, check: &Check, mark: Mark) -> Result<CheckOutcome, String> {
        // The process may have been stopped since, and others may have taken the result for lost.
        let replied = match self.clock.now() < mark.lease {
            true => self.outside.call(&in_round(check, mark.round)).await,
            false => Err(NoAnswer::PerhapsSent("it was marked too long ago".to_owned())),
        };
        let (progress, until, came) = meaning(check, replied, self.clock.now());
        let result = KeptResult {
            key: check.key,
            revision: mark.revision + 1,
            round: mark.round,
            progress,
            until,
        };
        self.keep(check, result, mark.revision).await;
        came
    }

    /// What was paid for is not lost because the store is busy for a moment.
    async fn keep(&self, check: &Check, result: KeptResult, replaces: u64) {
        let begun = tokio::time::Instant::now();
        let mut pause = PAUSE;
        loop {
            let write = Write::Keep {
                result: result.clone(),
                replaces: Some(replaces),
            };
            match self.store.commit(&Commit { writes: vec![write] }).await {
                Ok(_) => return,
                Err(error) if begun.elapsed() > PATIENCE => {
                    tracing::warn!(target: "vestibule", check = &*check.call.name, reason = %error, "the result of a check was not kept");
                    return;
                }
                Err(_) => tokio::time::sleep(pause).await,
            }
            pause = LONGEST_PAUSE.min(2 * pause);
        }
    }
}

/// The call as the other system is told it. Until there is a result it is the same call, however often it is sent; once
/// that is no longer good it is another one, which must not get the old answer.
fn in_round(check: &Check, round: u64) -> Call {
    let sent = check.call.idempotency_key.unwrap_or(check.key);
    let key = Hash::of(&[&sent.to_string(), &round.to_string()]);
    Call {
        idempotency_key: Some(key),
        ..check.call.clone()
    }
}

fn today(check: &Check, now: Timestamp) -> Tally {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    Tally::at(check.whose, now, DAY)
}

#[allow(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn words(error: StoreError) -> String {
    error.to_string()
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
        // It was refused: whoever comes next makes it.
        Ok(Found::Nothing) => (Lost, now, Err(about("answered with status 404"))),
        Err(NoAnswer::PerhapsSent(why)) => lost(&why),
        // It was not made: whoever comes next makes it.
        Err(NoAnswer::NotSent(why)) => (Lost, now, Err(about(&why))),
    }
}
