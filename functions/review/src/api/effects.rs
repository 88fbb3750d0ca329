//! Effects that were given up: what there are, and what becomes of them.

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;
use store::{EntryId, OutboxEntry, RequestId, Unreadable, parking};

use super::{json, nothing, shape::Time};
use crate::{Parts, Room, cursor, http_io::Call, listing, refusal::Refusal, reviewers::Reviewer};

/// What a reviewer wants done with a parked effect.
#[derive(Clone, Copy)]
pub(super) enum Wish {
    Retry,
    Drop,
}

impl Wish {
    fn name(self) -> &'static str {
        match self {
            Wish::Retry => "retry",
            Wish::Drop => "drop",
        }
    }
}

pub(super) async fn list(room: &Room, query: &str) -> Result<Response<Full<Bytes>>, Refusal> {
    let asked = listing::parse_parked(room, query)?;
    let page = room.parts.outbox.parked(asked.after.as_ref(), asked.limit).await?;
    let page = PageShape {
        effects: page.entries.iter().map(EffectShape::of).collect(),
        unreadable: page.unreadable.iter().map(UnreadableShape::of).collect(),
        next: page
            .next
            .as_ref()
            .map(|next| cursor::write_parked(&room.parts.desk.audit, next)),
    };
    Ok(json(StatusCode::OK, &page))
}

pub(super) async fn show(room: &Room, id: &EntryId, query: &str) -> Result<Response<Full<Bytes>>, Refusal> {
    listing::parse_none(query)?;
    let entry = parking::find(&*room.parts.outbox, id).await?;
    Ok(json(StatusCode::OK, &EffectShape::of(&entry)))
}

/// Answers with the effect as it is now, or as it was when it was dropped.
pub(super) async fn carry_out(
    room: &Room,
    id: &EntryId,
    wish: Wish,
    reviewer: &Reviewer,
    call: Call,
) -> Result<Response<Full<Bytes>>, Refusal> {
    nothing(call).await?;
    let done = apply(room, id, wish).await;
    let (effect, reviewer, applied) = (tracing::field::display(id), reviewer.tag(), done.is_ok());
    tracing::info!(target: "vestibule", effect, reviewer, applied, "review: {} an effect", wish.name());
    Ok(json(StatusCode::OK, &EffectShape::of(&done?)))
}

async fn apply(room: &Room, id: &EntryId, wish: Wish) -> Result<OutboxEntry, Refusal> {
    let Parts { desk, outbox, .. } = &room.parts;
    let seen = parking::find(&**outbox, id).await?;
    match wish {
        Wish::Retry => Ok(parking::retry(&*desk.store, &seen, desk.clock.now()).await?),
        Wish::Drop => {
            parking::drop(&*desk.store, &seen).await?;
            Ok(seen)
        }
    }
}

#[derive(Serialize)]
struct PageShape<'p> {
    effects: Vec<EffectShape<'p>>,
    unreadable: Vec<UnreadableShape<'p>>,
    next: Option<String>,
}

/// A row that has to be mended, or deleted, where it is kept.
#[derive(Serialize)]
struct UnreadableShape<'p> {
    id: EntryId,
    why: &'p str,
}

impl<'p> UnreadableShape<'p> {
    fn of(row: &'p Unreadable) -> UnreadableShape<'p> {
        let Unreadable { id, why } = row;
        UnreadableShape { id: *id, why }
    }
}

#[derive(Serialize)]
struct EffectShape<'e> {
    id: EntryId,
    effect: &'static str,
    receiver: &'static str,
    request: RequestId,
    written_at: Time,
    /// Nothing where nobody tries any more.
    due: Option<Time>,
    attempts: u32,
    revision: u64,
    failure: Option<&'e str>,
    parked_at: Option<Time>,
    /// `sealed` where there is one: it lets somebody in.
    redeem_url: Option<&'static str>,
}

impl<'e> EffectShape<'e> {
    fn of(entry: &'e OutboxEntry) -> EffectShape<'e> {
        EffectShape {
            id: entry.id,
            effect: entry.effect.name(),
            receiver: entry.id.lane.receiver.name(),
            request: entry.request,
            written_at: Time(entry.written_at),
            due: entry.due().map(Time),
            attempts: entry.attempts,
            revision: entry.revision,
            failure: entry.failure.as_deref(),
            parked_at: entry.parked_at().map(Time),
            redeem_url: entry.effect.is_sealed().then_some("sealed"),
        }
    }
}
