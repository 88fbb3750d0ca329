//! Fetching lists now.

use std::{
    io::{self, Write},
    process::ExitCode,
    sync::Mutex,
};

use host::StartError;
use store::{ListCopy, ListName};
use sweep::fetch::{Fetched, ListFetcher, NotFetched, Size};

use super::Place;
use crate::{existing, failure::Failure, list_files, progress::Progress};

/// Fetches one list, or all that have an address; what fails keeps none of the others from being fetched.
pub(super) async fn fetch(place: &Place, name: Option<&str>, any_size: bool) -> Result<ExitCode, Failure> {
    let (fetcher, names) = open(place, name).await?;
    let size = if any_size { Size::Any } else { Size::AtLeastHalf };
    let mut code = ExitCode::SUCCESS;
    for name in names {
        match fetch_one(&fetcher, &name, size).await {
            Ok(fetched) => tell(&name, &fetched)?,
            Err(why) => {
                writeln!(io::stderr(), "vestibule: the list `{name}` was not fetched: {why}")?;
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

async fn open(place: &Place, name: Option<&str>) -> Result<(ListFetcher, Vec<ListName>), StartError> {
    let settings = place.settings()?;
    let policy = list_files::read_policy(&settings)?;
    let named = name.map(|name| policy.stored_list(name)).transpose();
    let named = named.map_err(StartError::new)?.map(|list| list.name.clone());
    let rows = existing::open_rows(&settings).await?;
    let fetcher = sweep::list_fetcher(&settings, &policy, rows)?;
    let names: Vec<_> = match named {
        Some(name) => vec![name],
        None => fetcher.lists().cloned().collect(),
    };
    match names.is_empty() {
        true => Err(StartError::new(
            "the policy has no list with an address: only a list with `url` is fetched",
        )),
        false => Ok((fetcher, names)),
    }
}

async fn fetch_one(fetcher: &ListFetcher, name: &ListName, size: Size) -> Result<Fetched, NotFetched> {
    let bar = Mutex::new(None);
    let fetched = fetcher.fetch(name, size, &|done, of| advance(&bar, done, of)).await;
    if let Ok(Some((progress, _))) = bar.into_inner() {
        let _unseen = progress.end();
    }
    fetched
}

/// Says how far a fetch is. Where it cannot be said, nobody watches.
fn advance(bar: &Mutex<Option<(Progress, usize)>>, done: u64, of: u64) {
    // A list has millions of entries at the most.
    let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    if let Ok(mut bar) = bar.lock() {
        let (progress, before) = bar.get_or_insert_with(|| (Progress::of(Some(size(of))), 0));
        let _unseen = progress.advance(size(done) - *before);
        *before = size(done);
    }
}

fn tell(name: &ListName, fetched: &Fetched) -> io::Result<()> {
    let mut out = io::stdout();
    match fetched {
        Fetched::New { copy, left_out: 0 } => writeln!(out, "{name}: {}", of(copy)),
        Fetched::New { copy, left_out } => {
            writeln!(
                out,
                "{name}: {}; lines that are no entries and were left out: {left_out}",
                of(copy)
            )
        }
        Fetched::Same { copy } => writeln!(out, "{name}: nothing new, {}", of(copy)),
        // Nobody asked whether it is due.
        Fetched::NotDue => Ok(()),
    }
}

/// A copy in a few words.
pub(super) fn of(copy: &ListCopy) -> String {
    let ListCopy {
        version,
        entries,
        fetched_at,
        ..
    } = copy;
    format!("entries {entries}, version {version}, fetched at {fetched_at}")
}
