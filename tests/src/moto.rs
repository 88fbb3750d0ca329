//! Moto, a stand-in for AWS's services, out of PyPI (`scripts/requirements-test.txt`).

use crate::binaries;
use crate::http::{self, Request};
use crate::port::Port;
use crate::process::{Process, Program, poll};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;

const START: Duration = Duration::from_secs(60);

/// A running stand-in, which knows nothing at first.
#[derive(Debug)]
pub struct Moto {
    process: Process,
    port: Port,
}

impl Moto {
    /// Starts one and waits until it answers; panics, with what it printed, when it does not.
    pub fn start() -> Self {
        let port = Port::reserve();
        let python = binaries::in_repository(".tools/test/bin/python");
        assert!(
            python.is_file(),
            "{} is missing: run `make test`, which sets it up",
            python.display()
        );
        let script = binaries::in_repository("tests/src/aws_stand_in.py");
        let process = Program::new(python)
            .args([script.display().to_string(), port.number().to_string()])
            .spawn();
        let moto = Self { process, port };
        let answered = poll(START, || {
            assert!(moto.process.ended().is_none(), "moto ended\n{}", moto.process.logs());
            http::send(moto.address(), &Request::get("/sent")).ok()
        });
        assert!(
            answered.is_some(),
            "moto does not answer within {START:?}\n{}",
            moto.process.logs()
        );
        moto
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// What a program's environment needs to reach it: the endpoint, a region and credentials that mean nothing.
    pub fn env(&self) -> [(&'static str, String); 4] {
        [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address())),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ]
    }

    /// The letters that Amazon SES took: `from`, `to` and `raw`.
    pub fn letters(&self) -> Vec<Value> {
        let answer = http::send(self.address(), &Request::get("/sent")).expect("an answer of moto's");
        answer.json().as_array().expect("a list of letters").clone()
    }
}
