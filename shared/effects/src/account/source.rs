//! Where tokens come from: the app's own proof, or an identity that Azure manages.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use http::{HeaderName, Method, StatusCode};
use outgoing::{Failure, Outgoing, Request, Response, Url};
use secrets::{SecretRef, Secrets};
use serde::Deserialize;
use serde_json::Value as Json;
use store::Timestamp;

use super::{
    AccountSettings, BadSetting,
    answers::printable,
    assertion::{ASSERTION_TYPE, Certificate},
    credential::{self, Kind, ManagedIdentity},
    graph::encoded,
    stop::Stop,
    token::Token,
};
use crate::Why;

/// Whom a managed identity proves itself to, to be taken for an app:
/// <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity>.
const EXCHANGE: &str = "api://AzureADTokenExchange";
/// The field of the form for a signed statement.
const ASSERTION: &str = "client_assertion";

/// A source of tokens for Graph.
pub(super) enum Source {
    App(Box<App>),
    Managed(Box<Managed>),
}

/// The app itself, by the OAuth 2.0 client credentials flow.
pub(super) struct App {
    outgoing: Outgoing,
    endpoint: Url,
    /// The endpoint as the audience of assertions.
    audience: String,
    client_id: String,
    scope: String,
    proof: Proof,
    secrets: Arc<Secrets>,
}

enum Proof {
    Secret(SecretRef),
    Certificate(Certificate),
    File(PathBuf),
    Managed(Box<Managed>),
}

/// An identity that Azure manages, by the platform's endpoint:
/// <https://learn.microsoft.com/azure/app-service/overview-managed-identity>.
pub(super) struct Managed {
    outgoing: Outgoing,
    identity: ManagedIdentity,
    resource: String,
}

impl Source {
    pub(super) fn new(
        settings: &AccountSettings,
        outgoing: Outgoing,
        secrets: Arc<Secrets>,
    ) -> Result<Source, BadSetting> {
        let resource = settings.endpoints.resource();
        let managed = |identity, resource| Managed::new(identity, resource, &outgoing).map(Box::new);
        let (client_id, proof) = match &settings.credential.0 {
            Kind::ManagedIdentity(identity) => return Ok(Source::Managed(managed(identity, resource)?)),
            Kind::App { client_id, proof } => (client_id, proof),
        };
        let proof = match proof {
            credential::Proof::Secret(secret) => Proof::Secret(secret.clone()),
            credential::Proof::Certificate(certificate) => Proof::Certificate(certificate.clone()),
            credential::Proof::FederatedFile(path) => Proof::File(path.clone()),
            credential::Proof::FederatedIdentity(identity) => Proof::Managed(managed(identity, EXCHANGE)?),
        };
        let audience = format!(
            "{}/{}/oauth2/v2.0/token",
            settings.endpoints.login(),
            encoded(&settings.tenant)
        );
        Ok(Source::App(Box::new(App {
            endpoint: BadSetting::url("the token endpoint", &audience)?,
            audience,
            client_id: client_id.clone(),
            scope: format!("{resource}/.default"),
            proof,
            secrets,
            outgoing,
        })))
    }

    /// A token and how long it counts.
    pub(super) async fn fetch(&self, now: Timestamp) -> Result<(Token, Duration), Stop> {
        match self {
            Source::App(app) => app.fetch(now).await,
            Source::Managed(managed) => managed.fetch(now).await,
        }
    }
}

impl App {
    async fn fetch(&self, now: Timestamp) -> Result<(Token, Duration), Stop> {
        let (name, proof) = self.proof(now).await?;
        let content_type = "application/x-www-form-urlencoded";
        let form = self.form(name, &proof);
        let request = Request::with_body(Method::POST, self.endpoint.clone(), content_type, form);
        token_of(self.outgoing.send(request).await, now)
    }

