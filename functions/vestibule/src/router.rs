//! Which path is whose, when all functions share a process.

use std::{convert::Infallible, future::Future, pin::Pin, sync::Arc, task};

use bytes::Bytes;
use claims::Step;
use gate::{Gate, Paths};
use host::{Body, Settings, StartError};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use review::{Mount, Review};
use tower::Service;

use crate::closed;

type Answer = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send>>;

/// The one service of the process.
#[derive(Clone)]
pub(crate) struct Router(Arc<Mode>);

enum Mode {
    Open {
        /// Before every path: `/api` behind the Azure host.
        prefix: &'static str,
        gates: Vec<(String, Gate)>,
        review: Box<Review>,
    },
    Closed,
}

impl Router {
    /// Puts every function together.
    pub(crate) async fn open(settings: &Settings, prefix: &'static str) -> Result<Router, StartError> {
        let policy = Arc::new(assembly::read_policy(settings)?);
        let needs_store = policy.holds() || settings.reviewers.is_some();
        let store = if needs_store {
            Some(assembly::open_rows(settings).await?)
        } else {
            None
        };
        let gate = |step: Step| {
            let path = format!("{prefix}/{step}");
            let paths = Paths::Exact(path.clone().into());
            Ok((
                path,
                assembly::gate(
                    step,
                    paths,
                    settings,
                    policy.clone(),
                    store.clone().map(|rows| rows as _),
                )?,
            ))
        };
        let gates = Step::ALL.into_iter().map(gate).collect::<Result<_, StartError>>()?;
        let review = Box::new(review::assemble(settings, Mount::At(prefix), &policy, store)?);
        Ok(Router(Arc::new(Mode::Open { prefix, gates, review })))
    }

    /// Answers every call with a block: behind the Azure host, when a setting is wrong.
    pub(crate) fn closed() -> Router {
        Router(Arc::new(Mode::Closed))
    }
}

impl Service<Request<Body>> for Router {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<Result<(), Infallible>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        let Mode::Open { prefix, gates, review } = &*self.0 else {
            let response = closed::answer(request.uri().path());
            return Box::pin(std::future::ready(Ok(response)));
        };
        let path = request.uri().path();
        if let Some((_, gate)) = gates.iter().find(|(own, _)| own == path) {
            return gate.clone().call(request);
        }
        match path.strip_prefix(prefix) {
            Some("/healthz") => Box::pin(std::future::ready(Ok(Response::new(Full::from("ok\n"))))),
            Some(rest) if rest == "/review" || rest.starts_with("/review/") => {
                Box::pin(review.as_ref().clone().call(request))
            }
            _ => Box::pin(std::future::ready(Ok(not_found()))),
        }
    }
}

pub(crate) fn not_found() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
