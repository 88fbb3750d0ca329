//! Days, as claims and policies write them.

use store::Timestamp;
use time::{Date, Duration, Month, OffsetDateTime};

/// A day that is fixed, or counted from today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Day {
    Fixed(Date),
    /// So many units from today on; negative ones are ago.
    FromToday(i32, Unit),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Day,
    Month,
    Year,
}

impl Day {
    /// `2026-01-31`, `today`, `18 years ago`, `in 30 days`.
    pub(crate) fn parse(text: &str) -> Option<Day> {
        if text == "today" {
            return Some(Day::FromToday(0, Unit::Day));
        }
        let words: Vec<_> = text.split(' ').collect();
        match words.as_slice() {
            [number, unit, "ago"] => count(number, unit, -1),
            ["in", number, unit] => count(number, unit, 1),
            _ => date(text).map(Day::Fixed),
        }
    }

    /// Which day that is. Days begin and end by UTC.
    pub(crate) fn on(&self, now: Timestamp) -> Option<Date> {
        let today = OffsetDateTime::from_unix_timestamp(now.as_secs()).ok()?.date();
        match *self {
            Day::Fixed(date) => Some(date),
            Day::FromToday(days, Unit::Day) => today.checked_add(Duration::days(days.into())),
            Day::FromToday(months, Unit::Month) => later(today, months),
            Day::FromToday(years, Unit::Year) => later(today, years.checked_mul(12)?),
        }
    }
}

/// A day as forms write it: `2026-01-31`, alone or before a time.
pub(crate) fn date(text: &str) -> Option<Date> {
    let day = match text.split_at_checked(10) {
        Some((day, rest)) if rest.is_empty() || is_time(rest) => day,
        _ => return None,
    };
    let number = |part: &str| {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (year, rest) = day.split_once('-').filter(|(year, _)| year.len() == 4)?;
    let (month, day) = rest.split_once('-').filter(|(month, _)| month.len() == 2)?;
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()
}

/// What may follow a day: `T` or a space, and what looks like a time.
fn is_time(text: &str) -> bool {
    let time = text.strip_prefix(['T', ' ']).unwrap_or_default();
    let usual = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | '+' | '-' | 'Z');
    time.starts_with(|c: char| c.is_ascii_digit()) && time.chars().all(usual)
}

fn count(number: &str, unit: &str, sign: i32) -> Option<Day> {
    let number: i32 = number.parse::<u16>().ok()?.into();
    let (factor, unit) = match unit {
        "day" | "days" => (1, Unit::Day),
        "week" | "weeks" => (7, Unit::Day),
        "month" | "months" => (1, Unit::Month),
        "year" | "years" => (1, Unit::Year),
        _ => return None,
    };
    Some(Day::FromToday(sign * factor * number, unit))
}

/// The same day of another month, or its last one if it is shorter.
fn later(day: Date, months: i32) -> Option<Date> {
    let count = day.year() * 12 + i32::from(u8::from(day.month())) - 1 + months;
    let month = Month::try_from(u8::try_from(count.rem_euclid(12) + 1).ok()?).ok()?;
    let year = count.div_euclid(12);
    Date::from_calendar_date(year, month, day.day().min(month.length(year))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str, today: &str) -> String {
        let midnight = date(today).unwrap().midnight().assume_utc();
        let now = Timestamp::from_millis(midnight.unix_timestamp() * 1000 + 80_000_000);
        Day::parse(text).unwrap().on(now).unwrap().to_string()
    }

    #[test]
    fn days_are_counted_from_today() {
        assert_eq!(on("18 years ago", "2026-11-23"), "2008-11-23");
        assert_eq!(on("18 years ago", "2024-02-29"), "2006-02-28");
        assert_eq!(on("1 month ago", "2026-03-31"), "2026-02-28");
        assert_eq!(on("in 2 months", "2026-11-30"), "2027-01-30");
        assert_eq!(on("in 1 week", "2026-12-28"), "2027-01-04");
        assert_eq!(on("today", "2026-11-23"), "2026-11-23");
        assert_eq!(on("2027-05-06", "2026-11-23"), "2027-05-06");
    }

    #[test]
    fn a_date_has_one_spelling_and_may_stand_before_a_time() {
        assert_eq!(date("2026-02-28"), date("2026-02-28T23:59:00Z"));
        for bad in [
            "2026-2-28",
            "2026-02-30",
            "28.02.2026",
            "2026-02-28x",
            "2026-+2-28",
            "20260228",
            "2000-1-1-1",
            "1-01-00001",
            "2008-1-001",
            "",
            "é026-02-28",
            "2026-02-28T",
            "2026-02-28 or so",
            "2026-02-28 23:59<b>",
        ] {
            assert_eq!(date(bad), None, "{bad}");
        }
        for bad in ["18 years", "ago", "-1 days ago", "in 3 fortnights", "in  3 days"] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
    }
}