    fn form(&self, name: &str, proof: &Token) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("scope", &self.scope)
            .append_pair(name, proof.expose());
        if name == ASSERTION {
            form.append_pair("client_assertion_type", ASSERTION_TYPE);
        }
        form.finish()
    }

    /// The proof, and the field of the form that it goes into.
    async fn proof(&self, now: Timestamp) -> Result<(&'static str, Token), Stop> {
        let assertion = match &self.proof {
            Proof::Secret(reference) => {
                let secret = self
                    .secrets
                    .read(reference)
                    .await
                    .map_err(|no| Stop::later(no.to_string()))?;
                return Ok(("client_secret", Token::new(secret.expose().to_owned())));
            }
            Proof::Certificate(certificate) => certificate.assertion(&self.client_id, &self.audience, now)?,
            Proof::File(path) => from_file(path).await?,
            Proof::Managed(managed) => managed.fetch(now).await?.0,
        };
        Ok((ASSERTION, assertion))
    }
}

/// Read each time: the platform replaces it before it runs out.
async fn from_file(path: &Path) -> Result<Token, Stop> {
    let text = tokio::fs::read_to_string(path).await;
    let text = text.map_err(|error| {
        let kind = error.kind();
        Stop::later(format!("the file with the federated credential cannot be read: {kind}"))
    })?;
    Ok(Token::new(text.trim().to_owned()))
}

impl Managed {
    /// The endpoint lies on loopback or a link-local address without TLS: a client of its own reaches it and nothing
    /// else.
    fn new(identity: &ManagedIdentity, resource: &str, outgoing: &Outgoing) -> Result<Managed, BadSetting> {
        let endpoint = BadSetting::url("IDENTITY_ENDPOINT", &identity.endpoint)?;
        Ok(Managed {
            outgoing: outgoing.only(endpoint.origin()),
            identity: identity.clone(),
            resource: resource.to_owned(),
        })
    }

    async fn fetch(&self, now: Timestamp) -> Result<(Token, Duration), Stop> {
        let mut url = format!(
            "{}?resource={}&api-version=2019-08-01",
            self.identity.endpoint,
            encoded(&self.resource)
        );
        if let Some(id) = &self.identity.client_id {
            url = format!("{url}&client_id={}", encoded(id));
        }
        let url = url.parse().map_err(|_| Stop::never("IDENTITY_ENDPOINT is no URL"))?;
        let header = HeaderName::from_static("x-identity-header");
        let request = Request::get(url).header(header, self.identity.header.expose());
        let request = request.map_err(|_| Stop::never("IDENTITY_HEADER cannot be a header's value"))?;
        token_of(self.outgoing.send(request).await, now)
    }
}

/// RFC 6749, 5.1, and Azure's own shape: numbers may be texts there, and the end a point in time.
#[derive(Deserialize)]
struct Grant {
    access_token: String,
    #[serde(default)]
    expires_in: Json,
    #[serde(default)]
    expires_on: Json,
}

impl Grant {
    fn life(&self, now: Timestamp) -> Option<Duration> {
        let number = |json: &Json| json.as_i64().or_else(|| json.as_str()?.parse().ok());
        let left = || number(&self.expires_on).map(|end| end.saturating_sub(now.as_secs()));
        let seconds = number(&self.expires_in).or_else(left)?;
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }
}

/// RFC 6749, 5.2.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: String,
    error_description: String,
}

/// What is wrong with a credential is wrong for every account, and somebody will mend it: no account is given up for
/// it.
fn token_of(reply: Result<Response, Failure>, now: Timestamp) -> Result<(Token, Duration), Stop> {
    let reply = reply.map_err(|failure| Stop::later(format!("no token: {failure}")))?;
    if reply.status != StatusCode::OK {
        let refusal: Refusal = serde_json::from_slice(&reply.body).unwrap_or_default();
        let (error, code) = (printable(&refusal.error), aadsts(&refusal.error_description));
        return Err(Stop::Later {
            why: Why::new(format!("no token: {} {error} {code}", reply.status.as_u16())),
            after: reply.retry_after,
        });
    }
    let unreadable = || Stop::later("no token: the answer cannot be read");
    let grant: Grant = serde_json::from_slice(&reply.body).map_err(|_| unreadable())?;
    let life = grant.life(now).ok_or_else(unreadable)?;
    Ok((Token::new(grant.access_token), life))
}

/// The number that Entra puts before its explanation, which itself may say too much: `AADSTS7000215`.
fn aadsts(description: &str) -> &str {
    let start = description.split(':').next().unwrap_or_default();
    let digits = start.strip_prefix("AADSTS").unwrap_or_default();
    let is_code = !digits.is_empty() && digits.len() < 12 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_code { start } else { "" }
}
