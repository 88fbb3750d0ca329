//! A stand-in for the Azure Functions host in front of a custom handler: it reads an app's folder, starts the
//! executable that `host.json` names and forwards the requests that a `function.json` allows.

use crate::http::{self, Front, Headers, Request, Response};
use crate::port::Port;
use crate::process::{Process, Program};
use crate::random;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

const HOST_VERSION: &str = "4.1045.200.0";
const FIRST_ANSWER: Duration = Duration::from_secs(30);
const MOST_FAILURES: u32 = 3;

/// An app behind the host.
#[derive(Debug)]
pub struct AzureHost {
    program: Program,
    functions: Vec<Function>,
    /// The names of the functions that have a timer.
    timers: Vec<String>,
    worker: Mutex<Worker>,
}

/// The host shut down: the executable failed to start three times. Says what it printed each time.
#[derive(Debug)]
pub struct ShutDown(pub Vec<String>);

impl AzureHost {
    /// Starts the app in a folder. `settings` are the app settings, which the executable gets as environment;
    /// `executable` takes the place of the one that `host.json` names. The rest of the program (its clock, more
    /// environment) is as given.
    pub fn start(folder: &Path, executable: Program) -> Result<Self, ShutDown> {
        let host = read_json(&folder.join("host.json"));
        let handler = &host["customHandler"];
        assert_eq!(host["version"], "2.0", "host.json: version");
        assert_eq!(
            handler["enableForwardingHttpRequest"], true,
            "host.json: enableForwardingHttpRequest"
        );
        let prefix = host["extensions"]["http"]["routePrefix"].as_str().unwrap_or("api");
        let program = executable.args(arguments(handler)).folder(folder);
        let program = program
            .env_or("FUNCTIONS_WORKER_RUNTIME", "custom")
            .env_or("FUNCTIONS_EXTENSION_VERSION", "~4")
            .env_or("AzureWebJobsScriptRoot", folder.display().to_string())
            .env_or("WEBSITE_SITE_NAME", "vestibule")
            .env_or("WEBSITE_INSTANCE_ID", random::name());
        let worker = Mutex::new(Worker::start(&program, 0)?);
        Ok(Self {
            functions: read_functions(folder, prefix),
            timers: read_timers(folder),
            program,
            worker,
        })
    }

    /// The name of the executable that an app's `host.json` names, for tests that look into a package.
    pub fn executable_of(folder: &Path) -> String {
        let host = read_json(&folder.join("host.json"));
        let path = &host["customHandler"]["description"]["defaultExecutablePath"];
        path.as_str()
            .expect("host.json: customHandler.description.defaultExecutablePath")
            .to_owned()
    }

    /// Fires the timer of a function, and returns the executable's answer; panics where the app has no such timer.
    pub fn fire(&self, name: &str) -> Response {
        assert!(self.timers.iter().any(|timer| timer == name), "{name} has no timer");
        let data = json!({
            "timer": { "Schedule": { "AdjustForDST": true }, "ScheduleStatus": null, "IsPastDue": false },
        });
        let call = with_host_headers(Request::post(&format!("/{name}")));
        let call = call.json(&json!({ "Data": data, "Metadata": { "sys": { "MethodName": name } } }));
        let address = self.worker().port.address();
        http::send(address, &call).unwrap_or_else(|error| panic!("the executable gave no answer: {error}"))
    }

    /// Where the executable listens, for what the host would never send.
    pub fn executable_address(&self) -> SocketAddr {
        self.worker().port.address()
    }

    /// Looks at the process, for its log, its memory and signals.
    pub fn process<T>(&self, look: impl FnOnce(&Process) -> T) -> T {
        look(&self.worker.lock().unwrap().process)
    }

    /// Ends the process as a crash would; the next request finds a new one.
    pub fn kill(&self) {
        self.worker.lock().unwrap().process.kill();
    }

    /// A running worker; one that died counts as a failure and is replaced.
    fn worker(&self) -> MutexGuard<'_, Worker> {
        let mut worker = self.worker.lock().unwrap();
        if worker.process.ended().is_some() {
            let failures = worker.failures + 1;
            *worker = Worker::start(&self.program, failures).expect("a host that has not shut down");
        }
        worker
    }
}

