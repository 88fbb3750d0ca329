//! The room for people: pages that work without script, a session cookie, and a secret in every form.
//!
//! Everything on a page goes through the same functions as the API: no rule lives here.

mod claims_table;
mod facts;
mod form;
mod history;
mod layout;
mod log_in;
mod notice;
mod origin;
mod queue;
mod request;
mod text;

use approvals::Ruling;
use bytes::Bytes;
use http::{
    Method, Response, StatusCode,
    header::{ALLOW, CACHE_CONTROL, SET_COOKIE},
};
use http_body_util::Full;
use maud::Markup;
use store::RequestId;

use crate::{
    Room,
    api::earlier,
    decide::{self, Wish},
    http_io::{Call, respond, see_other, set},
    listing::Said,
    own, reason,
    refusal::Refusal,
    session::{self, Session},
};

use form::Form;
use notice::Notice;
use queue::Queue;
use request::{Typed, View};

const STYLE: &str = include_str!("style.css");

/// What is at a path.
enum Place {
    Queue,
    Style,
    LogIn,
    LogOut,
    Request(RequestId),
    Decision(RequestId),
}

/// Answers a call outside `/review/api`.
pub(crate) async fn answer(room: &Room, call: Call) -> Result<Response<Full<Bytes>>, Refusal> {
    let place = Place::at(&call.path)?;
    match place {
        // Whoever reloads the form that a failed log-in left.
        Place::LogIn if call.method == Method::GET => return Ok(see_other(&room.root)),
        Place::LogIn | Place::LogOut | Place::Decision(_) => call.only(&Method::POST)?,
        Place::Queue | Place::Style | Place::Request(_) => call.only(&Method::GET)?,
    }
    if call.method == Method::POST {
        origin::check(&call.headers)?;
    }
    match place {
        Place::Style => Ok(style()),
        Place::LogIn => log_in(room, call).await,
        Place::LogOut => log_out(room, call).await,
        Place::Queue => match session(room, &call) {
            Some(session) => queue(room, &session, &call.query).await,
            None => Ok(log_in_form(room, StatusCode::OK, &call, None)),
        },
        Place::Request(id) => match session(room, &call) {
            Some(session) => show(room, &session, &id, Notice::of(&call.query)).await,
            None => Ok(log_in_form(room, StatusCode::UNAUTHORIZED, &call, Some(id))),
        },
        Place::Decision(id) => match session(room, &call) {
            Some(session) => decide(room, &session, &id, call).await,
            None => Ok(log_in_form(room, StatusCode::UNAUTHORIZED, &call, Some(id))),
        },
    }
}

/// Says on a page why a call is refused.
pub(crate) fn refuse(room: &Room, refusal: &Refusal) -> Response<Full<Bytes>> {
    let mut response = html(refusal.status(), layout::refusal(room, refusal));
    if let Refusal::Method(allowed) = refusal {
        set(&mut response, ALLOW, allowed);
    }
    response
}

/// Says why a call is refused where there is no room.
pub(crate) fn plain(refusal: &Refusal) -> Response<Full<Bytes>> {
    respond(
        refusal.status(),
        "text/plain; charset=utf-8",
        refusal.message().into_owned() + "\n",
    )
}

impl Place {
    fn at(path: &str) -> Result<Place, Refusal> {
        match path {
            "" => return Ok(Place::Queue),
            "/style.css" => return Ok(Place::Style),
            "/login" => return Ok(Place::LogIn),
            "/logout" => return Ok(Place::LogOut),
            _ => {}
        }
        let rest = path.strip_prefix("/requests/").ok_or(Refusal::Path)?;
        let (id, decides) = rest.strip_suffix("/decide").map_or((rest, false), |id| (id, true));
        let id = id.parse().map_err(|_| Refusal::Request)?;
        Ok(if decides {
            Place::Decision(id)
        } else {
            Place::Request(id)
        })
    }
}

fn session<'r>(room: &'r Room, call: &Call) -> Option<Session<'r>> {
    Session::resume(&room.parts.reviewers, &call.headers, room.parts.desk.clock.now())
}

fn log_in_form(room: &Room, status: StatusCode, call: &Call, then: Option<RequestId>) -> Response<Full<Bytes>> {
    let ended = session::has_cookie(&call.headers).then_some("Your session has ended. Please log in again.");
    html(status, log_in::form(room, ended, then))
}

