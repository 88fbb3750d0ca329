//! Time for real binaries, moved from outside with libfaketime. Only the wall clock moves: the monotonic clock stays,
//! and with it timers, deadlines and time-outs.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// A wall clock that runs ahead of the real one by as much as the test says. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: TempDir,
    ahead: Mutex<Duration>,
}

impl Clock {
    /// A clock that shows the real time so far.
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a folder for temporary files");
        let clock = Self(Arc::new(Inner {
            folder,
            ahead: Mutex::default(),
        }));
        clock.write(Duration::ZERO);
        clock
    }

    /// Moves the time of every program that runs by this clock, at once.
    pub fn advance(&self, by: Duration) {
        let mut ahead = self.0.ahead.lock().unwrap();
        *ahead += by;
        self.write(*ahead);
    }

    /// The time by this clock.
    pub fn now(&self) -> SystemTime {
        SystemTime::now() + *self.0.ahead.lock().unwrap()
    }

    /// What a program's environment needs so that it runs by this clock.
    pub fn env(&self) -> Vec<(String, String)> {
        let file = self.0.folder.path().join("time").display().to_string();
        let library = library().display().to_string();
        let pairs = [
            ("LD_PRELOAD", library.as_str()),
            ("FAKETIME_TIMESTAMP_FILE", &file),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("DONT_FAKE_MONOTONIC", "1"), // its name up to libfaketime 0.9.8
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    /// By a rename, so that no program ever reads half of it.
    fn write(&self, ahead: Duration) {
        let (new, file) = (self.0.folder.path().join("new"), self.0.folder.path().join("time"));
        fs::write(&new, format!("+{}.{:09}\n", ahead.as_secs(), ahead.subsec_nanos())).expect("a writable folder");
        fs::rename(new, file).expect("a writable folder");
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// The build for programs with threads: the other one keeps its state without locks.
fn library() -> PathBuf {
    let folders = ["/usr/lib", "/usr/lib64", "/usr/local/lib"]
        .into_iter()
        .map(PathBuf::from);
    let below = fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    folders
        .chain(below)
        .map(|folder| folder.join("faketime/libfaketimeMT.so.1"))
        .find(|path| path.is_file())
        .expect("libfaketime: install the package `faketime` (Debian, Ubuntu) or `libfaketime` (Fedora, Alpine)")
}
