//! A place in a list as one word, which callers hand back and do not look into.

use std::{fmt::Display, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use store::{ParkedPlace, Position, Timestamp};

pub(crate) fn write(position: &Position) -> String {
    encode(position.opened_at, &position.id)
}

/// The place that [`write()`] wrote; nothing for any other text.
pub(crate) fn read(cursor: &str) -> Option<Position> {
    let (opened_at, id) = decode(cursor)?;
    Some(Position { opened_at, id })
}

/// The same for a list of effects.
pub(crate) fn write_parked(place: &ParkedPlace) -> String {
    encode(place.parked_at, &place.id)
}

/// The place that [`write_parked`] wrote; nothing for any other text.
pub(crate) fn read_parked(cursor: &str) -> Option<ParkedPlace> {
    let (parked_at, id) = decode(cursor)?;
    Some(ParkedPlace { parked_at, id })
}

fn encode(at: Timestamp, id: &impl Display) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{id}", at.as_millis()))
}

fn decode<I: FromStr + Display>(cursor: &str) -> Option<(Timestamp, I)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (millis, id) = text.split_once('.')?;
    let at = Timestamp::from_millis(millis.parse().ok()?);
    let id = id.parse().ok()?;
    // One spelling for each: `+5` and `05` are none.
    (encode(at, &id) == cursor).then_some((at, id))
}

#[cfg(test)]
mod tests {
    use claims::Hash;
    use store::RequestId;

    use super::*;

    #[test]
    fn a_cursor_has_one_spelling() {
        let id = RequestId {
            applicant: Hash::of(&["a"]),
            round: 3,
        };
        for millis in [-5, 0, 1_800_000_000_000] {
            let opened_at = Timestamp::from_millis(millis);
            let position = Position { opened_at, id };
            assert_eq!(read(&write(&position)), Some(position));
        }
        let plain = URL_SAFE_NO_PAD.encode(format!("+5.{id}"));
        for text in ["", "5", "!", &plain, &URL_SAFE_NO_PAD.encode(b"\xff.\xff")] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
