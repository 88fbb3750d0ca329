//! A signed statement that stands for a client's secret:
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>.

use std::{fmt, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    digest,
    rand::{SecureRandom, SystemRandom},
    signature::{RSA_PSS_SHA256, RsaKeyPair},
};
use serde_json::json;
use store::Timestamp;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use super::{stop::Stop, token::Token};

/// RFC 7523, 2.2.
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long a statement counts. Microsoft advises five to ten minutes.
const LIFE_SECS: i64 = 600;

/// A certificate with its RSA key.
#[derive(Clone)]
pub(super) struct Certificate {
    key: Arc<RsaKeyPair>,
    /// The SHA-256 of the certificate, by which Entra knows which one it is.
    thumbprint: String,
}

impl Certificate {
    /// Reads a PEM text with the certificate and its key, in any order. The reason for a refusal shows nothing of it.
    pub(super) fn parse(pem: &str) -> Result<Certificate, &'static str> {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| "holds no certificate")?;
        let key = match PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| "holds no private key")? {
            PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err("holds a key that is not RSA"),
        };
        Ok(Certificate {
            key: Arc::new(key.map_err(|_| "holds a key that is not RSA of 2048 to 4096 bits")?),
            thumbprint: encode(digest::digest(&digest::SHA256, &certificate)),
        })
    }

    /// The app states that it is itself.
    pub(super) fn assertion(&self, client_id: &str, audience: &str, now: Timestamp) -> Result<Token, Stop> {
        let random = SystemRandom::new();
        let mut id = [0; 16];
        random.fill(&mut id).map_err(|_| no_random())?;
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        let claims = json!({
            "aud": audience, "iss": client_id, "sub": client_id, "jti": encode(id),
            "iat": now.as_secs(), "nbf": now.as_secs(), "exp": now.as_secs().saturating_add(LIFE_SECS),
        });
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &random, signed.as_bytes(), &mut signature)
            .map_err(|_| no_random())?;
        Ok(Token::new(format!("{signed}.{}", encode(signature))))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate(..)")
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn no_random() -> Stop {
    Stop::later("the system gives no random bytes to sign with")
}
