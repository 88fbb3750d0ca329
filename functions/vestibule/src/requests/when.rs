//! Times as operators write them.

use std::time::Duration;

use store::Timestamp;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A point in time by RFC 3339, or an age such as `3d`.
pub(super) fn parse(text: &str) -> Result<Timestamp, &'static str> {
    const WANTS: &str = "a time is written as 2026-11-23T10:00:00Z, or as an age: 90m, 12h, 3d or 2w";
    if let Some(age) = age(text) {
        let millis = i64::try_from(age.as_millis()).map_err(|_| WANTS)?;
        let now = assembly::clock().now().as_millis();
        return Ok(Timestamp::from_millis(now.saturating_sub(millis)));
    }
    let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| WANTS)?;
    let millis = time.unix_timestamp_nanos() / 1_000_000;
    i64::try_from(millis).map(Timestamp::from_millis).map_err(|_| WANTS)
}

/// A length of time such as `90m`, `12h`, `3d` or `2w`; nothing for any other text.
pub(crate) fn age(text: &str) -> Option<Duration> {
    let unit = match text.chars().last()? {
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => return None,
    };
    let number: u64 = text[..text.len() - 1].parse().ok()?;
    Some(Duration::from_secs(number.checked_mul(unit)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_ages_are_read_and_nothing_else() {
        assert_eq!(
            parse("2026-11-22T20:53:01.250Z"),
            Ok(Timestamp::from_millis(1_795_380_781_250))
        );
        assert_eq!(parse("2026-11-22T21:53:01+01:00"), parse("2026-11-22T20:53:01Z"));
        for (text, seconds) in [("90m", 5400), ("12h", 43_200), ("3d", 259_200), ("2w", 1_209_600)] {
            assert_eq!(age(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "d",
            "3",
            "-3d",
            "3 d",
            "3é",
            "18446744073709551615w",
            "yesterday",
            "2026-11-22",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
