//! The program as a server on a port of its own.

use crate::http::{self, Front, Request, Response};
use crate::port::Port;
use crate::process::{Process, Program, poll};
use std::net::SocketAddr;
use std::time::Duration;

const START: Duration = Duration::from_secs(20);
const END: Duration = Duration::from_secs(20);

/// A program that serves HTTP on loopback.
#[derive(Debug)]
pub struct Server {
    program: Program,
    process: Process,
    port: Port,
}

impl Server {
    /// Starts a program with `PORT` set (and `{port}` replaced in its arguments) and waits until `GET /healthz` is
    /// answered; panics, with its log, when it ends before or takes longer than 20 s.
    pub fn start(program: Program) -> Self {
        let port = Port::reserve();
        let program = program.with_port(port.number()).env("PORT", port.number().to_string());
        let process = spawn(&program, port.address());
        Self { program, process, port }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The process, for its log, its memory and signals.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Asks it to end (SIGTERM) and waits; the exit code.
    pub fn terminate(&self) -> Option<i32> {
        self.process.terminate(END)
    }

    /// Ends it as a power cut would.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Starts it again, the same way and on the same port; kills it first if it still runs.
    pub fn restart(&mut self) {
        self.process.kill();
        self.process = spawn(&self.program, self.port.address());
    }
}

impl Front for Server {
    fn send(&self, request: &Request) -> Response {
        http::send(self.address(), request)
            .unwrap_or_else(|error| panic!("no answer on {}: {error}\n{}", self.address(), self.process.logs()))
    }
}

fn spawn(program: &Program, address: SocketAddr) -> Process {
    let process = program.spawn();
    let ready = poll(START, || {
        let health = http::send(address, &Request::get("/healthz"));
        match process.ended() {
            Some(status) => panic!("the server ended ({status}) before it served\n{}", process.logs()),
            None => health.ok().filter(|answer| answer.status == 200),
        }
    });
    assert!(
        ready.is_some(),
        "GET /healthz gave no 200 within {START:?}\n{}",
        process.logs()
    );
    process
}
