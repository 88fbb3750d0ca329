//! AWS Lambda's Runtime API on loopback, and a function behind it.

use crate::events::Caller;
use crate::http::{Front, Headers, Request, Response};
use crate::process::{Process, Program};
use crate::{random, wire};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::io::{self, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::ExitStatus;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

const VERSION: &str = "/2018-06-01/runtime";
/// What the template gives a function; the service has turned away long before.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(10);

/// A function: one process of a binary, as Lambda would keep one execution environment.
#[derive(Debug)]
pub struct Lambda {
    // Dropped first: the process ends before its Runtime API does.
    process: Process,
    api: RuntimeApi,
    timeout: Duration,
    program: Program,
}

/// What became of one event.
#[derive(Debug)]
pub enum Invocation {
    /// The function answered: the bytes as sent, and the moment when the last of them was read.
    Response(Vec<u8>, Instant),
    /// The function reported an error for this event.
    Error(Report),
    /// The function reported that it cannot start.
    InitError(Report),
    /// The process ended with the event unanswered.
    Died(ExitStatus),
    /// The function's time was over. It still runs, as it would not on Lambda.
    TimedOut,
}

/// An error that a function reported.
#[derive(Debug)]
pub struct Report {
    /// The header `Lambda-Runtime-Function-Error-Type`.
    pub kind: String,
    /// `errorType`, `errorMessage` and whatever else it sent.
    pub body: Value,
}

impl Lambda {
    /// Starts a program with the environment that Lambda gives to a function; variables that the program brings win.
    /// It need not be up when this returns: the first event waits for it.
    pub fn start(program: Program) -> Self {
        let api = RuntimeApi::start();
        let program = with_environment(program, api.address);
        let process = program.spawn();
        Self {
            process,
            api,
            timeout: FUNCTION_TIMEOUT,
            program,
        }
    }

    /// Changes how long an event may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Starts a fresh process, as Lambda does after one died; kills the old one if it still runs.
    pub fn restart(&mut self) {
        self.process.kill();
        self.api.forget();
        self.process = self.program.spawn();
    }

    /// Hands the function one event and waits for what becomes of it.
    pub fn invoke(&self, event: &Value) -> Invocation {
        self.invoke_text(event.to_string())
    }

    /// The same for an event that is text already, so that a measured time has no encoding in it.
    pub fn invoke_text(&self, event: String) -> Invocation {
        let now = self
            .program
            .now()
            .duration_since(UNIX_EPOCH)
            .expect("a time after 1970");
        let deadline = Instant::now() + self.timeout;
        let answer = self.api.queue(event, (now + self.timeout).as_millis());
        loop {
            match answer.recv_timeout(Duration::from_millis(20)) {
                Ok(invocation) => return invocation,
                Err(RecvTimeoutError::Disconnected) => unreachable!("the Runtime API lives as long as this value"),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(status) = self.process.ended() {
                // Its last words may still be on their way through the socket.
                return answer
                    .recv_timeout(Duration::from_millis(200))
                    .unwrap_or(Invocation::Died(status));
            }
            if Instant::now() > deadline {
                return Invocation::TimedOut;
            }
        }
    }

    /// Sends a request through one of the services in front of Lambda and returns what their client would see. As
    /// with the real ones, a function that fails or dies is a 502, one that takes too long a 504.
    #[expect(clippy::print_stderr, reason = "a test that fails by this shows why")]
    pub fn call(&self, caller: Caller, request: &Request) -> Response {
        match self.invoke(&caller.event(request)) {
            Invocation::Response(bytes, _) => caller.response(&bytes),
            Invocation::TimedOut => bare(504),
            failed @ (Invocation::Error(_) | Invocation::InitError(_) | Invocation::Died(_)) => {
                eprintln!("{failed:?}\n{}", self.process.logs());
                bare(502)
            }
        }
    }

    /// The function as it is seen through one service.
    pub fn behind(&self, caller: Caller) -> impl Front {
        Behind(self, caller)
    }

    /// The process, for its log and its memory.
    pub fn process(&self) -> &Process {
        &self.process
    }
}

struct Behind<'a>(&'a Lambda, Caller);

impl Front for Behind<'_> {
    fn send(&self, request: &Request) -> Response {
        self.0.call(self.1, request)
    }
}

fn bare(status: u16) -> Response {
    Response {
        status,
        headers: Headers::default(),
        body: Vec::new(),
    }
}

fn with_environment(program: Program, api: SocketAddr) -> Program {
    [
        ("AWS_LAMBDA_FUNCTION_NAME", "function-under-test"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/function-under-test"),
        (
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
        ),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "ASIATESTTESTTESTTEST"),
        ("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-tests"),
        ("AWS_SESSION_TOKEN", "a-session-token-of-the-tests"),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("_HANDLER", "bootstrap"),
        ("TZ", ":UTC"),
        ("LANG", "en_US.UTF-8"),
    ]
    .into_iter()
    .fold(program, |program, (name, value)| program.env_or(name, value))
    .env("AWS_LAMBDA_RUNTIME_API", api.to_string())
}

