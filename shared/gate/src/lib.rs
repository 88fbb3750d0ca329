//! One call of the sign-up service, from start to end.
//!
//! The order of checks is fixed: path 404, method 405, caller's proof 401, content type 415, size 413, body 400. After
//! that every call gets one of the three replies, within the deadline.

mod answers;
mod call;
mod checks;
mod events;
mod held;
mod http_in;
mod log;
mod proof;
mod remembered;

use std::{convert::Infallible, fmt, future::Future, pin::Pin, sync::Arc, task, time::Duration};

use approvals::AuditKey;
use bytes::Bytes;
use claims::{Locales, Reply, Step};
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::Full;
use policy::{Policy, outside::Outside};
use store::{Clock, Controls, Lists, Store};
use tokio::time::Instant;

pub use http_in::Paths;
pub use proof::{BadCredentials, Credentials};

use crate::{
    http_in::Refusal,
    log::{CallLog, Verdict},
};

/// What a gate is made of.
pub struct Parts {
    /// The step it stands at.
    pub step: Step,
    /// Which paths are its own.
    pub paths: Paths,
    /// The administrator's rules.
    pub policy: Arc<Policy>,
    /// Where requests are kept; needed only by a policy that holds.
    pub store: Option<Arc<dyn Store>>,
    /// Where lists are kept that change while the gate runs; needed only by a policy that asks them at this step.
    pub lists: Option<Arc<dyn Lists>>,
    /// Invitations, counts, results of checks and items; needed only by a policy that asks for them at this step.
    pub controls: Option<Arc<dyn Controls>>,
    /// Who calls other systems; needed only by a policy that asks them at this step.
    pub outside: Option<Arc<dyn Outside>>,
    /// What proves the histories of requests; needed only where some are written ([`Gate::needs_audit_key`]).
    pub audit: Option<AuditKey>,
    /// Who may call.
    pub credentials: Arc<Credentials>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// How long a call may take, from its arrival.
    pub deadline: Duration,
}

/// One step's end of the sign-up service's calls.
#[derive(Clone)]
pub struct Gate(Arc<Parts>);

impl Gate {
    /// Puts a gate together.
    ///
    /// # Errors
    /// [`CannotStart`] if the policy does not serve the step, or needs a store and there is none.
    pub fn new(parts: Parts) -> Result<Gate, CannotStart> {
        if !parts.policy.serves(parts.step) {
            return Err(CannotStart::NotServed(parts.step));
        }
        let (step, policy) = (parts.step, &parts.policy);
        let writes = (step.is_sign_up() && policy.holds()) || policy.emits(step) || policy.remembers(step);
        if writes && parts.store.is_none() {
            return Err(CannotStart::NoStore);
        }
        if Gate::needs_audit_key(parts.step, &parts.policy) && parts.audit.is_none() {
            return Err(CannotStart::NoAuditKey);
        }
        if parts.policy.asks_store(parts.step) && parts.lists.is_none() {
            return Err(CannotStart::NoLists);
        }
        if parts.policy.asks_controls(parts.step) && parts.controls.is_none() {
            return Err(CannotStart::NoControls);
        }
        if parts.policy.asks_outside(parts.step) && parts.outside.is_none() {
            return Err(CannotStart::NoOutside);
        }
        Ok(Gate(Arc::new(parts)))
    }

    /// Whether a gate for this step needs a store.
    pub fn needs_store(step: Step, policy: &Policy) -> bool {
        let asks = policy.asks_store(step) || policy.asks_controls(step);
        (step.is_sign_up() && policy.holds()) || policy.emits(step) || policy.remembers(step) || asks
    }

    /// Whether a gate for this step writes histories, and needs the key that proves them.
    pub fn needs_audit_key(step: Step, policy: &Policy) -> bool {
        step == Step::PostAttributeCollection && policy.holds()
    }

