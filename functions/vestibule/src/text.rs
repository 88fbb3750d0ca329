//! Texts that come from outside, on a terminal.

use claims::is_unseen;
use serde_json::Value;

/// The text, fit for a terminal: nothing in it moves the cursor, turns the direction, or begins a line that looks like ours.
pub(crate) fn clean(text: &str) -> String {
    let shown = |c: char| if is_unseen(c) { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

/// The value as one line of JSON, fit for a terminal: what [`clean`] takes out is escaped, and means the same.
pub(crate) fn json(value: &Value) -> String {
    let mut line = String::new();
    for c in value.to_string().chars() {
        match is_unseen(c) {
            true => line.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
            false => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_means_the_same_without_what_nobody_sees() {
        let value = serde_json::json!({"k\u{7f}": "a\u{9b}2J\u{202e}b\u{200d}\u{e0041}\u{2028}\n„ß“ 李"});
        let line = json(&value);
        assert_eq!(
            line,
            r#"{"k\u007f":"a\u009b2J\u202eb\u200d\udb40\udc41\u2028\n„ß“ 李"}"#
        );
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
    }
}
