//! What is kept of the text that a copy was made of, to see whether there is another one by now.

use claims::Hash;
use policy::{Fetch, StoredList};

/// The most characters of an address's own mark that are kept. Longer ones are no tag but a joke.
const LONGEST: usize = 512;

/// Whether a mark is the address's own, an entity tag (RFC 9110, 8.8.3), and not a digest made here.
pub(super) fn is_their_own(mark: &str) -> bool {
    let opaque = mark.strip_prefix("W/").unwrap_or(mark);
    let quoted = opaque.len() >= 2 && opaque.starts_with('"') && opaque.ends_with('"');
    quoted && mark.len() <= LONGEST && mark.chars().all(|c| c.is_ascii_graphic() || c == ' ')
}

/// The mark of a text whose address does not say one.
pub(super) fn of_digest(digest: &[u8]) -> String {
    format!("sha256:{}", hex::encode(digest))
}

/// A copy's tag: the mark, and before it what else the entries depend on. With another address, or other entries to be
/// made of it, nothing is the same.
pub(super) fn write(list: &StoredList, fetch: &Fetch, mark: &str) -> String {
    format!("{}{mark}", source(list, fetch))
}

/// The mark in a copy's tag; nothing if the copy was made of something else.
pub(super) fn read<'t>(list: &StoredList, fetch: &Fetch, tag: Option<&'t str>) -> Option<&'t str> {
    tag?.strip_prefix(&*source(list, fetch))
}

/// The address itself may hold a secret.
fn source(list: &StoredList, fetch: &Fetch) -> String {
    let hash = Hash::of(&["address of a list", &fetch.url]).to_string();
    format!("{}:{hash:.16}:", list.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_entity_tags_are_sent_back() {
        for mark in ["\"\"", "\"a b\"", "W/\"1\"", "\"61-5f3;gzip\""] {
            assert!(is_their_own(mark), "{mark}");
        }
        let long = format!("\"{}\"", "x".repeat(LONGEST));
        for mark in ["", "\"", "1", "W/1", "\"a\nb\"", "\"ß\"", &of_digest(&[1]), &long] {
            assert!(!is_their_own(mark), "{mark}");
        }
    }
}
