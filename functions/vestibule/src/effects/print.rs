//! Effects as an operator reads them.

use std::io::{self, Write};

use store::{OutboxEntry, Timestamp, Unreadable};

use crate::text::clean;

pub(crate) fn heading(out: &mut impl Write) -> io::Result<()> {
    line(out, "ID", "EFFECT", "PARKED SINCE", "ATTEMPTS", "FAILURE")
}

pub(crate) fn row(out: &mut impl Write, entry: &OutboxEntry) -> io::Result<()> {
    let (id, attempts) = (entry.id.to_string(), entry.attempts.to_string());
    let since = time(entry.parked_at());
    line(out, &id, entry.effect.name(), &since, &attempts, &failure(entry))
}

/// In the same columns: all that is known is which one it is.
pub(crate) fn unreadable(out: &mut impl Write, row: &Unreadable) -> io::Result<()> {
    line(out, &row.id.to_string(), "-", "-", "-", &mend(row))
}

pub(crate) fn not_retried(out: &mut impl Write, row: &Unreadable) -> io::Result<()> {
    writeln!(out, "{}: {}", row.id, mend(row))
}

pub(crate) fn details(out: &mut impl Write, entry: &OutboxEntry) -> io::Result<()> {
    let redeem_url = if entry.effect.is_sealed() { "sealed" } else { "-" };
    for (name, value) in [
        ("id", &*entry.id.to_string()),
        ("effect", entry.effect.name()),
        ("receiver", entry.id.lane.receiver.name()),
        ("request", &entry.request.to_string()),
        ("redeem url", redeem_url),
        ("written at", &entry.written_at.to_string()),
        ("due", &time(entry.due())),
        ("parked since", &time(entry.parked_at())),
        ("attempts", &entry.attempts.to_string()),
        ("revision", &entry.revision.to_string()),
        ("failure", &failure(entry)),
    ] {
        writeln!(out, "{name:<14}{value}")?;
    }
    Ok(())
}

pub(crate) fn retried(out: &mut impl Write, released: usize, overtaken: usize) -> io::Result<()> {
    writeln!(out, "Effects that are due again: {released}.")?;
    if overtaken > 0 {
        writeln!(out, "Effects that somebody else changed in the meantime: {overtaken}.")?;
    }
    Ok(())
}

fn mend(row: &Unreadable) -> String {
    format!("{}; mend its row, or delete it", row.why)
}

/// An id has 64 digits, a receiver and a number of up to four digits as a rule.
fn line(out: &mut impl Write, id: &str, effect: &str, since: &str, attempts: &str, failure: &str) -> io::Result<()> {
    writeln!(out, "{id:<77}  {effect:<14}  {since:<20}  {attempts:>8}  {failure}")
}

fn time(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| time.to_string())
}

/// Part of it may be a receiver's own words.
fn failure(entry: &OutboxEntry) -> String {
    clean(entry.failure.as_deref().unwrap_or("-"))
}
