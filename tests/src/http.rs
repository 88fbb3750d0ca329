//! A plain request and response, and a client that can also send what no client library would.

use crate::wire;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// Whatever answers a request the way a caller outside would see it: a server, a function behind its event, a host.
pub trait Front {
    /// Sends one request and returns the answer; panics where the caller would see the connection fail.
    fn send(&self, request: &Request) -> Response;
}

/// Header fields in order; names compare in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value under a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value under a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(move |(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Adds a field, beside others of the same name.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Drops every field of a name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<T: IntoIterator<Item = (N, V)>>(fields: T) -> Self {
        Self(
            fields
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// One request, independent of how it reaches the program.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path as sent (percent-encoded where it must be), without stage or prefix.
    pub path: String,
    /// Query pairs, decoded.
    pub query: Vec<(String, String)>,
    /// Header fields; `Host` and `Content-Length` are added on the way where they are missing.
    pub headers: Headers,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without query, headers or body.
    pub fn new(method: &str, path: &str) -> Self {
        let (method, path) = (method.to_owned(), path.to_owned());
        Self {
            method,
            path,
            query: Vec::new(),
            headers: Headers::default(),
            body: Vec::new(),
        }
    }

    /// A `GET`.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A `POST` without a body yet.
    pub fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    /// Adds a query pair, given decoded.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.add(name, value);
        self
    }

    /// Adds `Authorization` with a name and a secret.
    pub fn basic(self, name: &str, secret: &str) -> Self {
        let pair = BASE64_STANDARD.encode(format!("{name}:{secret}"));
        self.header("Authorization", &format!("Basic {pair}"))
    }

    /// Adds `Authorization` with a token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Sets the body, and no content type.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = bytes.into();
        self
    }

    /// Sets the body and its content type to JSON.
    pub fn json(self, value: &Value) -> Self {
        self.header("Content-Type", "application/json").body(value.to_string())
    }

    /// Sets the body and its content type to those of a submitted form.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        self.header("Content-Type", "application/x-www-form-urlencoded")
            .body(encode_pairs(fields.iter().copied()))
    }

    /// The query as it stands in a URL, without `?`; empty when there is none.
    pub fn query_string(&self) -> String {
        encode_pairs(self.query.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// Path and query.
    pub fn target(&self) -> String {
        match self.query_string() {
            query if query.is_empty() => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// The request as HTTP/1.1 bytes. A length is added unless the headers frame the body already.
    pub fn to_bytes(&self, host: &str) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target());
        if self.headers.get("host").is_none() {
            head += &format!("Host: {host}\r\n");
        }
        for (name, value) in self.headers.iter() {
            head += &format!("{name}: {value}\r\n");
        }
        let framed = ["content-length", "transfer-encoding"]
            .iter()
            .any(|name| self.headers.get(name).is_some());
        if !framed && (!self.body.is_empty() || self.method == "POST") {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header fields in order.
    pub headers: Headers,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as text; panics where it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    /// The body as JSON; panics, with the body, where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!(
                "{} with a body that is no JSON ({error}): {:?}",
                self.status,
                self.text()
            )
        })
    }

    /// A header's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }
}

/// Sends a request on a connection of its own.
pub fn send(to: SocketAddr, request: &Request) -> io::Result<Response> {
    let mut connection = Connection::open(to)?;
    // A server that refuses a large body may answer and close before it was sent: the answer still counts.
    let written = connection.write(&request.to_bytes(&to.to_string()));
    connection
        .read_response(&request.method)
        .map_err(|error| written.err().unwrap_or(error))
}

/// Sends bytes as they are and reads one answer.
pub fn send_raw(to: SocketAddr, bytes: &[u8]) -> io::Result<Response> {
    let mut connection = Connection::open(to)?;
    let written = connection.write(bytes);
    connection
        .read_response("")
        .map_err(|error| written.err().unwrap_or(error))
}

/// One connection, for tests that send in pieces, in the wrong order or not to the end.
#[derive(Debug)]
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects; reads and writes give up after 30 s.
    pub fn open(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Changes how long a read waits.
    pub fn patience(self, time: Duration) -> io::Result<Self> {
        self.0.get_ref().set_read_timeout(Some(time))?;
        Ok(self)
    }

    /// Sends bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Says that nothing more comes.
    pub fn finish(&mut self) -> io::Result<()> {
        self.0.get_ref().shutdown(Shutdown::Write)
    }

    /// After a head with `Expect: 100-continue`: waits until the server asks for the body, and so works on the request.
    pub fn wait_for_continue(&mut self) -> io::Result<()> {
        let mut asked = *b"HTTP/1.1 100 Continue\r\n\r\n";
        self.0.read_exact(&mut asked)?;
        let as_expected = asked.starts_with(b"HTTP/1.1 100 ");
        as_expected
            .then_some(())
            .ok_or_else(|| io::Error::other(String::from_utf8_lossy(&asked).into_owned()))
    }

    /// Reads one answer; the method says whether it may have a body.
    pub fn read_response(&mut self, method: &str) -> io::Result<Response> {
        let head = wire::read_response_head(&mut self.0)?;
        let body = wire::read_response_body(&mut self.0, &head, method)?;
        Ok(Response {
            status: head.status,
            headers: head.headers,
            body,
        })
    }
}

/// Percent-encodes everything that is not unreserved.
pub fn percent_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn encode_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = pairs.map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_request_becomes_bytes() {
        let request = Request::post("/a")
            .query("code", "ü b")
            .basic("name", "se:cret")
            .json(&json!({}));
        let text = String::from_utf8(request.to_bytes("host")).unwrap();
        assert_eq!(
            text,
            "POST /a?code=%C3%BC%20b HTTP/1.1\r\nHost: host\r\nAuthorization: Basic bmFtZTpzZTpjcmV0\r\n\
             Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        );
    }

    #[test]
    fn own_framing_and_host_are_kept() {
        let request = Request::post("/")
            .header("Transfer-Encoding", "chunked")
            .header("host", "x")
            .body("0\r\n\r\n");
        let text = String::from_utf8(request.to_bytes("host")).unwrap();
        assert_eq!(
            text,
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nhost: x\r\n\r\n0\r\n\r\n"
        );
    }
}
