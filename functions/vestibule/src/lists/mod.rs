//! What the command line does with lists.

mod fetch;
mod import;
mod pack;
mod read;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, Subcommand};
use host::{Settings, StartError};
use policy::StoredList;
use store::{ListEntry, ListPlace, Origin, Rows, StoreError};

use crate::{existing, failure::Failure, list_files};

/// `vestibule lists …`
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Packs a text file with an entry a line, so that it need not be read at each start. Exits with 1 if a line is no entry
    Pack(pack::Pack),
    /// Packs every list that a policy names, and those that come with the program, for where nothing can be packed
    PackAll(pack::PackAll),
    /// Adds the entries of a text file to a list in the store. Run it again to go on where it stopped
    Import {
        /// The list, as the policy names it
        name: String,
        /// The text file; blank lines and those that begin with `#` are left out
        file: PathBuf,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        place: Place,
    },
    /// Adds entries to a list in the store
    Add {
        /// The list, as the policy names it
        name: String,
        #[arg(required = true, value_name = "ENTRY")]
        entries: Vec<String>,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        place: Place,
    },
    /// Removes entries from a list in the store
    Remove {
        /// The list, as the policy names it
        name: String,
        #[arg(required = true, value_name = "ENTRY")]
        entries: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Fetches lists that have an address, whether they are due or not. Exits with 1 if one was not fetched
    Fetch {
        /// The list, as the policy names it; every one that has an address by default
        name: Option<String>,
        /// Take also what is empty, or has less than half of the entries that are in use
        #[arg(long)]
        any_size: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Prints entries of a list in the store, who added them and when, in no order that means anything
    Show {
        /// The list, as the policy names it
        name: String,
        /// How many at the most
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        limit: usize,
        #[command(flatten)]
        place: Place,
    },
    /// Prints a list in the store as `import` reads it; `| sort` puts it in order
    Export {
        /// The list, as the policy names it
        name: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Who adds.
#[derive(Args)]
pub(crate) struct Who {
    /// Who is named as the one who added them
    #[arg(long, value_name = "NAME", default_value = "command line")]
    by: String,
}

/// Where the lists are.
#[derive(Args)]
pub(crate) struct Place {
    /// The policy file, which says what each list holds [VESTIBULE_POLICY; policy.toml]
    #[arg(long, value_name = "PATH")]
    policy: Option<String>,
    /// Where lists are kept: sqlite:PATH or dynamodb:TABLE [VESTIBULE_STORE]
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
}

/// A list, and the store that it is in.
struct Opened {
    list: StoredList,
    rows: Arc<dyn Rows>,
}

/// Carries out a command, and says on standard error why it did not. The exit code is 0, 1 if an entry or the store did not
/// allow it, or 2 if a setting, the policy or the command is wrong.
pub(crate) async fn main(command: Command) -> ExitCode {
    match run(command).await {
        Ok(code) => code,
        Err(failure) => failure.exit(),
    }
}

async fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Pack(pack) => return Ok(pack.run()),
        Command::PackAll(pack) => return Ok(pack.run()),
        Command::Import { name, file, who, place } => {
            import::import(&place.open_edited(&name).await?, &file, &who.by).await?;
        }
        Command::Add {
            name,
            entries,
            who,
            place,
        } => add(&place.open_edited(&name).await?, &entries, &who.by).await?,
        Command::Remove { name, entries, place } => remove(&place.open_edited(&name).await?, &entries).await?,
        Command::Fetch { name, any_size, place } => return fetch::fetch(&place, name.as_deref(), any_size).await,
        Command::Show { name, limit, place } => read::show(&place.open(&name).await?, limit).await?,
        Command::Export { name, place } => read::export(&place.open(&name).await?).await?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Place {
    async fn open(&self, name: &str) -> Result<Opened, StartError> {
        let settings = self.settings()?;
        let policy = list_files::read_policy(&settings)?;
        let list = policy.stored_list(name).map_err(StartError::new)?.clone();
        let rows = existing::open_rows(&settings).await?;
        Ok(Opened { list, rows })
    }

    fn settings(&self) -> Result<Settings, StartError> {
        let settings = Settings::read(&|name| self.variable(name))?;
        if self.policy.is_none() {
            existing::tell_of_usual_policy(&settings);
        }
        Ok(settings)
    }

    async fn open_edited(&self, name: &str) -> Result<Opened, Failure> {
        let opened = self.open(name).await?;
        match opened.list.origin() {
            Origin::Edited => Ok(opened),
            Origin::Fetched => Err(Failure::Refused(format!(
                "the list `{name}` is fetched from its address, and the next fetch would undo this; change it there, or \
                 have the policy keep another list with `stored`"
            ))),
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        let flag = match name {
            "VESTIBULE_POLICY" => &self.policy,
            "VESTIBULE_STORE" => &self.store,
            _ => &None,
        };
        flag.clone().or_else(|| host::environment(name))
    }
}

impl Opened {
    /// Where the entries are that count now.
    async fn place(&self) -> Result<Option<ListPlace>, StoreError> {
        let list = self.list.name.clone();
        let version = match self.list.origin() {
            Origin::Edited => None,
            Origin::Fetched => match self.rows.copy(&list).await? {
                None => return Ok(None),
                Some(copy) => Some(copy.version),
            },
        };
        Ok(Some(ListPlace { list, version }))
    }

    /// The list as people edit it.
    fn edited(&self) -> ListPlace {
        ListPlace {
            list: self.list.name.clone(),
            version: None,
        }
    }
}

async fn add(opened: &Opened, entries: &[String], by: &str) -> Result<(), Failure> {
    let (texts, at) = (parse(&opened.list, entries)?, assembly::clock().now());
    let entry = |text| ListEntry {
        text,
        by: Some(by.to_owned()),
        at,
    };
    let entries: Vec<_> = texts.into_iter().map(entry).collect();
    let new = opened.rows.add(&opened.edited(), &entries).await?;
    Ok(writeln!(
        io::stdout(),
        "Entries that are new: {new} of {}.",
        entries.len()
    )?)
}

async fn remove(opened: &Opened, entries: &[String]) -> Result<(), Failure> {
    let texts = parse(&opened.list, entries)?;
    let keys: Vec<_> = texts.iter().map(|text| ListEntry::key(text)).collect();
    let gone = opened.rows.remove(&opened.list.name, &keys).await?;
    Ok(writeln!(
        io::stdout(),
        "Entries that were removed: {gone} of {}.",
        keys.len()
    )?)
}

/// The entries in normal form, or everything that is wrong with them, by number and never by text.
fn parse(list: &StoredList, entries: &[String]) -> Result<Vec<String>, Failure> {
    let (mut texts, mut wrong) = (Vec::new(), Vec::new());
    for (number, entry) in (1..).zip(entries) {
        match list.parse_entry(entry) {
            Ok(text) => texts.push(text),
            Err(why) => wrong.push(format!("entry {number}: {why}")),
        }
    }
    match wrong.is_empty() {
        true => Ok(texts),
        false => Err(Failure::Refused(format!("nothing was changed\n{}", wrong.join("\n")))),
    }
}
