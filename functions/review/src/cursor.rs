//! A place in a list as one word, which callers hand back and do not look into.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use store::{Position, Timestamp};

pub(crate) fn write(position: &Position) -> String {
    let Position { opened_at, id } = position;
    URL_SAFE_NO_PAD.encode(format!("{}.{id}", opened_at.as_millis()))
}

/// The place that [`write()`] wrote; nothing for any other text.
pub(crate) fn read(cursor: &str) -> Option<Position> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (millis, id) = text.split_once('.')?;
    let opened_at = Timestamp::from_millis(millis.parse().ok()?);
    let position = Position {
        opened_at,
        id: id.parse().ok()?,
    };
    // One spelling for each: `+5` and `05` are none.
    (write(&position) == cursor).then_some(position)
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
