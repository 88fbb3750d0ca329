//! Packed lists as files, put in their place whole.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use tempfile::{Builder, NamedTempFile};

use crate::{Kind, PackError, Packed, SourceHash, Summary, pack};

/// Packs a text file into another one, which is replaced at once or not at all. What maps the old one keeps it.
///
/// # Errors
/// [`PackError`]; then the target is as it was.
pub fn pack_file(kind: Kind, source: &Path, target: &Path) -> Result<Summary, PackError> {
    let real = |path| fs::canonicalize(path).ok();
    if real(target).is_some_and(|target| real(source) == Some(target)) {
        return Err(PackError::OntoItself);
    }
    let (packed, summary) = pack_beside(kind, source, folder_of(target))?;
    put(packed, target)?;
    Ok(summary)
}

/// A text file as a packed list that is kept in a folder, under the hash of the text: packed when it is not there yet
/// or damaged. Several processes may do so at once; files of texts that are used no more are left alone.
///
/// # Errors
/// [`PackError`] if the text is no list, or a file cannot be read or written.
pub fn cache(folder: &Path, source: &Path, kind: Kind) -> Result<Packed, PackError> {
    let hash = hash_of(source).map_err(PackError::Source)?;
    if let Some(packed) = sound(&kept_at(folder, hash, kind), hash, kind) {
        return Ok(packed);
    }
    make_private(folder).map_err(PackError::Target)?;
    let (packed, summary) = pack_beside(kind, source, folder)?;
    // The text may have changed since it was hashed: what counts is what was packed.
    let path = kept_at(folder, summary.source, kind);
    put(packed, &path)?;
    sound(&path, summary.source, kind).ok_or(PackError::NotAsWritten)
}

/// Makes a folder, if there is none, that only its owner can write to: what lies there is trusted.
///
/// # Errors
/// Whatever the folder around it does not allow.
pub fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Puts a file in its place whole: whoever reads it sees all of it, or what was there before.
///
/// # Errors
/// Whatever the folder does not allow.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = temporary(folder_of(path))?;
    file.write_all(bytes)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

fn kept_at(folder: &Path, hash: SourceHash, kind: Kind) -> PathBuf {
    folder.join(format!("{hash}.{kind}.packed"))
}

/// The packed list that a file holds, if it is the one of this text and undamaged.
fn sound(path: &Path, hash: SourceHash, kind: Kind) -> Option<Packed> {
    let packed = Packed::open(path).ok()?;
    let is_it = packed.source_hash() == hash && packed.kind() == kind && packed.verify().is_ok();
    is_it.then_some(packed)
}

fn hash_of(source: &Path) -> io::Result<SourceHash> {
    let mut source = BufReader::with_capacity(1 << 16, File::open(source)?);
    let mut hasher = Sha256::new();
    loop {
        let read = source.fill_buf()?;
        if read.is_empty() {
            return Ok(SourceHash(hasher.finalize().into()));
        }
        hasher.update(read);
        let length = read.len();
        source.consume(length);
    }
}

/// A temporary file in the folder, packed and read back.
fn pack_beside(kind: Kind, source: &Path, folder: &Path) -> Result<(NamedTempFile, Summary), PackError> {
    let source = BufReader::new(File::open(source).map_err(PackError::Source)?);
    let mut packed = temporary(folder).map_err(PackError::Target)?;
    let summary = pack(kind, source, &mut packed)?;
    packed.as_file().sync_all().map_err(PackError::Target)?;
    match sound(packed.path(), summary.source, kind) {
        Some(_) => Ok((packed, summary)),
        None => Err(PackError::NotAsWritten),
    }
}

fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    Builder::new()
        .prefix(".packing-")
        // As any other file, not for its owner alone: on Lambda another user reads it.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
}

fn put(packed: NamedTempFile, target: &Path) -> Result<(), PackError> {
    packed.persist(target).map_err(|error| PackError::Target(error.error))?;
    Ok(())
}

/// Where a file without a folder in its name is.
fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
