//! Packed lists of domains against the same text file read, parsed and kept as a set at start.
//!
//! `BENCH_SEED` repeats a run with the same domains. Each row is measured in a process of its own, so that its memory is
//! its own; the files are in the system's cache, as those of a warm machine are. It never fails on a number.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout)] // A tool for developers, whose output is its purpose.

mod domains;
mod measure;

use std::{env, fs, path::Path, process::Command, time::Instant};

use lists::{Kind, pack_file};
use tempfile::TempDir;

use crate::measure::{Subject, milliseconds};

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match &arguments[..] {
        [] => all(),
        [subject, folder] => measure::row(subject.parse().expect("a subject"), Path::new(folder)),
        _ => panic!("wanted no arguments, got {arguments:?}"),
    }
}

fn all() {
    let seed = match env::var("BENCH_SEED") {
        Ok(seed) => seed.parse().expect("BENCH_SEED is a number"),
        Err(_) => fastrand::u64(..),
    };
    println!("BENCH_SEED={seed}\n\n{}", measure::HEADINGS);
    for size in SIZES {
        let folder = TempDir::new().expect("a folder for temporary files");
        let listed = domains::listed(size, seed);
        write(&folder.path().join("list.txt"), &listed);
        // From all over the list, and of the same make.
        let hits: Vec<_> = listed.into_iter().cycle().take(measure::ASKED).collect();
        write(&folder.path().join("hits.txt"), &hits);
        write(
            &folder.path().join("misses.txt"),
            &domains::unlisted(measure::ASKED, seed),
        );
        let packing = pack(folder.path());
        println!("{size} domains, packed in {packing}");
        for subject in [Subject::Packed, Subject::Text] {
            run(subject, folder.path());
        }
    }
}

fn write(path: &Path, lines: &[String]) {
    fs::write(path, lines.join("\n")).expect("a file in the temporary folder");
}

fn pack(folder: &Path) -> String {
    let target = folder.join("list.packed");
    let start = Instant::now();
    pack_file(Kind::Domains, &folder.join("list.txt"), &target).expect("a packed list");
    let took = milliseconds(start.elapsed());
    let bytes = fs::metadata(&target).expect("the packed list").len();
    format!("{took} into {:.2} MB", bytes as f64 / 1e6)
}

fn run(subject: Subject, folder: &Path) {
    let program = env::current_exe().expect("this program");
    let status = Command::new(program).arg(subject.name()).arg(folder).status();
    assert!(status.expect("a process").success(), "{} failed", subject.name());
}
