//! AWS Lambda: API Gateway HTTP and REST events, function URLs, load balancers; for jobs a table's stream and schedules.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use lambda_http::{
    Body as Event, Context, LambdaEvent, RequestExt,
    lambda_runtime::{self, Diagnostic},
};
use serde_json::{Value, json};

use crate::{
    Job, Service, StartError, boxed, call,
    job::{self, Failure},
};

/// What is left of an invocation's time after the last piece of work: for the answer.
const MARGIN: Duration = Duration::from_secs(5);

pub(crate) async fn serve<S: Service>(service: S) -> Result<(), StartError> {
    let handler = lambda_http::service_fn(move |request: lambda_http::Request| {
        let service = service.clone();
        async move {
            let invocation = request
                .lambda_context_ref()
                .map(|context| context.request_id.clone())
                .unwrap_or_default();
            let response = call(service, from_event(request), &invocation).await;
            Ok::<_, lambda_http::Error>(to_event(response).await)
        }
    });
    lambda_http::run(handler).await.map_err(ended)
}

/// Runs a job whenever something invokes the function.
pub(crate) async fn serve_job<J: Job>(job: &J) -> Result<(), StartError> {
    let handler = lambda_runtime::service_fn(move |event| invoke(job, event));
    lambda_runtime::run(handler).await.map_err(ended)
}

/// One run. To a stream a failed one is a partial failure that begins with the first record, so that all of them come
/// again; nobody else waits for an answer.
async fn invoke<J: Job>(job: &J, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let time = time_left(&event.context, job.longest_piece()).inspect_err(|error| {
        tracing::error!(target: "vestibule", job = J::NAME, "{}", error.error_message);
    })?;
    let ran = job::run(job, time, &event.context.request_id).await;
    let is_stream = event.payload["Records"].is_array();
    let first = &event.payload["Records"][0]["dynamodb"]["SequenceNumber"];
    match (ran, first) {
        (Ok(_), _) if is_stream => Ok(json!({ "batchItemFailures": [] })),
        (Ok(_), _) => Ok(Value::Null),
        (Err(Failure::Failed), Value::String(first)) => {
            Ok(json!({ "batchItemFailures": [{ "itemIdentifier": first }] }))
        }
        (Err(Failure::Failed), _) => Err(error("JobFailed", "the run failed; the log says why".to_owned())),
        (Err(Failure::Panicked), _) => Err(error("Panicked", "the run panicked; the log says where".to_owned())),
    }
}

/// How long new pieces of work may begin.
fn time_left(context: &Context, longest_piece: Duration) -> Result<Duration, Diagnostic> {
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    let needed = longest_piece + MARGIN;
    left.checked_sub(needed).filter(|time| !time.is_zero()).ok_or_else(|| {
        let (left, needed) = (left.as_secs(), needed.as_secs());
        let message = format!(
            "the function's time limit is too short: {left} s are left, and one piece of work may take {needed} s"
        );
        error("TimeTooShort", message)
    })
}

fn error(kind: &str, message: String) -> Diagnostic {
    Diagnostic {
        error_type: kind.to_owned(),
        error_message: message,
    }
}

fn ended(error: lambda_http::Error) -> StartError {
    StartError::new(format!("the Lambda runtime ended: {error}"))
}

fn from_event(request: lambda_http::Request) -> Request<crate::Body> {
    request.map(|body| {
        let bytes = match body {
            Event::Text(text) => Bytes::from(text),
            Event::Binary(bytes) => Bytes::from(bytes),
            _ => Bytes::new(),
        };
        boxed(Full::from(bytes))
    })
}

async fn to_event(response: Response<Full<Bytes>>) -> Response<Event> {
    let (head, body) = response.into_parts();
    // A body that is all there cannot fail to be collected.
    let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let event = match String::from_utf8(bytes.into()) {
        Ok(text) if text.is_empty() => Event::Empty,
        Ok(text) => Event::Text(text),
        Err(error) => Event::Binary(error.into_bytes()),
    };
    Response::from_parts(head, event)
}
