//! Outgoing HTTP: HTTPS to public addresses, in bounded time and size.
//!
//! The address that a name resolves to is checked and then connected to, so that no name leads inside: neither to a
//! private network nor to the platform's own endpoints on loopback and link-local addresses. Proxies that the
//! environment names are ignored, redirects are answers like any other, and nothing is sent twice: retries are the
//! caller's, who is told whether a request that failed may have arrived. Nothing here logs.

mod address;
mod connect;
mod failure;
mod reach;
mod request;
mod stream;
#[cfg(test)]
mod tests;

use std::{fmt, io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::ConfigBuilderExt;
use hyper_util::{
    client::legacy::{Client, connect::capture_connection},
    rt::{TokioExecutor, TokioTimer},
};
use store::Clock;
use tokio_rustls::rustls::{
    ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

use connect::Connector;
pub use failure::{Cause, Failure};
pub use reach::{Origin, Reach};
pub use request::{BadHeader, BadUrl, Request, Url};
pub use stream::Streamed;

/// How much time and memory one request may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the look-up of the name to the end of the TLS handshake.
    pub connect: Duration,
    /// From the start to the last byte of the reply.
    pub total: Duration,
    /// The longest body of a reply.
    pub reply_bytes: usize,
    /// How long a connection is kept for the next request.
    pub idle: Duration,
}

impl Default for Limits {
    /// 5 s, 30 s and 1 MiB; connections are kept for 10 s: long enough for the calls of one effect, too short for the other
    /// end to have forgotten them.
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(30),
            reply_bytes: 1 << 20,
            idle: Duration::from_secs(10),
        }
    }
}

/// A client. Clones share their connections.
#[derive(Clone)]
pub struct Outgoing {
    client: Client<Connector, Full<Bytes>>,
    tls: Arc<ClientConfig>,
    reach: Reach,
    limits: Limits,
    clock: Arc<dyn Clock>,
}

impl Outgoing {
    /// A client that trusts what the system trusts, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name instead.
    ///
    /// # Errors
    /// When there is no certificate to trust; the error says what to do.
    pub fn new(reach: Reach, limits: Limits, clock: Arc<dyn Clock>) -> io::Result<Outgoing> {
        let tls = tls()?.with_native_roots().map_err(no_roots)?.with_no_client_auth();
        Ok(Outgoing::over(Arc::new(tls), reach, limits, clock))
    }

    /// A client that trusts the authorities in a PEM text alone.
    ///
    /// # Errors
    /// When there is something in the text that is no certificate.
    pub fn trusting(authorities: &str, reach: Reach, limits: Limits, clock: Arc<dyn Clock>) -> io::Result<Outgoing> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
            let certificate = certificate.map_err(io::Error::other)?;
            roots.add(certificate).map_err(io::Error::other)?;
        }
        let tls = tls()?.with_root_certificates(roots).with_no_client_auth();
        Ok(Outgoing::over(Arc::new(tls), reach, limits, clock))
    }

    /// A client with the same limits and trust that reaches one origin and nothing else.
    pub fn only(&self, origin: Origin) -> Outgoing {
        Outgoing::over(
            Arc::clone(&self.tls),
            Reach::Only(origin),
            self.limits,
            Arc::clone(&self.clock),
        )
    }

    /// The same client with other limits for a whole request, but the same for connecting.
    pub fn within(&self, total: Duration, reply_bytes: usize) -> Outgoing {
        let limits = Limits {
            total,
            reply_bytes,
            ..self.limits
        };
        Outgoing { limits, ..self.clone() }
    }

    /// A client that connects anew for each request: over a connection that was kept, and that somebody has dropped
    /// silently, a request is lost, and nobody knows whether it arrived.
    #[must_use]
    pub fn connecting_anew(&self) -> Outgoing {
        let limits = Limits {
            idle: Duration::ZERO,
            ..self.limits
        };
        Outgoing::over(
            Arc::clone(&self.tls),
            self.reach.clone(),
            limits,
            Arc::clone(&self.clock),
        )
    }

    /// Whether this client may talk to loopback, and without TLS there.
    pub fn reaches_loopback(&self) -> bool {
        matches!(self.reach, Reach::InternetAndLoopback)
    }

    /// Sends a request once and reads the reply, whatever its status.
    ///
    /// # Errors
    /// [`Failure`] when no whole reply came; it says whether the request may have arrived.
    pub async fn send(&self, request: Request) -> Result<Response, Failure> {
        if !self.reach.admits(request.url()) {
            return Err(Failure::NotSent(Cause::Forbidden));
        }
        let mut request = request.into_http();
        let connection = capture_connection(&mut request);
        let exchange = tokio::time::timeout(self.limits.total, self.exchange(request));
        exchange.await.unwrap_or_else(|_| {
            Err(match connection.connection_metadata().is_some() {
                true => Failure::PerhapsSent(Cause::Slow),
                false => Failure::NotSent(Cause::Slow),
            })
        })
    }

    async fn exchange(&self, request: http::Request<Full<Bytes>>) -> Result<Response, Failure> {
        let reply = self.client.request(request).await?;
        let (head, body) = reply.into_parts();
        let body = Limited::new(body, self.limits.reply_bytes).collect().await;
        Ok(Response {
            status: head.status,
            retry_after: self.retry_after(&head.headers),
            headers: head.headers,
            body: body.map_err(Failure::of_body)?.to_bytes(),
        })
    }

    /// RFC 9110, 10.2.3: seconds, or a date.
    fn retry_after(&self, headers: &HeaderMap) -> Option<Duration> {
        let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = httpdate::parse_http_date(text).ok()?;
        Some(store::Timestamp::from(date).since(self.clock.now()))
    }

    fn over(tls: Arc<ClientConfig>, reach: Reach, limits: Limits, clock: Arc<dyn Clock>) -> Outgoing {
        let connector = Connector::new(Arc::clone(&tls), reach.clone(), limits.connect);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(limits.idle)
            .pool_max_idle_per_host(if limits.idle.is_zero() { 0 } else { usize::MAX })
            .pool_timer(TokioTimer::new())
            .build(connector);
        Outgoing {
            client,
            tls,
            reach,
            limits,
            clock,
        }
    }
}

fn tls() -> io::Result<ConfigBuilder<ClientConfig, WantsVerifier>> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)
}

fn no_roots(error: io::Error) -> io::Error {
    io::Error::other(format!(
        "wanted certificates to trust, found none ({error}): install ca-certificates, or name a file in SSL_CERT_FILE"
    ))
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("reach", &self.reach)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What came back.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status, a redirect's too.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// How long the other end asked to be left alone, by `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The body, at most as long as the limit.
    pub body: Bytes,
}

/// Prints the status and the size: a body may hold tokens and personal data.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
