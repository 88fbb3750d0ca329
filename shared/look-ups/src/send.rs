//! One call: its secrets, its attempts, its deadline.

use std::{sync::Arc, time::Duration};

use outgoing::{Cause, Failure, Outgoing, Request};
use policy::outside::{Call, Found, NoAnswer};
use secrets::Secrets;
use tokio::time::{Instant, sleep, timeout_at};

use crate::{reply, request};

/// After this long the first attempt is given up, where the deadline leaves as much for another one.
const ATTEMPT: Duration = Duration::from_millis(600);

/// The pause before another attempt, where the other end asks for no other.
pub(crate) const PAUSE: Duration = Duration::from_millis(50);

pub(crate) struct Sender {
    pub(crate) outgoing: Outgoing,
    /// For what is not to be sent twice.
    pub(crate) once: Outgoing,
    pub(crate) secrets: Arc<Secrets>,
}

/// An attempt that brought no answer.
pub(crate) struct Failed {
    pub(crate) why: NoAnswer,
    /// The pause after which another attempt might do better.
    pub(crate) again: Option<Duration>,
}

impl Sender {
    /// Makes the call, within its deadline.
    pub(crate) async fn send(&self, call: &Call) -> Result<Found, NoAnswer> {
        let until = Instant::now() + call.deadline;
        let request = timeout_at(until, request::of(call, &self.secrets)).await;
        let request = request.unwrap_or_else(|_| {
            let why = format!("`{}`: its secrets could not be read in time", call.name);
            Err(NoAnswer::NotSent(why))
        })?;
        let limit = match call.retries && call.deadline >= 2 * ATTEMPT {
            true => Instant::now() + ATTEMPT,
            false => until,
        };
        let failed = match self.attempt(call, request.clone(), limit.min(until)).await {
            Ok(found) => return Ok(found),
            Err(failed) => failed,
        };
        let left = until.saturating_duration_since(Instant::now());
        let Some(pause) = failed.again.filter(|pause| call.retries && *pause < left) else {
            return Err(failed.why);
        };
        sleep(pause).await;
        let second = self.attempt(call, request, until).await;
        second.map_err(|second| after(&failed.why, second.why))
    }

    async fn attempt(&self, call: &Call, request: Request, until: Instant) -> Result<Found, Failed> {
        let left = until.saturating_duration_since(Instant::now());
        let client = match call.idempotency_key {
            None => &self.outgoing,
            Some(_) => &self.once,
        };
        let client = client.within(left, call.most_bytes);
        match client.send(request).await {
            Ok(reply) => reply::read(call, &reply),
            Err(failure) => Err(unsent(call, failure)),
        }
    }
}

fn unsent(call: &Call, failure: Failure) -> Failed {
    let (Failure::NotSent(cause) | Failure::PerhapsSent(cause)) = &failure;
    let again = match cause {
        // The same would come of it.
        Cause::Forbidden | Cause::Tls(_) | Cause::TooLarge | Cause::Endless => None,
        Cause::Unknown | Cause::Unreachable | Cause::Slow | Cause::Broken => Some(PAUSE),
    };
    let words = match cause {
        Cause::Slow => format!(
            "`{}` did not answer in time, {} ms",
            call.name,
            call.deadline.as_millis()
        ),
        Cause::TooLarge => format!("`{}` answered more than {} bytes", call.name, call.most_bytes),
        cause => format!("`{}`: {cause}", call.name),
    };
    let why = match failure {
        Failure::NotSent(_) => NoAnswer::NotSent(words),
        Failure::PerhapsSent(_) => NoAnswer::PerhapsSent(words),
    };
    Failed { why, again }
}

/// Why there is no answer after two attempts. Once something may have been sent, it may have.
fn after(first: &NoAnswer, second: NoAnswer) -> NoAnswer {
    match (first, second) {
        (NoAnswer::PerhapsSent(_), NoAnswer::NotSent(why)) => NoAnswer::PerhapsSent(why),
        (_, second) => second,
    }
}
