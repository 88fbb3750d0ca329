//! An HTTP client under the SDK that does what DynamoDB does in production and its emulator never does: it throttles,
//! cancels, fails, loses replies and hangs.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_sdk_dynamodb::config::{RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;

use tokio::sync::Notify;

use crate::trust;

/// What happens to one request.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// Nothing.
    None,
    /// DynamoDB is not asked; this is the answer.
    Answer(u16, String),
    /// The connection breaks before DynamoDB hears of it.
    Break,
    /// DynamoDB does as it was told, and the reply is lost.
    LoseReply,
    /// DynamoDB does as it was told, and the reply does not come.
    HangAfter,
    /// Nothing comes, and nothing happens.
    Hang,
    /// It waits at a gate.
    Wait(Arc<Gate>),
    /// Of a batch only the first key is looked at, and nothing is there.
    LeaveUnprocessed,
    /// Of a batch nothing is looked at.
    LeaveAllUnprocessed,
    /// Of a batch nothing is written.
    LeaveUnwritten,
}

impl Fault {
    /// An error of the service.
    pub(super) fn error(status: u16, code: &str) -> Fault {
        let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"about Jane Roe"}}"#);
        Fault::Answer(status, body)
    }

    /// A cancelled transaction, with one reason for each write.
    pub(super) fn cancelled(codes: &[&str]) -> Fault {
        let reasons: Vec<_> = codes
            .iter()
            .map(|code| format!(r#"{{"Code":"{code}","Message":"about Jane Roe"}}"#))
            .collect();
        let body = format!(
            r#"{{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "Message":"about Jane Roe","CancellationReasons":[{}]}}"#,
            reasons.join(",")
        );
        Fault::Answer(400, body)
    }
}

/// Where a request waits while a test does something else.
#[derive(Debug, Default)]
pub(super) struct Gate {
    reached: Notify,
    open: Notify,
}

impl Gate {
    /// Waits for the request, does something, and lets the request go on.
    pub(super) async fn meanwhile(&self, work: impl Future<Output = ()>) {
        self.reached.notified().await;
        work.await;
        self.open.notify_one();
    }

    /// Whether the request comes in this time. If it does, [`meanwhile`](Self::meanwhile) does not see it any more.
    pub(super) async fn is_reached_within(&self, time: Duration) -> bool {
        tokio::time::timeout(time, self.reached.notified()).await.is_ok()
    }
}

/// The client, and what it saw.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    inner: SharedHttpClient,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug)]
struct Plan {
    next: VecDeque<Fault>,
    random: Option<fastrand::Rng>,
    seen: Vec<Seen>,
}

/// A request that came to the client.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) operation: String,
    /// The token of a transaction.
    pub(super) token: Option<String>,
    /// Whether it reads, and consistently.
    pub(super) consistent: bool,
    /// The index that a query asks.
    pub(super) index: Option<String>,
    /// The keys of a batch.
    pub(super) keys: usize,
}

impl Faults {
    /// These faults, one for each request, and none after them.
    pub(super) fn planned(faults: impl Into<VecDeque<Fault>>) -> Faults {
        Faults::new(faults.into(), None)
    }

    /// Faults at random, for every second request or so.
    pub(super) fn random(seed: u64) -> Faults {
        Faults::new(VecDeque::new(), Some(fastrand::Rng::with_seed(seed)))
    }

    /// Plans faults for the requests that come now.
    pub(super) fn next(&self, faults: impl Into<VecDeque<Fault>>) {
        self.plan.lock().unwrap().next = faults.into();
    }

    /// The requests that came so far, retries included.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.plan.lock().unwrap().seen.clone()
    }

    fn new(next: VecDeque<Fault>, random: Option<fastrand::Rng>) -> Faults {
        let plan = Plan {
            next,
            random,
            seen: Vec::new(),
        };
        Faults {
            inner: trust::http_client(),
            plan: Arc::new(Mutex::new(plan)),
        }
    }
}

impl HttpClient for Faults {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(FaultyConnector {
            inner: self.inner.http_connector(settings, components),
            plan: Arc::clone(&self.plan),
        })
    }
}

#[derive(Debug)]
struct FaultyConnector {
    inner: SharedHttpConnector,
    plan: Arc<Mutex<Plan>>,
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body: serde_json::Value = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap();
        let batch = body["RequestItems"]
            .as_object()
            .and_then(|tables| tables.values().next());
        let fault = self.plan.lock().unwrap().fault(Seen {
            consistent: batch.unwrap_or(&body)["ConsistentRead"] == true,
            token: body["ClientRequestToken"].as_str().map(str::to_owned),
            index: body["IndexName"].as_str().map(str::to_owned),
            keys: batch.map_or(0, |batch| batch["Keys"].as_array().map_or(0, Vec::len)),
            operation,
        });
        let inner = self.inner.clone();
        HttpConnectorFuture::new(async move { carry_out(fault, inner, request, body).await })
    }
}

impl Plan {
    fn fault(&mut self, seen: Seen) -> Fault {
        let transaction = seen.operation == "TransactWriteItems";
        self.seen.push(seen);
        match &mut self.random {
            None => self.next.pop_front().unwrap_or(Fault::None),
            Some(random) => match random.u8(..20) {
                0 => Fault::error(400, "ThrottlingException"),
                1 => Fault::error(400, "ProvisionedThroughputExceededException"),
                2 => Fault::error(500, "InternalServerError"),
                3 => Fault::Break,
                4 | 5 => Fault::LoseReply,
                6 | 7 if transaction => Fault::cancelled(&["None", "TransactionConflict"]),
                8 if transaction => Fault::cancelled(&["ThrottlingError"]),
                9 if transaction => Fault::error(400, "TransactionInProgressException"),
                _ => Fault::None,
            },
        }
    }
}

async fn carry_out(
    fault: Fault,
    inner: SharedHttpConnector,
    request: HttpRequest,
    mut body: serde_json::Value,
) -> Result<HttpResponse, ConnectorError> {
    let broken = || ConnectorError::io("connection reset by peer".into());
    match fault {
        Fault::None => inner.call(request).await,
        Fault::Answer(status, body) => Ok(response(status, body)),
        Fault::Break => Err(broken()),
        Fault::LoseReply => {
            inner.call(request).await?;
            Err(broken())
        }
        Fault::HangAfter => {
            inner.call(request).await?;
            std::future::pending().await
        }
        Fault::Hang => std::future::pending().await,
        Fault::Wait(gate) => {
            gate.reached.notify_one();
            gate.open.notified().await;
            inner.call(request).await
        }
        Fault::LeaveAllUnprocessed => Ok(unprocessed(body["RequestItems"].take())),
        Fault::LeaveUnwritten => {
            let items = body["RequestItems"].take();
            Ok(response(200, format!(r#"{{"UnprocessedItems":{items}}}"#)))
        }
        Fault::LeaveUnprocessed => {
            let mut asked = body["RequestItems"].take();
            for table in asked.as_object_mut().unwrap().values_mut() {
                table["Keys"].as_array_mut().unwrap().remove(0);
            }
            Ok(unprocessed(asked))
        }
    }
}

fn unprocessed(keys: serde_json::Value) -> HttpResponse {
    response(200, format!(r#"{{"Responses":{{}},"UnprocessedKeys":{keys}}}"#))
}

fn response(status: u16, body: String) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
}
