use std::iter;

use super::{country::Country, table};

/// Calling code, lengths of the national numbers, what they begin with when dialled in their country, what numbers of
/// other countries begin with there.
const CALLING_CODES: &str = include_str!("calling.tsv");

/// The digits of the longest number, calling code included: ITU-T E.164, 6.1.
const MOST_DIGITS: usize = 15;

/// In bytes. More than a number with all its punctuation needs.
const LONGEST: usize = 100;

/// Whether a text is a telephone number as E.164 writes them: `+`, an assigned calling code, and as many digits as its
/// numbers have. Whether somebody answers there is another question.
pub(crate) fn is_e164(text: &str) -> bool {
    let number = text.strip_prefix('+');
    number.is_some_and(|digits| {
        digits.len() <= MOST_DIGITS
            && is_digits(digits)
            && Plan::of(digits).is_some_and(|(plan, national)| plan.has(national))
    })
}

/// A telephone number as people write them, in E.164. Without a `+` or an international prefix it is read as somebody
/// in `home` would dial it. None if that makes no number, or if there is an extension, which E.164 has no place for.
/// Of what it returns it makes the same again.
pub(crate) fn to_e164(text: &str, home: Option<&Country>) -> Option<String> {
    let dialled = dialled(text)?;
    match dialled.strip_prefix('+') {
        Some(digits) => international(digits),
        None => at_home(&dialled, home),
    }
}

/// How the numbers of one calling code are made.
struct Plan {
    code: &'static str,
    lengths: &'static str,
    trunks: &'static str,
    prefixes: &'static str,
}

impl Plan {
    /// In the place of trunk prefixes: there are none, and a zero at the beginning belongs to the number.
    const KEEPS_ZERO: &str = "=";

    /// The plan of the calling code with which an international number begins, and the rest of the number. No calling
    /// code is the beginning of another.
    fn of(digits: &str) -> Option<(Plan, &str)> {
        (1..=3).find_map(|length| {
            let (code, national) = digits.split_at_checked(length)?;
            Some((Plan::with_code(code)?, national))
        })
    }

    fn with_code(code: &str) -> Option<Plan> {
        let [code, lengths, trunks, prefixes] = table::columns(table::find(CALLING_CODES, code)?);
        Some(Plan {
            code,
            lengths,
            trunks,
            prefixes,
        })
    }

    /// Whether these digits after the calling code make a number. None begins with the 0 or 1 that is dialled before it;
    /// some begin with an 8 that looks the same.
    fn has(&self, national: &str) -> bool {
        let is_length = |length: &str| length.parse() == Ok(national.len());
        let begins_outside = match national.as_bytes() {
            [b'0', ..] => !self.keeps_zero(),
            [b'1', ..] => self.trunks == "1",
            _ => false,
        };
        !begins_outside && self.lengths.split(',').any(is_length)
    }

    fn keeps_zero(&self) -> bool {
        self.trunks == Plan::KEEPS_ZERO
    }

    /// The number that these digits mean: as they are, or without what is dialled before them only in the country.
    fn number(&self, national: &str) -> Option<String> {
        let bare = list(self.trunks).filter_map(|trunk| national.strip_prefix(trunk));
        let found = iter::once(national).chain(bare).find(|digits| self.has(digits))?;
        Some(format!("+{}{found}", self.code)).filter(|number| is_e164(number))
    }
}

/// What follows a `+`. Some write a zero there even where nobody dials one: `+45 (0) 32 12 34 56`.
fn international(digits: &str) -> Option<String> {
    let (plan, national) = Plan::of(digits)?;
    let without_zero = || national.strip_prefix('0').filter(|_| !plan.keeps_zero());
    plan.number(national).or_else(|| plan.number(without_zero()?))
}

/// The number that these digits reach from `home`. Its own prefixes for abroad come first: in Japan `010` begins no number
/// of the country. `00` is understood everywhere, but not where both could be meant: in Singapore, `001 201 555 0123` is
/// dialled to Egypt and written for New Jersey.
fn at_home(dialled: &str, home: Option<&Country>) -> Option<String> {
    let plan = home.and_then(|home| Plan::with_code(home.calling_code));
    let own = list(plan.as_ref().map_or("", |plan| plan.prefixes));
    let after = |prefix: &str| dialled.strip_prefix(prefix);
    if let Some(number) = own.filter_map(after).find_map(international) {
        let other = after("00")
            .map(|digits| format!("+{digits}"))
            .filter(|other| is_e164(other));
        return other.is_none_or(|other| other == number).then_some(number);
    }
    after("00").and_then(international).or_else(|| plan?.number(dialled))
}

/// The entries of a column with commas; nothing in an empty one.
fn list(column: &'static str) -> impl Iterator<Item = &'static str> {
    column.split(',').filter(|entry| !entry.is_empty())
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The keys that somebody presses, with a `+` before them if there is one. None if there is anything else than digits
/// and what people put between them.
fn dialled(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let mut keys = String::new();
    for c in without_scheme(text).chars().filter(|c| !is_separator(*c)) {
        match c {
            '+' | '＋' if keys.is_empty() => keys.push('+'),
            _ => keys.push(digit(c)?),
        }
    }
    Some(keys)
}

fn without_scheme(text: &str) -> &str {
    match text.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest,
        _ => text,
    }
}

/// Spaces of all widths, hyphens and dashes, and the other signs between groups of digits.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '\u{2010}'..='\u{2015}' | '−' | '－' | '.' | '/' | '(' | ')' | '（' | '）'
        )
}

/// The ASCII digit for one of them or a fullwidth one.
fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
