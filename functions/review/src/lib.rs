//! The room where reviewers decide: a JSON API for programs, which show a bearer token, and pages for people, who type
//! the token once and get a session.
//!
//! Both sides decide through [`decide`](mod@decide). Without reviewers there is no room: every path answers 404.

mod api;
mod cursor;
mod decide;
mod http_io;
mod listing;
mod mount;
mod own;
mod page;
mod reason;
mod refusal;
mod reviewers;
mod session;
mod whole;

use std::{convert::Infallible, future::Future, pin::Pin, sync::Arc, task, time::Duration};

use approvals::Terms;
use bytes::Bytes;
use desk::Desk;
use host::{Body, Settings, StartError};
use http::{Request, Response};
use http_body_util::Full;
use policy::{Policy, StoredList};
use store::{ListEditor, Outbox, Presence, Rows};
use tokio::time::Instant;

pub use mount::Mount;
pub use reviewers::{BadReviewers, Reviewers};
pub use session::SESSION_LIFE;

use crate::{http_io::Call, refusal::Refusal};

/// The function, as its settings say. Without reviewers nothing else is read, and no store is opened.
///
/// # Errors
/// [`StartError`], saying which setting is wrong, or what is wrong with the policy.
pub async fn service(settings: &Settings) -> Result<Review, StartError> {
    if settings.reviewers.is_none() {
        return Ok(Review::closed());
    }
    let policy = assembly::read_policy(settings)?;
    let store = assembly::open_rows(settings).await?;
    assemble(settings, Mount::Own, &policy, Some(store))
}

/// The room beside other functions in one process, which share their policy and their store.
///
/// # Errors
/// [`StartError`] if the reviewers cannot be read, or there are some and no store.
pub fn assemble(
    settings: &Settings,
    mount: Mount,
    policy: &Policy,
    store: Option<Arc<dyn Rows>>,
) -> Result<Review, StartError> {
    let Some(lines) = &settings.reviewers else {
        return Ok(Review::closed());
    };
    let reviewers = Reviewers::parse(lines).map_err(|bad| bad.into_start_error())?;
    let terms = policy.terms();
    // Who is listed in a group and has no token cannot decide.
    let groups = reviewers.in_groups(&terms.groups);
    let store = store.ok_or_else(|| StartError::new("VESTIBULE_REVIEWERS is set, and there is no store to review"))?;
    Ok(Review::new(Parts {
        mount,
        base_path: settings.base_path.clone(),
        secure_cookie: settings.platform.has_tls(),
        reviewers,
        desk: Desk {
            store: store.clone(),
            terms: Terms {
                groups,
                ..terms.clone()
            },
            audit: assembly::audit_key(settings)?,
            clock: assembly::clock(),
        },
        outbox: store.clone(),
        lists: policy.stored_lists().to_vec(),
        list_editor: store.clone(),
        presence: store,
        deadline: settings.deadline,
    }))
}

/// What a room is made of.
pub struct Parts {
    /// Which paths are its own.
    pub mount: Mount,
    /// What stands before `/review` in the addresses that browsers use; where it is empty, what the mount says does.
    pub base_path: String,
    /// Whether browsers come over TLS, so that the session cookie can be kept from going out without.
    pub secure_cookie: bool,
    /// Who may decide.
    pub reviewers: Reviewers,
    /// Where requests are read and changed.
    pub desk: Desk,
    /// Where effects wait, those that were given up among them.
    pub outbox: Arc<dyn Outbox>,
    /// The lists that are kept in the store.
    pub lists: Vec<StoredList>,
    /// Where their entries are.
    pub list_editor: Arc<dyn ListEditor>,
    /// Who is looking at requests.
    pub presence: Arc<dyn Presence>,
    /// How long a call may take, from its arrival.
    pub deadline: Duration,
}

/// The review room, or a wall where none is.
#[derive(Clone)]
pub struct Review(Option<Arc<Room>>);

impl Review {
    /// Puts a room together.
    pub fn new(parts: Parts) -> Review {
        let root = parts.mount.root(&parts.base_path);
        Review(Some(Arc::new(Room { parts, root })))
    }

    /// No room: every path answers 404.
    pub fn closed() -> Review {
        Review(None)
    }

    /// Answers one HTTP request.
    pub async fn answer(&self, request: Request<Body>) -> Response<Full<Bytes>> {
        let mut response = match &self.0 {
            None => page::plain(&Refusal::Path),
            Some(room) => room.answer(request).await,
        };
        http_io::seal(&mut response);
        response
    }
}

/// What both sides of the room work with.
struct Room {
    parts: Parts,
    /// The room's path in a browser, such as `/prod/review`.
    root: String,
}

impl Room {
    async fn answer(&self, request: Request<Body>) -> Response<Full<Bytes>> {
        let until = Instant::now() + self.parts.deadline;
        let Some(path) = self.parts.mount.inside(request.uri().path()).map(str::to_owned) else {
            return page::plain(&Refusal::Path);
        };
        let for_program = path == "/api" || path.starts_with("/api/");
        let call = Call::new(path, request, until);
        // Reading the body counts: a caller that trickles it must not hold the place.
        let answer = tokio::time::timeout_at(until, async {
            match for_program {
                true => api::answer(self, call).await,
                false => page::answer(self, call).await,
            }
        });
        let refusal = match answer.await {
            Ok(Ok(response)) => return response,
            Ok(Err(refusal)) => refusal,
            Err(_) => Refusal::OutOfTime,
        };
        refusal.log();
        match for_program {
            true => api::refuse(&refusal),
            false => page::refuse(self, &refusal),
        }
    }
}

impl tower::Service<Request<Body>> for Review {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<Result<(), Infallible>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let review = self.clone();
        Box::pin(async move { Ok(review.answer(request).await) })
    }
}
