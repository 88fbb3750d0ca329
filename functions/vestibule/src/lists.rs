//! What the command line does with lists.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;
use lists::{Kind, PackError, pack_file};

use crate::list_files;

/// `vestibule lists …`
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Packs a text file with an entry a line, so that it need not be read at each start. Exits with 1 if a line is no entry
    Pack {
        /// The text file; blank lines and those that begin with `#` are left out
        file: PathBuf,
        /// What the entries are
        #[arg(long = "as", value_name = "domains|addresses|values")]
        kind: Kind,
        /// The packed file [FILE.packed]
        #[arg(long, value_name = "PATH")]
        out: Option<PathBuf>,
    },
    /// Packs every list that a policy names, and those that come with the program, for where nothing can be packed
    PackAll {
        /// The policy file
        policy: PathBuf,
        /// The folder, which VESTIBULE_LISTS then names
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
}

impl Command {
    #[expect(
        clippy::print_stdout,
        clippy::print_stderr,
        reason = "this is what the command is for"
    )]
    pub(crate) fn run(self) -> ExitCode {
        let done = match self {
            Command::Pack { file, kind, out } => {
                let target = out.unwrap_or_else(|| beside(&file));
                pack(kind, &file, &target)
                    .map(|done| format!("{}: {done}", target.display()))
                    .map_err(|error| format!("{}: {error}", file.display()))
            }
            Command::PackAll { policy, out } => list_files::pack_all(&policy, &out)
                .map(|names| format!("{}: {}", out.display(), names.join(", ")))
                .map_err(|error| error.to_string()),
        };
        match done {
            Ok(done) => {
                println!("{done}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("vestibule: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

fn pack(kind: Kind, file: &Path, target: &Path) -> Result<String, PackError> {
    let summary = pack_file(kind, file, target)?;
    let bytes = fs::metadata(target).map_err(PackError::Target)?.len();
    let (entries, duplicates) = (summary.entries, summary.duplicates);
    Ok(format!("entries {entries}, duplicates {duplicates}, bytes {bytes}"))
}

/// `partners.txt` becomes `partners.txt.packed`.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".packed");
    PathBuf::from(name)
}
