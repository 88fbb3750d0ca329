//! Connections to an SMTP server, up to the end of the greetings.

use std::{io, net::SocketAddr, time::Duration};

use lettre::transport::smtp::{
    client::{AsyncSmtpConnection, AsyncTokioStream},
    extension::ClientId,
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::tls::{Protection, Wrapped};
use crate::{
    Attempt,
    mail::{
        reply::{During, attempt, later, unreached},
        settings::{BadMailSetting, SmtpServer},
    },
};

/// The time to reach one of a server's addresses, so that a dead one leaves time for the others.
const CONNECT: Duration = Duration::from_secs(10);

/// The way to a server.
pub(super) struct Way {
    host: String,
    port: u16,
    protection: Protection,
}

impl Way {
    pub(super) fn to(server: &SmtpServer) -> Result<Way, BadMailSetting> {
        Ok(Way {
            host: server.host.clone(),
            port: server.port,
            protection: Protection::of(server)?,
        })
    }

    /// A connection, with TLS where it belongs, after the greetings.
    pub(super) async fn greet(&self) -> Result<AsyncSmtpConnection, Attempt<()>> {
        let stream = self.stream().await?;
        // A function has no name of its own: an address literal stands for it (RFC 5321 section 4.1.4).
        let name = ClientId::default();
        let connection = AsyncSmtpConnection::connect_with_transport(stream, &name).await;
        let mut connection = connection.map_err(|error| attempt(&error, During::Connecting))?;
        if let Protection::StartTls(tls) = &self.protection {
            let upgraded = connection.starttls(tls.clone(), &name).await;
            upgraded.map_err(|error| attempt(&error, During::Connecting))?;
        }
        Ok(connection)
    }

    /// What the server's greeting comes through.
    async fn stream(&self) -> Result<Box<dyn AsyncTokioStream>, Attempt<()>> {
        let addresses = self
            .addresses()
            .await
            .map_err(|_| later("the mail server's name has no address"))?;
        let tcp = dial(&addresses, CONNECT).await.map_err(|error| unreached(&error))?;
        let Protection::Tls { connector, name } = &self.protection else {
            return Ok(Box::new(tcp));
        };
        let tls = connector.connect(name.clone(), tcp).await;
        Ok(Box::new(Wrapped(tls.map_err(|error| unreached(&error))?)))
    }

    /// The server's addresses; without TLS only those of this machine, whatever its name resolves to.
    async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let found = lookup_host((self.host.as_str(), self.port)).await?;
        let is_plain = matches!(self.protection, Protection::None);
        let addresses: Vec<_> = found.filter(|to| !is_plain || to.ip().is_loopback()).collect();
        if addresses.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(addresses)
    }
}

/// The first address that answers, each within the limit.
async fn dial(addresses: &[SocketAddr], limit: Duration) -> io::Result<TcpStream> {
    let mut failure = io::ErrorKind::NotFound.into();
    for address in addresses {
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // lettre writes a letter and the line that ends it apart, and the handshake's end and the EHLO after
                // it: the second would wait for the server to acknowledge the first, which systems delay by 40 ms.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => failure = error,
            Err(slow) => failure = slow.into(),
        }
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lettre::transport::smtp::client::TlsParameters;
    use tokio::net::{TcpListener, TcpSocket};

    const LOCAL: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

    /// The socket option, and not how fast letters go: a test of that would be one of the machine.
    #[tokio::test]
    async fn nothing_written_waits_for_what_was_written_before() {
        let server = TcpListener::bind(SocketAddr::from(LOCAL)).await.unwrap();
        let stream = dial(&[server.local_addr().unwrap()], CONNECT).await.unwrap();
        assert!(stream.nodelay().unwrap());
    }

    #[tokio::test]
    async fn without_tls_a_name_leads_to_this_machine_only() {
        let leads = async |host: &str, protection| {
            let host = host.to_owned();
            let way = Way {
                host,
                port: 25,
                protection,
            };
            way.addresses().await.is_ok()
        };
        assert!(leads("127.0.0.1", Protection::None).await && leads("::1", Protection::None).await);
        assert!(!leads("192.0.2.1", Protection::None).await && !leads("2001:db8::1", Protection::None).await);
        let tls = TlsParameters::new("192.0.2.1".to_owned()).unwrap();
        assert!(leads("192.0.2.1", Protection::StartTls(tls)).await);
    }

    #[tokio::test]
    async fn addresses_that_refuse_or_do_not_answer_leave_the_next() {
        let refusing = TcpSocket::new_v4().unwrap();
        refusing.bind(LOCAL.into()).unwrap();
        // It takes one connection that nobody accepts, and does not answer the second.
        let silent = TcpSocket::new_v4().unwrap();
        silent.bind(LOCAL.into()).unwrap();
        let silent = silent.listen(0).unwrap();
        let silent_address = silent.local_addr().unwrap();
        let _first = TcpStream::connect(silent_address).await.unwrap();
        let server = TcpListener::bind(SocketAddr::from(LOCAL)).await.unwrap();
        let address = server.local_addr().unwrap();
        let limit = Duration::from_secs(1);
        let reached = dial(&[refusing.local_addr().unwrap(), silent_address, address], limit).await;
        assert_eq!(reached.unwrap().peer_addr().unwrap(), address);
        let failure = dial(&[silent_address], limit).await.unwrap_err();
        assert_eq!(failure.kind(), io::ErrorKind::TimedOut);
    }
}