impl Front for AzureHost {
    /// The path is the one behind the host name: with `/api` in front, as a user flow's URL has it.
    fn send(&self, request: &Request) -> Response {
        if !self.functions.iter().any(|function| function.serves(request)) {
            return Response {
                status: 404,
                headers: Headers::default(),
                body: Vec::new(),
            };
        }
        let address = self.worker().port.address();
        http::send(address, &forwarded(request)).unwrap_or_else(|error| {
            panic!(
                "the executable gave no answer: {error}\n{}",
                self.process(Process::logs)
            )
        })
    }
}

#[derive(Debug)]
struct Worker {
    process: Process,
    port: Port,
    failures: u32,
}

impl Worker {
    fn start(program: &Program, mut failures: u32) -> Result<Self, ShutDown> {
        let mut logs = Vec::new();
        while failures < MOST_FAILURES {
            let port = Port::reserve();
            let process = spawn(program, &port);
            if answers(&process, &port) {
                return Ok(Self {
                    process,
                    port,
                    failures,
                });
            }
            logs.push(process.logs());
            failures += 1;
        }
        Err(ShutDown(logs))
    }
}

fn spawn(program: &Program, port: &Port) -> Process {
    let program = program
        .clone()
        .env("FUNCTIONS_CUSTOMHANDLER_PORT", port.number().to_string());
    // The older name, which the host still sets.
    let program = program.env("FUNCTIONS_HTTPWORKER_PORT", port.number().to_string());
    program.env("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", random::uuid()).spawn()
}

/// Sends `GET /` until any answer comes, whatever its status.
fn answers(process: &Process, port: &Port) -> bool {
    let deadline = Instant::now() + FIRST_ANSWER;
    while process.ended().is_none() && Instant::now() < deadline {
        if http::send(port.address(), &with_host_headers(Request::get("/"))).is_ok() {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}

/// The request as the host rebuilds it.
fn forwarded(request: &Request) -> Request {
    let mut rebuilt = request.clone();
    rebuilt.query = join_repeated(&request.query);
    if request.headers.get("transfer-encoding").is_some() {
        // It copies a body by its length: one without is lost.
        rebuilt.headers.remove("transfer-encoding");
        rebuilt.body.clear();
    }
    rebuilt.headers.add("X-Forwarded-For", "203.0.113.7:50432");
    rebuilt.headers.add("X-Forwarded-Proto", "https");
    if rebuilt.headers.get("host").is_none() {
        rebuilt.headers.add("Host", "vestibule.azurewebsites.net");
    }
    with_host_headers(rebuilt)
}

fn with_host_headers(mut request: Request) -> Request {
    request.headers.remove("user-agent");
    request
        .header("User-Agent", &format!("Azure-Functions-Host/{HOST_VERSION}"))
        .header("X-Azure-Functions-HostVersion", HOST_VERSION)
        .header("X-Azure-Functions-InvocationId", &random::uuid())
}

fn join_repeated(query: &[(String, String)]) -> Vec<(String, String)> {
    let mut joined: Vec<(String, String)> = Vec::new();
    for (name, value) in query {
        match joined.iter_mut().find(|(have, _)| have == name) {
            Some((_, values)) => *values += &format!(",{value}"),
            None => joined.push((name.clone(), value.clone())),
        }
    }
    joined
}

/// What one `function.json` lets through.
#[derive(Debug)]
struct Function {
    methods: Option<Vec<String>>,
    route: Vec<Segment>,
}

#[derive(Debug, PartialEq)]
enum Segment {
    Literal(String),
    /// `{name}`; `{name?}` may be missing.
    Parameter {
        optional: bool,
    },
    /// `{*name}`: all that is left, also nothing.
    Rest,
}

impl Function {
    fn serves(&self, request: &Request) -> bool {
        let method = |methods: &Vec<String>| {
            methods
                .iter()
                .any(|method| method.eq_ignore_ascii_case(&request.method))
        };
        let path: Vec<_> = request.path.split('/').filter(|segment| !segment.is_empty()).collect();
        self.methods.as_ref().is_none_or(method) && matches(&self.route, &path)
    }
}

fn matches(route: &[Segment], path: &[&str]) -> bool {
    match (route, path) {
        ([], []) | ([Segment::Rest], _) => true,
        ([Segment::Literal(literal), route @ ..], [segment, path @ ..]) => {
            literal.eq_ignore_ascii_case(segment) && matches(route, path)
        }
        ([Segment::Parameter { .. }, route @ ..], [_, path @ ..]) => matches(route, path),
        ([Segment::Parameter { optional: true }, route @ ..], []) => matches(route, path),
        _ => false,
    }
}

fn parse_route(route: &str) -> Vec<Segment> {
    let segments = route.split('/').filter(|segment| !segment.is_empty());
    let parameter = |segment: &str| segment.strip_prefix('{')?.strip_suffix('}').map(str::to_owned);
    segments
        .map(|segment| match parameter(segment) {
            Some(name) if name.starts_with('*') => Segment::Rest,
            Some(name) => Segment::Parameter {
                optional: name.ends_with('?'),
            },
            None => Segment::Literal(segment.to_owned()),
        })
        .collect()
}

fn read_functions(folder: &Path, prefix: &str) -> Vec<Function> {
    let folders = function_folders(folder);
    folders.filter_map(|folder| read_function(&folder, prefix)).collect()
}

fn read_timers(folder: &Path) -> Vec<String> {
    let folders = function_folders(folder);
    folders
        .filter(|folder| {
            let function = read_json(&folder.join("function.json"));
            let bindings = function["bindings"].as_array().expect("function.json: bindings");
            bindings.len() == 1 && bindings[0]["type"] == "timerTrigger" && bindings[0]["schedule"].is_string()
        })
        .filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()))
        .collect()
}

