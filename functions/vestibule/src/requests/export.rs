//! `vestibule requests export`

use std::{
    collections::HashSet,
    fs::{self, File as OnDisk, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;
use store::{Request, Rows, StateName, StoreError};

use super::{decide::requests, filters::Filters, shape, show, walk::Walk};
use crate::{existing::Place, failure::Failure, progress::Progress, text::json};

/// How many histories are read at once.
const AT_ONCE: usize = 8;

/// By how much the clocks that wrote the requests may be behind this one.
const CLOCKS_DIFFER: Duration = Duration::from_secs(10 * 60);

#[derive(Args)]
pub(crate) struct Export {
    #[command(flatten)]
    filters: Filters,
    /// Leave out all that applicants said: claims, identities, addresses
    #[arg(long)]
    without_claims: bool,
    /// A new file, which only its owner may read [standard output]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

impl Export {
    pub(super) async fn run(self) -> Result<bool, Failure> {
        let rows = self.place.open().await?;
        let count = match &self.to {
            None => self.write(&*rows, &mut BufWriter::new(io::stdout().lock())).await?,
            Some(path) => self.write_file(&*rows, path).await?,
        };
        writeln!(io::stderr(), "Exported: {}.", requests(count))?;
        Ok(true)
    }

    /// A file that is not whole is none.
    async fn write_file(&self, rows: &dyn Rows, path: &Path) -> Result<usize, Failure> {
        let file = create(path).map_err(|error| not_created(path, &error))?;
        let mut out = BufWriter::new(file);
        let written = match self.write(rows, &mut out).await {
            Ok(count) => out.get_ref().sync_all().map(|()| count).map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        if written.is_err() {
            // Why it is not whole matters more than that it cannot be removed.
            drop(fs::remove_file(path));
        }
        written
    }

    async fn write(&self, rows: &dyn Rows, out: &mut impl Write) -> Result<usize, Failure> {
        let total = match self.filters.are_none() {
            true => usize::try_from(rows.counts().await?.values().sum::<i64>()).ok(),
            false => None,
        };
        let begun = assembly::clock().now().minus(CLOCKS_DIFFER);
        let mut progress = Progress::of(total);
        let (mut count, mut met_again) = (0, HashSet::new());
        // Requests only leave the first state: what changes meanwhile is not missed, but may be met twice.
        let mut walk = Walk::through(rows, self.filters.listings(&StateName::ALL));
        while let Some(mut page) = walk.next().await? {
            page.retain(|request| request.changed_at < begun || met_again.insert(request.id));
            let lines = stream::iter(page).map(|request| self.line(rows, request));
            let lines: Vec<_> = lines.buffered(AT_ONCE).try_collect().await?;
            let lines: Vec<_> = lines.into_iter().flatten().collect();
            lines.iter().try_for_each(|line| writeln!(out, "{}", json(line)))?;
            count += lines.len();
            progress.advance(lines.len())?;
        }
        progress.end()?;
        if count == 0 {
            self.filters.refuse_unknown_group(&self.place.settings()?)?;
        }
        out.flush()?;
        Ok(count)
    }

    /// Nothing for a request that was deleted since it was listed.
    async fn line(&self, rows: &dyn Rows, request: Request) -> Result<Option<Value>, StoreError> {
        let file = show::read(rows, &request.id).await?;
        Ok(file.map(|file| match self.without_claims {
            true => shape::without_claims(&file),
            false => shape::file(&file),
        }))
    }
}

fn not_created(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    Failure::Refused(match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{path} is there already, and an export overwrites nothing: name another file, or remove this one")
        }
        io::ErrorKind::NotFound => format!("cannot write {path}: its folder is not there; make it first"),
        _ => format!("cannot write {path}: {error}"),
    })
}

fn create(path: &Path) -> io::Result<OnDisk> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
