//! Which path is whose, when all functions share a process.

use std::{convert::Infallible, future::Future, pin::Pin, sync::Arc, task};

use assembly::GateStore;
use bytes::Bytes;
use claims::Step;
use deliver::Deliverer;
use futures_util::future::join_all;
use gate::{Gate, Paths};
use host::{Background, Body, Job, Platform, Running, Settings, StartError, Wake};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use review::{Mount, Review};
use sweep::Sweep;
use tower::Service;

use crate::{closed, list_files};

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
        /// Told after every call that may have written effects.
        wake: Wake,
        /// Carries effects out when the Azure host's timer calls.
        deliverer: Option<Deliverer>,
        /// Does what is due by itself when another of its timers calls.
        sweep: Option<Sweep>,
        platform: Platform,
    },
    Closed,
}

/// What works beside the router, where there is anything to do.
pub(crate) struct Jobs {
    /// Carries out what follows decisions.
    deliver: Option<Background<Deliverer>>,
    /// Does what is due by itself.
    sweep: Option<Background<Sweep>>,
}

impl Jobs {
    /// Starts them, on the runtime that this is called in.
    pub(crate) fn start(self) -> RunningJobs {
        let deliver = self.deliver.map(Background::start);
        let sweep = self.sweep.map(Background::start);
        RunningJobs(deliver.into_iter().chain(sweep).collect())
    }
}

/// Jobs that go on until they are told to stop.
pub(crate) struct RunningJobs(Vec<Running>);

impl RunningJobs {
    /// Finishes the runs in flight, as far as there is time.
    pub(crate) async fn stop(self) {
        join_all(self.0.into_iter().map(Running::stop)).await;
    }
}

impl Router {
    /// Puts every function together, and what works beside them.
    pub(crate) async fn open(settings: &Settings, prefix: &'static str) -> Result<(Router, Jobs), StartError> {
        let policy = Arc::new(list_files::read_policy(settings)?);
        let asked = Step::ALL.into_iter().any(|step| Gate::needs_store(step, &policy));
        let needs_store = asked || settings.reviewers.is_some() || sweep::has_duties(settings, &policy);
        let rows = if needs_store {
            Some(assembly::open_rows(settings).await?)
        } else {
            None
        };
        let deliverer = match &rows {
            Some(rows) => deliver::assemble_with(settings, &policy, rows.clone()).await?,
            None => None,
        };
        let sweep = match &rows {
            Some(rows) => sweep::assemble_with(settings, &policy, rows.clone())?,
            None => None,
        };
        // On Azure timers call instead: the platform stops processes that nobody calls.
        let platform = settings.platform.clone();
        let is_own = !platform.is_cloud();
        let jobs = Jobs {
            deliver: deliverer.clone().filter(|_| is_own).map(Background::new),
            sweep: sweep.clone().filter(|_| is_own).map(Background::new),
        };
        let wake = jobs.deliver.as_ref().map(Background::wake).unwrap_or_default();
        let store = || rows.clone().map(GateStore::from);
        let gate = |step: Step| {
            let path = format!("{prefix}/{step}");
            let paths = Paths::Exact(path.clone().into());
            Ok((path, assembly::gate(step, paths, settings, policy.clone(), store())?))
        };
        let gates = Step::ALL.into_iter().map(gate).collect::<Result<_, StartError>>()?;
        let review = Box::new(review::assemble(settings, Mount::At(prefix), &policy, rows.clone())?);
        let router = Router(Arc::new(Mode::Open {
            prefix,
            gates,
            review,
            wake,
            deliverer,
            sweep,
            platform,
        }));
        Ok((router, jobs))
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
        let Mode::Open {
            prefix,
            gates,
            review,
            wake,
            deliverer,
            sweep,
            platform,
        } = &*self.0
        else {
            let response = closed::answer(request.uri().path());
            return Box::pin(std::future::ready(Ok(response)));
        };
        let path = request.uri().path();
        let path_of_second_step = path.ends_with(Step::PostAttributeCollection.name());
        if let Some((_, gate)) = gates.iter().find(|(own, _)| own == path) {
            let answer = gate.clone().call(request);
            // The other steps write nothing.
            return match path_of_second_step {
                true => then_wake(wake, answer),
                false => answer,
            };
        }
        if matches!(platform, Platform::Azure { .. }) {
            match path {
                "/deliver" => return timer(platform.clone(), deliverer.clone(), request),
                "/sweep" => return timer(platform.clone(), sweep.clone(), request),
                _ => {}
            }
        }
        match path.strip_prefix(prefix) {
            Some("/healthz") => Box::pin(std::future::ready(Ok(Response::new(Full::from("ok\n"))))),
            Some(rest) if rest == "/review" || rest.starts_with("/review/") => {
                let decides = request.method() == Method::POST;
                let answer: Answer = Box::pin(review.as_ref().clone().call(request));
                if decides { then_wake(wake, answer) } else { answer }
            }
            _ => Box::pin(std::future::ready(Ok(not_found()))),
        }
    }
}

/// One of the Azure host's timers. Where there is no such job it finds nothing to do.
fn timer<J: Job>(platform: Platform, job: Option<J>, request: Request<Body>) -> Answer {
    Box::pin(async move { Ok(host::azure_job(&platform, &job, request).await) })
}

/// The answer goes out; what it wrote is carried out afterwards.
fn then_wake(wake: &Wake, answer: Answer) -> Answer {
    let wake = wake.clone();
    Box::pin(async move {
        let answer = answer.await;
        wake.all();
        answer
    })
}

pub(crate) fn not_found() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
