//! `vestibule serve` with a mail server and a directory beside it, and people on whom reviewers decide.

use super::mailbox::Mailbox;
use crate::rows::{self, CREDENTIALS, REVIEWER};
use crate::store::memory_folder;
use end_to_end::binaries;
use end_to_end::dynamodb_local::DynamoDb;
use end_to_end::http::{Front, Request, Response};
use end_to_end::plain::Server;
use end_to_end::port::Port;
use end_to_end::process::Program;
use graph_stand_in::{CLIENT_ID, DOMAIN, GraphStandIn, SECRET};
use serde_json::json;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Until what was delivered before is recorded, too, and the process has nothing to do.
const SETTLE: Duration = Duration::from_millis(20);
/// How exactly an account's arrival is known.
const LOOK: Duration = Duration::from_micros(100);
const PATIENCE: Duration = Duration::from_secs(20);

/// What stands where the directory should.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Directory {
    Answers,
    /// Takes connections and never says anything.
    IsSilent,
    RefusesConnections,
}

/// Where requests are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kept<'d> {
    Sqlite,
    DynamoDb(&'d DynamoDb),
}

pub(crate) struct Service {
    server: Server,
    mailbox: Mailbox,
    directory: There,
    _folder: TempDir,
}

enum There {
    Answers(GraphStandIn),
    IsSilent(String),
    RefusesConnections(Port),
}

impl Service {
    pub(crate) fn start(directory: Directory, kept: Kept<'_>) -> Self {
        let (folder, mailbox, directory) = (memory_folder(), Mailbox::start(), There::start(directory));
        let policy = binaries::in_repository("bench/runner/policies/with-effects.toml");
        let program = Program::of_workspace("vestibule").args(["serve"]).envs([
            ("VESTIBULE_BASIC_CREDENTIALS", CREDENTIALS.to_owned()),
            ("VESTIBULE_AUDIT_KEY", "0123456789abcdef".repeat(4)),
            ("VESTIBULE_REVIEWERS", format!("{}:{}", REVIEWER.0, REVIEWER.1)),
            ("VESTIBULE_POLICY", policy.display().to_string()),
            ("VESTIBULE_ALLOW_LOOPBACK", "yes".to_owned()),
            ("VESTIBULE_GRAPH_URL", directory.url()),
            (
                "VESTIBULE_GRAPH_TENANT",
                "8c1c0b6e-4c4f-4f0f-9d3b-0a4a4d1f3e11".to_owned(),
            ),
            ("VESTIBULE_GRAPH_DOMAIN", DOMAIN.to_owned()),
            ("VESTIBULE_GRAPH_CLIENT_ID", CLIENT_ID.to_owned()),
            ("VESTIBULE_GRAPH_CREDENTIAL", format!("secret:{SECRET}")),
            (
                "VESTIBULE_INVITE_REDIRECT_URL",
                "https://app.contoso.example/".to_owned(),
            ),
            ("VESTIBULE_MAIL", format!("smtp://{}?tls=none", mailbox.address)),
            ("VESTIBULE_MAIL_FROM", "Contoso <no-reply@contoso.example>".to_owned()),
            ("VESTIBULE_SEAL_KEY", "5e".repeat(32)),
        ]);
        let program = match kept {
            Kept::Sqlite => {
                let file = folder.path().join("vestibule.db");
                program.env("VESTIBULE_STORE", format!("sqlite:{}", file.display()))
            }
            Kept::DynamoDb(dynamodb) => program
                .envs(dynamodb.env())
                .env("VESTIBULE_STORE", format!("dynamodb:{}", dynamodb.create_table())),
        };
        Self {
            server: Server::start(program),
            mailbox,
            directory,
            _folder: folder,
        }
    }

    /// Lets new people sign up, at most 100, and waits until all are told that they wait; the ids of their requests.
    pub(crate) fn sign_up(&self, people: usize) -> Vec<String> {
        for _ in 0..people {
            self.send(sign_up());
        }
        for _ in 0..people {
            self.mailbox.letter(PATIENCE);
        }
        let list = Request::get("/review/api/requests").query("state", "pending");
        let pending = self.send(list.query("limit", "100").bearer(REVIEWER.1)).json();
        let pending = pending["requests"].as_array().expect("a list of requests");
        let ids = pending.iter().map(|request| request["id"].as_str().expect("an id"));
        ids.map(str::to_owned).collect()
    }

    /// From sending a denial to the letter at the mail server.
    pub(crate) fn letter_delay(&self, request: &str) -> Duration {
        thread::sleep(SETTLE);
        let decided = Instant::now();
        self.decide(request, "deny");
        self.mailbox.letter(PATIENCE) - decided
    }

    /// From sending an approval to the account at the directory.
    pub(crate) fn account_delay(&self, request: &str) -> Duration {
        let There::Answers(graph) = &self.directory else {
            panic!("no account arrives at a directory that is down");
        };
        thread::sleep(SETTLE);
        let accounts = || graph.count("POST /users");
        let (before, decided) = (accounts(), Instant::now());
        self.decide(request, "approve");
        while accounts() == before {
            assert!(
                decided.elapsed() < PATIENCE,
                "no account\n{}",
                self.server.process().logs()
            );
            thread::sleep(LOOK);
        }
        decided.elapsed()
    }

    /// Gives the directory something to do.
    pub(crate) fn approve(&self, request: &str) {
        self.decide(request, "approve");
    }

    fn decide(&self, request: &str, ruling: &str) {
        let decide = Request::post(&format!("/review/api/requests/{request}/{ruling}"));
        self.send(decide.bearer(REVIEWER.1).json(&json!({})));
    }

    fn send(&self, request: Request) -> Response {
        let response = self.server.send(&request);
        assert_eq!(response.status, 200, "{response:?}\n{}", self.server.process().logs());
        response
    }
}

/// What B2B sends of somebody new.
fn sign_up() -> Request {
    static PEOPLE: AtomicU64 = AtomicU64::new(0);
    let person = PEOPLE.fetch_add(1, Ordering::Relaxed);
    let body = json!({
        "email": format!("jane.doe.{person}@fabrikam.example"),
        "identities": [rows::identity(person)],
        "displayName": "Jane Doe",
        "country": "United States",
        "ui_locales": "en-US",
    });
    rows::call("/post-attribute-collection").json(&body)
}

impl There {
    fn start(directory: Directory) -> Self {
        match directory {
            Directory::Answers => Self::Answers(GraphStandIn::start()),
            Directory::IsSilent => Self::IsSilent(silence()),
            Directory::RefusesConnections => Self::RefusesConnections(Port::reserve()),
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Answers(graph) => graph.url(),
            Self::IsSilent(url) => url.clone(),
            Self::RefusesConnections(port) => format!("http://{}", port.address()),
        }
    }
}

/// Takes connections and holds them open until the bench ends; its address.
fn silence() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
    let address = listener.local_addr().expect("the address of a bound port");
    thread::spawn(move || {
        let _held: Vec<_> = listener.incoming().collect();
    });
    format!("http://{address}")
}
