//! A system that others call, and that counts how often.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

/// A server on loopback that answers each request with the same JSON, when it is let to.
pub(crate) struct Provider {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    answer: Mutex<String>,
    status: Mutex<&'static str>,
    asked: AtomicUsize,
    connections: AtomicUsize,
    bodies: Mutex<Vec<String>>,
    /// The `Idempotency-Key` of each request.
    keys: Mutex<Vec<String>>,
    /// Whether connections end in the place of an answer.
    hangs_up: AtomicBool,
    /// One permit for each answer.
    may_answer: Semaphore,
}

impl Provider {
    /// Answers at once.
    pub(crate) async fn answering(json: &str) -> Provider {
        let provider = Provider::silent(json).await;
        provider.let_answer();
        provider
    }

    /// Takes requests and answers none until it is let to.
    pub(crate) async fn silent(json: &str) -> Provider {
        Provider::listening(json, TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    /// Where somebody listened before; answers at once.
    pub(crate) async fn at(address: SocketAddr, json: &str) -> Provider {
        let provider = Provider::listening(json, TcpListener::bind(address).await.unwrap());
        provider.let_answer();
        provider
    }

    fn listening(json: &str, listener: TcpListener) -> Provider {
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            answer: Mutex::new(json.to_owned()),
            status: Mutex::new("200 OK"),
            asked: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            bodies: Mutex::default(),
            keys: Mutex::default(),
            hangs_up: AtomicBool::new(false),
            may_answer: Semaphore::new(0),
        });
        let serving = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.connections.fetch_add(1, Ordering::SeqCst);
                let serving = serving.clone();
                // A client that goes away is what some tests are about.
                tokio::spawn(async move { drop(serving.serve(stream).await) });
            }
        });
        Provider { url, shared }
    }

    /// From now on it answers whatever it is asked.
    pub(crate) fn let_answer(&self) {
        self.shared.may_answer.add_permits(1 << 20);
    }

    pub(crate) fn answers_with(&self, status: &'static str) {
        *self.shared.status.lock().unwrap() = status;
    }

    pub(crate) fn answers(&self, json: &str) {
        *self.shared.answer.lock().unwrap() = json.to_owned();
    }

    /// How often somebody connected.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// From now on it hangs up, or no longer.
    pub(crate) fn hangs_up(&self, so: bool) {
        self.shared.hangs_up.store(so, Ordering::SeqCst);
    }

    /// By which key it was told each time that a call is the same.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.shared.keys.lock().unwrap().clone()
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// What it was sent.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.shared.bodies.lock().unwrap().clone()
    }

    /// Waits until it was asked.
    pub(crate) async fn is_asked(&self) {
        while self.asked() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Shared {
    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await? == 0 {
                    return Ok(());
                }
                let line = line.trim().to_ascii_lowercase();
                if let Some(digits) = line.strip_prefix("content-length:") {
                    length = digits.trim().parse().unwrap();
                }
                if let Some(key) = line.strip_prefix("idempotency-key:") {
                    self.keys.lock().unwrap().push(key.trim().to_owned());
                }
                if line.is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await?;
            self.bodies.lock().unwrap().push(String::from_utf8(body).unwrap());
            self.asked.fetch_add(1, Ordering::SeqCst);
            if self.hangs_up.load(Ordering::SeqCst) {
                return Ok(());
            }
            self.may_answer.acquire().await.unwrap().forget();
            let json = self.answer.lock().unwrap().clone();
            let status = *self.status.lock().unwrap();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                json.len()
            );
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(json.as_bytes()).await?;
        }
    }
}
