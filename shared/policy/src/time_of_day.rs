use store::Timestamp;

/// A part of the week, at a fixed distance from UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeOfDay {
    /// The first minute of the day.
    pub(crate) from: u16,
    /// The first minute after it; before `from`, the next day's.
    pub(crate) to: u16,
    /// The days on which it begins, Monday first.
    pub(crate) days: [bool; 7],
    /// Minutes that local clocks are ahead of UTC.
    pub(crate) offset: i16,
}

pub(crate) const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// The names of the days, Monday first.
pub(crate) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl TimeOfDay {
    pub(crate) fn contains(&self, now: Timestamp) -> bool {
        let minutes = now.as_secs().div_euclid(60) + i64::from(self.offset);
        let day_length = i64::from(MINUTES_OF_A_DAY);
        let (day, minute) = (minutes.div_euclid(day_length), minutes.rem_euclid(day_length));
        let (from, to) = (i64::from(self.from), i64::from(self.to));
        match from < to {
            true => (from..to).contains(&minute) && self.on(day),
            false => (minute >= from && self.on(day)) || (minute < to && self.on(day - 1)),
        }
    }

    /// By days since 1970-01-01, a Thursday.
    fn on(&self, day: i64) -> bool {
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        self.days[weekday]
    }
}

/// `08:30` as minutes since midnight; `24:00` is the end of the day.
pub(crate) fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |text: &&str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let part = |text: &str| Some(text).filter(digits)?.parse::<u16>().ok();
    let minute = part(hours)? * 60 + part(minutes).filter(|minutes| *minutes < 60)?;
    (minute <= MINUTES_OF_A_DAY).then_some(minute)
}

/// `+01:00`, `-05:30` or `Z` as minutes ahead of UTC.
pub(crate) fn offset(text: &str) -> Option<i16> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let minutes = i16::try_from(minute(rest)?).ok()?;
    (minutes <= 14 * 60).then_some(sign * minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A time on 2026-11-23, a Monday.
    fn monday(hour: i64, minute: i64) -> Timestamp {
        Timestamp::from_millis((1_795_392_000 + hour * 3600 + minute * 60) * 1000)
    }

    fn window(from: &str, to: &str, days: &[&str], ahead: &str) -> TimeOfDay {
        TimeOfDay {
            from: minute(from).unwrap(),
            to: minute(to).unwrap(),
            days: DAYS.map(|day| days.contains(&day)),
            offset: offset(ahead).unwrap(),
        }
    }

    #[test]
    fn a_window_begins_on_its_days_and_may_pass_midnight() {
        let office = window("08:00", "18:00", &["mon", "tue"], "+01:00");
        assert!(office.contains(monday(7, 0)) && office.contains(monday(16, 59)));
        assert!(!office.contains(monday(6, 59)) && !office.contains(monday(17, 0)));
        let night = window("22:00", "06:00", &["sun"], "Z");
        assert!(night.contains(monday(5, 59)) && night.contains(monday(-1, 0)));
        assert!(!night.contains(monday(6, 0)) && !night.contains(monday(23, 0)));
        let whole = window("00:00", "24:00", &["mon"], "-05:30");
        assert!(whole.contains(monday(5, 30)) && whole.contains(monday(29, 29)));
        assert!(!whole.contains(monday(5, 29)) && !whole.contains(monday(29, 30)));
    }

    #[test]
    fn times_have_one_spelling() {
        assert_eq!((minute("08:30"), minute("24:00")), (Some(510), Some(1440)));
        for bad in ["8:30", "24:01", "08:60", "0830", "+8:30", "", "08:3x"] {
            assert_eq!(minute(bad), None, "{bad}");
        }
        assert_eq!((offset("-05:30"), offset("+14:00")), (Some(-330), Some(840)));
        assert_eq!((offset("05:30"), offset("+15:00"), offset("")), (None, None, None));
    }
}
