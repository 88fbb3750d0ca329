use std::{fmt, time::Duration};

/// When an effect is tried: how long after one attempt the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Vec<Duration>);

/// The longest time between two attempts: longer is a slip of the keyboard.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Schedule {
    /// Reads times with commas between them, such as `0s,5s,5m,2h`: the time before the first attempt, the second, and
    /// so on.
    ///
    /// # Errors
    /// [`BadSchedule`] for no times, more than 20, one that is none, or one of more than a week.
    pub fn parse(text: &str) -> Result<Schedule, BadSchedule> {
        let times: Option<Vec<_>> = text.split(',').map(|time| duration(time.trim())).collect();
        match times {
            Some(times) if times.len() <= 20 => Ok(Schedule(times)),
            _ => Err(BadSchedule),
        }
    }

    /// How long to wait before the next attempt, after so many; nothing when that was the last one. A receiver that
    /// asks for more time gets it. Up to a tenth is added by chance, so that what failed together does not come back
    /// together.
    pub(crate) fn after(&self, attempts: u32, asked: Option<Duration>) -> Option<Duration> {
        let wait = *self.0.get(usize::try_from(attempts).unwrap_or(usize::MAX))?;
        let wait = wait.max(asked.unwrap_or_default().min(LONGEST));
        Some(wait + wait.mul_f64(fastrand::f64() / 10.0))
    }
}

/// At once, and then for a day.
impl Default for Schedule {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        let seconds = [0, 5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];
        Schedule(seconds.map(Duration::from_secs).to_vec())
    }
}

/// The text is no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSchedule;

impl fmt::Display for BadSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("1 to 20 times with commas between them, such as `0s,5s,5m,30m,2h`, none over a week")
    }
}

impl std::error::Error for BadSchedule {}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        _ => return None,
    };
    let duration = Duration::from_secs(number.parse::<u32>().ok()?.checked_mul(seconds)?.into());
    (duration <= LONGEST).then_some(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_nothing_else_is() {
        let read = Schedule::parse("0s, 5s,5m,30m,2h,5h,10h,10h").unwrap();
        assert_eq!(read, Schedule::default());
        for bad in ["", "5", "s", "5d", "-1s", "0s,,5s", "200h", "5s;6s", "ß"] {
            assert_eq!(Schedule::parse(bad), Err(BadSchedule), "{bad}");
        }
        assert_eq!(Schedule::parse(&"1s,".repeat(20)), Err(BadSchedule));
    }

    #[test]
    fn waits_follow_the_schedule_with_up_to_a_tenth_more() {
        let schedule = Schedule::parse("0s,10s,1h").unwrap();
        let seconds = |attempts, asked: Option<u64>| {
            schedule
                .after(attempts, asked.map(Duration::from_secs))
                .map(|wait| wait.as_secs_f64())
        };
        let waits: Vec<_> = (0..200).filter_map(|_| seconds(1, None)).collect();
        assert!(waits.iter().all(|wait| (10.0..=11.0).contains(wait)), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait > 10.5) && waits.iter().any(|wait| *wait < 10.5));
        assert!(
            (60.0..=66.0).contains(&seconds(1, Some(60)).unwrap()),
            "a receiver asked for more"
        );
        assert!(
            (3600.0..=3960.0).contains(&seconds(2, Some(60)).unwrap()),
            "a receiver asked for less"
        );
        assert_eq!(seconds(3, None), None);
    }
}
