//! `vestibule items import`

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::Path,
};

use serde::Deserialize;
use serde_json::value::RawValue;
use store::{Item, ListName, Rows, item_key};

use crate::{failure::Failure, progress::Progress};

/// How many items go to the store at once.
const BATCH: usize = 500;

/// A line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'l> {
    key: String,
    #[serde(borrow)]
    item: &'l RawValue,
}

/// Reads the file twice: nothing is put unless every line is an item.
pub(super) async fn import(rows: &dyn Rows, table: &ListName, file: &Path) -> Result<(), Failure> {
    let total = items(file)?.try_fold(0, |count, item| item.map(|_| count + 1))?;
    let mut progress = Progress::of(Some(total));
    let (mut batch, mut put) = (Vec::new(), 0);
    let mut items = items(file)?;
    loop {
        let next = items.next().transpose()?;
        let ended = next.is_none();
        batch.extend(next);
        if batch.len() == BATCH || ended {
            rows.put_items(table, &batch).await.map_err(|error| {
                Failure::Refused(format!(
                    "{error}; before that, items that were put: {put}; run it again"
                ))
            })?;
            put += batch.len();
            progress.advance(batch.len())?;
            batch.clear();
        }
        if ended {
            break;
        }
    }
    progress.end()?;
    Ok(writeln!(io::stdout(), "Items that were put: {put}.")?)
}

/// The items of the lines that are not blank.
fn items(file: &Path) -> Result<impl Iterator<Item = Result<Item, Failure>>, Failure> {
    let refused = move |why: String| Failure::Refused(format!("{}: {why}", file.display()));
    let lines = BufReader::new(File::open(file).map_err(|error| refused(error.to_string()))?).lines();
    let items = (1..).zip(lines).filter_map(move |(number, line)| match line {
        Ok(line) if line.trim().is_empty() => None,
        Ok(line) => Some(item(&line).map_err(|why| refused(format!("line {number}: {why}")))),
        Err(error) => Some(Err(refused(format!("line {number}: {error}")))),
    });
    Ok(items)
}

/// What is wrong is said without the line, which may be personal.
fn item(line: &str) -> Result<Item, String> {
    let wants = |error: serde_json::Error| {
        format!(
            "each line is an object with a text `key` and an object `item`, and nothing else; see column {}",
            error.column()
        )
    };
    let Line { key, item } = serde_json::from_str(line).map_err(wants)?;
    if key.trim().is_empty() {
        return Err("a key is a text that shows something".to_owned());
    }
    Item::parse(item_key(&key), item.get()).map_err(|error| error.to_string())
}