#[derive(Debug)]
struct RuntimeApi {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Event>,
    /// Who waits for which event.
    waiting: HashMap<String, Sender<Invocation>>,
    closed: bool,
}

#[derive(Debug)]
struct Event {
    id: String,
    text: String,
    deadline_ms: u128,
}

impl RuntimeApi {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
        let address = listener.local_addr().expect("the address of a bound port");
        let shared = Arc::new(Shared::default());
        let server = shared.clone();
        thread::spawn(move || accept(&listener, &server));
        Self { address, shared }
    }

    fn queue(&self, text: String, deadline_ms: u128) -> mpsc::Receiver<Invocation> {
        let (sender, receiver) = mpsc::channel();
        let id = random::uuid();
        let mut state = self.shared.state.lock().unwrap();
        state.waiting.insert(id.clone(), sender);
        state.queue.push_back(Event { id, text, deadline_ms });
        self.shared.changed.notify_one();
        receiver
    }

    /// Drops events that a dead process left behind.
    fn forget(&self) {
        let mut state = self.shared.state.lock().unwrap();
        state.queue.clear();
        state.waiting.clear();
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.shared.state.lock().unwrap().closed = true;
        self.shared.changed.notify_all();
        let _ = TcpStream::connect(self.address); // wakes the accept loop, which then sees that it is over
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        let (Ok(stream), shared) = (stream, shared.clone()) else {
            continue;
        };
        if shared.state.lock().unwrap().closed {
            return;
        }
        // A process that dies closes its connections in the middle of anything: that is not this side's error.
        thread::spawn(move || serve(stream, &shared).unwrap_or_default());
    }
}

fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(head) = wire::read_request_head(&mut stream)? {
        let body = wire::read_request_body(&mut stream, &head.headers)?;
        let arrived = Instant::now();
        let path = head.target.strip_prefix(VERSION).unwrap_or_default();
        let path: Vec<_> = path.split('/').skip(1).collect();
        let answer = match (head.method.as_str(), path.as_slice()) {
            ("GET", ["invocation", "next"]) => next(shared, stream.get_ref())?,
            ("POST", ["invocation", id, "response"]) => finish(shared, id, Invocation::Response(body, arrived)),
            ("POST", ["invocation", id, "error"]) => {
                finish(shared, id, Invocation::Error(Report::new(&head.headers, &body)))
            }
            ("POST", ["init", "error"]) => init_error(shared, &head.headers, &body),
            _ => Some(reply("404 Not Found", "", "{}")),
        };
        let Some(answer) = answer else { return Ok(()) };
        stream.get_mut().write_all(&answer)?;
    }
    Ok(())
}

/// Waits for an event as long as the process and the Runtime API live; `None` when one of them ended.
fn next(shared: &Shared, stream: &TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut state = shared.state.lock().unwrap();
    loop {
        if state.closed || is_closed(stream)? {
            return Ok(None);
        }
        if let Some(event) = state.queue.pop_front() {
            return Ok(Some(event.to_answer()));
        }
        // From time to time it looks whether the process behind the connection is still there, so that the poll of
        // a killed process does not take the event meant for its successor.
        state = shared.changed.wait_timeout(state, Duration::from_millis(50)).unwrap().0;
    }
}

fn is_closed(stream: &TcpStream) -> io::Result<bool> {
    stream.set_nonblocking(true)?;
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false)?;
    match peeked {
        Ok(0) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Ok(_) | Err(_) => peeked.map(|_| false),
    }
}

fn finish(shared: &Shared, id: &str, invocation: Invocation) -> Option<Vec<u8>> {
    let waiting = shared.state.lock().unwrap().waiting.remove(id);
    let Some(waiting) = waiting else {
        return Some(reply("400 Bad Request", "", r#"{"errorType":"InvalidRequestID"}"#));
    };
    // Whoever invoked may have given up (TimedOut).
    let _ = waiting.send(invocation);
    Some(reply("202 Accepted", "", r#"{"status":"OK"}"#))
}

fn init_error(shared: &Shared, headers: &Headers, body: &[u8]) -> Option<Vec<u8>> {
    let mut state = shared.state.lock().unwrap();
    state.queue.clear();
    for (_, waiting) in state.waiting.drain() {
        let _ = waiting.send(Invocation::InitError(Report::new(headers, body)));
    }
    Some(reply("202 Accepted", "", r#"{"status":"OK"}"#))
}

fn reply(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
        .into()
}

impl Event {
    fn to_answer(&self) -> Vec<u8> {
        let headers = format!(
            "Lambda-Runtime-Aws-Request-Id: {}\r\nLambda-Runtime-Deadline-Ms: {}\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:123456789012:function:function-under-test\r\n\
             Lambda-Runtime-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0\r\n",
            self.id, self.deadline_ms
        );
        reply("200 OK", &headers, &self.text)
    }
}

impl Report {
    fn new(headers: &Headers, body: &[u8]) -> Self {
        let kind = headers
            .get("lambda-runtime-function-error-type")
            .unwrap_or_default()
            .to_owned();
        let body = serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into());
        Self { kind, body }
    }
}
