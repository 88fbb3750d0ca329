//! Packing long lists.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use lists::{Kind, PackError, pack_file};

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
    #[expect(
        clippy::print_stdout,
        clippy::print_stderr,
        reason = "this is what the command is for"
    )]
    pub(crate) fn run(self) -> ExitCode {
        let Pack { file, kind, out } = self;
        let target = out.unwrap_or_else(|| beside(&file));
        match pack(kind, &file, &target) {
            Ok(done) => {
                println!("{}: {done}", target.display());
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("vestibule: {}: {error}", file.display());
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
