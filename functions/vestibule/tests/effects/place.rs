//! A folder with a store in it, and the program run there.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use rusqlite::Connection;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use store::{
    Commit, Committed, Effect, EntryId, News, Outbox, OutboxEntry, Progress, Receiver, RequestId, Store, Timestamp,
    Write as Change,
};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

/// 2026-11-22T20:53:01Z.
const BEGIN: i64 = 1_795_380_781_007;

pub(crate) struct Place {
    folder: TempDir,
    store: SqliteStore,
}

/// A program that ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Place {
        let folder = TempDir::new().unwrap();
        let store = SqliteStore::open(folder.path().join("vestibule.db")).unwrap();
        Place { folder, store }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// An effect about somebody that was given up so many seconds after the begin.
    pub(crate) fn parked(&self, name: &str, seconds: i64) -> OutboxEntry {
        let request = RequestId {
            applicant: claims::Hash::of(&[name]),
            round: 1,
        };
        OutboxEntry {
            id: EntryId::of(&request, 1, Receiver::Mail, 0),
            request,
            effect: Effect::TellReviewers {
                why: store::Occasion::Asked,
            },
            written_at: Timestamp::from_millis(BEGIN),
            progress: Progress::Parked {
                since: Timestamp::from_millis(BEGIN + seconds * 1000),
            },
            attempts: 8,
            failures: 8,
            revision: 17,
            failure: Some("the receiver said no".to_owned()),
        }
    }

    pub(crate) async fn put(&self, entry: &OutboxEntry) {
        let write = Change::Effect {
            entry: Box::new(entry.clone()),
            replaces: None,
        };
        let commit = Commit { writes: vec![write] };
        assert_eq!(self.store.commit(&commit).await, Ok(Committed::Applied));
    }

    pub(crate) async fn entry(&self, id: &EntryId) -> Option<OutboxEntry> {
        self.store.entry(id).await.unwrap()
    }

    /// Makes the text of an effect's row one that nobody can read.
    pub(crate) fn damage(&self, entry: &OutboxEntry) {
        let file = Connection::open(self.folder().join("vestibule.db")).unwrap();
        let sql = "UPDATE outbox SET document = '{' WHERE applicant = ?";
        assert_eq!(file.execute(sql, [entry.id.lane.applicant.to_string()]), Ok(1));
    }

    /// Runs `vestibule effects` to its end, without a terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        Finished::of(self.spawn(arguments))
    }

    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.with_store(arguments).spawn().unwrap()
    }

    pub(crate) fn without_store(&self, arguments: &[&str]) -> Finished {
        Finished::of(self.command(arguments).spawn().unwrap())
    }

    /// The same with a terminal for its input, where somebody types.
    pub(crate) fn run_in_terminal(&self, arguments: &[&str], typed: &str) -> Finished {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&near).unwrap();
        unlockpt(&near).unwrap();
        let name = ptsname(&near, Vec::new()).unwrap();
        let far = File::options()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let mut near = File::from(near);
        near.write_all(typed.as_bytes()).unwrap();
        Finished::of(self.with_store(arguments).stdin(far).spawn().unwrap())
    }

    fn with_store(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("VESTIBULE_STORE", "sqlite:vestibule.db");
        command
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command
            .arg("effects")
            .args(arguments)
            .env_clear()
            .current_dir(self.folder());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

impl Finished {
    pub(crate) fn of(mut child: Child) -> Finished {
        let mut stdout = String::new();
        if let Some(mut out) = child.stdout.take() {
            out.read_to_string(&mut stdout).unwrap();
        }
        let output = child.wait_with_output().unwrap();
        Finished {
            code: output.status.code().unwrap(),
            stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Nothing was done, and the person is told why.
    pub(crate) fn refused(&self, why: &str) {
        assert_eq!((self.code, &*self.stdout), (1, ""), "{self:?}");
        assert!(self.stderr.contains(why), "{self:?}");
    }
}

/// What an approved guest is told.
pub(crate) fn invited(sealed: &str) -> Effect {
    Effect::TellApplicant {
        news: News::Approved,
        redeem_url: Some(sealed.to_owned()),
    }
}
