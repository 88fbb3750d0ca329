//! What somebody typed, made harmless before it stands in a letter.
//!
//! Mail programs make links of text that looks like one, and the letter comes from the organisation: a name such as
//! `https://evil.example` would be a link that the organisation seems to send. There is no mark that tells every mail
//! program to leave a text alone, so whatever holds a link together is taken apart by a space: `https: //evil. example`.
//! Names stay readable (`J. R. R. Tolkien`).

use claims::Address;

/// The longest value in a letter, in characters; longer ones are cut. The directory's own limit for names is 256.
const MOST: usize = 256;

/// What may stand for a dot in a domain name, by UTS 46 and by NFKC.
const DOTS: [char; 5] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}', '\u{2024}'];

/// A value on one line that no mail program takes for a link.
pub(super) fn value(text: &str) -> String {
    let line = one_line(text);
    let mut harmless = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        harmless.push(c);
        let joins = DOTS.contains(&c) || is_colon(c) || is_at(c);
        if joins && rest.peek().is_some_and(|next| !next.is_whitespace()) {
            harmless.push(' ');
        }
    }
    harmless
}

/// An address as it is, since its reader must be able to compare it; one whose first part could be taken for a link is
/// made harmless like any value.
pub(super) fn address(address: &Address) -> String {
    let text = one_line(address.as_str());
    let local = text.rsplit_once('@').map_or("", |(local, _)| local);
    let harmless = |c: char| c.is_alphanumeric() || ".+-_'".contains(c);
    if local.chars().all(harmless) && !local.starts_with("www") {
        text
    } else {
        value(&text)
    }
}

/// Without line breaks, control characters, and what turns the direction of writing; not longer than [`MOST`].
fn one_line(text: &str) -> String {
    let visible = text.chars().filter(|c| !is_invisible(*c));
    let spaced: String = visible
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .collect();
    let line = spaced
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match line.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

/// Soft hyphen, zero width, marks, embeddings and isolates of writing direction, invisible operators, byte order mark:
/// they hide what a text says. The joiners U+200C and U+200D are letters' business in many scripts and stay.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn is_colon(c: char) -> bool {
    matches!(c, ':' | '\u{ff1a}')
}

fn is_at(c: char) -> bool {
    matches!(c, '@' | '\u{ff20}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_link_is_taken_apart() {
        for (typed, shown) in [
            ("https://evil.example/x", "https: //evil. example/x"),
            ("www.evil.example", "www. evil. example"),
            ("evil.example", "evil. example"),
            ("mailto:a@evil.example", "mailto: a@ evil. example"),
            ("evil。example", "evil。 example"),
            ("J.R.R. Tolkien", "J. R. R. Tolkien"),
            ("Dr. Jane O'Roe-Müller", "Dr. Jane O'Roe-Müller"),
            ("\u{200b}www\u{2060}.\u{200b}evil.example", "www. evil. example"),
        ] {
            assert_eq!(value(typed), shown);
        }
    }

    #[test]
    fn a_value_is_one_line_of_bounded_length() {
        assert_eq!(value("Jane\r\nBcc: x\u{2028}y\u{0}z"), "Jane Bcc: x y z");
        assert_eq!(value("a\u{202e}b"), "ab");
        let long = value(&"ä".repeat(5000));
        assert_eq!(long.chars().count(), MOST + 1);
    }

    #[test]
    fn an_address_stays_as_it_is_unless_it_plays_a_link() {
        let shown = |text: &str| address(&Address::parse(text).unwrap());
        for text in ["jane.roe+x@contoso.com", "jösé@contoso.com"] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(
            shown("www.evil.example/a@x.example"),
            "www. evil. example/a@ x. example"
        );
        assert_eq!(shown("www.evil.example@x.example"), "www. evil. example@ x. example");
    }
}
