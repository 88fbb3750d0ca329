//! Reading any JSON there is without losing anything: raw values, repeated keys, broken surrogates.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of a JSON object in the order they came, keys decoded, values as written. A repeated key keeps its
/// first place and its last value.
pub(crate) struct Members<'a>(pub(crate) Vec<(String, &'a str)>);

/// How deep the arrays and objects of a JSON text nest: 0 for a scalar. Works on any text and never recurses.
pub(crate) fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The text of a JSON string as written, quotes included. A lone surrogate (legal JSON, not legal text) becomes
/// U+FFFD; `None` if this is not a JSON string.
pub(crate) fn text(raw: &str) -> Option<Cow<'_, str>> {
    if let Ok(Borrowed(text)) = serde_json::from_str(raw) {
        return Some(text);
    }
    // serde_json decodes a string with a lone surrogate only as bytes.
    let bytes: Bytes = serde_json::from_str(raw).ok()?;
    Some(Cow::Owned(String::from_utf8_lossy(&bytes.0).into_owned()))
}

/// A JSON text with the members of its objects sorted and its strings in one spelling; numbers stay as written.
pub(crate) fn canonical(raw: &str) -> String {
    match raw.as_bytes().first() {
        Some(b'{') => {
            let mut members = serde_json::from_str::<Members<'_>>(raw)
                .map(|members| members.0)
                .unwrap_or_default();
            members.sort_unstable();
            let members: Vec<_> = members
                .iter()
                .map(|(k, raw)| format!("{}:{}", quoted(k), canonical(raw)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
            array(elements.iter().map(|element| canonical(element.get())))
        }
        Some(b'"') => quoted(&text(raw).unwrap_or_default()),
        _ => raw.to_owned(),
    }
}

/// A text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    // Writing a string into memory cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

/// A JSON array of JSON texts.
pub(crate) fn array(elements: impl Iterator<Item = String>) -> String {
    format!("[{}]", elements.collect::<Vec<_>>().join(","))
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members: Vec<(String, &'de str)> = Vec::with_capacity(map.size_hint().unwrap_or(16));
        // Beyond a few keys a scan for repeats would be quadratic, which a body of 128 KiB could exploit.
        let mut places = std::collections::HashMap::<String, usize>::new();
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            let key = text(key.get()).unwrap_or_default().into_owned();
            match places.get(&key) {
                Some(&place) => members[place].1 = value.get(),
                None => {
                    places.insert(key.clone(), members.len());
                    members.push((key, value.get()));
                }
            }
        }
        Ok(Members(members))
    }
}

/// `Cow<str>` that borrows where it can; serde's own implementation always owns.
#[derive(serde::Deserialize)]
struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;
        impl Visitor<'_> for BytesVisitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(BytesVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_strings() {
        assert_eq!(depth("1"), 0);
        assert_eq!(depth(r#"{"a":[{}]}"#), 3);
        assert_eq!(depth(r#"{"a":"[[[[\"[["}"#), 1);
        assert_eq!(depth(&"[".repeat(10_000)), 10_000);
    }

    #[test]
    fn lone_surrogates_are_replaced() {
        assert_eq!(text(r#""a\ud800b""#).unwrap(), "a\u{FFFD}\u{FFFD}\u{FFFD}b");
        assert_eq!(text(r#""Jos\u00e9""#).unwrap(), "José");
        assert!(text("12").is_none());
    }

    #[test]
    fn a_repeated_key_keeps_its_place_and_its_last_value() {
        let members: Members<'_> = serde_json::from_str(r#"{"a":1,"b":2,"\u0061":1.10}"#).unwrap();
        assert_eq!(members.0, vec![("a".to_owned(), "1.10"), ("b".to_owned(), "2")]);
    }
}
