//! Opening the file: where it may lie, who may read it, and which tables it has.

use std::{
    cmp::Ordering,
    fmt, fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::file_system;

/// How long a statement waits while another process writes: well inside the time that a call has.
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);

/// How long opening waits while other processes open the same file or write much to it.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);

/// How long opening pauses before it tries again.
const BETWEEN: Duration = Duration::from_millis(5);

/// The version of the tables below, kept in the file as `user_version`.
const SCHEMA_VERSION: i64 = 9;

/// The tables. A row is a JSON document; the columns beside it are what conditions and lists look at.
///
/// An applicant's latest request is in `slot` 0, earlier ones in the slot of their round. `asked` is who decides a pending
/// one, `domain` and `address` are hashes, `due` is when time changes something next. A counter's `route` is empty where no
/// route decides. `at` and `mac` of an entry of a history are when it happened and what proves it. The `version` of an entry of a list
/// is that of its copy, or -1 in a list that people edit. What `taken` and `revoked_at` of an invitation say counts, and not what
/// its document says: that is as it was made.
const SCHEMA: &str = "
    CREATE TABLE request (
        applicant TEXT NOT NULL,
        slot INTEGER NOT NULL,
        round INTEGER NOT NULL,
        version INTEGER NOT NULL,
        state TEXT NOT NULL,
        asked TEXT,
        domain TEXT,
        address TEXT,
        due INTEGER,
        opened_at INTEGER NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (applicant, slot)
    ) STRICT;
    CREATE INDEX queue ON request (state, opened_at, applicant, round);
    CREATE INDEX waiting ON request (asked, opened_at, applicant, round) WHERE asked IS NOT NULL;
    CREATE INDEX domain ON request (domain, opened_at, applicant, round) WHERE domain IS NOT NULL;
    CREATE INDEX address ON request (address, opened_at, applicant, round) WHERE address IS NOT NULL;
    CREATE INDEX overdue ON request (due, applicant, round) WHERE due IS NOT NULL;
    CREATE TABLE counter (
        state TEXT NOT NULL,
        route TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (state, route)
    ) STRICT;
    CREATE TABLE history (
        applicant TEXT NOT NULL,
        round INTEGER NOT NULL,
        version INTEGER NOT NULL,
        at INTEGER NOT NULL,
        mac TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (applicant, round, version)
    ) STRICT;
    CREATE INDEX journal ON history (at, applicant, round, version, mac);
    CREATE TABLE checkpoint (
        number INTEGER NOT NULL PRIMARY KEY,
        document TEXT NOT NULL
    ) STRICT;
    CREATE TABLE pruning (
        one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
        revision INTEGER NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
    CREATE TABLE call (
        key TEXT NOT NULL PRIMARY KEY,
        answered_at INTEGER NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX age ON call (answered_at);
    CREATE TABLE denial (
        address TEXT NOT NULL PRIMARY KEY,
        until INTEGER NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX denial_until ON denial (until);
    CREATE TABLE outbox (
        applicant TEXT NOT NULL,
        receiver TEXT NOT NULL,
        number INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        due INTEGER,
        parked_at INTEGER,
        document TEXT NOT NULL,
        PRIMARY KEY (applicant, receiver, number),
        CHECK ((due IS NULL) <> (parked_at IS NULL))
    ) STRICT;
    CREATE INDEX due ON outbox (receiver, due, applicant, number) WHERE due IS NOT NULL;
    CREATE INDEX parked ON outbox (parked_at, applicant, receiver, number) WHERE parked_at IS NOT NULL;
    CREATE TABLE list_entry (
        list TEXT NOT NULL,
        version INTEGER NOT NULL,
        key BLOB NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (list, version, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE list_copy (
        list TEXT NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
    CREATE TABLE list_copies (
        list TEXT NOT NULL PRIMARY KEY,
        revision INTEGER NOT NULL,
        closed INTEGER NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
    CREATE TABLE looking (
        applicant TEXT NOT NULL,
        round INTEGER NOT NULL,
        person TEXT NOT NULL,
        until INTEGER NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (applicant, round, person)
    ) STRICT;
    CREATE INDEX looked ON looking (until);
    CREATE TABLE invitation (
        code TEXT NOT NULL PRIMARY KEY,
        until INTEGER NOT NULL,
        uses INTEGER NOT NULL,
        taken INTEGER NOT NULL,
        revoked_at INTEGER,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX invitation_until ON invitation (until);
    CREATE TABLE invitation_use (
        code TEXT NOT NULL,
        applicant TEXT NOT NULL,
        at INTEGER NOT NULL,
        spent_at INTEGER,
        PRIMARY KEY (code, applicant)
    ) STRICT;
    CREATE INDEX used ON invitation_use (at);
    CREATE TABLE tally (
        what TEXT NOT NULL,
        begins INTEGER NOT NULL,
        ends INTEGER NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (what, begins, ends)
    ) STRICT;
    CREATE INDEX tally_ends ON tally (ends);
    CREATE TABLE kept (
        key TEXT NOT NULL PRIMARY KEY,
        revision INTEGER NOT NULL,
        until INTEGER NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX kept_until ON kept (until);
    CREATE TABLE item (
        list TEXT NOT NULL,
        key TEXT NOT NULL,
        json TEXT NOT NULL,
        PRIMARY KEY (list, key)
    ) STRICT, WITHOUT ROWID;
";

/// Opens the file twice: to write and to read.
pub(crate) fn open(path: &Path) -> Result<(Connection, Connection), OpenError> {
    let failed = |why| OpenError::Place {
        path: path.to_owned(),
        why,
    };
    // An absolute path is never one of the names that mean something else to SQLite, like `:memory:`.
    let path = &std::path::absolute(path).map_err(failed)?;
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(failed)?;
    refuse_network(if path.exists() { path } else { folder })?;
    create_private(path).map_err(failed)?;

    let failed = |why| OpenError::File {
        path: path.clone(),
        why,
    };
    let mut writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
    let version = prepare(&mut writer).map_err(failed)?;
    let path = || path.clone();
    match version.cmp(&SCHEMA_VERSION) {
        Ordering::Greater => return Err(OpenError::Newer { path: path(), version }),
        Ordering::Less => return Err(OpenError::Unreleased { path: path(), version }),
        Ordering::Equal => {}
    }
    let path = &path();
    let reader = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
    Ok((writer, reader))
}

/// Why a file cannot be the store.
#[derive(Debug)]
pub enum OpenError {
    /// The file or its folder cannot be made or reached.
    Place {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// The file lies on a file system on which SQLite's WAL mode does not work.
    Network {
        /// The file.
        path: PathBuf,
        /// The kind of file system.
        kind: &'static str,
    },
    /// SQLite cannot work with the file.
    File {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        why: rusqlite::Error,
    },
    /// A version of this program from before its first release made the file.
    Unreleased {
        /// The file.
        path: PathBuf,
        /// The version of the file's tables.
        version: i64,
    },
    /// A newer version of this program made the file.
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of the file's tables.
        version: i64,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Place { path, why } => write!(
                f,
                "the store needs a file that this user can read and write at {}, and got: {why}; \
                 name another path, or give this user the right to it",
                path.display()
            ),
            OpenError::Network { path, kind } => write!(
                f,
                "the store needs a local disk, and {} is on a network file system ({kind}), where processes cannot \
                 share SQLite's write-ahead log; name a path on a local disk, or use a `dynamodb:` store",
                path.display()
            ),
            OpenError::File { path, why } => write!(
                f,
                "the store needs an SQLite file of its own, and {} cannot be opened as one: {why}; name another \
                 path, or restore the file from a backup",
                path.display()
            ),
            OpenError::Unreleased { path, version } => write!(
                f,
                "this program wants SQLite files of version {SCHEMA_VERSION}, and {} has version {version}, from before \
                 the first release; move it away, or name another path",
                path.display()
            ),
            OpenError::Newer { path, version } => write!(
                f,
                "this program knows SQLite files up to version {SCHEMA_VERSION}, and {} has version {version}: a \
                 newer program made it; run that one, or name another path",
                path.display()
            ),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OpenError::Place { why, .. } => Some(why),
            OpenError::File { why, .. } => Some(why),
            OpenError::Network { .. } | OpenError::Unreleased { .. } | OpenError::Newer { .. } => None,
        }
    }
}

fn refuse_network(place: &Path) -> Result<(), OpenError> {
    match file_system::network_kind(place) {
        Ok(None) => Ok(()),
        Ok(Some(kind)) => Err(OpenError::Network {
            path: place.to_owned(),
            kind,
        }),
        Err(why) => Err(OpenError::Place {
            path: place.to_owned(),
            why,
        }),
    }
}

/// Makes the file before SQLite does, which would let others read it. The log beside it gets the same rights.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn connect(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(32);
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is deleted or replaced is overwritten: claims that were forgotten must not stay in free places of the file.
    connection.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(()))?;
    Ok(connection)
}

/// Brings a file into WAL mode and makes its tables if they are not there; says which version it has then.
fn prepare(connection: &mut Connection) -> rusqlite::Result<i64> {
    connection.busy_timeout(OPEN_TIMEOUT)?;
    let until = Instant::now() + OPEN_TIMEOUT;
    let version = loop {
        match make_tables(connection) {
            // Two that change a new file's mode at once are refused without waiting, since each waits for the other.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < until => {
                thread::sleep(BETWEEN);
            }
            made => break made?,
        }
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(version)
}

fn make_tables(connection: &mut Connection) -> rusqlite::Result<i64> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != 0 {
        return Ok(version);
    }
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()?;
    Ok(SCHEMA_VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_was_wanted_what_came_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let text = |path: &Path| open(path).map(drop).unwrap_err().to_string();

        let taken = text(folder.path());
        assert!(
            taken.contains("a file that this user can read and write at /"),
            "{taken}"
        );
        let under_a_file = folder.path().join("file");
        fs::write(
            &under_a_file,
            "this is no database, and longer than a header of one hundred bytes".repeat(9),
        )
        .unwrap();
        assert!(text(&under_a_file.join("store")).contains("name another path"));
        let foreign = text(&under_a_file);
        assert!(
            foreign.contains("cannot be opened as one: file is not a database"),
            "{foreign}"
        );
        assert!(text(Path::new("")).contains("name another path"));
    }

    #[test]
    fn a_file_of_another_version_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        drop(open(&path).unwrap());
        let written_by = |version: i64| {
            let file = Connection::open(&path).unwrap();
            file.pragma_update(None, "user_version", version).unwrap();
        };
        written_by(SCHEMA_VERSION + 1);
        let refused = open(&path).map(drop).unwrap_err();
        assert!(matches!(refused, OpenError::Newer { version, .. } if version == SCHEMA_VERSION + 1));
        assert!(
            refused.to_string().contains(&format!("up to version {SCHEMA_VERSION}")),
            "{refused}"
        );
        written_by(SCHEMA_VERSION - 1);
        let refused = open(&path).map(drop).unwrap_err();
        assert!(matches!(refused, OpenError::Unreleased { version, .. } if version == SCHEMA_VERSION - 1));
        assert!(refused.to_string().contains("move it away"), "{refused}");
    }

    #[test]
    fn only_the_owner_may_read_the_file_and_its_log() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/store.db");
        let _connections = open(&path).unwrap();
        for name in ["store.db", "store.db-wal", "store.db-shm"] {
            let mode = fs::metadata(path.with_file_name(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn names_that_mean_something_to_sqlite_are_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in [":memory:", "file:x?mode=memory"] {
            let path = folder.path().join(name);
            drop(open(&path).unwrap());
            assert!(path.is_file(), "{name}");
        }
    }

    #[test]
    fn the_file_is_in_wal_mode_and_every_commit_reaches_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, reader) = open(&folder.path().join("store")).unwrap();
        let mode: String = writer
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        let synchronous: i64 = writer
            .pragma_query_value(None, "synchronous", |row| row.get(0))
            .unwrap();
        assert_eq!((mode.as_str(), synchronous), ("wal", 2));
        assert!(
            reader.execute("DELETE FROM request", []).is_err(),
            "the reader cannot write"
        );
    }

    #[test]
    fn opening_waits_longer_for_others_than_a_call_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let other = Connection::open(&path).unwrap();
        other
            .execute_batch("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE")
            .unwrap();
        std::thread::scope(|scope| {
            let opened = scope.spawn(|| open(&path));
            std::thread::sleep(2 * BUSY_TIMEOUT);
            other.execute_batch("ROLLBACK").unwrap();
            let (writer, _) = opened.join().unwrap().unwrap();
            let timeout: u64 = writer
                .pragma_query_value(None, "busy_timeout", |row| row.get(0))
                .unwrap();
            assert_eq!(u128::from(timeout), BUSY_TIMEOUT.as_millis());
        });
    }

    #[test]
    fn many_may_open_a_new_file_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| open(&path).unwrap());
            }
        });
    }
}
