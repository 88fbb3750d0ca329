//! Many decisions at once. Each is made by itself, and each has its answer.

use std::collections::HashSet;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Block, RequestId, StateName};
use tokio::time::{Instant, timeout_at};

use super::{ErrorShape, JSON, json, shape};
use crate::{
    Room,
    decide::{self, Wish},
    http_io::Call,
    listing, own, reason,
    refusal::Refusal,
    reviewers::Reviewer,
    whole,
};

/// The most requests of one call.
const MOST: usize = 100;

/// How many are decided side by side.
const AT_ONCE: usize = 8;

/// The largest body, in KiB: as many ids, laid out for people to read, and a reason.
const MOST_KIB: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    ids: Vec<Named>,
    ruling: String,
    reason: Option<String>,
    #[serde(default)]
    block: Vec<Block>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    id: String,
    #[serde(default, deserialize_with = "whole::number")]
    version: Option<u64>,
}

/// A request, and the version of it that the reviewer looked at.
struct Seen {
    id: RequestId,
    version: u64,
}

/// Answers with what came of each, in the order of the call. Whatever happens after the first decision, there is an answer:
/// what has no time left is not begun.
pub(super) async fn decide(room: &Room, reviewer: &Reviewer, call: Call) -> Result<Response<Full<Bytes>>, Refusal> {
    listing::parse_none(&call.query)?;
    let time = Time::until(call.until);
    let (seen, wish) = read(&call.body_up_to(MOST_KIB, JSON).await?)?;
    let each = seen.into_iter().map(|seen| one(room, reviewer, seen, &wish, &time));
    let requests = stream::iter(each.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await;
    Ok(json(StatusCode::OK, &Decided { requests }))
}

/// What is left of a call's time.
struct Time {
    /// From then on nothing is begun.
    begin: Instant,
    /// Then what was begun is given up, so that there is an answer.
    end: Instant,
}

impl Time {
    fn until(deadline: Instant) -> Time {
        let left = deadline.saturating_duration_since(Instant::now());
        Time {
            begin: deadline - left / 2,
            end: deadline - left / 10,
        }
    }
}

async fn one(room: &Room, reviewer: &Reviewer, seen: Seen, wish: &Wish, time: &Time) -> Each {
    let Seen { id, version } = seen;
    if Instant::now() >= time.begin {
        return Each::refused(id, &Refusal::NotTried);
    }
    let wish = Wish {
        seen: Some(version),
        ..wish.clone()
    };
    let done = timeout_at(time.end, apply(room, &id, reviewer, wish)).await;
    match done.unwrap_or(Err(Refusal::OutOfTime)) {
        Ok(each) => each,
        Err(refusal) => {
            refusal.log();
            Each::refused(id, &refusal)
        }
    }
}

/// What came of one. Whoever was second learns what stands.
async fn apply(room: &Room, id: &RequestId, reviewer: &Reviewer, wish: Wish) -> Result<Each, Refusal> {
    let done = decide::carry_out(room, id, reviewer, wish).await?;
    let state = done.events.last().and_then(store::Event::leads_to);
    let (state, decision) = match state.filter(|_| done.applied()) {
        Some(state) => (state, None),
        None => {
            let file = own::read(room, id, reviewer).await?;
            let decision = shape::decision(&file).filter(|_| !done.applied());
            let decision = decision.and_then(|decision| serde_json::to_value(decision).ok());
            (file.request.state.name(), decision)
        }
    };
    Ok(Each {
        id: *id,
        applied: done.applied(),
        state: Some(state),
        decision,
        error: None,
    })
}

fn read(body: &[u8]) -> Result<(Vec<Seen>, Wish), Refusal> {
    let wants = "The body is a JSON object with `ids`, 1 to 100 objects with `id`, a string, and `version`, a number, with `ruling`, \
                 approve, deny or withdraw, and perhaps `reason`, a string, and `block`, a list of `address` and `domain`.";
    let said: Said = serde_json::from_slice(body).map_err(|_| Refusal::input(wants))?;
    let ruling = approvals::Ruling::from_name(&said.ruling).ok_or(Refusal::input(wants))?;
    if !(1..=MOST).contains(&said.ids.len()) {
        return Err(Refusal::input(wants));
    }
    let ids = said.ids.iter().zip(1..).map(seen).collect::<Result<Vec<_>, _>>()?;
    let different: HashSet<_> = ids.iter().map(|seen| seen.id).collect();
    if different.len() < ids.len() {
        return Err(Refusal::input("An id comes twice."));
    }
    let wish = Wish {
        ruling,
        reason: reason::parse(&said.reason.unwrap_or_default())?,
        block: said.block,
        seen: None,
    };
    Ok((ids, wish))
}

/// Whoever decides on many has seen them in a list, which names their versions: nobody decides on what they have not seen.
fn seen((named, number): (&Named, usize)) -> Result<Seen, Refusal> {
    let what = |what: &str| Refusal::Input(format!("Number {number} of `ids` has {what}.").into());
    let id = named.id.parse();
    Ok(Seen {
        id: id.map_err(|_| what("an `id` that is none: 64 hex digits, `-`, a number"))?,
        version: named
            .version
            .ok_or_else(|| what("no `version`: that of the request that you looked at"))?,
    })
}

#[derive(Serialize)]
struct Decided {
    requests: Vec<Each>,
}

/// What came of one: whether it was applied and the state it is in, or why it was refused.
#[derive(Serialize)]
struct Each {
    id: RequestId,
    applied: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<StateName>,
    /// What stands, where it is another's.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorShape>,
}

impl Each {
    fn refused(id: RequestId, refusal: &Refusal) -> Each {
        Each {
            id,
            applied: false,
            state: None,
            decision: None,
            error: Some(ErrorShape::of(refusal)),
        }
    }
}
