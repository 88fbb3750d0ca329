//! Whole numbers in JSON, however they are written.

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Number;

/// Up to here every program can tell a number from the next: 2^53 - 1.
const MOST: u64 = 9_007_199_254_740_991;

/// A whole number from 0 on, or none. `3.0` is one: some languages have no other numbers.
pub(crate) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(from)? else {
        return Ok(None);
    };
    let whole = number.as_u64().or_else(|| number.as_f64().and_then(exact));
    let whole = whole.filter(|whole| *whole <= MOST);
    whole.map(Some).ok_or(D::Error::custom("no whole number"))
}

fn exact(number: f64) -> Option<u64> {
    // Such a one has no fraction to lose.
    let whole = number.fract() == 0.0 && (0.0..=MOST as f64).contains(&number);
    whole.then_some(number as u64)
}

#[cfg(test)]
mod tests {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Said(#[serde(deserialize_with = "super::number")] Option<u64>);

    #[test]
    fn numbers_are_whole_and_exact() {
        for (text, expected) in [
            ("0", Some(Some(0))),
            ("3.0", Some(Some(3))),
            ("3e2", Some(Some(300))),
            ("9007199254740991", Some(Some(super::MOST))),
            ("null", Some(None)),
            ("9007199254740992", None),
            ("1e300", None),
            ("-1", None),
            ("-1.0", None),
            ("3.5", None),
            ("\"3\"", None),
        ] {
            assert_eq!(serde_json::from_str(text).ok(), expected.map(Said), "{text}");
        }
    }
}
