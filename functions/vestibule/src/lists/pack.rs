//! Packing long lists.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use lists::{Kind, PackError, pack_file};

use crate::list_files;

/// `vestibule lists pack`
#[derive(Args)]
pub(crate) struct Pack {
    /// The text file; blank lines and those that begin with `#` are left out
    file: PathBuf,
    /// What the entries are
    #[arg(long = "as", value_name = "domains|addresses|values")]
    kind: Kind,
    /// The packed file [FILE.packed]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

impl Pack {
    pub(crate) fn run(self) -> ExitCode {
        let Pack { file, kind, out } = self;
        let target = out.unwrap_or_else(|| beside(&file));
        told(match pack(kind, &file, &target) {
            Ok(done) => Ok(format!("{}: {done}", target.display())),
            Err(error) => Err(format!("{}: {error}", file.display())),
        })
    }
}

/// `vestibule lists pack-all`
#[derive(Args)]
pub(crate) struct PackAll {
    /// The policy file
    policy: PathBuf,
    /// The folder, which VESTIBULE_LISTS then names
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

impl PackAll {
    pub(crate) fn run(self) -> ExitCode {
        let PackAll { policy, out } = self;
        told(match list_files::pack_all(&policy, &out) {
            Ok(names) => Ok(format!("{}: {}", out.display(), names.join(", "))),
            Err(error) => Err(error.to_string()),
        })
    }
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is what the commands are for"
)]
fn told(done: Result<String, String>) -> ExitCode {
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
