//! The SDK's requests, sent by the HTTP client that everything else here has: another one would be a third of a megabyte
//! in each function.

use std::{
    collections::HashMap,
    error::Error,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_sdk_dynamodb::config::RuntimeComponents;
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use outgoing::{Cause, Failure, Limits, Outgoing, Reach, Request};
use store::SystemClock;

/// The SDK gives up earlier.
const LONG: Duration = Duration::from_secs(3600);

/// DynamoDB's longest reply, to `BatchGetItem`, has 16 MB, and some more as JSON.
const MOST_BYTES: usize = 64 << 20;

/// How long a connection waits for the next request: a call may be the first in a minute.
const IDLE: Duration = Duration::from_secs(90);

/// Whom a client trusts.
#[derive(Clone, Debug)]
pub(crate) enum Trust {
    /// Those whom the system trusts, or `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    System,
    /// The authorities in a PEM text.
    Only(Arc<str>),
}

/// A client for each time that connecting may take, made when the SDK first wants to connect so: what asks for
/// credentials has other times than DynamoDB's client.
#[derive(Debug)]
pub(crate) struct Transport {
    trust: Trust,
    made: Mutex<HashMap<Duration, Made>>,
}

/// A client, or why there is none.
type Made = Result<Outgoing, String>;

impl Transport {
    pub(crate) fn trusting(trust: Trust) -> Transport {
        Transport {
            trust,
            made: Mutex::default(),
        }
    }

    fn client(&self, connect: Duration) -> Made {
        // Clients are only ever added, whole.
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let client = made.entry(connect);
        client
            .or_insert_with(|| self.make(connect).map_err(|error| error.to_string()))
            .clone()
    }

    fn make(&self, connect: Duration) -> io::Result<Outgoing> {
        let limits = Limits {
            connect,
            total: LONG,
            reply_bytes: MOST_BYTES,
            idle: IDLE,
        };
        let clock = Arc::new(SystemClock);
        match &self.trust {
            Trust::System => Outgoing::new(Reach::Anywhere, limits, clock),
            Trust::Only(authorities) => Outgoing::trusting(authorities, Reach::Anywhere, limits, clock),
        }
    }
}

/// The SDK asks for a connector before each attempt.
impl HttpClient for Transport {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let connect = settings.connect_timeout().unwrap_or(Limits::default().connect);
        let client = self.client(connect).map(|client| match settings.read_timeout() {
            Some(read) => client.within(connect + read, MOST_BYTES),
            None => client,
        });
        SharedHttpConnector::new(Connector(client))
    }
}

/// Sends, or says why there is nothing to send with.
#[derive(Debug)]
struct Connector(Made);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let client = client.map_err(|why| ConnectorError::user(why.into()))?;
            let reply = client.send(outgoing(request)?).await.map_err(failed)?;
            let mut response = HttpResponse::new(reply.status.into(), SdkBody::from(reply.body));
            for (name, value) in &reply.headers {
                // What is no text says nothing to the SDK.
                if let Ok(value) = value.to_str() {
                    response
                        .headers_mut()
                        .append(name.as_str().to_owned(), value.to_owned());
                }
            }
            Ok(response)
        })
    }
}

/// DynamoDB's requests are small and whole.
fn outgoing(request: HttpRequest) -> Result<Request, ConnectorError> {
    let user = |error: Box<dyn Error + Send + Sync>| ConnectorError::user(error);
    let request = request.try_into_http1x().map_err(|error| user(error.into()))?;
    let (head, body) = request.into_parts();
    let body = body.bytes().ok_or_else(|| user("the body is a stream".into()))?;
    let request = http::Request::from_parts(head, Bytes::copy_from_slice(body));
    Request::try_from(request).map_err(|error| user(error.into()))
}

fn failed(failure: Failure) -> ConnectorError {
    let (Failure::NotSent(cause) | Failure::PerhapsSent(cause)) = failure;
    match cause {
        Cause::Slow => ConnectorError::timeout(cause.into()),
        cause => ConnectorError::io(cause.into()),
    }
}
