//! Vestibule as somebody has deployed it: a platform, a store, settings, and a clock that can be moved.

use std::{cell::RefCell, collections::HashMap, path::PathBuf, time::Duration};

use end_to_end::{
    azure_host::AzureHost,
    clock::Clock,
    dynamodb_local::{DynamoDb, Item},
    events::Caller,
    http::{Front, Request, Response},
    plain::Server,
    process::{Process, Program, poll},
    runtime_api::Lambda,
};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const USER: &str = "entra";
pub(crate) const PASSWORD: &str = "0c5d3f9ab1e24786a1d0e7b35c9f8e62";
/// The password's digest, as a deployed function holds it.
pub(crate) const CREDENTIALS: &str = "entra:sha256:b758073424950a23ef0eef85216a005c1c41e848e601a3cd853ee658ef1fcf8f";
pub(crate) const RITA: &str = "d0b8f6a91c574e23b6a4c81f95e7032a";
pub(crate) const BOB: &str = "7e41c9d85a3f4b06928d1fe6ba57c034";

/// Where the binaries run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Platform {
    /// `vestibule serve` on a plain port.
    Plain,
    /// `vestibule serve` behind the Azure Functions host.
    Azure,
    /// A binary for each function behind Lambda.
    Lambda(Caller),
}

/// Where requests are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Sqlite,
    DynamoDb,
}

pub(crate) struct Deployment {
    platform: Platform,
    pub(crate) clock: Clock,
    environment: HashMap<String, String>,
    running: RefCell<Running>,
    folder: TempDir,
}

enum Running {
    Plain(Box<Server>),
    Azure(Box<AzureHost>),
    Lambda(HashMap<&'static str, Lambda>),
}

impl Deployment {
    /// With the policy that `make run` uses.
    pub(crate) fn new(platform: Platform, store: Store) -> Deployment {
        Deployment::with_policy(
            platform,
            store,
            &std::fs::read_to_string(root().join("policy.toml")).unwrap(),
        )
    }

    pub(crate) fn with_policy(platform: Platform, store: Store, policy: &str) -> Deployment {
        Deployment::with_settings(platform, store, policy, [])
    }

    pub(crate) fn with_settings<const N: usize>(
        platform: Platform,
        store: Store,
        policy: &str,
        settings: [(&str, String); N],
    ) -> Deployment {
        let folder = TempDir::new().unwrap();
        let policy_file = folder.path().join("policy.toml");
        std::fs::write(&policy_file, policy).unwrap();
        let mut environment = HashMap::from([
            ("VESTIBULE_POLICY".to_owned(), policy_file.display().to_string()),
            ("VESTIBULE_BASIC_CREDENTIALS".to_owned(), CREDENTIALS.to_owned()),
            ("VESTIBULE_AUDIT_KEY".to_owned(), "0123456789abcdef".repeat(4)),
            ("VESTIBULE_REVIEWERS".to_owned(), format!("rita:{RITA}\nbob:{BOB}")),
            // Generous: these tests are about answers, and a busy machine must not turn one into a time-out.
            ("VESTIBULE_DEADLINE_MS".to_owned(), "10000".to_owned()),
        ]);
        let store = match store {
            Store::Sqlite => format!("sqlite:{}", folder.path().join("vestibule.db").display()),
            Store::DynamoDb => {
                let dynamodb = DynamoDb::shared();
                environment.extend(dynamodb.env().map(|(name, value)| (name.to_owned(), value)));
                format!("dynamodb:{}", dynamodb.create_table())
            }
        };
        environment.insert("VESTIBULE_STORE".to_owned(), store);
        environment.extend(settings.map(|(name, value)| (name.to_owned(), value)));
        Deployment::start(platform, environment, folder)
    }

    pub(crate) fn start(platform: Platform, environment: HashMap<String, String>, folder: TempDir) -> Deployment {
        let clock = Clock::new();
        let running = RefCell::new(run(platform, &environment, &clock));
        Deployment {
            platform,
            clock,
            environment,
            running,
            folder,
        }
    }

    /// Ends every process as a power cut would, and starts new ones.
    pub(crate) fn restart(&self) {
        let fresh = run(self.platform, &self.environment, &self.clock);
        self.running.replace(fresh);
    }

    /// Starts it anew with another policy.
    pub(crate) fn change_policy(&self, policy: &str) {
        std::fs::write(self.folder.path().join("policy.toml"), policy).unwrap();
        self.restart();
    }

    /// What a command of the operator's prints, at the same store and time.
    pub(crate) fn command(&self, arguments: &[&str]) -> String {
        let program = Program::of_workspace("vestibule").envs(self.environment.clone());
        let ended = program
            .clock(&self.clock)
            .args(arguments.iter().copied())
            .run(Duration::from_secs(60));
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        ended.stdout
    }

