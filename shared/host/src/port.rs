//! A TCP port: the plain one, and the one that the Azure Functions host calls.

use std::{net::SocketAddr, time::Duration};

use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{net::TcpListener, signal::unix};

use crate::{Service, StartError, azure, boxed, call, loggable_id, random_id};

/// How long a client may take over the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long calls in flight may take after SIGTERM.
const LAST_CALLS: Duration = Duration::from_secs(10);

pub(crate) async fn serve<S: Service>(address: SocketAddr, service: S) -> Result<(), StartError> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| cannot(&format!("listen at {address}"), &error))?;
    let mut signals = Signals::listen()?;
    tracing::info!(target: "vestibule", "listening at http://{address}");
    let graceful = GracefulShutdown::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let service = service.clone();
                    let calls = service_fn(move |request: Request<Incoming>| answer(service.clone(), request));
                    let connection = http1::Builder::new()
                        .timer(TokioTimer::new())
                        .header_read_timeout(HEAD_TIME)
                        .serve_connection(TokioIo::new(stream), calls);
                    let connection = graceful.watch(connection);
                    // How a client's connection ends is the client's business.
                    tokio::spawn(async move { drop(connection.await) });
                }
                // No more file descriptors, or the client is gone: the next one may do better, in a moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            () = signals.end() => break,
        }
    }
    drop(listener);
    match tokio::time::timeout(LAST_CALLS, graceful.shutdown()).await {
        Ok(()) => {
            tracing::info!(target: "vestibule", "asked to end: listens no more, every call in flight was answered")
        }
        Err(_) => {
            tracing::warn!(target: "vestibule", "asked to end: calls were still in flight after {} s", LAST_CALLS.as_secs());
        }
    }
    Ok(())
}

/// What asks a process to end: SIGTERM and Ctrl-C.
pub(crate) struct Signals {
    terminate: unix::Signal,
    interrupt: unix::Signal,
}

impl Signals {
    /// From here on they are kept until somebody [waits](Self::end) for them.
    pub(crate) fn listen() -> Result<Signals, StartError> {
        let listen = |kind, what| unix::signal(kind).map_err(|error| cannot(&format!("wait for {what}"), &error));
        Ok(Signals {
            terminate: listen(unix::SignalKind::terminate(), "SIGTERM")?,
            interrupt: listen(unix::SignalKind::interrupt(), "Ctrl-C")?,
        })
    }

    /// Waits for one of them.
    pub(crate) async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn cannot(what: &str, error: &std::io::Error) -> StartError {
    StartError::new(format!("cannot {what}: {error}"))
}

async fn answer<S: Service>(
    service: S,
    request: Request<Incoming>,
) -> Result<http::Response<http_body_util::Full<bytes::Bytes>>, std::convert::Infallible> {
    let given = request
        .headers()
        .get(azure::INVOCATION)
        .and_then(|id| loggable_id(id.to_str().ok()?));
    let invocation = given.map_or_else(random_id, str::to_owned);
    Ok(call(service, request.map(boxed), &invocation).await)
}
