use std::{
    env,
    net::SocketAddr,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use store::{SystemClock, Timestamp};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{RootCertStore, ServerConfig, pki_types::PrivateKeyDer},
};

use super::*;

#[tokio::test]
async fn nothing_inside_is_reached_however_it_is_written() {
    let server = Server::answering(OK).await;
    let client = client(Reach::Internet);
    let port = server.address.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "[64:ff9b::a9fe:a9fe]",
        "[fd00:ec2::254]",
    ] {
        let sent = client.send(get(&format!("https://{host}:{port}/"))).await;
        assert_eq!(sent, Err(Failure::NotSent(Cause::Forbidden)), "{host}");
    }
    // Numbers that a resolver takes for 127.0.0.1, and TLS for no name.
    for host in ["2130706433", "0x7f.1"] {
        let sent = client.send(get(&format!("https://{host}:{port}/"))).await;
        assert!(matches!(sent, Err(Failure::NotSent(_))), "{host}: {sent:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn without_tls_only_loopback_is_reached_and_only_with_the_flag() {
    let server = Server::answering(OK).await;
    let url = server.url();
    let open = client(Reach::InternetAndLoopback);
    assert_eq!(open.send(get(&url)).await.unwrap().body, "hello");
    for url in ["http://1.1.1.1/", "http://10.0.0.1/", "http://169.254.169.254/"] {
        assert_eq!(
            open.send(get(url)).await,
            Err(Failure::NotSent(Cause::Forbidden)),
            "{url}"
        );
    }
    let closed = client(Reach::Internet);
    assert_eq!(
        closed.send(get(&url)).await,
        Err(Failure::NotSent(Cause::Forbidden)),
        "{url}"
    );
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn one_origin_is_that_origin() {
    let (server, other) = (Server::answering(OK).await, Server::answering(OK).await);
    let origin = get(&server.url()).url().origin();
    let client = client(Reach::Internet).only(origin);
    assert_eq!(client.send(get(&server.url())).await.unwrap().status, 200);
    for url in [other.url(), server.url().replace("127.0.0.1", "localhost")] {
        assert_eq!(client.send(get(&url)).await, Err(Failure::NotSent(Cause::Forbidden)));
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let target = Server::answering(OK).await;
    let answer = format!(
        "HTTP/1.1 307 Go\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        target.url()
    );
    let server = Server::answering(&answer).await;
    let reply = client(Reach::InternetAndLoopback)
        .send(get(&server.url()))
        .await
        .unwrap();
    assert_eq!(reply.status, 307);
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn retry_after_is_seconds_or_a_date() {
    for (text, wanted) in [
        ("17", Some(17)),
        ("Sun, 22 Nov 2026 20:53:31 GMT", Some(30)),
        ("Sun, 22 Nov 2026 20:00:00 GMT", Some(0)),
        ("soon", None),
        ("-1", None),
    ] {
        let answer = format!("HTTP/1.1 429 Slow\r\nretry-after: {text}\r\ncontent-length: 0\r\n\r\n");
        let server = Server::answering(&answer).await;
        let reply = client(Reach::InternetAndLoopback)
            .send(get(&server.url()))
            .await
            .unwrap();
        assert_eq!(reply.retry_after, wanted.map(Duration::from_secs), "{text}");
    }
}

#[tokio::test]
async fn a_request_that_nobody_took_was_not_sent_and_one_without_a_reply_perhaps() {
    let client = client(Reach::InternetAndLoopback);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let unreachable = client.send(get(&format!("http://{closed}/"))).await;
    assert_eq!(unreachable, Err(Failure::NotSent(Cause::Unreachable)));
    let unknown = client.send(get("https://nobody.invalid/")).await;
    // Slow where there is nobody to ask.
    assert!(
        matches!(unknown, Err(Failure::NotSent(Cause::Unknown | Cause::Slow))),
        "{unknown:?}"
    );
    let closing = Server::answering("").await;
    let lost = client.send(get(&closing.url())).await;
    assert_eq!(lost, Err(Failure::PerhapsSent(Cause::Broken)));
    let half = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhel").await;
    let lost = client.send(get(&half.url())).await;
    assert_eq!(lost, Err(Failure::PerhapsSent(Cause::Broken)));
}

#[tokio::test]
async fn time_is_bounded() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let limits = Limits {
        connect: Duration::from_millis(300),
        total: Duration::from_millis(600),
        ..LIMITS
    };
    let client = Outgoing::over(trusting(&[]), Reach::InternetAndLoopback, limits, Arc::new(SystemClock));
    // Far more than the limits, which are below a second, and far less than for ever.
    let patience = Duration::from_secs(20);
    let slow = timeout(patience, client.send(get(&format!("http://{address}/")))).await;
    assert_eq!(slow, Ok(Err(Failure::PerhapsSent(Cause::Slow))));
    // Time may be over before there is a connection: a client's own limit for that is longer.
    let hasty = client.within(Duration::from_millis(30), 1000);
    let waiting = timeout(patience, hasty.send(get(&format!("https://{address}/")))).await;
    assert_eq!(waiting, Ok(Err(Failure::NotSent(Cause::Slow))));
    let no_handshake = timeout(patience, client.send(get(&format!("https://{address}/")))).await;
    assert_eq!(no_handshake, Ok(Err(Failure::NotSent(Cause::Slow))));
}

#[tokio::test]
async fn size_is_bounded() {
    let answer = |bytes: usize| format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(bytes));
    let client = client(Reach::InternetAndLoopback);
    let fits = Server::answering(&answer(1000)).await;
    assert_eq!(client.send(get(&fits.url())).await.unwrap().body.len(), 1000);
    let large = Server::answering(&answer(1001)).await;
    assert_eq!(
        client.send(get(&large.url())).await,
        Err(Failure::PerhapsSent(Cause::TooLarge))
    );
    let narrower = client.within(LIMITS.total, 999);
    assert_eq!(
        narrower.send(get(&fits.url())).await,
        Err(Failure::PerhapsSent(Cause::TooLarge))
    );
}

#[tokio::test]
async fn a_reply_in_pieces_is_whole_or_fails() {
    let client = client(Reach::InternetAndLoopback);
    let whole = async |answer: &str| {
        let server = Server::answering(answer).await;
        let mut reply = client.stream(get(&server.url())).await?;
        let mut body = Vec::new();
        while let Some(piece) = reply.piece().await? {
            body.extend_from_slice(&piece);
        }
        Ok((reply.status.as_u16(), reply.tag, String::from_utf8(body).unwrap()))
    };
    let tagged = whole("HTTP/1.1 200 OK\r\netag: W/\"1\"\r\ncontent-length: 5\r\n\r\nhello").await;
    assert_eq!(tagged, Ok((200, Some("W/\"1\"".to_owned()), "hello".to_owned())));
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n";
    let ended = whole(&format!("{chunked}0\r\n\r\n")).await;
    assert_eq!(ended, Ok((200, None, "hello".to_owned())));
    assert_eq!(whole(chunked).await, Err(Failure::PerhapsSent(Cause::Broken)));
    let short = whole("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello").await;
    assert_eq!(short, Err(Failure::PerhapsSent(Cause::Broken)));
    let endless = whole("HTTP/1.1 200 OK\r\n\r\nhello").await;
    assert_eq!(endless, Err(Failure::PerhapsSent(Cause::Endless)));
    let same = whole("HTTP/1.1 304 Same\r\n\r\n").await;
    assert_eq!(same, Ok((304, None, String::new())));
    let large = format!("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n{}", "x".repeat(1001));
    assert_eq!(whole(&large).await, Err(Failure::PerhapsSent(Cause::TooLarge)));
}

#[tokio::test]
async fn who_is_not_vouched_for_gets_nothing() {
    let server = Server::with_tls().await;
    let stranger = client(Reach::InternetAndLoopback);
    let refused = stranger.send(get(&server.url())).await;
    assert!(
        matches!(&refused, Err(Failure::NotSent(Cause::Tls(why))) if why.contains("UnknownIssuer")),
        "{refused:?}"
    );
    let trusting = client_trusting(&[&server.authority]);
    let by_address = trusting
        .send(get(&server.url().replace("localhost", "127.0.0.1")))
        .await;
    assert!(
        matches!(&by_address, Err(Failure::NotSent(Cause::Tls(_)))),
        "another name: {by_address:?}"
    );
    assert_eq!(trusting.send(get(&server.url())).await.unwrap().body, "hello");
}

/// In a process of its own, which is told by its environment whom to trust, and of proxies that nobody may use.
#[tokio::test]
async fn ssl_cert_file_is_trusted_and_proxies_are_ignored() {
    if let Ok(url) = env::var("OUTGOING_TEST_URL") {
        let client = Outgoing::new(Reach::InternetAndLoopback, Limits::default(), Arc::new(SystemClock)).unwrap();
        assert_eq!(client.send(get(&url)).await.unwrap().body, "hello");
        return;
    }
    let server = Server::with_tls().await;
    let trusted = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&trusted, &server.authority).unwrap();
    let mut child = Command::new(env::current_exe().unwrap());
    child
        .args(["--exact", "tests::ssl_cert_file_is_trusted_and_proxies_are_ignored"])
        .env("OUTGOING_TEST_URL", server.url())
        .env("SSL_CERT_FILE", trusted.path());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        child
            .env(name, "http://127.0.0.1:1")
            .env(name.to_lowercase(), "http://127.0.0.1:1");
    }
    let ended = tokio::task::spawn_blocking(move || child.output())
        .await
        .unwrap()
        .unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
    assert_eq!(server.connections(), 1);
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

/// Answers every request on a connection of its own with the same bytes, and closes.
struct Server {
    address: SocketAddr,
    scheme: &'static str,
    authority: String,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    async fn answering(bytes: &str) -> Server {
        Server::start(bytes, None).await
    }

    async fn with_tls() -> Server {
        Server::start(OK, Some(certificates())).await
    }

    async fn start(bytes: &str, tls: Option<(ServerConfig, String)>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let (count, bytes) = (Arc::clone(&accepted), bytes.to_owned());
        let (config, authority) = tls.unzip();
        let acceptor = config.map(|config| TlsAcceptor::from(Arc::new(config)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, acceptor.clone(), bytes.clone()));
            }
        });
        Server {
            address,
            scheme: if authority.is_some() { "https" } else { "http" },
            authority: authority.unwrap_or_default(),
            accepted,
        }
    }

    fn url(&self) -> String {
        match self.scheme {
            "https" => format!("https://localhost:{}/", self.address.port()),
            _ => format!("http://{}/", self.address),
        }
    }

    fn connections(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

async fn serve(mut stream: TcpStream, acceptor: Option<TlsAcceptor>, bytes: String) -> io::Result<()> {
    let mut request = [0; 4096];
    match acceptor {
        Some(acceptor) => {
            let mut stream = acceptor.accept(stream).await?;
            let _ = stream.read(&mut request).await?;
            stream.write_all(bytes.as_bytes()).await?;
            stream.shutdown().await
        }
        None => {
            let _ = stream.read(&mut request).await?;
            stream.write_all(bytes.as_bytes()).await?;
            stream.shutdown().await
        }
    }
}

fn client(reach: Reach) -> Outgoing {
    Outgoing::over(
        trusting(&[]),
        reach,
        LIMITS,
        Arc::new(At(Timestamp::from_millis(1_795_380_781_000))),
    )
}

fn client_trusting(authorities: &[&str]) -> Outgoing {
    Outgoing::over(
        trusting(authorities),
        Reach::InternetAndLoopback,
        LIMITS,
        Arc::new(SystemClock),
    )
}

/// So long that they end no test on a machine that is busy.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(15),
    total: Duration::from_secs(30),
    reply_bytes: 1000,
    idle: Duration::from_secs(10),
};

fn trusting(authorities: &[&str]) -> Arc<ClientConfig> {
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
    let mut roots = RootCertStore::empty();
    for pem in authorities {
        roots
            .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
            .unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

fn certificates() -> (ServerConfig, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    (config, issuer.pem())
}

fn get(url: &str) -> Request {
    Request::get(url.parse().unwrap())
}

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}
