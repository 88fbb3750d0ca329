//! Who is looking at a request.

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;
use store::{Looking, Person, RequestId};

use super::{json, nothing, shape::Time};
use crate::{Room, http_io::Call, refusal::Refusal, reviewers::Reviewer};

/// The reviewer looks, or still does. Answers with who else does.
pub(super) async fn look(
    room: &Room,
    id: &RequestId,
    reviewer: &Reviewer,
    call: Call,
) -> Result<Response<Full<Bytes>>, Refusal> {
    nothing(call).await?;
    let desk = &room.parts.desk;
    desk.store.request(id).await?.ok_or(Refusal::Request)?;
    room.parts.presence.look(id, &reviewer.name, desk.clock.now()).await?;
    Ok(answer(room, id, reviewer).await)
}

/// The reviewer looks no longer.
pub(super) async fn look_away(
    room: &Room,
    id: &RequestId,
    reviewer: &Reviewer,
    call: Call,
) -> Result<Response<Full<Bytes>>, Refusal> {
    nothing(call).await?;
    room.parts.desk.store.request(id).await?.ok_or(Refusal::Request)?;
    room.parts.presence.look_away(id, &reviewer.name).await?;
    Ok(answer(room, id, reviewer).await)
}

/// Who but the reviewer looks at a request now. Where the store cannot say, nobody is known to: nothing depends on it.
pub(crate) async fn others(room: &Room, id: &RequestId, reviewer: &Reviewer) -> Vec<Looking> {
    let now = room.parts.desk.clock.now();
    let mut looking = room.parts.presence.looking(id, now).await.unwrap_or_else(|error| {
        let request = tracing::field::display(id);
        tracing::warn!(target: "vestibule", request, reason = %error, "review: who is looking is not known: {error}");
        Vec::new()
    });
    let me = Person::of(&reviewer.name);
    looking.retain(|row| Person::of(&row.name) != me);
    looking
}

async fn answer(room: &Room, id: &RequestId, reviewer: &Reviewer) -> Response<Full<Bytes>> {
    #[derive(Serialize)]
    struct Others<'l> {
        looking: Vec<LookingShape<'l>>,
    }
    let rows = others(room, id, reviewer).await;
    let looking = rows.iter().map(LookingShape::of).collect();
    json(StatusCode::OK, &Others { looking })
}

#[derive(Serialize)]
pub(super) struct LookingShape<'l> {
    name: &'l str,
    since: Time,
}

impl LookingShape<'_> {
    pub(super) fn of(row: &Looking) -> LookingShape<'_> {
        let (name, since) = (&*row.name, Time(row.since));
        LookingShape { name, since }
    }
}
