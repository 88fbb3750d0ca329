//! Connections: a name is resolved, each address checked, and exactly a checked one connected to.

use std::{
    error::Error,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::rustls::ClientConfig;
use tower::Service;

use super::{
    failure::Cause,
    reach::{Origin, Reach},
    request::Url,
};

/// TCP, and TLS where the URL says so, in bounded time.
#[derive(Clone)]
pub(super) struct Connector {
    inner: HttpsConnector<Checked>,
    limit: Duration,
}

impl Connector {
    pub(super) fn new(tls: Arc<ClientConfig>, reach: Reach, limit: Duration) -> Connector {
        let inner = HttpsConnectorBuilder::new()
            .with_tls_config(ClientConfig::clone(&tls))
            .https_or_http()
            .enable_http1()
            .wrap_connector(Checked { reach, limit });
        Connector { inner, limit }
    }
}

type Connecting<S> = Pin<Box<dyn Future<Output = Result<S, Cause>> + Send>>;

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = Cause;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = timeout(self.limit, self.inner.call(to));
        Box::pin(async { connecting.await.map_err(|_| Cause::Slow)?.map_err(cause) })
    }
}

/// Everything but TLS says its own cause.
fn cause(error: Box<dyn Error + Send + Sync>) -> Cause {
    match error.downcast::<Cause>() {
        Ok(cause) => *cause,
        Err(error) => Cause::Tls(error.to_string()),
    }
}

/// TCP to addresses within reach.
#[derive(Clone)]
struct Checked {
    reach: Reach,
    limit: Duration,
}

impl Service<Uri> for Checked {
    type Response = TokioIo<TcpStream>;
    type Error = Cause;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let (reach, limit) = (self.reach.clone(), self.limit);
        Box::pin(async move {
            let origin = Url::from_uri(to).ok_or(Cause::Unknown)?.origin();
            let mut addresses = resolve(&origin).await.map_err(|_| Cause::Unknown)?;
            addresses.retain(|to| reach.allows(origin.is_https, to.ip()));
            connect(&addresses, limit).await.map(TokioIo::new)
        })
    }
}

/// The addresses of a name; a literal is its own.
async fn resolve(origin: &Origin) -> io::Result<Vec<SocketAddr>> {
    let literal = origin.host.trim_start_matches('[').trim_end_matches(']');
    match literal.parse::<IpAddr>() {
        Ok(address) => Ok(vec![(address, origin.port).into()]),
        Err(_) => Ok(lookup_host((literal, origin.port)).await?.collect()),
    }
}

/// The first that answers; each has its share of the time, so that a dead one leaves some to the next. Where no address
/// is within reach there is none to try.
async fn connect(addresses: &[SocketAddr], limit: Duration) -> Result<TcpStream, Cause> {
    let share = limit / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut failure = Cause::Forbidden;
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Requests are small and complete: waiting for more to send only delays them.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(_)) => failure = Cause::Unreachable,
            Err(_) => failure = Cause::Slow,
        }
    }
    Err(failure)
}