/// Every folder with a `function.json` is a function.
fn function_folders(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("function.json").is_file())
}

/// `None` for a function that no HTTP request reaches.
fn read_function(folder: &Path, prefix: &str) -> Option<Function> {
    let function = read_json(&folder.join("function.json"));
    let bindings = function["bindings"].as_array().expect("function.json: bindings");
    let kinds: BTreeMap<_, _> = bindings
        .iter()
        .map(|binding| (binding["type"].as_str().unwrap_or_default(), binding))
        .collect();
    let trigger = kinds.get("httpTrigger")?;
    let plain = bindings.len() == 2 && kinds.contains_key("http");
    assert!(
        plain,
        "{}: requests are forwarded only with one httpTrigger in and one http out",
        folder.display()
    );
    assert_eq!(trigger["authLevel"], "anonymous", "{}: authLevel", folder.display());
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let route = parse_route(&format!("{prefix}/{}", trigger["route"].as_str().unwrap_or(&name)));
    let methods = trigger["methods"].as_array();
    let methods = methods.map(|methods| {
        methods
            .iter()
            .filter_map(|method| Some(method.as_str()?.to_owned()))
            .collect()
    });
    Some(Function { methods, route })
}

fn arguments(handler: &Value) -> Vec<String> {
    let arguments = handler["description"]["arguments"].as_array().into_iter().flatten();
    arguments
        .map(|argument| argument.as_str().expect("host.json: arguments are texts").to_owned())
        .collect()
}

fn read_json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_match_as_the_host_matches_them() {
        let cases = [
            ("api/check", "/api/check", true),
            ("api/check", "/api/Check/", true),
            ("api/check", "/check", false),
            ("api/review/{*rest}", "/api/review", true),
            ("api/review/{*rest}", "/api/review/a/b", true),
            ("api/review/{id}", "/api/review", false),
            ("api/review/{id?}", "/api/review", true),
            ("api/review/{id}", "/api/review/a/b", false),
        ];
        for (route, path, expected) in cases {
            let function = Function {
                methods: None,
                route: parse_route(route),
            };
            assert_eq!(function.serves(&Request::get(path)), expected, "{route} {path}");
        }
    }
}
