//! The binaries that `make test` and `make bench` built.

use std::path::PathBuf;

/// The binary of a function, or of any other package of the workspace, from the same build as the running program.
pub fn find(name: &str) -> PathBuf {
    let path = build_folder().join(name);
    assert!(
        path.is_file(),
        "{} is missing: run `make test` (`make bench` for the bench), which builds it",
        path.display()
    );
    path
}

/// The folder of a repository path, such as `azure` or `policy.toml`.
pub fn in_repository(path: &str) -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("a package inside the repository").join(path)
}

/// `target/debug` for a test in `target/debug/deps`, `target/release` for the bench.
pub fn build_folder() -> PathBuf {
    let mut folder = std::env::current_exe().expect("the path of the running program");
    folder.pop();
    if folder.ends_with("deps") || folder.ends_with("examples") {
        folder.pop();
    }
    folder
}
