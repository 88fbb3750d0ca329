//! Access tokens, kept until shortly before they run out.

use std::{fmt, sync::Arc, time::Duration};

use outgoing::Outgoing;
use secrets::Secrets;
use store::{Clock, Timestamp};
use tokio::sync::Mutex;

use super::{AccountSettings, BadSetting, source::Source, stop::Stop};

/// How long before its end a token is replaced, so that it does not run out on the way.
const MARGIN: Duration = Duration::from_secs(300);

/// A token or another secret; never shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(String);

impl Token {
    pub(super) fn new(text: String) -> Token {
        Token(text)
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

pub(super) struct Tokens {
    source: Source,
    clock: Arc<dyn Clock>,
    /// Held while a token is fetched, so that many callers fetch one.
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    token: Token,
    until: Timestamp,
}

impl Tokens {
    pub(super) fn new(
        settings: &AccountSettings,
        outgoing: Outgoing,
        secrets: Arc<Secrets>,
        clock: Arc<dyn Clock>,
    ) -> Result<Tokens, BadSetting> {
        Ok(Tokens {
            source: Source::new(settings, outgoing, secrets)?,
            clock,
            kept: Mutex::default(),
        })
    }

    /// A token that is good for a while.
    pub(super) async fn current(&self) -> Result<Token, Stop> {
        let mut kept = self.kept.lock().await;
        if let Some(good) = kept.as_ref().filter(|kept| self.clock.now() < kept.until) {
            return Ok(good.token.clone());
        }
        let (token, life) = self.source.fetch(self.clock.now()).await?;
        let until = self.clock.now().plus(life.saturating_sub(MARGIN.min(life / 2)));
        *kept = Some(Kept {
            token: token.clone(),
            until,
        });
        Ok(token)
    }

    /// Drops a token that was refused, unless it was replaced since.
    pub(super) async fn forget(&self, refused: &Token) {
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_some_and(|kept| kept.token == *refused) {
            *kept = None;
        }
    }
}
