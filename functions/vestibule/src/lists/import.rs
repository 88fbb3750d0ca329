//! Adding a file to a list.

use std::{
    fs::File,
    io::{self, BufReader, Write},
    path::{Path, PathBuf},
};

use lists::{PackError, each_entry};
use policy::StoredList;
use store::ListEntry;
use tokio::sync::mpsc;

use super::Opened;
use crate::{failure::Failure, progress::Progress};

/// How many entries go to the store at once.
const BATCH: usize = 5000;

/// Reads the file twice: nothing is added unless every line is an entry, however long the list is.
pub(super) async fn import(opened: &Opened, file: &Path, by: &str) -> Result<(), Failure> {
    let (list, path) = (opened.list.clone(), file.to_owned());
    let total = tokio::task::spawn_blocking(move || count(&list, &path)).await;
    let total = ended(total).map_err(|error| refused(file, &error))?;
    let (send, mut batches) = mpsc::channel(1);
    let (list, path) = (opened.list.clone(), file.to_owned());
    let reading = tokio::task::spawn_blocking(move || send_all(&list, path, &send));
    let mut progress = Progress::of(Some(total));
    let mut new = 0;
    while let Some(batch) = batches.recv().await {
        let done = batch.len();
        let added = add(opened, batch, by).await;
        new += added.map_err(|error| {
            Failure::Refused(format!(
                "{error}; before that, entries that are new: {new}; run it again to go on"
            ))
        })?;
        progress.advance(done)?;
    }
    ended(reading.await).map_err(|error| refused(file, &error))?;
    progress.end()?;
    Ok(writeln!(io::stdout(), "Entries that are new: {new} of {total}.")?)
}

fn count(list: &StoredList, file: &Path) -> Result<usize, PackError> {
    let mut count = 0;
    each_entry(open(file)?, |entry| {
        count += 1;
        list.parse_entry(entry).map(drop)
    })?;
    Ok(count)
}

fn send_all(list: &StoredList, file: PathBuf, batches: &mpsc::Sender<Vec<String>>) -> Result<(), PackError> {
    let mut batch = Vec::new();
    each_entry(open(&file)?, |entry| {
        batch.push(list.parse_entry(entry)?);
        if batch.len() == BATCH {
            // Nobody takes it any more when the store failed, which is told there.
            let _ = batches.blocking_send(std::mem::take(&mut batch));
        }
        Ok(())
    })?;
    let _ = batches.blocking_send(batch);
    Ok(())
}

async fn add(opened: &Opened, batch: Vec<String>, by: &str) -> Result<usize, store::StoreError> {
    let at = assembly::clock().now();
    let entry = |text| ListEntry {
        text,
        by: Some(by.to_owned()),
        at,
    };
    let entries: Vec<_> = batch.into_iter().map(entry).collect();
    opened.rows.add(&opened.edited(), &entries).await
}

fn open(file: &Path) -> Result<BufReader<File>, PackError> {
    File::open(file).map(BufReader::new).map_err(PackError::Source)
}

fn ended<T>(done: Result<Result<T, PackError>, tokio::task::JoinError>) -> Result<T, PackError> {
    done.unwrap_or_else(|error| Err(PackError::Source(io::Error::other(error))))
}

fn refused(file: &Path, error: &PackError) -> Failure {
    Failure::Refused(format!("{}: {error}", file.display()))
}
