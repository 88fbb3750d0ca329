//! `seeds FOLDER` writes the seeds of each target, and the words that both are made of, for libFuzzer.

use std::{env, fs, io, path::Path};

use fuzzing::seeds;

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).ok_or_else(|| io::Error::other("which folder?"))?;
    let folder = Path::new(&folder);
    write(&folder.join("policy"), &seeds::policies())?;
    write(&folder.join("body"), &seeds::bodies())?;
    let entry = |word: &String| format!("{word:?}\n");
    fs::write(
        folder.join("words.dict"),
        seeds::words().iter().map(entry).collect::<String>(),
    )
}

fn write(folder: &Path, seeds: &[String]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut numbered = seeds.iter().enumerate();
    numbered.try_for_each(|(number, seed)| fs::write(folder.join(number.to_string()), seed))
}
