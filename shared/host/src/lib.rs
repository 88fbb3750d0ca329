//! Where a function runs. The environment chooses, and no function knows: AWS Lambda, the Azure Functions host, or a
//! plain port.

mod azure;
mod background;
mod job;
mod lambda;
mod port;
mod settings;
pub mod telemetry;

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, PanicHookInfo},
    process::ExitCode,
};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use tower::ServiceExt;
use tracing::Instrument;

pub use azure::azure_job;
pub use background::{Background, Running, Wake};
pub use job::{Job, JobError, Ran, job_main};
pub use settings::{Platform, Settings, StartError, StoreAddress, Variables, environment};

/// A request's body, wherever it came from.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// A request's body ended before it was all there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyError;

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body ended early")
    }
}

impl std::error::Error for BodyError {}

/// What a function is to its host.
pub trait Service:
    tower::Service<Request<Body>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Service for S where
    S: tower::Service<Request<Body>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// What `main` of a function's own binary does: reads the settings, builds the service and serves it until the
/// platform ends the process. What is wrong with a setting or the policy is said on standard error, with exit 2.
pub fn main<S: Service, F>(build: impl FnOnce(Settings) -> F) -> ExitCode
where
    F: Future<Output = Result<S, StartError>>,
{
    run(async {
        let settings = Settings::from_environment()?;
        telemetry::start(&settings.platform);
        let platform = settings.platform.clone();
        let service = build(settings).await?;
        serve(&platform, service).await
    })
}

/// Runs a future on one thread, which is all that a Lambda function has, and turns an error into exit 2.
pub fn run(future: impl Future<Output = Result<(), StartError>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&StartError::new(format!("no runtime: {error}"))),
    };
    match runtime.block_on(future) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Says on standard error why a program does not start; the exit code is 2.
#[expect(clippy::print_stderr, reason = "there may be no log yet")]
pub fn fail(error: &StartError) -> ExitCode {
    eprintln!("vestibule: {error}");
    ExitCode::from(2)
}

/// Serves until the platform ends the process, or until SIGTERM or Ctrl-C on a port; calls in flight are finished.
///
/// # Errors
/// [`StartError`] if the port cannot be had, or the platform's runtime ends.
pub async fn serve<S: Service>(platform: &Platform, service: S) -> Result<(), StartError> {
    std::panic::set_hook(Box::new(log_panic));
    match platform {
        Platform::Lambda => lambda::serve(service).await,
        Platform::Azure { port } => port::serve(([127, 0, 0, 1], *port).into(), service).await,
        Platform::Plain { address } => port::serve(*address, service).await,
    }
}

/// Calls the service within a span that names the invocation. A panic becomes an answer: the process goes on.
async fn call<S: Service>(service: S, request: Request<Body>, invocation: &str) -> Response<Full<Bytes>> {
    let span = tracing::info_span!(target: "vestibule", "call", invocation);
    let answer = AssertUnwindSafe(service.oneshot(request))
        .catch_unwind()
        .instrument(span);
    match answer.await {
        Ok(Ok(response)) => response,
        Err(_panic) => {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

/// Any body as the one type that services take.
fn boxed<B>(body: B) -> Body
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    body.map_err(|_| BodyError).boxed_unsync()
}

/// Logs where a panic was, and not what it said: its message may quote what a person typed.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    tracing::error!(target: "vestibule", place, "a handler panicked");
}

/// What a log may show of an id that came from outside: short, and letters, digits and hyphens only.
fn loggable_id(id: &str) -> Option<&str> {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (!id.is_empty() && id.len() <= 64 && id.chars().all(legal)).then_some(id)
}

/// A random id for a call to which the platform gives none.
fn random_id() -> String {
    let mut bytes = [0; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) => hex::encode(bytes),
        Err(_) => "unknown".to_owned(),
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Platform::Lambda => f.write_str("AWS Lambda"),
            Platform::Azure { port } => write!(f, "the Azure Functions host, port {port}"),
            Platform::Plain { address } => write!(f, "http://{address}"),
        }
    }
}
