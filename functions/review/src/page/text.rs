//! How texts that others typed, and times, are shown.

use std::time::Duration;

use claims::is_unseen;
use maud::{Markup, html};
use store::{Asked, Timestamp};

/// A text that somebody typed: it cannot turn the direction of what stands around it, and what is not to be seen in it
/// is made visible.
pub(super) fn shown(text: &str) -> Markup {
    html! {
        bdi {
            @for piece in pieces(text) {
                @match piece {
                    Piece::Plain(text) => { (text) }
                    Piece::Hidden(c) => { span.hidden-character { (format!("U+{:04X}", u32::from(c))) } }
                }
            }
        }
    }
}

/// A text of several lines, which the stylesheet keeps.
pub(super) fn lines(text: &str) -> Markup {
    html! {
        @for (line, number) in text.split('\n').zip(1..) {
            @if number > 1 { br; }
            (shown(line))
        }
    }
}

/// A point in time, for people and for programs.
pub(super) fn time(time: Timestamp) -> Markup {
    let text = time.to_string();
    html! { time datetime=(text) { (text.replacen('T', " ", 1).replacen('Z', " UTC", 1)) } }
}

/// Who is asked.
pub(super) fn asked(asked: &Asked) -> String {
    match asked {
        Asked::Anybody => "anybody who reviews".to_owned(),
        Asked::Group(group) => format!("the group {group}"),
        Asked::Person(person) => person.to_string(),
    }
}

/// About how long something took: `3 days`.
pub(super) fn about(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        0..60 => return "less than a minute".to_owned(),
        60..3600 => (seconds / 60, "minute"),
        3600..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

enum Piece<'t> {
    Plain(&'t str),
    Hidden(char),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_unseen(*c)) {
        pieces.push(Piece::Plain(&rest[..at]));
        pieces.push(Piece::Hidden(c));
        rest = &rest[at + c.len_utf8()..];
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_stays_hidden_or_becomes_markup() {
        assert_eq!(shown("<b>&\"").into_string(), "<bdi>&lt;b&gt;&amp;&quot;</bdi>");
        assert_eq!(
            shown("a\u{202E}b\0").into_string(),
            "<bdi>a<span class=\"hidden-character\">U+202E</span>b\
             <span class=\"hidden-character\">U+0000</span></bdi>"
        );
        assert_eq!(shown("José Müller 李").into_string(), "<bdi>José Müller 李</bdi>");
        assert_eq!(lines("a\nb").into_string(), "<bdi>a</bdi><br><bdi>b</bdi>");
    }

    #[test]
    fn times_are_read_at_a_glance() {
        let at = Timestamp::from_millis(1_795_380_781_999);
        let expected = "<time datetime=\"2026-11-22T20:53:01Z\">2026-11-22 20:53:01 UTC</time>";
        assert_eq!(time(at).into_string(), expected);
        for (seconds, text) in [
            (59, "less than a minute"),
            (60, "1 minute"),
            (7199, "1 hour"),
            (172_799, "47 hours"),
            (172_800, "2 days"),
        ] {
            assert_eq!(about(Duration::from_secs(seconds)), text);
        }
    }
}
