//! Packed lists as files.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    sync::Barrier,
    thread,
};

use lists::{Kind, PackError, Packed, cache, pack_file};
use tempfile::TempDir;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_is_packed_beside_its_source_and_read_by_anybody_who_may_read_that() {
    let folder = TempDir::new().unwrap();
    let (source, target) = (
        folder.path().join("partners.txt"),
        folder.path().join("partners.packed"),
    );
    fs::write(&source, "contoso.com\n").unwrap();
    let summary = pack_file(Kind::Domains, &source, &target).unwrap();
    let packed = Packed::open(&target).unwrap();
    assert_eq!(
        (packed.len(), packed.kind(), packed.source_hash()),
        (1, Kind::Domains, summary.source)
    );
    // The digest of the text by another program: `printf 'contoso.com\n' | sha256sum`.
    let digest = "b273b499a00d54a8e09249808c3723c23c3cf69e35f0b0050a86ec860d104109";
    assert_eq!(summary.source.to_string(), digest);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&target), mode(&source));
    assert_eq!(names(folder.path()), ["partners.packed", "partners.txt"]);
}

#[test]
fn a_list_that_cannot_be_packed_leaves_everything_as_it_was() {
    let folder = TempDir::new().unwrap();
    let (source, target) = (
        folder.path().join("partners.txt"),
        folder.path().join("partners.packed"),
    );
    fs::write(&source, "contoso.com\n").unwrap();
    pack_file(Kind::Domains, &source, &target).unwrap();
    fs::write(&source, "localhost\n").unwrap();
    let bad = pack_file(Kind::Domains, &source, &target);
    assert!(matches!(bad, Err(PackError::BadLines { .. })));
    assert_eq!(Packed::open(&target).unwrap().contains("contoso.com"), Ok(true));
    let link = folder.path().join("link.txt");
    std::os::unix::fs::symlink(&source, &link).unwrap();
    assert!(matches!(
        pack_file(Kind::Domains, &source, &link),
        Err(PackError::OntoItself)
    ));
    assert_eq!(fs::read_to_string(&source).unwrap(), "localhost\n");
    assert_eq!(names(folder.path()), ["link.txt", "partners.packed", "partners.txt"]);
}

#[test]
fn what_has_a_list_mapped_keeps_it_when_another_takes_its_place() {
    let folder = TempDir::new().unwrap();
    let (source, target) = (
        folder.path().join("partners.txt"),
        folder.path().join("partners.packed"),
    );
    fs::write(&source, "contoso.com\n").unwrap();
    pack_file(Kind::Domains, &source, &target).unwrap();
    let old = Packed::open(&target).unwrap();
    fs::write(&source, "fabrikam.com\n").unwrap();
    pack_file(Kind::Domains, &source, &target).unwrap();
    let new = Packed::open(&target).unwrap();
    assert_eq!(
        (old.contains("contoso.com"), old.contains("fabrikam.com")),
        (Ok(true), Ok(false))
    );
    assert_eq!(
        (new.contains("contoso.com"), new.contains("fabrikam.com")),
        (Ok(false), Ok(true))
    );
}

#[test]
fn a_list_is_packed_once_for_each_text_and_kind() {
    let folder = TempDir::new().unwrap();
    let (source, kept) = (folder.path().join("partners.txt"), folder.path().join("kept/lists"));
    fs::write(&source, "contoso.com\n").unwrap();
    let first = cache(&kept, &source, Kind::Domains).unwrap();
    let name = format!("{}.domains.packed", first.source_hash());
    assert_eq!(names(&kept), [name.as_str()]);
    let mode = fs::metadata(&kept).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "what lies there is trusted");
    let inode = || fs::metadata(kept.join(&name)).unwrap().ino();
    let (before, again) = (inode(), cache(&kept, &source, Kind::Domains).unwrap());
    assert_eq!(
        (again.contains("contoso.com"), inode()),
        (Ok(true), before),
        "packed once"
    );

    assert_eq!(cache(&kept, &source, Kind::Values).unwrap().kind(), Kind::Values);
    fs::write(&source, "fabrikam.com\n").unwrap();
    assert_eq!(
        cache(&kept, &source, Kind::Domains).unwrap().contains("fabrikam.com"),
        Ok(true)
    );
    assert_eq!(names(&kept).len(), 3, "what is used no more is left alone");
}

#[test]
fn a_damaged_list_or_that_of_another_text_is_packed_again() {
    let folder = TempDir::new().unwrap();
    let source = folder.path().join("partners.txt");
    fs::write(&source, "contoso.com\n").unwrap();
    let first = cache(folder.path(), &source, Kind::Domains).unwrap();
    let path = folder.path().join(format!("{}.domains.packed", first.source_hash()));
    let sound = fs::read(&path).unwrap();
    let mut damaged = sound.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let (other, others) = (folder.path().join("other.txt"), folder.path().join("other.packed"));
    fs::write(&other, "fabrikam.com\n").unwrap();
    pack_file(Kind::Domains, &other, &others).unwrap();
    let others = fs::read(others).unwrap();
    for bytes in [&damaged[..], &sound[..80], &others, b"contoso.com\n", b""] {
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        let mended = cache(folder.path(), &source, Kind::Domains).unwrap();
        assert_eq!(mended.contains("contoso.com"), Ok(true));
        assert_eq!(fs::read(&path).unwrap(), sound);
    }
}

#[test]
fn many_may_pack_the_same_list_at_once() {
    let folder = TempDir::new().unwrap();
    let (source, kept) = (folder.path().join("partners.txt"), folder.path().join("kept"));
    let text: String = (0..2_000).map(|n| format!("d{n}.example\n")).collect();
    fs::write(&source, text).unwrap();
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                let packed = cache(&kept, &source, Kind::Domains).unwrap();
                assert_eq!((packed.len(), packed.verify()), (2_000, Ok(())));
            });
        }
    });
    assert_eq!(names(&kept).len(), 1, "no temporary file is left");
}

#[test]
fn a_list_that_is_not_there_is_named_as_such() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("partners.txt");
    assert!(matches!(
        cache(folder.path(), &missing, Kind::Domains),
        Err(PackError::Source(_))
    ));
    assert!(matches!(
        pack_file(Kind::Domains, &missing, &folder.path().join("out")),
        Err(PackError::Source(_))
    ));
    assert_eq!(names(folder.path()), [""; 0]);
}
