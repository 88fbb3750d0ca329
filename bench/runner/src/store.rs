//! DynamoDB Local for what is measured, and programs that use it.

use crate::rows::{CREDENTIALS, REVIEWER};
use crate::tls::TlsEnd;
use end_to_end::binaries;
use end_to_end::dynamodb_local::DynamoDb;
use end_to_end::process::Program;
use tempfile::TempDir;

/// DynamoDB Local behind TLS, with one table.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) dynamodb: DynamoDb,
    tls: TlsEnd,
    table: String,
    _folder: TempDir,
}

impl Store {
    pub(crate) fn start() -> Self {
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
            dynamodb,
            _folder: folder,
        }
    }
}

/// In memory where the system has such a folder: a disk takes longer for one write than everything that is compared.
pub(crate) fn memory_folder() -> TempDir {
    let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new());
    folder.expect("a folder for temporary files")
}

/// A binary with the environment that Lambda would give it: a policy out of `policies/`, and the store's table.
pub(crate) fn program(name: &str, policy: Option<&str>, store: Option<&Store>) -> Program {
    let mut program = Program::of_workspace(name)
        .env("VESTIBULE_BASIC_CREDENTIALS", CREDENTIALS)
        .env("VESTIBULE_AUDIT_KEY", "0123456789abcdef".repeat(4))
        .env("VESTIBULE_REVIEWERS", format!("{}:{}", REVIEWER.0, REVIEWER.1));
    if let Some(policy) = policy {
        let path = binaries::in_repository("bench/runner/policies").join(policy);
        program = program.env("VESTIBULE_POLICY", path.display().to_string());
    }
    if let Some(store) = store {
        program = program
            .env("VESTIBULE_STORE", format!("dynamodb:{}", store.table))
            .env("AWS_ENDPOINT_URL_DYNAMODB", &store.tls.endpoint)
            .env("SSL_CERT_FILE", store.tls.trusted.display().to_string());
    }
    program
}
