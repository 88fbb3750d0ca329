//! A server of lists on loopback, which also does what no good server would.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring, pki_types::PrivateKeyDer};

/// What the server answers every request, until a test says otherwise.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The text, with its length.
    Text(String),
    /// The text with an entity tag, or 304 for somebody who has that one.
    Tagged(&'static str, String),
    /// These bytes, after which the connection ends.
    Bytes(Vec<u8>),
    /// A text that never ends, as fast as it is taken.
    Endless,
    /// The beginning of a text, and then nothing more.
    Stuck,
}

impl Answer {
    /// A status, a header line or none, and a body.
    pub fn status(status: &str, header: &str, body: &str) -> Answer {
        let length = body.len();
        Answer::Bytes(format!("HTTP/1.1 {status}\r\n{header}content-length: {length}\r\n\r\n{body}").into())
    }
}

/// The server. Dropped, it is gone, and nobody answers at its address any more.
pub struct ListServer {
    address: SocketAddr,
    /// The certificate to trust, in PEM, where it speaks TLS.
    authority: Option<String>,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

struct Shared {
    answer: Mutex<Answer>,
    /// The heads of the requests.
    requests: Mutex<Vec<String>>,
    is_over: AtomicBool,
}

impl ListServer {
    /// Without TLS.
    pub fn start(answer: Answer) -> ListServer {
        ListServer::listen(answer, None)
    }

    /// With TLS, as `localhost`.
    pub fn with_tls(answer: Answer) -> ListServer {
        ListServer::listen(answer, Some(certificate()))
    }

    fn listen(answer: Answer, tls: Option<(ServerConfig, String)>) -> ListServer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let (config, authority) = tls.unzip();
        let config = config.map(Arc::new);
        let shared = Arc::new(Shared {
            answer: Mutex::new(answer),
            requests: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let address = listener.local_addr().expect("a listener's address");
        let listening = thread::spawn({
            let shared = shared.clone();
            move || {
                for stream in listener.incoming() {
                    if shared.is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    let (shared, config) = (shared.clone(), config.clone());
                    // A client that goes away in the middle is what some tests are about.
                    thread::spawn(move || stream.and_then(|stream| shared.serve(stream, config)));
                }
            }
        });
        ListServer {
            address,
            authority,
            shared,
            listening: Some(listening),
        }
    }

    /// Where the list is.
    pub fn url(&self) -> String {
        match &self.authority {
            Some(_) => format!("https://localhost:{}/list.txt", self.address.port()),
            None => format!("http://{}/list.txt", self.address),
        }
    }

    /// The certificate of who vouches for the server, in PEM.
    pub fn authority(&self) -> &str {
        self.authority.as_deref().expect("a server with TLS")
    }

    /// What it answers from now on.
    pub fn answers(&self, answer: Answer) {
        *self.shared.answer.lock().unwrap() = answer;
    }

    /// The heads of the requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Drop for ListServer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for the next connection.
        let _ = TcpStream::connect(self.address);
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream, tls: Option<Arc<ServerConfig>>) -> io::Result<()> {
        match tls {
            None => self.answer(stream),
            Some(config) => {
                let connection = ServerConnection::new(config).map_err(io::Error::other)?;
                self.answer(StreamOwned::new(connection, stream))
            }
        }
    }

    /// One request on a connection of its own.
    fn answer(&self, mut stream: impl Read + Write) -> io::Result<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        self.requests.lock().unwrap().push(head.clone());
        let answer = self.answer.lock().unwrap().clone();
        match answer {
            Answer::Text(text) => stream.write_all(&whole("", &text))?,
            Answer::Tagged(tag, _) if head.contains(&format!("if-none-match: {tag}\r\n")) => {
                stream.write_all(format!("HTTP/1.1 304 Not Modified\r\netag: {tag}\r\n\r\n").as_bytes())?;
            }
            Answer::Tagged(tag, text) => stream.write_all(&whole(&format!("etag: {tag}\r\n"), &text))?,
            Answer::Bytes(bytes) => stream.write_all(&bytes)?,
            Answer::Endless => {
                stream.write_all(BEGINNING.as_bytes())?;
                let piece = format!("10000\r\n{}\r\n", "endless.example\n".repeat(4096));
                loop {
                    stream.write_all(piece.as_bytes())?;
                }
            }
            Answer::Stuck => {
                stream.write_all(format!("{BEGINNING}e\r\nstuck.example\n\r\n").as_bytes())?;
                stream.flush()?;
                // Until the client goes away.
                stream.read_exact(&mut [0])?;
            }
        }
        stream.flush()
    }
}

const BEGINNING: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

fn whole(header: &str, text: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\n{header}content-length: {}\r\n\r\n{text}",
        text.len()
    )
    .into()
}

fn certificate() -> (ServerConfig, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (config, issuer.pem())
}
