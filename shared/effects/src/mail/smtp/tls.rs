//! TLS to an SMTP server: whom it trusts, and a stream of it as lettre takes one.
//!
//! lettre upgrades by STARTTLS itself, with its own parameters. TLS from the first byte is done here, since lettre does
//! it only on sockets that it opened, and those delay (see `connect`).

use std::{
    fmt, fs, io,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use hyper_rustls::ConfigBuilderExt;
use lettre::transport::smtp::client::{AsyncTokioStream, Certificate, CertificateStore, TlsParameters};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::mail::settings::{BadMailSetting, Security, SmtpServer};

type Authorities = Vec<CertificateDer<'static>>;

/// How the way to a server is protected, and with what.
pub(super) enum Protection {
    /// TLS from the first byte.
    Tls {
        connector: TlsConnector,
        name: ServerName<'static>,
    },
    /// STARTTLS.
    StartTls(TlsParameters),
    /// Nothing.
    None,
}

impl Protection {
    pub(super) fn of(server: &SmtpServer) -> Result<Protection, BadMailSetting> {
        let authorities = server.authorities.as_deref().map(read).transpose()?;
        Ok(match server.security {
            Security::Tls => Protection::Tls {
                connector: connector(authorities)?,
                name: ServerName::try_from(server.host.clone())
                    .map_err(|_| BadMailSetting::new("VESTIBULE_MAIL names a host that no certificate can name"))?,
            },
            Security::StartTls => Protection::StartTls(parameters(&server.host, authorities)?),
            Security::None => Protection::None,
        })
    }
}

/// The certificates of `VESTIBULE_MAIL_CA_FILE`.
fn read(path: &Path) -> Result<Authorities, BadMailSetting> {
    let bad = |why: &str| {
        BadMailSetting::new(format!(
            "VESTIBULE_MAIL_CA_FILE is {} ({why}); wanted: a file of certificates in PEM form",
            path.display()
        ))
    };
    let pem = fs::read(path).map_err(|error| bad(&error.to_string()))?;
    let found: Result<Authorities, _> = CertificateDer::pem_slice_iter(&pem).collect();
    // A file without any would be read as none, and nobody would vouch for the server.
    let found = found.ok().filter(|found| !found.is_empty());
    found.ok_or_else(|| bad("no certificates in it"))
}

/// Trusts these, or what the system trusts.
fn connector(authorities: Option<Authorities>) -> Result<TlsConnector, BadMailSetting> {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| BadMailSetting::new(error.to_string()))?;
    let tls = match authorities {
        Some(authorities) => {
            let mut roots = RootCertStore::empty();
            for authority in authorities {
                roots.add(authority).map_err(|_| cannot_vouch())?;
            }
            tls.with_root_certificates(roots)
        }
        None => tls.with_native_roots().map_err(|error| {
            BadMailSetting::new(format!(
                "VESTIBULE_MAIL needs certificates to trust, found none ({error}): install ca-certificates, or name a \
                 file in SSL_CERT_FILE"
            ))
        })?,
    };
    Ok(TlsConnector::from(Arc::new(tls.with_no_client_auth())))
}

/// The same for STARTTLS.
fn parameters(host: &str, authorities: Option<Authorities>) -> Result<TlsParameters, BadMailSetting> {
    let mut tls = TlsParameters::builder(host.to_owned());
    if let Some(authorities) = authorities {
        tls = tls.certificate_store(CertificateStore::None);
        for authority in authorities {
            let authority = Certificate::from_der(authority.to_vec()).map_err(|_| cannot_vouch())?;
            tls = tls.add_root_certificate(authority);
        }
    }
    tls.build().map_err(|_| cannot_vouch())
}

fn cannot_vouch() -> BadMailSetting {
    BadMailSetting::new("VESTIBULE_MAIL_CA_FILE holds a certificate that cannot vouch for others")
}

/// A stream of TLS, for lettre.
pub(super) struct Wrapped(pub(super) TlsStream<TcpStream>);

impl AsyncTokioStream for Wrapped {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Wrapped {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wrapped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// A session holds keys.
impl fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wrapped(..)")
    }
}