    /// Where a plain port listens, for calls from several threads.
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        match &*self.running.borrow() {
            Running::Plain(server) => server.address(),
            _ => panic!("only a plain port has an address"),
        }
    }

    /// Sends a request to the function that the path belongs to.
    pub(crate) fn send(&self, request: Request) -> Response {
        match &*self.running.borrow() {
            Running::Plain(server) => server.send(&request),
            Running::Azure(host) => host.send(&Request {
                path: format!("/api{}", request.path),
                ..request
            }),
            Running::Lambda(functions) => {
                let name = request.path.split('/').nth(1).unwrap().to_owned();
                let Platform::Lambda(caller) = self.platform else {
                    unreachable!("functions run on Lambda only")
                };
                functions[name.as_str()].call(caller, &request)
            }
        }
    }

    /// A call of the sign-up service.
    pub(crate) fn call(&self, step: &str, body: &Value) -> Response {
        let request = Request::post(&format!("/{step}"))
            .query("code", "a-key-in-the-url")
            .basic(USER, PASSWORD);
        self.send(request.json(body))
    }

    /// The first step's answer.
    pub(crate) fn check(&self, body: &Value) -> Value {
        self.call("post-federation-signup", body).json()
    }

    /// The second step's answer.
    pub(crate) fn submit(&self, body: &Value) -> Value {
        self.call("post-attribute-collection", body).json()
    }

    /// The requests in a state, as the review API lists them.
    pub(crate) fn requests(&self, state: &str) -> Vec<Value> {
        let list = Request::get("/review/api/requests").query("state", state).bearer(RITA);
        self.send(list).json()["requests"].as_array().unwrap().clone()
    }

    /// Decides on the only request that is pending.
    pub(crate) fn decide(&self, ruling: &str) -> Value {
        let pending = self.requests("pending");
        assert_eq!(pending.len(), 1, "{pending:?}");
        let id = pending[0]["id"].as_str().unwrap();
        let decide = Request::post(&format!("/review/api/requests/{id}/{ruling}")).bearer(RITA);
        self.send(decide.json(&json!({"reason": "known to us"}))).json()
    }

    /// The key of every item, where the store is DynamoDB.
    pub(crate) fn keys(&self) -> Vec<(String, String)> {
        let table = self.environment["VESTIBULE_STORE"].strip_prefix("dynamodb:").unwrap();
        let items = DynamoDb::shared().items(table);
        let text = |item: &Item, name: &str| item[name].as_s().unwrap().clone();
        items.iter().map(|item| (text(item, "pk"), text(item, "sk"))).collect()
    }

    /// Everything that was logged, by every process, as soon as it is complete: the line of a call may be read a moment
    /// after the answer. What is not complete in 10 s is returned as it is.
    pub(crate) fn logs_once(&self, complete: impl Fn(&str) -> bool) -> String {
        let logs = || Some(self.logs()).filter(|logs| complete(logs));
        poll(Duration::from_secs(10), logs).unwrap_or_else(|| self.logs())
    }

    fn logs(&self) -> String {
        match &*self.running.borrow() {
            Running::Plain(server) => server.process().logs(),
            Running::Azure(host) => host.process(Process::logs),
            Running::Lambda(functions) => functions.values().map(|f| f.process().logs()).collect(),
        }
    }
}

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn run(platform: Platform, environment: &HashMap<String, String>, clock: &Clock) -> Running {
    let program = |name: &str| Program::of_workspace(name).envs(environment.clone()).clock(clock);
    match platform {
        Platform::Plain => Running::Plain(Box::new(Server::start(program("vestibule").args(["serve"])))),
        Platform::Azure => {
            let host = AzureHost::start(&root().join("azure"), program("vestibule"));
            Running::Azure(Box::new(host.unwrap_or_else(|shut_down| panic!("{shut_down:?}"))))
        }
        Platform::Lambda(_) => {
            let names = [
                "post-federation-signup",
                "post-attribute-collection",
                "pre-token-issuance",
                "review",
            ];
            Running::Lambda(names.map(|name| (name, Lambda::start(program(name)))).into())
        }
    }
}

/// What B2B sends of somebody who signed up with Google, with a name of one's choice.
pub(crate) fn jane(name: &str) -> Value {
    json!({
        "email": "jane.roe@example.com",
        "identities": [{"signInType": "federated", "issuer": "google.com", "issuerAssignedId": "102345678901234567890"}],
        "displayName": name,
        "country": "Germany",
        "extension_0f5bb1a6e5d54d4f9f5e6a9c2b7d8e10_Age": 41,
        "ui_locales": "en-US"
    })
}

/// The text that the applicant reads.
pub(crate) fn message(answer: &Value) -> &str {
    assert_eq!(answer["action"], "ShowBlockPage", "{answer}");
    answer["userMessage"].as_str().unwrap()
}
