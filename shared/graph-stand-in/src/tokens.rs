//! Tokens: who gets one, and what it opens.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value as Json, json};
use store::Timestamp;

use crate::error::Refusal;

/// The app that has the rights.
pub const CLIENT_ID: &str = "c11e0000-0000-4000-8000-000000000001";
/// Its secret.
pub const SECRET: &str = "stand-in~secret+with/odd=characters&";
/// What a managed identity's requests must show.
pub const IDENTITY_HEADER: &str = "stand-in-identity-header";

const RESOURCE: &str = "https://graph.microsoft.com";
const EXCHANGE: &str = "api://AzureADTokenExchange";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What the app has to prove itself with.
#[derive(Clone, Debug)]
pub enum Expect {
    /// The secret [`SECRET`].
    Secret,
    /// An assertion signed by a certificate.
    Certificate {
        /// The RSA key, as PKCS #1.
        public_key: Vec<u8>,
        /// The SHA-256 of the certificate, base64url.
        thumbprint: String,
    },
    /// Exactly this assertion of another issuer, or one that a managed identity was given.
    Federated(String),
}

pub(crate) struct Tokens {
    pub(crate) expect: Expect,
    pub(crate) rights: BTreeSet<String>,
    /// Tokens for Graph, and when they run out.
    pub(crate) given: BTreeMap<String, Timestamp>,
    pub(crate) life: Duration,
    /// Assertions that were used: each counts once.
    used: BTreeSet<String>,
    exchanged: BTreeSet<String>,
    number: u64,
}

impl Tokens {
    pub(crate) fn new() -> Tokens {
        let rights = [
            "User.ReadWrite.All",
            "User.Invite.All",
            "GroupMember.ReadWrite.All",
            "IdentityUserFlow.Read.All",
        ];
        Tokens {
            expect: Expect::Secret,
            rights: rights.map(str::to_owned).into(),
            given: BTreeMap::new(),
            life: Duration::from_secs(3599),
            used: BTreeSet::new(),
            exchanged: BTreeSet::new(),
            number: 0,
        }
    }

    /// Checks a request's token and one right.
    pub(crate) fn check(&self, authorization: Option<&str>, right: &str, now: Timestamp) -> Result<(), Refusal> {
        let token = authorization.and_then(|text| text.strip_prefix("Bearer "));
        let until = token.and_then(|token| self.given.get(token));
        if until.is_none_or(|until| *until <= now) {
            let message = "Lifetime validation failed, the token is expired.";
            return Err(Refusal::new(401, "InvalidAuthenticationToken", message));
        }
        if self.rights.contains(right) {
            Ok(())
        } else {
            Err(Refusal::right(right))
        }
    }

    /// `POST /{tenant}/oauth2/v2.0/token`
    pub(crate) fn grant(
        &mut self,
        audience: &str,
        form: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<Json, Refusal> {
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let scope = format!("{RESOURCE}/.default");
        if field("grant_type") != "client_credentials" || field("scope") != scope {
            return Err(refused(
                400,
                "invalid_request",
                "AADSTS900144: The request body is not right.",
            ));
        }
        if field("client_id") != CLIENT_ID {
            return Err(refused(
                400,
                "unauthorized_client",
                "AADSTS700016: Application was not found.",
            ));
        }
        self.check_proof(audience, form, now)?;
        let token = self.new_token(now);
        Ok(
            json!({"token_type": "Bearer", "expires_in": self.life.as_secs(), "ext_expires_in": self.life.as_secs(), "access_token": token}),
        )
    }

    /// `GET $IDENTITY_ENDPOINT`, as Azure's platform answers: numbers are texts, and the end is a point in time.
    pub(crate) fn managed(
        &mut self,
        resource: &str,
        version: &str,
        header: Option<&str>,
        now: Timestamp,
    ) -> Result<Json, Refusal> {
        if header != Some(IDENTITY_HEADER) || version != "2019-08-01" {
            return Err(refused(400, "invalid_request", "the header or the version is wrong"));
        }
        let token = match resource {
            RESOURCE => self.new_token(now),
            EXCHANGE => self.new_exchange(),
            _ => return Err(refused(400, "invalid_resource", "no such resource")),
        };
        let end = now.plus(self.life).as_secs().to_string();
        Ok(json!({"access_token": token, "expires_on": end, "resource": resource, "token_type": "Bearer"}))
    }

    fn new_token(&mut self, now: Timestamp) -> String {
        self.number += 1;
        let token = format!("stand-in-token-{}", self.number);
        self.given.insert(token.clone(), now.plus(self.life));
        token
    }

    fn new_exchange(&mut self) -> String {
        self.number += 1;
        let assertion = format!("stand-in-exchange-{}", self.number);
        self.exchanged.insert(assertion.clone());
        assertion
    }

    fn check_proof(&mut self, audience: &str, form: &BTreeMap<String, String>, now: Timestamp) -> Result<(), Refusal> {
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let (secret, assertion) = (field("client_secret"), field("client_assertion"));
        let as_assertion = field("client_assertion_type") == ASSERTION_TYPE && secret.is_empty();
        let right = match &self.expect {
            Expect::Secret => secret == SECRET && assertion.is_empty(),
            Expect::Federated(known) => as_assertion && (assertion == known || self.exchanged.contains(assertion)),
            Expect::Certificate { public_key, thumbprint } => {
                as_assertion
                    && is_signed(assertion, public_key)
                    && states(assertion, thumbprint, audience, now)
                    && self.used.insert(assertion.to_owned())
            }
        };
        let wrong = || {
            refused(
                401,
                "invalid_client",
                "AADSTS7000215: Invalid client secret provided: 'hidden'.",
            )
        };
        if right { Ok(()) } else { Err(wrong()) }
    }
}

fn is_signed(assertion: &str, public_key: &[u8]) -> bool {
    let Some((signed, signature)) = assertion.rsplit_once('.') else {
        return false;
    };
    let Ok(signature) = BASE64_URL_SAFE_NO_PAD.decode(signature) else {
        return false;
    };
    let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public_key);
    key.verify(signed.as_bytes(), &signature).is_ok()
}

/// <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>
fn states(assertion: &str, thumbprint: &str, audience: &str, now: Timestamp) -> bool {
    let part = |at| -> Option<Json> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(assertion.split('.').nth(at)?).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let (Some(header), Some(claims)) = (part(0), part(1)) else {
        return false;
    };
    let time = |name: &str| claims[name].as_i64().unwrap_or_default();
    header["alg"] == "PS256"
        && header["typ"] == "JWT"
        && header["x5t#S256"] == thumbprint
        && claims["aud"] == audience
        && claims["iss"] == CLIENT_ID
        && claims["sub"] == CLIENT_ID
        && claims["jti"].as_str().is_some_and(|id| id.len() > 8)
        && time("nbf") <= now.as_secs()
        && now.as_secs() < time("exp")
        && time("exp") <= now.as_secs() + 600
}

fn refused(status: u16, error: &str, description: &str) -> Refusal {
    Refusal {
        status,
        body: json!({"error": error, "error_description": description}),
    }
}
