//! Requests: lists of them, one of them, and what a reviewer does to one.

use approvals::Ruling;
use bytes::Bytes;
use claims::Hash;
use futures_util::future::{join, try_join};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde::Deserialize;
use store::{Asked, Block, Listing, Order, Request, RequestId, StoreError, Which};

use super::{JSON, json, looking, shape};
use crate::{
    Room,
    decide::{self, Wish},
    http_io::Call,
    listing::{self, Said, Wanted},
    own, reason,
    refusal::Refusal,
    reviewers::Reviewer,
    whole,
};

/// How many other requests are shown beside one.
const MOST_BESIDE: usize = 10;

type Answer = Result<Response<Full<Bytes>>, Refusal>;

pub(super) async fn list(room: &Room, reviewer: &Reviewer, query: &str) -> Answer {
    let wanted = Said::in_query(query)?.wanted(room, reviewer)?;
    page(room, reviewer, &wanted).await
}

/// By address or domain, which must not stand in a URL.
pub(super) async fn search(room: &Room, reviewer: &Reviewer, call: Call) -> Answer {
    listing::parse_none(&call.query)?;
    let wanted = Said::in_body(&call.body(JSON).await?)?.wanted(room, reviewer)?;
    page(room, reviewer, &wanted).await
}

async fn page(room: &Room, reviewer: &Reviewer, wanted: &Wanted) -> Answer {
    let me = reviewer.as_decider(&room.parts.desk.terms);
    let mut page = own::list(room, &wanted.listing, &me).await?;
    wanted.take(&mut page);
    Ok(json(StatusCode::OK, &shape::page(&page, wanted.next(room, &page), &me)))
}

pub(super) async fn counts(room: &Room, query: &str) -> Answer {
    listing::parse_none(query)?;
    let counts = room.parts.desk.store.counts().await?;
    Ok(json(StatusCode::OK, &shape::counts(&counts)))
}

pub(super) async fn show(room: &Room, id: &RequestId, reviewer: &Reviewer, query: &str) -> Answer {
    listing::parse_none(query)?;
    let file = own::read(room, id, reviewer).await?;
    let me = reviewer.as_decider(&room.parts.desk.terms);
    let stored = try_join(
        earlier(room, id, reviewer),
        same_domain(room, id, file.request.domain(), &me),
    );
    let (stored, looking) = join(stored, looking::others(room, id, reviewer)).await;
    let (earlier, same_domain) = stored?;
    let beside = shape::Beside {
        me: &me,
        earlier: &earlier,
        same_domain: &same_domain,
        looking: &looking,
    };
    Ok(json(StatusCode::OK, &shape::shown(&file, &beside)))
}

/// The same person's, the newest first.
pub(crate) async fn earlier(room: &Room, id: &RequestId, reviewer: &Reviewer) -> Result<Vec<Request>, StoreError> {
    let mut earlier = room.parts.desk.store.earlier(id, MOST_BESIDE).await?;
    own::conceal(&reviewer.as_decider(&room.parts.desk.terms), &mut earlier);
    Ok(earlier)
}

/// The latest of others at the same domain. This person's own may take places on the page.
async fn same_domain(
    room: &Room,
    id: &RequestId,
    domain: Option<Hash>,
    me: &approvals::Reviewer,
) -> Result<Vec<Request>, StoreError> {
    let Some(domain) = domain else { return Ok(Vec::new()) };
    let listing = Listing {
        order: Order::NewestFirst,
        ..Listing::of(Which::Domain(domain), MOST_BESIDE)
    };
    let mut page = own::list(room, &listing, me).await?;
    page.requests.retain(|request| request.id.applicant != id.applicant);
    Ok(page.requests)
}

/// What the body of a decision may say.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    reason: Option<String>,
    /// What is blocked for good, with a denial: `address`, `domain`.
    #[serde(default)]
    block: Vec<Block>,
    /// Only if the request still is as it was in this version.
    #[serde(default, deserialize_with = "whole::number")]
    version: Option<u64>,
}

pub(super) async fn decide(room: &Room, id: &RequestId, ruling: Ruling, reviewer: &Reviewer, call: Call) -> Answer {
    listing::parse_none(&call.query)?;
    let said = said(&call.body(JSON).await?)?;
    let wish = Wish {
        ruling,
        reason: reason::parse(&said.reason.unwrap_or_default())?,
        block: said.block,
        seen: said.version,
    };
    let decided = decide::decide(room, id, reviewer, wish).await?;
    let me = reviewer.as_decider(&room.parts.desk.terms);
    Ok(json(StatusCode::OK, &shape::decided(&decided, &me)))
}

fn said(body: &[u8]) -> Result<Decision, Refusal> {
    if body.is_empty() {
        return Ok(Decision::default());
    }
    let wants = "The body is a JSON object with `reason`, a string, `block`, a list of `address` and `domain`, and `version`, a number, or without any.";
    serde_json::from_slice(body).map_err(|_| Refusal::input(wants))
}

/// What the body of a reassignment says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reassignment {
    to: String,
    reason: Option<String>,
    #[serde(default, deserialize_with = "whole::number")]
    version: Option<u64>,
}

pub(super) async fn reassign(room: &Room, id: &RequestId, reviewer: &Reviewer, call: Call) -> Answer {
    listing::parse_none(&call.query)?;
    let wants = "The body is a JSON object with `to`, `group:NAME` or `person:NAME`, and perhaps `reason`, a string, and \
                 `version`, a number.";
    let body = call.body(JSON).await?;
    let said: Reassignment = serde_json::from_slice(&body).map_err(|_| Refusal::input(wants))?;
    let to = Asked::from_key(&said.to).filter(|to| *to != Asked::Anybody);
    let to = to.ok_or(Refusal::input(wants))?;
    let reason = reason::parse(&said.reason.unwrap_or_default())?;
    let decided = decide::reassign(room, id, reviewer, &to, reason.as_deref(), said.version).await?;
    let me = reviewer.as_decider(&room.parts.desk.terms);
    Ok(json(StatusCode::OK, &shape::decided(&decided, &me)))
}
