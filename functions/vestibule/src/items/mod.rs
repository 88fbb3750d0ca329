//! What the command line does with items that rules look up.

mod import;

use std::{
    io::{self, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use claims::is_unseen;
use clap::Subcommand;
use store::{Item, ListName, MAX_ITEM, item_key};

use crate::{existing::Place, failure::Failure};

/// `vestibule items …`
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Puts an item into the store, in the place of the one with the same key
    Put {
        /// The items among which it is, as `item` in the policy names them
        #[arg(value_parser = table)]
        table: ListName,
        /// Its key; case and spaces around it do not matter
        #[arg(value_parser = key)]
        key: String,
        /// A JSON object of at most 64 KiB; `-` for standard input
        json: String,
        #[command(flatten)]
        place: Place,
    },
    /// Puts items into the store; nothing is put unless every line is one. Run it again to go on where it stopped
    Import {
        /// The items among which they are, as `item` in the policy names them
        #[arg(value_parser = table)]
        table: ListName,
        /// A text file, each line like {"key": "jane@contoso.com", "item": {"tier": "gold"}}
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Prints an item. Exits with 1 if there is none
    Show {
        /// The items among which it is
        #[arg(value_parser = table)]
        table: ListName,
        /// Its key
        #[arg(value_parser = key)]
        key: String,
        #[command(flatten)]
        place: Place,
    },
    /// Removes items
    Remove {
        /// The items among which they are
        #[arg(value_parser = table)]
        table: ListName,
        #[arg(required = true, value_name = "KEY", value_parser = key)]
        keys: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
}

/// Carries out a command, and says on standard error why it did not. The exit code is 0, 1 if an item or the store did not
/// allow it, or 2 if a setting or the command is wrong.
pub(crate) async fn main(command: Command) -> ExitCode {
    match run(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit(),
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Put {
            table,
            key,
            json,
            place,
        } => {
            let item = parse(&key, &text(json)?)?;
            place.open().await?.put_items(&table, &[item]).await?;
            Ok(())
        }
        Command::Import { table, file, place } => import::import(&*place.open().await?, &table, &file).await,
        Command::Show { table, key, place } => show(&table, &key, &place).await,
        Command::Remove { table, keys, place } => remove(&table, &keys, &place).await,
    }
}

async fn show(table: &ListName, key: &str, place: &Place) -> Result<(), Failure> {
    let found = place.open().await?.item(table, &item_key(key)).await?;
    let none = || Failure::Refused(format!("there is no such item among `{table}`"));
    Ok(writeln!(io::stdout(), "{}", one_line(&found.ok_or_else(none)?))?)
}

async fn remove(table: &ListName, keys: &[String], place: &Place) -> Result<(), Failure> {
    let (rows, mut gone) = (place.open().await?, 0);
    for key in keys {
        gone += usize::from(rows.remove_item(table, &item_key(key)).await?);
    }
    Ok(writeln!(
        io::stdout(),
        "Items that were removed: {gone} of {}.",
        keys.len()
    )?)
}

fn parse(key: &str, json: &str) -> Result<Item, Failure> {
    Item::parse(item_key(key), json).map_err(|error| Failure::Refused(format!("nothing was put: {error}")))
}

/// What stands there, or comes on standard input.
fn text(json: String) -> Result<String, Failure> {
    if json != "-" {
        return Ok(json);
    }
    let mut text = String::new();
    // What is longer is refused, and need not be read.
    let most = u64::try_from(2 * MAX_ITEM).unwrap_or(u64::MAX);
    io::stdin().lock().take(most).read_to_string(&mut text)?;
    Ok(text)
}

fn table(text: &str) -> Result<ListName, &'static str> {
    ListName::parse(text).ok_or("a table of items has a name of 1 to 64 letters, digits, `-` and `_`")
}

fn key(text: &str) -> Result<String, &'static str> {
    match text.trim().is_empty() {
        true => Err("a key is a text that shows something"),
        false => Ok(text.to_owned()),
    }
}

/// JSON on one line, fit for a terminal: what moves the cursor is escaped, and means the same.
fn one_line(json: &str) -> String {
    let mut line = String::new();
    for c in json.chars() {
        match c {
            // Between values; within texts JSON has them escaped.
            '\n' | '\r' | '\t' => line.push(' '),
            c if is_unseen(c) => line.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
            c => line.push(c),
        }
    }
    line
}
