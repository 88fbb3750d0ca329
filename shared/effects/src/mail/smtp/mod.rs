//! Sending by SMTP. Connections are kept for the next letter, and only those that are certainly between two letters:
//! after a time-out an answer may still be on its way, and the next letter would take it for its own.

mod connect;
mod tls;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lettre::transport::smtp::{
    authentication::{Credentials, Mechanism},
    client::AsyncSmtpConnection,
    extension::Extension,
};
use secrets::{Secret, SecretRef, Secrets};
use tokio::time::{Instant, timeout, timeout_at};

use super::{
    message::Ready,
    reply::{During, attempt, later},
    settings::{BadMailSetting, SmtpServer},
};
use crate::{Attempt, Why};
use connect::Way;

/// So long a connection waits for the next letter; servers close theirs after minutes.
const IDLE: Duration = Duration::from_secs(20);

/// So many connections wait at most.
const MOST_IDLE: usize = 4;

/// The time for a server to say goodbye, or to show that it is still there.
const MOMENT: Duration = Duration::from_secs(2);

pub(super) struct Smtp {
    way: Way,
    login: Option<(String, SecretRef)>,
    secrets: Arc<Secrets>,
    limit: Duration,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Smtp {
    pub(super) fn open(server: SmtpServer, secrets: Arc<Secrets>, limit: Duration) -> Result<Smtp, BadMailSetting> {
        Ok(Smtp {
            way: Way::to(&server)?,
            login: server.login,
            secrets,
            limit,
            idle: Mutex::default(),
        })
    }

    pub(super) async fn send(&self, message: &Ready) -> Attempt<()> {
        let deadline = Instant::now() + self.limit;
        // Dropped half-way, a connection is closed and never used again.
        match timeout_at(deadline, self.send_in_time(message)).await {
            Ok(Ok(connection)) => {
                self.keep(connection).await;
                Attempt::Done(())
            }
            Ok(Err(attempt)) => attempt,
            Err(_) => later(format!(
                "the mail server took longer than {:?}; it may have taken the letter",
                self.limit
            )),
        }
    }

    /// Sends and returns the connection, which is between two letters then.
    async fn send_in_time(&self, message: &Ready) -> Result<AsyncSmtpConnection, Attempt<()>> {
        let mut connection = match self.waiting().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        check_reach(&connection, message)?;
        let sent = connection.send(&message.envelope, &message.bytes).await;
        sent.map_err(|error| attempt(&error, During::Sending))?;
        Ok(connection)
    }

    /// A connection that an earlier letter left, if it still lives.
    async fn waiting(&self) -> Option<AsyncSmtpConnection> {
        loop {
            // A panic elsewhere leaves the list whole.
            let (mut connection, since) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            let lives = since.elapsed() < IDLE && timeout(MOMENT, connection.test_connected()).await == Ok(true);
            if lives {
                return Some(connection);
            }
        }
    }

    async fn keep(&self, mut connection: AsyncSmtpConnection) {
        {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < MOST_IDLE {
                return idle.push((connection, Instant::now()));
            }
        }
        // The letter is sent: whether the server says goodbye changes nothing.
        let _ = timeout(MOMENT, connection.quit()).await;
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Attempt<()>> {
        let Some((user, reference)) = &self.login else {
            return self.way.greet().await;
        };
        let password = self
            .secrets
            .read(reference)
            .await
            .map_err(|error| later(error.to_string()))?;
        match self.log_in(user, &password).await {
            Err(Attempt::Never { why }) => self.log_in_again(user, reference, &password, why).await,
            connection_or_later => connection_or_later,
        }
    }

    /// The password may have been rotated since it was read.
    async fn log_in_again(
        &self,
        user: &str,
        reference: &SecretRef,
        refused: &Secret,
        why: Why,
    ) -> Result<AsyncSmtpConnection, Attempt<()>> {
        match self.secrets.read_again(reference).await {
            Ok(password) if password != *refused => self.log_in(user, &password).await,
            _ => Err(Attempt::Never { why }),
        }
    }

    async fn log_in(&self, user: &str, password: &Secret) -> Result<AsyncSmtpConnection, Attempt<()>> {
        let mut connection = self.way.greet().await?;
        let credentials = Credentials::new(user.to_owned(), password.expose().to_owned());
        let answer = connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await;
        answer.map_err(|error| attempt(&error, During::LogIn))?;
        Ok(connection)
    }
}

/// An address beyond ASCII goes through servers with SMTPUTF8 only (RFC 6531).
fn check_reach(connection: &AsyncSmtpConnection, message: &Ready) -> Result<(), Attempt<()>> {
    let is_ascii = message.envelope.to().iter().all(|to| to.to_string().is_ascii());
    if is_ascii || connection.server_info().supports_feature(Extension::SmtpUtfEight) {
        return Ok(());
    }
    Err(Attempt::Never {
        why: Why::new("the address is not ASCII, and the mail server has no SMTPUTF8; use a server that has it"),
    })
}
