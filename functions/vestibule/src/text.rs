//! Texts that come from outside, on a terminal.

/// The text, fit for a terminal: nothing in it moves the cursor, or begins a line that looks like ours.
pub(crate) fn clean(text: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}
