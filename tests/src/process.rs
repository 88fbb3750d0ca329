//! A program under test: what it is started with, and what it is once it runs.

use crate::{binaries, clock::Clock};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

/// A binary with its arguments, environment and clock. The environment starts empty, so that no variable of the
/// developer's shell decides a test.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    folder: Option<PathBuf>,
    clock: Option<Clock>,
}

impl Program {
    /// A program by path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let env = BTreeMap::from([("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned())]);
        Self {
            path: path.into(),
            args: Vec::new(),
            env,
            folder: None,
            clock: None,
        }
    }

    /// A binary of this workspace by name.
    pub fn of_workspace(name: &str) -> Self {
        Self::new(binaries::find(name))
    }

    /// Adds arguments. Behind [`crate::plain::Server`], `{port}` in one stands for the port.
    pub fn args<T: Into<String>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Sets several variables.
    pub fn envs<N: Into<String>, V: Into<String>>(self, pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        pairs
            .into_iter()
            .fold(self, |program, (name, value)| program.env(name, value))
    }

    /// Sets a variable unless it is there already.
    pub(crate) fn env_or(self, name: &str, value: impl Into<String>) -> Self {
        if self.env.contains_key(name) {
            self
        } else {
            self.env(name, value)
        }
    }

    /// Starts it in a folder.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Lets it run by a clock of the test's.
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.clock = Some(clock.clone());
        self
    }

    /// The time that this program sees.
    pub fn now(&self) -> SystemTime {
        self.clock.as_ref().map_or_else(SystemTime::now, Clock::now)
    }

    /// Puts the port where an argument asks for it.
    pub(crate) fn with_port(mut self, port: u16) -> Self {
        for arg in &mut self.args {
            *arg = arg.replace("{port}", &port.to_string());
        }
        self
    }

    /// Starts it.
    pub fn spawn(&self) -> Process {
        let mut command = Command::new(&self.path);
        command.args(&self.args).env_clear().envs(&self.env);
        command.envs(self.clock.iter().flat_map(Clock::env));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Process::start(command, &self.path)
    }

    /// Runs it to its end, for programs that refuse or that only print; panics when it takes longer.
    pub fn run(&self, within: Duration) -> Finished {
        let process = self.spawn();
        let code = process.wait(within);
        Finished {
            code,
            stdout: process.text(Stream::Stdout),
            stderr: process.text(Stream::Stderr),
        }
    }
}

/// A program that ended.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Everything on standard output.
    pub stdout: String,
    /// Everything on standard error.
    pub stderr: String,
}

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A running program. Dropped, it is killed.
#[derive(Debug)]
pub struct Process {
    name: String,
    /// Behind a lock, so that a test's threads can ask whether it still runs.
    child: Mutex<Child>,
    pid: Pid,
    started: Instant,
    log: Arc<Log>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    fn start(mut command: Command, path: &Path) -> Self {
        let name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        let started = Instant::now();
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot start: {error}", path.display()));
        let pid = Pid::from_child(&child);
        let log = Arc::new(Log::default());
        let readers = vec![
            read_lines(child.stdout.take().unwrap(), Stream::Stdout, log.clone()),
            read_lines(child.stderr.take().unwrap(), Stream::Stderr, log.clone()),
        ];
        Self {
            name,
            child: Mutex::new(child),
            pid,
            started,
            log,
            readers,
        }
    }

    /// When it was started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// The process id.
    pub fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// How it ended, if it did.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.child.lock().unwrap().try_wait().expect("a child of this process")
    }

    /// Waits for its end and returns the exit code (`None` after a signal); panics when it takes longer.
    pub fn wait(&self, within: Duration) -> Option<i32> {
        let status = poll(within, || self.ended());
        status
            .unwrap_or_else(|| panic!("{} still runs after {within:?}\n{}", self.name, self.logs()))
            .code()
    }

    /// Asks it to end (SIGTERM) and waits; returns the exit code, `None` when the signal ended it.
    pub fn terminate(&self, within: Duration) -> Option<i32> {
        self.signal(Signal::TERM);
        self.wait(within)
    }

    /// Ends it as a power cut would (SIGKILL).
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        // It may have ended by itself: then there is nothing to kill.
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Stops it where it is, connections open (SIGSTOP), and waits until it stands.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
        let stopped = poll(Duration::from_secs(5), || {
            self.status("State").filter(|state| state.starts_with('T'))
        });
        assert!(stopped.is_some(), "{} does not stop", self.name);
    }

    /// Lets it go on (SIGCONT).
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Sends a signal to it.
    pub fn signal(&self, signal: Signal) {
        assert!(
            self.ended().is_none(),
            "{} has ended already\n{}",
            self.name,
            self.logs()
        );
        kill_process(self.pid, signal).expect("a running child of this process");
    }

    /// The most memory that it has had so far, in bytes (VmHWM).
    pub fn peak_memory(&self) -> u64 {
        let kib = self
            .status("VmHWM")
            .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or_else(|| panic!("no VmHWM of {}: it has ended, or this is not Linux", self.name)) * 1024
    }

    /// The lines so far, from standard output and standard error as they came.
    pub fn lines(&self) -> Vec<String> {
        self.with_lines(|lines| lines.iter().map(|(_, line)| line.clone()).collect())
    }

    /// The lines so far that are JSON objects.
    pub fn json_lines(&self) -> Vec<Value> {
        self.lines()
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .filter(Value::is_object)
            .collect()
    }

    /// Waits until a line satisfies the condition and returns it; panics, with all lines, when none comes in 10 s.
    pub fn wait_for_line(&self, condition: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut lines = self.log.lines.lock().unwrap();
        loop {
            if let Some((_, line)) = lines.iter().find(|(_, line)| condition(line)) {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(lines);
                panic!("no such line of {}\n{}", self.name, self.logs());
            }
            lines = self.log.changed.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// Everything it printed, for the message of a failing test.
    pub fn logs(&self) -> String {
        format!("--- {} printed:\n{}\n---", self.name, self.lines().join("\n"))
    }

    fn text(&self, stream: Stream) -> String {
        let from = |lines: &[(Stream, String)]| {
            lines
                .iter()
                .filter(|(from, _)| *from == stream)
                .map(|(_, line)| format!("{line}\n"))
                .collect()
        };
        self.with_lines(from)
    }

    /// The lines so far; after its end, all of them: the last ones may still be in the pipe.
    fn with_lines<T>(&self, read: impl FnOnce(&[(Stream, String)]) -> T) -> T {
        if self.ended().is_some() {
            poll(Duration::from_secs(2), || {
                self.readers.iter().all(JoinHandle::is_finished).then_some(())
            });
        }
        read(&self.log.lines.lock().unwrap())
    }

    fn status(&self, field: &str) -> Option<String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
        Some(line.trim().to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[derive(Debug, Default)]
struct Log {
    lines: Mutex<Vec<(Stream, String)>>,
    changed: Condvar,
}

/// Asks again every few milliseconds until there is an answer or the time is over.
pub fn poll<T>(within: Duration, mut question: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(answer) = question() {
            return Some(answer);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn read_lines(from: impl Read + Send + 'static, stream: Stream, log: Arc<Log>) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n') {
            let Ok(line) = line else { return };
            let line = String::from_utf8_lossy(&line).into_owned();
            log.lines.lock().unwrap().push((stream, line));
            log.changed.notify_all();
        }
    })
}
