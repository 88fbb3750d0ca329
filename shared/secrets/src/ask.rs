//! One question to a service of AWS, in the JSON that its older services speak (AWS JSON 1.1).
//!
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>, signed as
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html> says. The SDK's crates for the two services that
//! hold secrets would do the same, and no longer fit into a function's package.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use aws_types::SdkConfig;
use http::{HeaderName, Method, StatusCode, header::CONTENT_TYPE};
use outgoing::{Cause, Failure, Limits, Outgoing, Reach, Request, Url};
use serde::{Deserialize, de::DeserializeOwned};
use store::{Clock, Timestamp};
use tokio::{sync::OnceCell, time::timeout};

use crate::{Variables, aws};

/// The time for one question, credentials included, and the longest answer: a secret has at most 64 KiB.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(5),
    total: Duration::from_secs(5),
    reply_bytes: 256 << 10,
    idle: Duration::from_secs(10),
};

const JSON: &str = "application/x-amz-json-1.1";

/// The service that is asked.
#[derive(Clone, Copy)]
pub(crate) struct Service {
    /// In host names and signatures.
    pub(crate) name: &'static str,
    /// In the name of the variable that names another endpoint.
    pub(crate) variable: &'static str,
}

/// Asks AWS. Region, credentials and whom to trust are looked up when they are first needed.
pub(crate) struct Aws {
    variables: Variables,
    clock: Arc<dyn Clock>,
    config: OnceCell<SdkConfig>,
    /// Whose trust and time limits are used; one with own limits, if there is none.
    client: OnceCell<Outgoing>,
}

impl Aws {
    pub(crate) fn new(variables: Variables, clock: Arc<dyn Clock>, client: Option<Outgoing>) -> Aws {
        Aws {
            variables,
            clock,
            config: OnceCell::new(),
            client: OnceCell::new_with(client),
        }
    }

    pub(crate) fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The answer to `body`, sent to the operation `target`, or why there is none.
    pub(crate) async fn ask<A: DeserializeOwned>(
        &self,
        service: Service,
        target: &'static str,
        body: String,
    ) -> Result<A, String> {
        let asking = timeout(LIMITS.total, self.send(service, target, body));
        let reply = asking.await.map_err(|_| reason(&Cause::Slow))??;
        if reply.status != StatusCode::OK {
            return Err(refused(reply.status, &reply.body));
        }
        serde_json::from_slice(&reply.body).map_err(|_| "AWS answers what cannot be read".to_owned())
    }

    async fn send(&self, service: Service, target: &'static str, body: String) -> Result<outgoing::Response, String> {
        let config = self.config.get_or_try_init(|| aws::config(&self.variables, None));
        let config = config.await.map_err(|error| error.to_string())?;
        let text = aws::endpoint(&self.variables, service.variable);
        let text = text.unwrap_or_else(|| usual_endpoint(service, region(config)));
        let url: Url = text
            .parse()
            .map_err(|bad| format!("the endpoint of {} is wrong: {bad}", service.name))?;
        // The administrator's own endpoint, which may lie in a private network.
        let client = self.client().await?.only(url.origin());
        let signed = signed(config, service, target, &text, &body, self.clock.now()).await?;
        let mut request = Request::with_body(Method::POST, url, JSON, body);
        for (name, value) in signed {
            request = request.header(name, &value).map_err(|bad| bad.to_string())?;
        }
        client.send(request).await.map_err(|failure| {
            let (Failure::NotSent(cause) | Failure::PerhapsSent(cause)) = failure;
            reason(&cause)
        })
    }

    async fn client(&self) -> Result<&Outgoing, String> {
        self.client
            .get_or_try_init(async || Outgoing::new(Reach::Internet, LIMITS, self.clock.clone()))
            .await
            .map_err(|error| error.to_string())
    }
}

/// The headers to send beside those of the body: what is asked, and who asks.
async fn signed(
    config: &SdkConfig,
    service: Service,
    target: &'static str,
    url: &str,
    body: &str,
    now: Timestamp,
) -> Result<Vec<(HeaderName, String)>, String> {
    const NONE: &str =
        "nothing gives credentials for AWS; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE";
    let unsigned = || "the request to AWS cannot be signed".to_owned();
    let provider = config.credentials_provider().ok_or(NONE)?;
    let identity = provider.provide_credentials().await.map_err(|_| NONE)?.into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region(config))
        .name(service.name)
        .time(UNIX_EPOCH + now.since(Timestamp::from_millis(0)))
        .settings(SigningSettings::default())
        .build();
    let params = params.map_err(|_| unsigned())?.into();
    let target_header = HeaderName::from_static("x-amz-target");
    let headers = [(CONTENT_TYPE.as_str(), JSON), (target_header.as_str(), target)];
    let request = SignableRequest::new("POST", url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()));
    let request = request.map_err(|_| unsigned())?;
    let (signing, _) = sign(request, &params).map_err(|_| unsigned())?.into_parts();
    let signing = signing.headers().map(|(name, value)| {
        let name = name.parse().map_err(|_| unsigned())?;
        Ok((name, value.to_owned()))
    });
    let target = Ok((target_header.clone(), target.to_owned()));
    signing.chain([target]).collect()
}

/// <https://docs.aws.amazon.com/general/latest/gr/rande.html>: a partition of AWS has a domain of its own.
fn usual_endpoint(service: Service, region: &str) -> String {
    let domain = match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        Some("eusc") => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    format!("https://{}.{region}.{domain}/", service.name)
}

fn region(config: &SdkConfig) -> &str {
    config.region().map_or("", |region| region.as_ref())
}

fn reason(cause: &Cause) -> String {
    match cause {
        Cause::Slow => "AWS does not answer in time".to_owned(),
        cause => format!("AWS cannot be reached: {cause}"),
    }
}

/// Why the service did not answer, by its own code. Its text stays out: it may say more than may be shown.
fn refused(status: StatusCode, body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Refused {
        #[serde(rename = "__type")]
        code: String,
    }
    // Some services put a namespace before the code.
    let refused: Option<Refused> = serde_json::from_slice(body).ok();
    let code = refused.as_ref().and_then(|refused| refused.code.rsplit('#').next());
    match code.filter(|code| code.chars().all(|c| c.is_ascii_alphanumeric())) {
        Some(code) => format!("AWS answers {code}"),
        None => format!("AWS answers with status {}", status.as_u16()),
    }
}
