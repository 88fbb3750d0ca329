//! Values inside JSON that others wrote.

use std::{borrow::Cow, collections::HashMap};

use serde_json::value::RawValue;

use crate::{MAX_DEPTH, Value, json};

/// The values that a JSON text has at pointers (RFC 6901), in their order; nothing where it has none, or one that stands
/// for an absent claim. `None` if the text is no JSON, or nests deeper than [`MAX_DEPTH`].
pub fn at_pointers(text: &str, pointers: &[String]) -> Option<Vec<Option<Value>>> {
    if json::depth(text) > MAX_DEPTH {
        return None;
    }
    let whole: &RawValue = serde_json::from_str(text).ok()?;
    let at = |pointer: &String| Value::from_json(at(whole, pointer)?.get());
    Some(pointers.iter().map(at).collect())
}

/// Whether a text is a JSON pointer: empty, or `/` and what follows it, in which `~` stands in `~0` and `~1` only.
pub fn is_pointer(text: &str) -> bool {
    let escaped = |rest: &str| rest.starts_with(['0', '1']);
    (text.is_empty() || text.starts_with('/')) && text.split('~').skip(1).all(escaped)
}

fn at<'j>(whole: &'j RawValue, pointer: &str) -> Option<&'j RawValue> {
    let mut tokens = pointer.split('/');
    // What stands before the first `/` is nothing, or no pointer.
    tokens.next().filter(|first| first.is_empty())?;
    tokens.try_fold(whole, |value, token| {
        let token = token.replace("~1", "/").replace("~0", "~");
        match value.get().as_bytes().first()? {
            b'{' => {
                let members: HashMap<Cow<'j, str>, &'j RawValue> = serde_json::from_str(value.get()).ok()?;
                members.get(&*token).copied()
            }
            b'[' => {
                // One spelling for each: `01` and `+1` are none.
                let index: usize = token.parse().ok().filter(|index: &usize| index.to_string() == token)?;
                let elements: Vec<&'j RawValue> = serde_json::from_str(value.get()).ok()?;
                elements.get(index).copied()
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        r#"{"a":{"b":[1.10,"x",{"c":true}]},"m~n":"tilde","o/p":"slash","":"empty","n":null,"caf\u00e9":["a","b"]}"#;

    #[test]
    fn values_are_found_where_they_stand() {
        let at = |pointer: &str| at_pointers(TEXT, &[pointer.to_owned()]).unwrap().remove(0);
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        assert_eq!(at("/a/b/0"), Some(Value::Number("1.10".to_owned())));
        assert_eq!(at("/a/b/1"), text("x"));
        assert_eq!(at("/a/b/2/c"), Some(Value::Boolean(true)));
        assert_eq!(at("/m~0n"), text("tilde"));
        assert_eq!(at("/o~1p"), text("slash"));
        assert_eq!(at("/"), text("empty"));
        assert_eq!(at("/café"), Some(Value::Texts(vec!["a".to_owned(), "b".to_owned()])));
        for absent in ["/n", "/q", "/a/b/3", "/a/b/01", "/a/b/-", "/m~0n/x", "a"] {
            assert_eq!(at(absent), None, "{absent}");
        }
    }

    #[test]
    fn what_is_no_json_or_too_deep_has_none() {
        let deep = "[".repeat(MAX_DEPTH + 1) + &"]".repeat(MAX_DEPTH + 1);
        for text in ["", "{", "<html>", "{} {}", &deep] {
            assert_eq!(at_pointers(text, &["/a".to_owned()]), None, "{text}");
        }
    }

    #[test]
    fn pointers_are_spelled_in_one_way() {
        for (text, is) in [
            ("", true),
            ("/a/~0~1", true),
            ("/", true),
            ("a", false),
            ("/~", false),
            ("/~2", false),
        ] {
            assert_eq!(is_pointer(text), is, "{text}");
        }
    }
}
