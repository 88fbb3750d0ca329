//! Another system: a server on loopback that does what it is told, and keeps what came.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
};

/// What becomes of a request.
#[derive(Clone)]
pub(crate) enum Act {
    /// These bytes, and the connection ends.
    Answer(String),
    /// The same, once it is told to.
    WhenTold(Arc<Semaphore>, String),
    /// Nothing ever.
    Silence,
}

/// A reply with a status, further header lines, and a body.
pub(crate) fn reply(status: &str, headers: &str, body: &str) -> Act {
    let length = body.len();
    Act::Answer(format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    ))
}

pub(crate) fn json(body: &str) -> Act {
    reply("200 OK", "content-type: application/json\r\n", body)
}

pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Came>>>,
    listening: JoinHandle<()>,
}

impl Server {
    /// Does these one after the other; the last one again and again.
    pub(crate) async fn new(acts: impl IntoIterator<Item = Act>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<Came>>>::default();
        let (kept, acts): (_, Vec<_>) = (Arc::clone(&requests), acts.into_iter().collect());
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&kept), acts.clone()));
            }
        });
        Server {
            address,
            requests,
            listening,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn requests(&self) -> Vec<Came> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.requests().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A request as it came.
#[derive(Clone)]
pub(crate) struct Came {
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Came {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(n, _)| n == name);
        let first = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} came twice");
        first
    }
}

async fn serve(stream: TcpStream, kept: Arc<Mutex<Vec<Came>>>, acts: Vec<Act>) {
    let mut stream = BufReader::new(stream);
    let Some(came) = read(&mut stream).await else { return };
    let number = {
        let mut kept = kept.lock().unwrap();
        kept.push(came);
        kept.len()
    };
    let text = match acts[number.min(acts.len()) - 1].clone() {
        Act::Answer(text) => text,
        Act::WhenTold(told, text) => {
            told.acquire().await.unwrap().forget();
            text
        }
        Act::Silence => std::future::pending().await,
    };
    // Whoever asked may be gone.
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// A whole request; nothing if somebody only connected.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<Came> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers = lines.iter().skip(1).filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_lowercase(), value.trim().to_owned()))
    });
    let mut came = Came {
        line: lines.first()?.clone(),
        headers: headers.collect(),
        body: String::new(),
    };
    let length = came.header("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    came.body = String::from_utf8(body).unwrap();
    Some(came)
}
