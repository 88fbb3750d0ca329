//! Secrets by reference: a setting says where a secret is, and it is read there when it is needed.
//!
//! What was read is kept for a while, so that a rotated secret is noticed without a restart; while its place does not
//! answer, the last value serves on, but not for ever. Secrets Manager and Parameter Store are asked directly: AWS's
//! Lambda extension for both would do on Lambda alone, needs a layer per region, and keeps what this crate keeps.

mod ask;
pub mod aws;
mod place;
mod reference;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use outgoing::Outgoing;
use store::{Clock, Timestamp};

pub use reference::{BadReference, PlainText, SecretRef};

use place::Places;

/// So long a value is taken without asking again.
pub const FRESH: Duration = Duration::from_secs(5 * 60);

/// So long after [`FRESH`] a value still serves while its place does not answer.
pub const STALE: Duration = Duration::from_secs(60 * 60);

/// So long a place is waited for while there is a value that may serve.
const PATIENCE: Duration = Duration::from_millis(200);

/// The pause after a place did not answer and there is a value to serve.
const PAUSE: Duration = Duration::from_secs(30);

/// Where settings come from: the value of a name, if it has one.
pub type Variables = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Something that nobody may see. Shown, it is dots.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Text that is a secret.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The secret itself, for whoever must send it: never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Reads secrets where references say, and keeps them for a while.
pub struct Secrets {
    places: Places,
    clock: Arc<dyn Clock>,
    kept: Mutex<HashMap<SecretRef, Slot>>,
}

/// One at a time reads a secret; the others wait and find it.
type Slot = Arc<tokio::sync::Mutex<Option<Kept>>>;

struct Kept {
    secret: Secret,
    read_at: Timestamp,
    /// When its place last did not answer, since then.
    failed_at: Option<Timestamp>,
}

impl Secrets {
    /// Prepares to read. Nothing is asked before the first secret is needed.
    pub fn new(variables: Variables, clock: Arc<dyn Clock>) -> Secrets {
        Secrets::over(variables, clock, None)
    }

    /// The same; AWS is asked with the trust and the limits of a client that there is already.
    pub fn sharing(variables: Variables, clock: Arc<dyn Clock>, client: &Outgoing) -> Secrets {
        Secrets::over(variables, clock, Some(client.clone()))
    }

    /// The secret: the kept one for [`FRESH`], then the one that its place has now, and while that fails the kept one
    /// for [`STALE`] more.
    ///
    /// # Errors
    /// [`NoSecret`] where it cannot be read and none is kept.
    pub async fn read(&self, reference: &SecretRef) -> Result<Secret, NoSecret> {
        let slot = self.slot(reference);
        let mut kept = slot.lock().await;
        let now = self.clock.now();
        if let Some(kept) = kept.as_ref().filter(|kept| kept.serves(now)) {
            return Ok(kept.secret.clone());
        }
        let may_serve = |kept: &&mut Kept| now.since(kept.read_at) < FRESH + STALE;
        let Some(old) = kept.as_mut().filter(may_serve) else {
            let secret = self.places.read(reference).await?;
            return Ok(keep(&mut kept, secret, now));
        };
        // Whoever calls has little time, and there is a value: a place that hangs is one that does not answer.
        match tokio::time::timeout(PATIENCE, self.places.read(reference)).await {
            Ok(Ok(secret)) => Ok(keep(&mut kept, secret, now)),
            Ok(Err(_)) | Err(_) => {
                old.failed_at = Some(now);
                Ok(old.secret.clone())
            }
        }
    }

    /// The secret as its place has it now, for whoever was refused with the kept one: it may have been rotated since.
    ///
    /// # Errors
    /// [`NoSecret`] where it cannot be read.
    pub async fn read_again(&self, reference: &SecretRef) -> Result<Secret, NoSecret> {
        let slot = self.slot(reference);
        let mut kept = slot.lock().await;
        let secret = self.places.read(reference).await?;
        Ok(keep(&mut kept, secret, self.clock.now()))
    }

    /// Where references of the form `env:` and the clients of AWS look.
    pub fn variables(&self) -> Variables {
        self.places.variables()
    }

    fn over(variables: Variables, clock: Arc<dyn Clock>, client: Option<Outgoing>) -> Secrets {
        Secrets {
            places: Places::new(variables, clock.clone(), client),
            clock,
            kept: Mutex::default(),
        }
    }

    fn slot(&self, reference: &SecretRef) -> Slot {
        // A panic elsewhere leaves the map whole: slots are only ever added.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(reference.clone()).or_default().clone()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl Kept {
    /// Whether it does without asking its place.
    fn serves(&self, now: Timestamp) -> bool {
        match self.failed_at {
            None => now.since(self.read_at) < FRESH,
            Some(failed_at) => now.since(failed_at) < PAUSE && now.since(self.read_at) < FRESH + STALE,
        }
    }
}

fn keep(kept: &mut Option<Kept>, secret: Secret, now: Timestamp) -> Secret {
    *kept = Some(Kept {
        secret: secret.clone(),
        read_at: now,
        failed_at: None,
    });
    secret
}

/// Why there is no secret: names the reference and never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSecret(String);

impl NoSecret {
    pub(crate) fn new(reference: &SecretRef, why: impl fmt::Display) -> NoSecret {
        NoSecret(format!("the secret {reference} cannot be read: {why}"))
    }
}

impl fmt::Display for NoSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoSecret {}

#[cfg(test)]
mod tests;
