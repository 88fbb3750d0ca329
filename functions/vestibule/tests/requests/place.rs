//! A folder with a policy and a store in it, people who sign up, and the program run there.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use approvals::{AuditKey, Decide, Decider, Reviewer, Ruling, Submission, Wish};
use claims::{ApplicantKey, CallKey, Changes, Claims, Decision, Hash, SignUp, Step};
use policy::{Facts, Policy};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use store::{
    CallRecord, Clock, Committed, Effect, EntryId, Keys, Left, OutboxEntry, Receiver, RequestId, Rows, SystemClock,
    Timestamp, Write as Change,
};
use store_dynamodb::testing;
use store_sqlite::SqliteStore;
use tempfile::TempDir;

pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
pub(crate) const RITA: &str = "9f86d081884c7d659a2feaa0c55ad015";
pub(crate) const ROB: &str = "60303ae22b998861bce3b28f33eec1be";

/// Two of a team have to approve.
pub(crate) const POLICY: &str = r#"
[steps.post-federation-signup]
otherwise = "continue"

[steps.post-attribute-collection]
otherwise = "continue"

[approvals]
block_domains = "unwanted"

[lists]
unwanted = { stored = "domains" }

[groups]
team = ["rita", "rob"]
board = ["max", "rita", "rob"]

[routes.two]
ask = "team"
approve = 2

[[rules]]
name = "reviewers decide"
step = "post-attribute-collection"
hold = "two"
"#;

pub(crate) struct Place {
    folder: TempDir,
    pub(crate) rows: Arc<dyn Rows>,
    variables: Vec<(&'static str, String)>,
}

/// A program that ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn sqlite() -> Place {
        let folder = TempDir::new().unwrap();
        let rows = Arc::new(SqliteStore::open(folder.path().join("vestibule.db")).unwrap());
        let variables = vec![("VESTIBULE_STORE", "sqlite:vestibule.db".to_owned())];
        Place::new(folder, rows, variables)
    }

    pub(crate) async fn dynamodb() -> Place {
        let name = "VESTIBULE_TEST_DYNAMODB";
        let endpoint =
            std::env::var(name).unwrap_or_else(|_| panic!("run `make test`: it starts DynamoDB Local and sets {name}"));
        let folder = TempDir::new().unwrap();
        let table = folder.path().file_name().unwrap().to_str().unwrap();
        let table = table.replace('.', "requests-");
        testing::create_table(&endpoint, &table).await.unwrap();
        let rows = Arc::new(testing::open_at(&endpoint, &table));
        let variables = vec![
            ("VESTIBULE_STORE", format!("dynamodb:{table}")),
            // The machine may be busy with other tests.
            ("VESTIBULE_DEADLINE_MS", "20000".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ];
        Place::new(folder, rows, variables)
    }

    pub(crate) async fn both() -> [Place; 2] {
        [Place::sqlite(), Place::dynamodb().await]
    }

    fn new(folder: TempDir, rows: Arc<dyn Rows>, mut variables: Vec<(&'static str, String)>) -> Place {
        variables.push(("VESTIBULE_AUDIT_KEY", KEY.to_owned()));
        variables.push(("VESTIBULE_POLICY", "policy.toml".to_owned()));
        variables.push(("VESTIBULE_REVIEWERS", format!("rita:{RITA}\nrob:{ROB}")));
        let place = Place {
            folder,
            rows,
            variables,
        };
        place.write_policy(POLICY);
        place
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Another value of a setting.
    pub(crate) fn set(&mut self, name: &'static str, value: String) {
        self.unset(name);
        self.variables.push((name, value));
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.retain(|(other, _)| *other != name);
    }

    pub(crate) fn write_policy(&self, text: &str) {
        fs::write(self.folder().join("policy.toml"), text).unwrap();
    }

    fn policy(&self) -> Policy {
        Policy::parse(&fs::read_to_string(self.folder().join("policy.toml")).unwrap()).unwrap()
    }

    /// Somebody signs up, and waits; or changes what they said.
    pub(crate) async fn submits(&self, name: &str, city: &str) -> RequestId {
        self.submits_at(name, city, SystemClock.now()).await
    }

    pub(crate) async fn submits_at(&self, name: &str, city: &str, now: Timestamp) -> RequestId {
        self.submission(name, city, now, true).await
    }

    /// Somebody of whom nothing but an address says who they are.
    pub(crate) async fn submits_unproven(&self, name: &str, city: &str) -> RequestId {
        self.submission(name, city, SystemClock.now(), false).await
    }

    async fn submission(&self, name: &str, city: &str, now: Timestamp, proven: bool) -> RequestId {
        let sign_up = sign_up(name, city);
        let applicant = ApplicantKey::of(&sign_up).unwrap();
        let keys = Keys {
            applicant: Some(applicant.hash()),
            addresses: sign_up.addresses().map(Hash::of_address).collect(),
            call: None,
        };
        let snapshot = self.rows.look_up(&keys).await.unwrap();
        let policy = self.policy();
        let verdict = policy.ask(&sign_up, now, &Facts::none()).unwrap();
        let submission = Submission {
            applicant: applicant.hash(),
            proven,
            received: sign_up.claims.clone(),
            kept: verdict.received.clone(),
            reviewed: verdict.claims.clone(),
            changes: verdict.changes.clone(),
            identities: sign_up.identities.clone(),
            app: None,
            locales: sign_up.locales.clone(),
            addresses: keys.addresses.clone(),
            invitation: None,
            wish: Wish::Hold(policy.held(&verdict)),
            rule: "reviewers decide".to_owned(),
        };
        let (_, transition) = approvals::submit(
            snapshot.request.as_ref(),
            &snapshot.denials,
            &submission,
            now,
            policy.terms(),
        );
        let transition = transition.unwrap();
        let (id, version) = (transition.request.id, transition.request.version);
        let mut answered = Changes::none();
        answered.set("city", claims::Value::Text(city.to_owned()));
        let record = CallRecord {
            key: CallKey(Hash::of(&["call", &id.to_string(), &version.to_string()])),
            at: now,
            answer: Decision::Continue(answered),
            left: Some(Left { request: id, version }),
            once: store::Once::default(),
        };
        let seal = key();
        let commit = transition.commit(Some((record, None)), &snapshot.denials, &seal.seal().unwrap());
        assert_eq!(self.rows.commit(&commit).await, Ok(Committed::Applied));
        id
    }

    pub(crate) async fn decides(&self, id: &RequestId, ruling: Ruling) {
        let request = self.rows.request(id).await.unwrap().unwrap();
        let by = Decider::Override("a test".to_owned());
        let policy = self.policy();
        let decided = approvals::decide(&request, &Decide::new(ruling, by), SystemClock.now(), policy.terms());
        let commit = decided.transition.unwrap().commit(None, &[], &key().seal().unwrap());
        assert_eq!(self.rows.commit(&commit).await, Ok(Committed::Applied));
    }

    pub(crate) async fn votes(&self, id: &RequestId, name: &str, ruling: Ruling) {
        let request = self.rows.request(id).await.unwrap().unwrap();
        let policy = self.policy();
        let by = Decider::Reviewer(Reviewer::named(name, policy.terms().groups.of(name, &[])));
        let decided = approvals::decide(&request, &Decide::new(ruling, by), SystemClock.now(), policy.terms());
        let commit = decided.transition.unwrap().commit(None, &[], &key().seal().unwrap());
        assert_eq!(self.rows.commit(&commit).await, Ok(Committed::Applied));
    }

    /// An event about a request that waits in the outbox, with what somebody said.
    pub(crate) async fn publishes(&self, id: &RequestId, text: &str) -> EntryId {
        let claims = Claims::from_iter([("city".to_owned(), claims::Value::Text(text.to_owned()))]);
        let effect = Effect::Publish {
            event: "sign-up".to_owned(),
            outcome: "hold".to_owned(),
            step: Step::PostAttributeCollection,
            claims,
        };
        let now = SystemClock.now();
        let entry = OutboxEntry::new(EntryId::at(id.applicant, Receiver::Events, now, 0), *id, effect, now);
        let write = Change::Effect {
            entry: Box::new(entry.clone()),
            replaces: None,
        };
        let commit = store::Commit { writes: vec![write] };
        assert_eq!(self.rows.commit(&commit).await, Ok(Committed::Applied));
        entry.id
    }

    /// Runs `vestibule requests` to its end, without a terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        self.run_as(None, arguments)
    }

    /// The same with a reviewer's token.
    pub(crate) fn run_as(&self, token: Option<&str>, arguments: &[&str]) -> Finished {
        let mut command = self.command("requests", arguments);
        command.envs(token.map(|token| ("VESTIBULE_REVIEWER_TOKEN", token)));
        Finished::of(&mut command)
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
        Finished::of(self.command("requests", arguments).stdin(far))
    }

    /// The histories of so many requests, which are all there are, are as they were written.
    #[track_caller]
    pub(crate) fn verifies(&self, requests: usize) {
        let verified = Finished::of(&mut self.command("audit", &["verify"]));
        let all = format!("The histories of {requests} requests are as they were written.\n");
        assert!(verified.code == 0 && verified.stdout.ends_with(&all), "{verified:?}");
    }

    fn command(&self, command: &str, arguments: &[&str]) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        program.arg(command).args(arguments).env_clear();
        program.envs(self.variables.iter().map(|(name, value)| (name, value)));
        program.current_dir(self.folder()).stdin(Stdio::null());
        program
    }

    /// Whether a text is anywhere in the files of the store.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let files = fs::read_dir(self.folder()).unwrap().map(|file| file.unwrap().path());
        let mut files = files.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("vestibule.db"));
        files.any(|path| {
            let bytes = fs::read(path).unwrap();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }
}

