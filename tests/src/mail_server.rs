//! A real SMTP server on loopback, out of the npm package `smtp-server`. What it does to a letter, the recipient says:
//! see `mail_server.mjs`.

use crate::binaries;
use crate::port::Port;
use crate::process::{Process, Program, poll};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

const START: Duration = Duration::from_secs(20);
const LETTER: Duration = Duration::from_secs(10);

/// How a server is spoken to.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `"implicit"`, `"starttls"`, or nothing.
    pub tls: Option<&'static str>,
    /// Key and certificate in PEM form.
    pub certificate: Option<(String, String)>,
    /// The user and password that it wants.
    pub login: Option<(&'static str, &'static str)>,
    /// Whether it takes addresses beyond ASCII.
    pub smtputf8: bool,
}

/// A running server.
#[derive(Debug)]
pub struct MailServer {
    process: Process,
    port: Port,
}

impl MailServer {
    /// Starts a server and waits until it listens; panics, with what it printed, when it does not.
    pub fn start(options: &Options) -> Self {
        let port = Port::reserve();
        let (key, cert) = options.certificate.clone().unzip();
        let (user, password) = options.login.unzip();
        let settings = json!({
            "port": port.number(), "tls": options.tls, "key": key, "cert": cert,
            "user": user, "password": password, "smtputf8": options.smtputf8,
        });
        let script = binaries::in_repository("tests/src/mail_server.mjs");
        let modules = binaries::in_repository("node_modules/smtp-server");
        assert!(
            modules.is_dir(),
            "{} is missing: run `make test`, or `npm ci` first",
            modules.display()
        );
        let process = Program::new(node())
            .args([script.display().to_string(), settings.to_string()])
            .spawn();
        let server = Self { process, port };
        server.wait_for("listening", 1, START);
        server
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// The letters, once there are this many: `from`, `to`, `subject`, `text`, `html`, `headers` (lines), `raw`, `secure`
    /// and `user`.
    pub fn letters(&self, count: usize) -> Vec<Value> {
        self.wait_for("mail", count, LETTER)
    }

    /// How many connections there were, once there was one.
    pub fn connections(&self) -> usize {
        self.wait_for("connection", 1, LETTER).len()
    }

    fn wait_for(&self, event: &str, count: usize, within: Duration) -> Vec<Value> {
        let events = || -> Vec<Value> {
            let lines = self.process.json_lines();
            lines.iter().filter_map(|line| line.get(event).cloned()).collect()
        };
        let found = poll(within, || {
            let events = events();
            (events.len() >= count || self.process.ended().is_some()).then_some(events)
        });
        let found = found.unwrap_or_else(events);
        assert!(
            found.len() >= count,
            "{} of {count} `{event}`\n{}",
            found.len(),
            self.process.logs()
        );
        found
    }
}

fn node() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut programs = std::env::split_paths(&path).map(|folder| folder.join("node"));
    programs
        .find(|node| Path::is_file(node))
        .expect("node: install Node.js 20 or newer")
}
