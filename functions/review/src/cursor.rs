//! A place in a list as one word, which callers hand back and do not look into.
//!
//! It is signed, together with the list that it belongs to: a place of another list, or one that somebody made up, is none.

use std::{fmt::Display, str::FromStr};

use approvals::AuditKey;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use claims::Hash;
use store::{ParkedPlace, Position, Timestamp};

/// The list of effects that were given up. No list of requests has this name.
const PARKED: &str = "parked effects";

/// A place in the list of requests with this name.
pub(crate) fn write(key: &AuditKey, list: &str, position: &Position) -> String {
    encode(key, list, position.opened_at, &position.id)
}

/// The place that [`write()`] wrote for the same list; nothing for any other text.
pub(crate) fn read(key: &AuditKey, list: &str, cursor: &str) -> Option<Position> {
    let (opened_at, id) = decode(key, list, cursor)?;
    Some(Position { opened_at, id })
}

/// The same for the list of effects.
pub(crate) fn write_parked(key: &AuditKey, place: &ParkedPlace) -> String {
    encode(key, PARKED, place.parked_at, &place.id)
}

/// The place that [`write_parked`] wrote; nothing for any other text.
pub(crate) fn read_parked(key: &AuditKey, cursor: &str) -> Option<ParkedPlace> {
    let (parked_at, id) = decode(key, PARKED, cursor)?;
    Some(ParkedPlace { parked_at, id })
}

fn encode(key: &AuditKey, list: &str, at: Timestamp, id: &impl Display) -> String {
    let place = format!("{}.{id}", at.as_millis());
    let signature = key.tag(PURPOSE, &signed(list, &place));
    let place = URL_SAFE_NO_PAD.encode(place);
    format!("{place}.{}", URL_SAFE_NO_PAD.encode(signature.as_bytes()))
}

fn decode<I: FromStr>(key: &AuditKey, list: &str, cursor: &str) -> Option<(Timestamp, I)> {
    let (place, signature) = cursor.split_once('.')?;
    let place = String::from_utf8(URL_SAFE_NO_PAD.decode(place).ok()?).ok()?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?.try_into().ok()?;
    if !key.has_tagged(PURPOSE, &signed(list, &place), &Hash::from_bytes(signature)) {
        return None;
    }
    let (millis, id) = place.split_once('.')?;
    Some((Timestamp::from_millis(millis.parse().ok()?), id.parse().ok()?))
}

const PURPOSE: &str = "a place in a list";

/// No place holds a line end.
fn signed(list: &str, place: &str) -> String {
    format!("{list}\n{place}")
}

#[cfg(test)]
mod tests {
    use store::RequestId;

    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_list_and_from_here_alone() {
        let key = |digits: &str| AuditKey::parse(&digits.repeat(4)).unwrap();
        let own = key("0123456789abcdef");
        let id = RequestId {
            applicant: Hash::of(&["a"]),
            round: 3,
        };
        for millis in [-5, 0, 1_800_000_000_000] {
            let opened_at = Timestamp::from_millis(millis);
            let position = Position { opened_at, id };
            let cursor = write(&own, "pending", &position);
            assert_eq!(read(&own, "pending", &cursor), Some(position));
            assert_eq!(read(&own, "denied", &cursor), None);
            assert_eq!(read(&key("f123456789abcdef"), "pending", &cursor), None);
            for at in 0..cursor.len() {
                let mut changed = cursor.clone().into_bytes();
                changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
                let changed = String::from_utf8(changed).unwrap();
                assert_eq!(read(&own, "pending", &changed), None, "{changed}");
            }
        }
        let place = URL_SAFE_NO_PAD.encode(format!("5.{id}"));
        for text in ["", ".", "5", "!.!", &place, &format!("{place}.")] {
            assert_eq!(read(&own, "pending", text), None, "{text}");
        }
    }
}
