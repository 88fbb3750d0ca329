//! The room for programs: JSON, and a bearer token with every call.

mod bulk;
mod effects;
mod history;
mod lists;
mod looking;
mod requests;
mod routes;
mod shape;
mod stages;

use std::borrow::Cow;

use bytes::Bytes;
use http::{
    HeaderMap, Response, StatusCode,
    header::{ALLOW, AUTHORIZATION, WWW_AUTHENTICATE},
};
use http_body_util::Full;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    Room,
    http_io::{Call, only_header, respond, set},
    listing,
    refusal::Refusal,
    reviewers::{Reviewer, Reviewers},
};

use routes::Place;

pub(crate) use requests::earlier;

const JSON: &str = "application/json";

/// What this API takes and answers, as an OpenAPI document. Tests hold it against the code.
pub(crate) const DOCUMENT: &str = include_str!("../../openapi.json");

/// Answers a call below `/review/api`. The order of checks is that of the gate: path, method, proof, body.
pub(crate) async fn answer(room: &Room, call: Call) -> Result<Response<Full<Bytes>>, Refusal> {
    let path = call.path.strip_prefix("/api").unwrap_or_default();
    let place = Place::at(path, &call.method)?;
    let reviewer = bearer(&room.parts.reviewers, &call.headers).ok_or(Refusal::Token)?;
    match place {
        Place::Document => document(&call.query),
        Place::Counts => requests::counts(room, &call.query).await,
        Place::Requests => requests::list(room, reviewer, &call.query).await,
        Place::Search => requests::search(room, reviewer, call).await,
        Place::Bulk => bulk::decide(room, reviewer, call).await,
        Place::Request(id) => requests::show(room, &id, reviewer, &call.query).await,
        Place::Decision(id, ruling) => requests::decide(room, &id, ruling, reviewer, call).await,
        Place::Reassign(id) => requests::reassign(room, &id, reviewer, call).await,
        Place::Look(id) => looking::look(room, &id, reviewer, call).await,
        Place::LookAway(id) => looking::look_away(room, &id, reviewer, call).await,
        Place::Effects => effects::list(room, &call.query).await,
        Place::Effect(id) => effects::show(room, &id, &call.query).await,
        Place::Wish(id, wish) => effects::carry_out(room, &id, wish, reviewer, call).await,
        Place::Lists => lists::all(room, &call.query),
        Place::List(name) => lists::show(room, &name, &call.query).await,
        Place::Edit(name, edit) => lists::carry_out(room, &name, edit, reviewer, call).await,
    }
}

/// Says in JSON why a call is refused.
pub(crate) fn refuse(refusal: &Refusal) -> Response<Full<Bytes>> {
    #[derive(Serialize)]
    struct Body {
        error: ErrorShape,
    }
    let error = ErrorShape::of(refusal);
    let mut response = json(refusal.status(), &Body { error });
    match refusal {
        Refusal::Token => set(&mut response, WWW_AUTHENTICATE, "Bearer realm=\"vestibule\""),
        Refusal::Method(allowed) => set(&mut response, ALLOW, allowed),
        _ => {}
    }
    response
}

/// Whose bearer token a call shows. Cookies count for nothing here: a browser sends them unasked.
fn bearer<'r>(reviewers: &'r Reviewers, headers: &HeaderMap) -> Option<&'r Reviewer> {
    let (scheme, token) = only_header(headers, &AUTHORIZATION)?.split_once(' ')?;
    reviewers
        .by_token(token.trim().as_bytes())
        .filter(|_| scheme.eq_ignore_ascii_case("bearer"))
}

fn document(query: &str) -> Result<Response<Full<Bytes>>, Refusal> {
    listing::parse_none(query)?;
    Ok(respond(StatusCode::OK, JSON, DOCUMENT))
}

/// There is nothing to say: whoever says something means something else.
async fn nothing(call: Call) -> Result<(), Refusal> {
    listing::parse_none(&call.query)?;
    let body = call.body(JSON).await?;
    let nothing = |map: Map<String, Value>| map.is_empty();
    match body.is_empty() || serde_json::from_slice(&body).is_ok_and(nothing) {
        true => Ok(()),
        false => Err(Refusal::input("The body is empty, or an empty JSON object.")),
    }
}

/// Why something was refused: a word that does not change, and a sentence.
#[derive(Serialize)]
struct ErrorShape {
    code: &'static str,
    message: Cow<'static, str>,
}

impl ErrorShape {
    fn of(refusal: &Refusal) -> ErrorShape {
        let (code, message) = (refusal.code(), refusal.message());
        ErrorShape { code, message }
    }
}

fn json(status: StatusCode, body: &impl Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_vec(body) {
        Ok(body) => respond(status, JSON, body),
        // Everything in an answer was JSON, or is ours.
        Err(_) => respond(StatusCode::INTERNAL_SERVER_ERROR, JSON, Bytes::new()),
    }
}
