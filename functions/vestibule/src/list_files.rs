//! The lists that a policy names, as files of this machine.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use assembly::{PackedLists, packed_name};
use host::{Settings, StartError};
use lists::{Kind, PackError, Packed, cache, pack_file};
use policy::{ListSource, OpenList, Policy};

/// The domains of disposable addresses, as they come with the program.
const DISPOSABLE: &str = include_str!("../../../lists/disposable.txt");

/// Where lists are kept once they are packed.
const CACHE: &str = ".vestibule/lists";

/// The policy that the settings name. Its lists come from the folder of packed ones, if there is one; otherwise their
/// files are packed here when they are new.
///
/// # Errors
/// [`StartError`] with every mistake in it.
pub(crate) fn read_policy(settings: &Settings) -> Result<Policy, StartError> {
    let text = settings.read_policy()?;
    match &settings.lists {
        Some(folder) => assembly::parse_policy(&settings.policy, &text, &PackedLists(folder.clone())),
        None => parse_policy(&settings.policy, &text),
    }
}

/// A policy whose lists are packed here when they are new.
///
/// # Errors
/// As [`read_policy`].
pub(crate) fn parse_policy(file: &Path, text: &str) -> Result<Policy, StartError> {
    let files = Files {
        folder: folder_of(file),
    };
    assembly::parse_policy(file, text, &Cached(files))
}

/// Packs every list that a policy names, and the ones that come with the program, into a folder; what they are called
/// there.
///
/// # Errors
/// [`StartError`] with every mistake in the policy and its lists.
pub(crate) fn pack_all(policy: &Path, target: &Path) -> Result<Vec<String>, StartError> {
    let text = fs::read_to_string(policy)
        .map_err(|error| StartError::new(format!("cannot read the policy {}: {error}", policy.display())))?;
    let unwritable = |error| StartError::new(format!("cannot write to {}: {error}", target.display()));
    fs::create_dir_all(target).map_err(unwritable)?;
    let packing = Packing {
        files: Files {
            folder: folder_of(policy),
        },
        target: target.to_owned(),
        packed: RefCell::default(),
    };
    let built_in = packing.open(&ListSource::Disposable, Kind::Domains);
    built_in.map_err(|why| StartError::new(format!("the disposable domains: {why}")))?;
    assembly::parse_policy(policy, &text, &packing)?;
    Ok(packing.packed.into_inner().into_iter().collect())
}

/// Text files beside a policy.
struct Files {
    folder: PathBuf,
}

impl Files {
    /// Where the text of a list is.
    fn text(&self, source: &ListSource) -> Result<PathBuf, String> {
        match source {
            ListSource::File(path) => Ok(self.folder.join(path)),
            ListSource::Disposable => {
                let kept = Path::new(CACHE).join("disposable.txt");
                let write = || {
                    lists::make_private(Path::new(CACHE))?;
                    lists::write_whole(&kept, DISPOSABLE.as_bytes())
                };
                match fs::read(&kept).is_ok_and(|text| text == DISPOSABLE.as_bytes()) {
                    true => Ok(kept),
                    false => write()
                        .map(|()| kept.clone())
                        .map_err(|error| cannot_keep(&kept, &error)),
                }
            }
        }
    }
}

struct Cached(Files);

impl OpenList for Cached {
    fn open(&self, source: &ListSource, kind: Kind) -> Result<Packed, String> {
        let text = self.0.text(source)?;
        cache(Path::new(CACHE), &text, kind).map_err(|error| failed(&text, &error))
    }
}

struct Packing {
    files: Files,
    target: PathBuf,
    packed: RefCell<BTreeSet<String>>,
}

impl OpenList for Packing {
    fn open(&self, source: &ListSource, kind: Kind) -> Result<Packed, String> {
        let (text, name) = (self.files.text(source)?, packed_name(source, kind));
        let target = self.target.join(&name);
        if self.packed.borrow_mut().insert(name) {
            pack_file(kind, &text, &target).map_err(|error| failed(&text, &error))?;
        }
        Packed::open(&target).map_err(|error| format!("{}: {error}", target.display()))
    }
}

fn failed(text: &Path, error: &PackError) -> String {
    match error {
        PackError::Target(error) => cannot_keep(Path::new(CACHE), error),
        error => format!("{}: {error}", text.display()),
    }
}

fn cannot_keep(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!(
        "cannot write {}: {error}; pack lists ahead with `vestibule lists pack-all` and name their folder in VESTIBULE_LISTS",
        path.display()
    )
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}