async fn log_in(room: &Room, call: Call) -> Result<Response<Full<Bytes>>, Refusal> {
    let form = Form::read(call).await?;
    let then: Option<RequestId> = form.only("request").and_then(|id| id.parse().ok());
    let token = form.only("token").unwrap_or_default();
    let Some(reviewer) = room.parts.reviewers.by_token(token.trim().as_bytes()) else {
        tracing::warn!(target: "vestibule", "review: log-in refused");
        let refused = Some("That did not work. Please check the token and try again.");
        return Ok(html(StatusCode::UNAUTHORIZED, log_in::form(room, refused, then)));
    };
    let session = Session::begin(reviewer, room.parts.desk.clock.now())?;
    let mut response = match then {
        Some(id) => see_other(&layout::request_path(room, &id)),
        None => see_other(&room.root),
    };
    set(
        &mut response,
        SET_COOKIE,
        &session.cookie(&room.root, room.parts.secure_cookie),
    );
    Ok(response)
}

/// Takes the cookie out of the browser. Where no session is left, nothing needs a form's secret.
async fn log_out(room: &Room, call: Call) -> Result<Response<Full<Bytes>>, Refusal> {
    if let Some(session) = session(room, &call) {
        Form::read(call).await?.check(&session)?;
    }
    let mut response = see_other(&room.root);
    set(
        &mut response,
        SET_COOKIE,
        &session::no_cookie(&room.root, room.parts.secure_cookie),
    );
    Ok(response)
}

async fn queue(room: &Room, session: &Session<'_>, query: &str) -> Result<Response<Full<Bytes>>, Refusal> {
    let wanted = Said::in_query(query)?.wanted(room, session.reviewer)?;
    let me = session.reviewer.as_decider(&room.parts.desk.terms);
    let mut page = own::list(room, &wanted.listing, &me).await?;
    wanted.take(&mut page);
    let queue = Queue {
        room,
        session,
        me: &me,
        wanted: &wanted,
        query,
        page: &page,
    };
    Ok(html(StatusCode::OK, queue.page()))
}

async fn show(
    room: &Room,
    session: &Session<'_>,
    id: &RequestId,
    notice: Option<Notice>,
) -> Result<Response<Full<Bytes>>, Refusal> {
    view(room, session, id, StatusCode::OK, None, notice).await
}

async fn decide(
    room: &Room,
    session: &Session<'_>,
    id: &RequestId,
    call: Call,
) -> Result<Response<Full<Bytes>>, Refusal> {
    let form = Form::read(call).await?;
    form.check(session)?;
    let ruling = form.only("ruling").and_then(Ruling::from_name);
    let ruling = ruling.ok_or(Refusal::input("The form names no decision."))?;
    let seen = form.only("version").and_then(|version| version.parse().ok());
    let seen = Some(seen.ok_or(Refusal::input("The form does not say what it was about."))?);
    let (typed, block) = (form.only("reason").unwrap_or_default(), form.blocks()?);
    let decided = match reason::parse(typed) {
        Ok(reason) => {
            let block = block.clone();
            let wish = Wish {
                ruling,
                reason,
                block,
                seen,
            };
            decide::decide(room, id, session.reviewer, wish).await
        }
        Err(refusal) => Err(refusal),
    };
    match decided {
        Ok(decided) => {
            let (path, notice) = (
                layout::request_path(room, id),
                Notice::after(&decided, ruling, session).name(),
            );
            Ok(see_other(&format!("{path}?notice={notice}")))
        }
        // What the reviewer typed is not lost.
        Err(refusal) if refusal.is_about_the_form() => {
            let typed = Typed {
                reason: typed,
                block: &block,
                problem: &refusal.message(),
            };
            view(room, session, id, refusal.status(), Some(typed), None).await
        }
        Err(refusal) => Err(refusal),
    }
}

async fn view(
    room: &Room,
    session: &Session<'_>,
    id: &RequestId,
    status: StatusCode,
    typed: Option<Typed<'_>>,
    notice: Option<Notice>,
) -> Result<Response<Full<Bytes>>, Refusal> {
    let file = own::read(room, id, session.reviewer).await?;
    let earlier = earlier(room, id, session.reviewer).await?;
    let view = View {
        room,
        session,
        file: &file,
        earlier: &earlier,
        typed,
        notice,
    };
    Ok(html(status, view.page()))
}

fn style() -> Response<Full<Bytes>> {
    let mut response = respond(StatusCode::OK, "text/css; charset=utf-8", STYLE);
    set(&mut response, CACHE_CONTROL, "public, max-age=600");
    response
}

fn html(status: StatusCode, page: Markup) -> Response<Full<Bytes>> {
    respond(status, "text/html; charset=utf-8", page.into_string())
}
