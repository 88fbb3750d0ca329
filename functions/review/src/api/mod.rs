//! The room for programs: JSON, and a bearer token with every call.

mod effects;
mod lists;
mod shape;

use approvals::Ruling;
use bytes::Bytes;
use http::{
    HeaderMap, Method, Response, StatusCode,
    header::{ALLOW, AUTHORIZATION, WWW_AUTHENTICATE},
};
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use store::{Block, EntryId, RequestId};

use crate::{
    Room,
    decide::{self, Wish},
    http_io::{Call, only_header, respond, set},
    listing, reason,
    refusal::Refusal,
    reviewers::{Reviewer, Reviewers},
};

const JSON: &str = "application/json";

/// What is at a path.
enum Place {
    Requests,
    Request(RequestId),
    Decision(RequestId, Ruling),
    Effects,
    Effect(EntryId),
    Wish(EntryId, effects::Wish),
    Lists,
    List(String),
    Edit(String, lists::Edit),
}

/// Answers a call below `/review/api`. The order of checks is that of the gate: path, method, proof, body.
pub(crate) async fn answer(room: &Room, call: Call) -> Result<Response<Full<Bytes>>, Refusal> {
    let place = Place::at(&call.path)?;
    call.only(match place {
        Place::Decision(..) | Place::Wish(..) | Place::Edit(..) => &Method::POST,
        Place::Requests | Place::Request(_) | Place::Effects | Place::Effect(_) => &Method::GET,
        Place::Lists | Place::List(_) => &Method::GET,
    })?;
    let reviewer = bearer(&room.parts.reviewers, &call.headers).ok_or(Refusal::Token)?;
    match place {
        Place::Requests => list(room, &call.query).await,
        Place::Request(id) => show(room, &id).await,
        Place::Decision(id, ruling) => decide(room, &id, ruling, reviewer, call).await,
        Place::Effects => effects::list(room, &call.query).await,
        Place::Effect(id) => effects::show(room, &id).await,
        Place::Wish(id, wish) => effects::carry_out(room, &id, wish, reviewer, call).await,
        Place::Lists => lists::all(room, &call.query),
        Place::List(name) => lists::show(room, &name, &call.query).await,
        Place::Edit(name, edit) => lists::carry_out(room, &name, edit, reviewer, call).await,
    }
}

/// Says in JSON why a call is refused.
pub(crate) fn refuse(refusal: &Refusal) -> Response<Full<Bytes>> {
    #[derive(Serialize)]
    struct Error<'m> {
        code: &'static str,
        message: &'m str,
    }
    #[derive(Serialize)]
    struct Body<'m> {
        error: Error<'m>,
    }
    let (code, message) = (refusal.code(), &*refusal.message());
    let error = Error { code, message };
    let mut response = json(refusal.status(), &Body { error });
    match refusal {
        Refusal::Token => set(&mut response, WWW_AUTHENTICATE, "Bearer realm=\"vestibule\""),
        Refusal::Method(allowed) => set(&mut response, ALLOW, allowed),
        _ => {}
    }
    response
}

impl Place {
    fn at(path: &str) -> Result<Place, Refusal> {
        let path = path.strip_prefix("/api/").ok_or(Refusal::Path)?;
        let mut segments = path.splitn(3, '/');
        match (segments.next(), segments.next(), segments.next()) {
            (Some("requests"), id, verb) => Place::of_requests(id, verb),
            (Some("effects"), id, verb) => Place::of_effects(id, verb),
            (Some("lists"), name, verb) => Place::of_lists(name, verb),
            _ => Err(Refusal::Path),
        }
    }

    fn of_requests(id: Option<&str>, verb: Option<&str>) -> Result<Place, Refusal> {
        let Some(id) = id else { return Ok(Place::Requests) };
        let id = id.parse().map_err(|_| Refusal::Request)?;
        let Some(verb) = verb else {
            return Ok(Place::Request(id));
        };
        let ruling = Ruling::from_name(verb).ok_or(Refusal::Path)?;
        Ok(Place::Decision(id, ruling))
    }

    fn of_effects(id: Option<&str>, verb: Option<&str>) -> Result<Place, Refusal> {
        let Some(id) = id else { return Ok(Place::Effects) };
        let id = id.parse().map_err(|_| Refusal::Effect)?;
        let Some(verb) = verb else { return Ok(Place::Effect(id)) };
        let wish = effects::Wish::from_name(verb).ok_or(Refusal::Path)?;
        Ok(Place::Wish(id, wish))
    }

    fn of_lists(name: Option<&str>, verb: Option<&str>) -> Result<Place, Refusal> {
        let Some(name) = name else { return Ok(Place::Lists) };
        let name = name.to_owned();
        let Some(verb) = verb else { return Ok(Place::List(name)) };
        let edit = lists::Edit::from_name(verb).ok_or(Refusal::Path)?;
        Ok(Place::Edit(name, edit))
    }
}

/// Whose bearer token a call shows. Cookies count for nothing here: a browser sends them unasked.
fn bearer<'r>(reviewers: &'r Reviewers, headers: &HeaderMap) -> Option<&'r Reviewer> {
    let (scheme, token) = only_header(headers, &AUTHORIZATION)?.split_once(' ')?;
    reviewers
        .by_token(token.trim().as_bytes())
        .filter(|_| scheme.eq_ignore_ascii_case("bearer"))
}

async fn list(room: &Room, query: &str) -> Result<Response<Full<Bytes>>, Refusal> {
    let (_, listing) = listing::parse(query)?;
    let page = room.parts.desk.store.list(&listing).await?;
    Ok(json(StatusCode::OK, &shape::page(&page)))
}

async fn show(room: &Room, id: &RequestId) -> Result<Response<Full<Bytes>>, Refusal> {
    let file = room.parts.desk.read(id).await?;
    Ok(json(StatusCode::OK, &shape::file(&file)))
}

/// What the body of a decision may say.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    reason: Option<String>,
    /// What is blocked for good, with a denial: `address`, `domain`.
    #[serde(default)]
    block: Vec<Block>,
    /// Only if the request still is as it was in this version.
    version: Option<u64>,
}

async fn decide(
    room: &Room,
    id: &RequestId,
    ruling: Ruling,
    reviewer: &Reviewer,
    call: Call,
) -> Result<Response<Full<Bytes>>, Refusal> {
    let said = said(&call.body(JSON).await?)?;
    let wish = Wish {
        ruling,
        reason: reason::parse(&said.reason.unwrap_or_default())?,
        block: said.block,
        seen: said.version,
    };
    let decided = decide::decide(room, id, reviewer, wish).await?;
    Ok(json(StatusCode::OK, &shape::decided(&decided)))
}

fn said(body: &[u8]) -> Result<Said, Refusal> {
    if body.is_empty() {
        return Ok(Said::default());
    }
    let wants = "The body is a JSON object with `reason`, a string, `block`, a list of `address` and `domain`, and `version`, a number, or without any.";
    serde_json::from_slice(body).map_err(|_| Refusal::input(wants))
}

fn json(status: StatusCode, body: &impl Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_vec(body) {
        Ok(body) => respond(status, JSON, body),
        // Everything in an answer was JSON, or is ours.
        Err(_) => respond(StatusCode::INTERNAL_SERVER_ERROR, JSON, Bytes::new()),
    }
}
