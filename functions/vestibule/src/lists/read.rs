//! Printing a list.

use std::io::{self, BufWriter, Write};

use store::{ListEntry, ListPlace};

use super::{Opened, fetch};
use crate::failure::Failure;

/// How many entries are read at once.
const PAGE: usize = 1000;

pub(super) async fn show(opened: &Opened, limit: usize) -> Result<(), Failure> {
    let place = place(opened).await?;
    let mut out = BufWriter::new(io::stdout().lock());
    if place.version.is_some()
        && let Some(copy) = opened.rows.copy(&place.list).await?
    {
        writeln!(out, "# {}", fetch::of(&copy))?;
    }
    // One more tells whether there are more.
    let mut entries = opened.rows.page(&place, None, limit.saturating_add(1)).await?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    for ListEntry { text, by, at } in &entries {
        writeln!(out, "{at}  {}  {text}", by.as_deref().unwrap_or("-"))?;
    }
    if entries.is_empty() && !more {
        writeln!(out, "The list is empty.")?;
    }
    if more {
        writeln!(out, "There are more: see `--limit` and `vestibule lists export`.")?;
    }
    Ok(out.flush()?)
}

pub(super) async fn export(opened: &Opened) -> Result<(), Failure> {
    let place = place(opened).await?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut after = None;
    loop {
        let page = opened.rows.page(&place, after.as_ref(), PAGE).await?;
        for entry in &page {
            writeln!(out, "{}", entry.text)?;
        }
        match page.last().filter(|_| page.len() == PAGE) {
            Some(last) => after = Some(ListEntry::key(&last.text)),
            None => return Ok(out.flush()?),
        }
    }
}

async fn place(opened: &Opened) -> Result<ListPlace, Failure> {
    let place = opened.place().await?;
    let never = || Failure::Refused(format!("the list `{}` was never fetched", opened.list.name));
    place.ok_or_else(never)
}
