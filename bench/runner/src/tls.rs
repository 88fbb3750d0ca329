//! A TLS end on loopback in front of DynamoDB Local: on AWS the handshake is part of a function's first answer.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Where the TLS end listens and what makes a client trust it.
#[derive(Debug)]
pub(crate) struct TlsEnd {
    /// `https://localhost:PORT`.
    pub(crate) endpoint: String,
    /// For `SSL_CERT_FILE`.
    pub(crate) trusted: PathBuf,
}

impl TlsEnd {
    /// Serves until the bench ends. The file of trusted certificates goes to `folder`.
    pub(crate) fn start(before: SocketAddr, folder: &Path) -> Self {
        let (config, authority) = certificates();
        let trusted = folder.join("trusted.pem");
        fs::write(&trusted, authority + &system_certificates()).expect("a writable folder");
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
        let port = listener.local_addr().expect("the address of a bound port").port();
        thread::spawn(move || serve(listener, config, before));
        Self {
            endpoint: format!("https://localhost:{port}"),
            trusted,
        }
    }
}

/// What a function on Lambda finds in its image besides: it has to read those too, before its first handshake.
fn system_certificates() -> String {
    fs::read_to_string("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default()
}

fn serve(listener: std::net::TcpListener, config: ServerConfig, before: SocketAddr) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a tokio runtime");
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a listener of this process");
        let listener = TcpListener::from_std(listener).expect("a listener of this process");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        loop {
            let Ok((client, _)) = listener.accept().await else {
                continue;
            };
            let acceptor = acceptor.clone();
            // A function that ends closes in the middle of a connection: that is how its life goes.
            tokio::spawn(async move { pass_on(client, acceptor, before).await.unwrap_or_default() });
        }
    });
}

async fn pass_on(client: TcpStream, acceptor: TlsAcceptor, before: SocketAddr) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    let mut server = TcpStream::connect(before).await?;
    server.set_nodelay(true)?;
    let mut client = acceptor.accept(client).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// A server's configuration for `localhost`, and the certificate of the authority that vouches for it.
fn certificates() -> (ServerConfig, String) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Vestibule bench");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(params, new_key()).expect("a certificate");

    let key = new_key();
    let params = CertificateParams::new(["localhost".to_owned()]).expect("a host name");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key in PKCS#8");
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a key for its certificate");
    (config, authority.pem())
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("a key")
}
