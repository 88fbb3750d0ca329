//! `make bench`: every function against its baseline, behind the same loopback Runtime API, in turn.
//!
//! `BENCH_STARTS` (20) and `BENCH_CALLS` (500) set how much is measured, `BENCH_ONLY` a part of the names of the rows
//! to measure. It prints a table and never fails on a number: it is a benchmark, not a test.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout)] // A tool for developers, whose output is its purpose.

mod measure;
mod rows;
mod table;
mod tls;

use crate::measure::{Counts, Pair, Side};
use crate::rows::{CONNECTOR, REVIEWER, ROWS, Row};
use crate::table::Table;
use crate::tls::TlsEnd;
use end_to_end::binaries;
use end_to_end::dynamodb_local::DynamoDb;
use end_to_end::process::Program;
use std::env;
use std::str::FromStr;
use tempfile::TempDir;

fn main() {
    let counts = Counts {
        starts: setting("BENCH_STARTS", 20),
        calls: setting("BENCH_CALLS", 500),
    };
    let only: String = setting("BENCH_ONLY", String::new());
    let store = Store::start();
    let mut table = Table::default();
    for row in ROWS
        .iter()
        .filter(|row| format!("{} ({})", row.function, row.note).contains(&only))
    {
        let (function, baseline) = pair(row, &store).measure(counts);
        println!(
            "{} ({}): half of the starts took {}, of {} {}",
            row.function,
            row.note,
            table::spread(&function.starts),
            row.baseline,
            table::spread(&baseline.starts)
        );
        table.add(row, &function, &baseline);
    }
    println!(
        "\n{} starts and {} warm calls each; function / baseline\n\n{}",
        counts.starts,
        counts.calls,
        table.text()
    );
}

/// DynamoDB Local behind TLS, with one table.
#[derive(Debug)]
struct Store {
    tls: TlsEnd,
    table: String,
    _dynamodb: DynamoDb,
    _folder: TempDir,
}

impl Store {
    fn start() -> Self {
        let folder = TempDir::new().expect("a folder for temporary files");
        let dynamodb = DynamoDb::start_on(memory_folder());
        let address = dynamodb
            .endpoint()
            .trim_start_matches("http://")
            .parse()
            .expect("the endpoint's address");
        let tls = TlsEnd::start(address, folder.path());
        Self {
            tls,
            table: dynamodb.create_table(),
            _dynamodb: dynamodb,
            _folder: folder,
        }
    }
}

/// In memory where the system has such a folder: a disk takes longer for one write than everything that is compared.
fn memory_folder() -> TempDir {
    let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new());
    folder.expect("a folder for temporary files")
}

fn pair(row: &Row, store: &Store) -> Pair {
    Pair {
        function: Side {
            name: row.function,
            program: program(row.function, row, store),
            answer: row.answer,
        },
        baseline: Side {
            name: row.baseline,
            program: program(row.baseline, row, store),
            answer: "",
        },
        request: row.request,
    }
}

/// The same environment for a function and its baseline.
fn program(name: &str, row: &Row, store: &Store) -> Program {
    let mut program = Program::of_workspace(name)
        .env(
            "VESTIBULE_BASIC_CREDENTIALS",
            format!("{}:{}", CONNECTOR.0, CONNECTOR.1),
        )
        .env("VESTIBULE_REVIEWERS", format!("{}:{}", REVIEWER.0, REVIEWER.1));
    if let Some(policy) = row.policy {
        let path = binaries::in_repository("bench/runner/policies").join(policy);
        program = program.env("VESTIBULE_POLICY", path.display().to_string());
    }
    if row.store {
        program = program
            .env("VESTIBULE_STORE", format!("dynamodb:{}", store.table))
            .env("AWS_ENDPOINT_URL_DYNAMODB", &store.tls.endpoint)
            .env("SSL_CERT_FILE", store.tls.trusted.display().to_string());
    }
    program
}

fn setting<T: FromStr>(name: &str, default: T) -> T {
    match env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}")),
        Err(_) => default,
    }
}