    /// Answers one HTTP request.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: fmt::Display,
    {
        let parts = &*self.0;
        let arrival = Instant::now();
        let mut log = CallLog::new(parts.step, arrival);
        let response = match self.admit(&request) {
            Err(refusal) => refuse(refusal, &mut log),
            Ok(()) => {
                let mut locales = Locales::default();
                // Reading the body counts: a caller that trickles it must not hold the place.
                let answer = async {
                    let body = http_in::read_body(request.into_body()).await?;
                    let sign_up = claims::parse(parts.step, &body).map_err(Refusal::Body)?;
                    locales.clone_from(&sign_up.locales);
                    Ok(call::reply(parts, &sign_up, &mut log).await)
                };
                match tokio::time::timeout_at(arrival + parts.deadline, answer).await {
                    Ok(Ok(reply)) => respond(reply),
                    Ok(Err(refusal)) => refuse(refusal, &mut log),
                    Err(_) => respond(call::out_of_time(parts, &locales, &mut log)),
                }
            }
        };
        log.write();
        response
    }

    /// The checks that need no body.
    fn admit<B: http_body::Body>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let parts = &*self.0;
        if !parts.paths.include(request.uri().path()) {
            return Err(Refusal::Path);
        }
        if request.method() != Method::POST {
            return Err(Refusal::Method);
        }
        let proof = request.headers().get(header::AUTHORIZATION);
        if !parts.credentials.accept(proof.map(HeaderValue::as_bytes)) {
            return Err(if proof.is_some() {
                Refusal::WrongProof
            } else {
                Refusal::NoProof
            });
        }
        http_in::check_head(request.headers(), request.body().size_hint().lower())
    }
}

impl<B> tower::Service<Request<B>> for Gate
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: fmt::Display,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<Result<(), Infallible>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let gate = self.clone();
        Box::pin(async move { Ok(gate.answer(request).await) })
    }
}

/// Why a gate cannot be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CannotStart {
    /// The policy says nothing about the step.
    NotServed(Step),
    /// The policy holds people for approval or says events, and there is nowhere to keep requests or events.
    NoStore,
    /// The policy looks things up in lists in the store, and there is none.
    NoLists,
    /// The policy holds people for approval, and nothing proves their histories.
    NoAuditKey,
    /// The policy invites, counts, checks or looks up items, and there is no store.
    NoControls,
    /// The policy asks other systems, and nobody calls them.
    NoOutside,
}

impl fmt::Display for CannotStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CannotStart::NotServed(step) => {
                write!(
                    f,
                    "the policy has no `[steps.{step}]`; write it, with `otherwise = \"continue\"` or what fits"
                )
            }
            CannotStart::NoLists => f.write_str("the policy has lists in the store, which needs one"),
            CannotStart::NoAuditKey => {
                f.write_str("the policy holds people for approval, which needs a key that proves their histories")
            }
            CannotStart::NoControls => {
                f.write_str("the policy has invitations, limits, checks or items, which need a store")
            }
            CannotStart::NoOutside => f.write_str("the policy asks other systems, and this program calls none"),
            CannotStart::NoStore => {
                f.write_str("the policy holds people for approval or says events, which needs a store")
            }
        }
    }
}

impl std::error::Error for CannotStart {}

fn respond(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(Bytes::new()));
    // Every status of a reply is a legal one.
    *response.status_mut() =
        http::StatusCode::from_u16(reply.status()).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    *response.body_mut() = Full::from(Bytes::from(reply.into_body()));
    response
}

fn refuse(refusal: Refusal, log: &mut CallLog) -> Response<Full<Bytes>> {
    log.verdict = Verdict::Refuse;
    log.reason = Some(refusal.to_string());
    let mut response = respond(Reply::error(refusal.status()));
    match refusal {
        Refusal::NoProof | Refusal::WrongProof => {
            let challenge = HeaderValue::from_static("Basic realm=\"vestibule\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            response.headers_mut().remove(header::CONTENT_TYPE);
            *response.body_mut() = Full::default();
        }
        Refusal::Method => drop(
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("POST")),
        ),
        _ => {}
    }
    response
}
