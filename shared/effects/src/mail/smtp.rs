//! Sending by SMTP. Connections are kept for the next letter, and only those that are certainly between two letters:
//! after a time-out an answer may still be on its way, and the next letter would take it for its own.

use std::{
    fs, io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lettre::transport::smtp::{
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
    extension::{ClientId, Extension},
};
use tokio::{
    net::lookup_host,
    time::{Instant, timeout, timeout_at},
};

use super::{
    message::Ready,
    reply::{During, attempt, later},
    settings::{BadMailSetting, Security, SmtpServer},
};
use crate::{
    Attempt, Why,
    secret::{Secret, SecretRef, Secrets},
};

/// The time to reach one of a server's addresses, so that a dead one leaves time for the others.
const CONNECT: Duration = Duration::from_secs(10);

/// So long a connection waits for the next letter; servers close theirs after minutes.
const IDLE: Duration = Duration::from_secs(20);

/// So many connections wait at most.
const MOST_IDLE: usize = 4;

/// The time for a server to say goodbye, or to show that it is still there.
const MOMENT: Duration = Duration::from_secs(2);

pub(super) struct Smtp {
    server: SmtpServer,
    tls: TlsParameters,
    secrets: Arc<Secrets>,
    limit: Duration,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Smtp {
    pub(super) fn open(server: SmtpServer, secrets: Arc<Secrets>, limit: Duration) -> Result<Smtp, BadMailSetting> {
        Ok(Smtp {
            tls: tls(&server)?,
            server,
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
        let Some((user, reference)) = &self.server.login else {
            return self.greet().await;
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
        let mut connection = self.greet().await?;
        let credentials = Credentials::new(user.to_owned(), password.expose().to_owned());
        let answer = connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await;
        answer.map_err(|error| attempt(&error, During::LogIn))?;
        Ok(connection)
    }

    /// A connection with TLS, after the greetings.
    async fn greet(&self) -> Result<AsyncSmtpConnection, Attempt<()>> {
        let addresses = self
            .addresses()
            .await
            .map_err(|_| later("the mail server's name has no address"))?;
        // A function has no name of its own: an address literal stands for it (RFC 5321 section 4.1.4).
        let name = ClientId::default();
        let wrapped = (self.server.security == Security::Tls).then(|| self.tls.clone());
        let connection = AsyncSmtpConnection::connect_tokio1(&addresses[..], Some(CONNECT), &name, wrapped, None).await;
        let mut connection = connection.map_err(|error| attempt(&error, During::Connecting))?;
        if self.server.security == Security::StartTls {
            let upgraded = connection.starttls(self.tls.clone(), &name).await;
            upgraded.map_err(|error| attempt(&error, During::Connecting))?;
        }
        Ok(connection)
    }

    /// The server's addresses; without TLS only those of this machine, whatever its name resolves to.
    async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let found = lookup_host((self.server.host.as_str(), self.server.port)).await?;
        let allowed = |address: &SocketAddr| self.server.security != Security::None || address.ip().is_loopback();
        let addresses: Vec<_> = found.filter(allowed).collect();
        if addresses.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(addresses)
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

fn tls(server: &SmtpServer) -> Result<TlsParameters, BadMailSetting> {
    let mut tls = TlsParameters::builder(server.host.clone());
    if let Some(path) = &server.authorities {
        let bad = |why: &str| {
            BadMailSetting::new(format!(
                "VESTIBULE_MAIL_CA_FILE is {} ({why}); wanted: a file of certificates in PEM form",
                path.display()
            ))
        };
        let pem = fs::read_to_string(path).map_err(|error| bad(&error.to_string()))?;
        // A file without any is read as none, and nobody would vouch for the server.
        let certificate = Certificate::from_pem(pem.as_bytes())
            .ok()
            .filter(|_| pem.contains("-----BEGIN CERTIFICATE"));
        let certificate = certificate.ok_or_else(|| bad("no certificates in it"))?;
        tls = tls
            .certificate_store(CertificateStore::None)
            .add_root_certificate(certificate);
    }
    tls.build()
        .map_err(|_| BadMailSetting::new("VESTIBULE_MAIL_CA_FILE holds a certificate that cannot vouch for others"))
}