impl Finished {
    fn of(command: &mut Command) -> Finished {
        let output = command.output().unwrap();
        Finished {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn says(&self, code: i32, stdout: &str) {
        assert_eq!((self.code, &*self.stdout), (code, stdout), "{self:?}");
    }

    #[track_caller]
    pub(crate) fn refused(&self, code: i32, why: &str) {
        assert_eq!((self.code, &*self.stdout), (code, ""), "{self:?}");
        assert!(self.stderr.contains(why), "{self:?}");
    }

    /// Its lines as JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// What the lines begin with.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let first = |line: &'_ str| line.len() >= 66 && line.as_bytes()[64] == b'-';
        let lines = self.stdout.lines().filter(|line| first(line));
        lines.map(|line| line.split([' ', ':']).next().unwrap()).collect()
    }
}

pub(crate) fn key() -> AuditKey {
    AuditKey::parse(KEY).unwrap()
}

/// Ago.
pub(crate) fn ago(days: u64) -> Timestamp {
    let earlier =
        SystemClock.now().as_millis() - i64::try_from(Duration::from_secs(days * 86_400).as_millis()).unwrap();
    Timestamp::from_millis(earlier)
}

fn sign_up(name: &str, city: &str) -> SignUp {
    let body = format!(
        r#"{{"email":"{name}@{name}.example","displayName":"{name} roe","city":"{city}","extension_token":"t-{name}",
            "identities":[{{"signInType":"federated","issuer":"google.com","issuerAssignedId":"id-of-{name}"}}]}}"#
    );
    claims::parse(Step::PostAttributeCollection, body.as_bytes()).unwrap()
}
