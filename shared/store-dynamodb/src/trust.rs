//! The HTTP client under the SDK, and whom it trusts.
//!
//! Reading the hundred and fifty certificates of a system takes 4 ms (measured), most of a cold start's share of this
//! crate. DynamoDB shows certificates of Amazon Trust Services, which asks those who bring their own to bring all five
//! roots; so they are here. Where the other end shows another one, as proxies that inspect and some partitions of AWS
//! do, the next attempt trusts what the system trusts.

use std::{
    env,
    error::Error,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use aws_sdk_dynamodb::config::{RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::HttpRequest,
};

use crate::transport::{Transport, Trust};

const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// A client that trusts what `SSL_CERT_FILE` and `SSL_CERT_DIR` say, and where they say nothing, Amazon's roots before
/// the system's.
pub(crate) fn http_client() -> SharedHttpClient {
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .into_iter()
        .any(|name| env::var_os(name).is_some());
    if named {
        trusting(Trust::System)
    } else {
        SharedHttpClient::new(AmazonFirst::before(Trust::System))
    }
}

#[derive(Debug)]
struct AmazonFirst {
    amazon: SharedHttpClient,
    others: Trust,
    /// Trusts the others; made when it is needed.
    fallback: OnceLock<SharedHttpClient>,
    /// Whether somebody else than Amazon vouched for the other end.
    vouched_by_others: Arc<AtomicBool>,
}

impl AmazonFirst {
    fn before(others: Trust) -> AmazonFirst {
        AmazonFirst {
            amazon: trusting(Trust::Only(AMAZON_ROOTS.into())),
            others,
            fallback: OnceLock::new(),
            vouched_by_others: Arc::default(),
        }
    }
}

/// The SDK asks for a connector before each attempt.
impl HttpClient for AmazonFirst {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        if self.vouched_by_others.load(Ordering::Relaxed) {
            let fallback = self.fallback.get_or_init(|| trusting(self.others.clone()));
            return fallback.http_connector(settings, components);
        }
        SharedHttpConnector::new(Watched {
            connector: self.amazon.http_connector(settings, components),
            vouched_by_others: Arc::clone(&self.vouched_by_others),
        })
    }
}

/// Notes when the other end shows a certificate that comes from none of the roots.
#[derive(Debug)]
struct Watched {
    connector: SharedHttpConnector,
    vouched_by_others: Arc<AtomicBool>,
}

impl HttpConnector for Watched {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let reply = self.connector.call(request);
        let vouched_by_others = Arc::clone(&self.vouched_by_others);
        HttpConnectorFuture::new(async move {
            let reply = reply.await;
            if let Err(error) = &reply
                && is_unknown_issuer(error)
            {
                vouched_by_others.store(true, Ordering::Relaxed);
            }
            reply
        })
    }
}

fn trusting(trust: Trust) -> SharedHttpClient {
    SharedHttpClient::new(Transport::trusting(trust))
}

/// Whether TLS failed for want of a root. The name is that of `rustls::CertificateError::UnknownIssuer`.
fn is_unknown_issuer(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    causes.any(|cause| cause.to_string().contains("UnknownIssuer"))
}

#[cfg(test)]
mod tests {
    use std::{net::SocketAddr, sync::atomic::AtomicUsize};

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use store::{Keys, Store, StoreError};
    use store_suite::sample;
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::{
        TlsAcceptor,
        rustls::{ServerConfig, pki_types::PrivateKeyDer},
    };

    use super::*;
    use crate::{DynamoStore, testing};

    #[test]
    fn all_five_roots_are_there_and_can_be_read() {
        assert_eq!(AMAZON_ROOTS.matches("BEGIN CERTIFICATE").count(), 5);
        let limits = outgoing::Limits::default();
        outgoing::Outgoing::trusting(
            AMAZON_ROOTS,
            outgoing::Reach::Anywhere,
            limits,
            Arc::new(store::SystemClock),
        )
        .unwrap();
    }

    /// Reading and writing alike: the first attempt shows it, the second one of the same call succeeds.
    #[tokio::test]
    async fn where_somebody_else_vouches_the_system_is_asked() {
        let end = TlsEnd::before_dynamodb().await;
        for write_first in [false, true] {
            let store = end.store(AmazonFirst::before(end.system()));
            let handshakes = end.handshakes();
            let jane = sample::pending(if write_first { "jane" } else { "john" });
            if write_first {
                let written = store.commit(&sample::commit([sample::first(&jane)])).await;
                assert_eq!(written, Ok(store::Committed::Applied));
            }
            let keys = Keys {
                applicant: Some(jane.id.applicant),
                ..Keys::default()
            };
            let found = store.look_up(&keys).await.unwrap().request;
            assert_eq!(found.is_some(), write_first);
            assert!(store.look_up(&keys).await.is_ok());
            assert_eq!(
                end.handshakes() - handshakes,
                2,
                "one that failed, one that is used again"
            );
        }
    }

    #[tokio::test]
    async fn where_nobody_vouches_nothing_is_sent() {
        let end = TlsEnd::before_dynamodb().await;
        let stranger = CertifiedIssuer::self_signed(authority(), KeyPair::generate().unwrap()).unwrap();
        for others in [Trust::Only("".into()), Trust::Only(stranger.pem().into())] {
            let store = end.store(AmazonFirst::before(others));
            let jane = sample::pending("jane");
            let refused = store.commit(&sample::commit([sample::first(&jane)])).await;
            assert!(
                matches!(&refused, Err(StoreError::Unavailable(why)) if why.contains("invalid peer certificate")),
                "{refused:?}"
            );
        }
        let trusting = end.store(AmazonFirst::before(end.system()));
        assert_eq!(trusting.request(&sample::pending("jane").id).await, Ok(None));
    }

    /// An end of TLS before DynamoDB Local, whose certificate comes from an authority of its own.
    struct TlsEnd {
        address: SocketAddr,
        table: String,
        authority: String,
        accepted: Arc<AtomicUsize>,
    }

    impl TlsEnd {
        async fn before_dynamodb() -> TlsEnd {
            let endpoint = crate::tests::endpoint();
            let table = crate::tests::Table::new().await.0;
            let (config, authority) = certificates();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let end = TlsEnd {
                address: listener.local_addr().unwrap(),
                table,
                authority,
                accepted: Arc::default(),
            };
            let accepted = Arc::clone(&end.accepted);
            tokio::spawn(async move {
                let acceptor = TlsAcceptor::from(Arc::new(config));
                while let Ok((client, _)) = listener.accept().await {
                    accepted.fetch_add(1, Ordering::Relaxed);
                    let (acceptor, server) = (acceptor.clone(), endpoint["http://".len()..].to_owned());
                    tokio::spawn(async move {
                        let mut client = acceptor.accept(client).await?;
                        let mut server = TcpStream::connect(server).await?;
                        tokio::io::copy_bidirectional(&mut client, &mut server).await
                    });
                }
            });
            end
        }

        fn store(&self, client: AmazonFirst) -> DynamoStore {
            let endpoint = format!("https://localhost:{}", self.address.port());
            let client = SharedHttpClient::new(client);
            testing::open_through(&endpoint, &self.table, client, testing::PATIENCE)
        }

        fn system(&self) -> Trust {
            Trust::Only(self.authority.as_str().into())
        }

        fn handshakes(&self) -> usize {
            self.accepted.load(Ordering::Relaxed)
        }
    }

    fn certificates() -> (ServerConfig, String) {
        let issuer = CertifiedIssuer::self_signed(authority(), KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        (config, issuer.pem())
    }

    fn authority() -> CertificateParams {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    }
}
