//! The table, as text that is also Markdown.

use crate::measure::{Measured, Sample};
use crate::rows::{Row, Target};
use std::time::Duration;

const MOST_MEMORY: u64 = 12 * 1024 * 1024;
const LARGEST_ZIP: u64 = 4_000_000;
const HEADINGS: [&str; 10] = [
    "function",
    "baseline",
    "start to first answer",
    "ratio",
    "target",
    "warm p50",
    "ratio",
    "warm p99",
    "peak memory",
    "arm64 zip",
];

/// Rows of text under the headings.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<[String; HEADINGS.len()]>);

impl Table {
    /// Adds what came out of one row: everywhere the function's value, then its baseline's.
    pub(crate) fn add(&mut self, row: &Row, function: &Measured, baseline: &Measured) {
        let (start, base) = (function.starts.median(), baseline.starts.median());
        let both = |value: fn(&Measured) -> String| format!("{} / {}", value(function), value(baseline));
        self.0.push([
            row.name(),
            row.baseline.to_owned(),
            both(|side| milliseconds(side.starts.median())),
            ratio(start, base),
            row.target.verdict(start, base),
            both(|side| milliseconds(side.warm.median())),
            ratio(function.warm.median(), baseline.warm.median()),
            both(|side| milliseconds(side.warm.quantile(0.99))),
            both(|side| memory(side.peak_memory) + over(side.peak_memory, MOST_MEMORY)),
            both(|side| side.zip.map_or_else(|| "-".to_owned(), zip)),
        ]);
    }

    /// All of it, in aligned columns.
    pub(crate) fn text(&self) -> String {
        aligned(HEADINGS, &self.0)
    }
}

/// Rows under their headings, in aligned columns.
pub(crate) fn aligned<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let headings = headings.map(str::to_owned);
    let all = || std::iter::once(&headings).chain(rows);
    let widths: Vec<_> = (0..N)
        .map(|column| all().map(|row| row[column].chars().count()).max().unwrap_or_default())
        .collect();
    let rule: Vec<_> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    let mut lines: Vec<_> = all().map(|row| line(row, &widths)).collect();
    lines.insert(1, format!("|{}|", rule.join("|")));
    lines.join("\n")
}

impl Target {
    fn verdict(self, value: Duration, baseline: Duration) -> String {
        let ratio = baseline.mul_f64(1.3);
        let (most, name) = match self {
            Self::RatioOrMillisecond => (ratio.max(baseline + Duration::from_millis(1)), "1.3x or +1 ms"),
            Self::Ratio => (ratio, "1.3x"),
            Self::Open => return "-".to_owned(),
        };
        format!("{name}: {}", if value <= most { "reached" } else { "MISSED" })
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).map(|(cell, width)| format!(" {cell:width$} "));
    format!("|{}|", cells.collect::<Vec<_>>().join("|"))
}

/// A ratio, and whether it is as small as it has to be.
pub(crate) fn at_most(most: f64, ratio: f64) -> String {
    let verdict = if ratio <= most { "reached" } else { "MISSED" };
    format!("{ratio:.2} (at most {most}: {verdict})")
}

pub(crate) fn milliseconds(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1e3)
}

fn ratio(value: Duration, baseline: Duration) -> String {
    format!("{:.2}", value.as_secs_f64() / baseline.as_secs_f64())
}

pub(crate) fn memory(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / (1024.0 * 1024.0))
}

fn zip(bytes: u64) -> String {
    format!("{:.2} MB{}", bytes as f64 / 1e6, over(bytes, LARGEST_ZIP))
}

fn over(value: u64, most: u64) -> &'static str {
    if value > most { " (over)" } else { "" }
}

/// How far the middle half of the starts lies apart: what a ratio's second digit is worth.
pub(crate) fn spread(starts: &Sample) -> String {
    format!(
        "{} to {}",
        milliseconds(starts.quantile(0.25)),
        milliseconds(starts.quantile(0.75))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_millisecond_more_is_enough_where_nothing_is_stored() {
        let (value, baseline) = (Duration::from_micros(2_900), Duration::from_millis(2));
        assert!(Target::RatioOrMillisecond.verdict(value, baseline).ends_with("reached"));
        assert!(Target::Ratio.verdict(value, baseline).ends_with("MISSED"));
    }

    #[test]
    fn a_ratio_says_whether_it_is_small_enough() {
        assert_eq!(at_most(1.2, 1.2), "1.20 (at most 1.2: reached)");
        assert_eq!(at_most(1.2, 1.21), "1.21 (at most 1.2: MISSED)");
    }
}
