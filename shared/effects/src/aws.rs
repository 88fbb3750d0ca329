//! What every client of an AWS service here shares: region, credentials, TLS and time limits.

use std::{error::Error, fmt, iter, time::Duration};

use aws_credential_types::{
    Credentials,
    provider::{SharedCredentialsProvider, error::CredentialsError},
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    behavior_version::BehaviorVersion,
    http::SharedHttpClient,
    result::{DispatchFailure, SdkError},
};
use aws_smithy_types::{error::metadata::ProvideErrorMetadata, retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};

use crate::secret::Variables;

/// The time for one request, connecting included.
const LIMIT: Duration = Duration::from_secs(5);

/// Where AWS is and who asks there.
#[derive(Clone)]
pub(crate) struct Aws {
    shared: SdkConfig,
    variables: Variables,
}

impl Aws {
    /// What the environment says and, with the feature `aws-config`, what the machine knows where the environment says
    /// less than all.
    ///
    /// # Errors
    /// [`NoAws`] where region or credentials are missing.
    pub(crate) async fn open(variables: Variables, region: Option<&str>) -> Result<Aws, NoAws> {
        let shared = match from_environment(&variables, region) {
            Ok(shared) => shared,
            Err(missing) => from_machine(region, missing).await?,
        };
        // Whoever delivers has a schedule of its own, and a request that got no answer may have done its work.
        let shared = shared.into_builder().retry_config(RetryConfig::disabled());
        let timeouts = TimeoutConfig::builder().operation_timeout(LIMIT).connect_timeout(LIMIT);
        Ok(Aws {
            shared: shared.timeout_config(timeouts.build()).build(),
            variables,
        })
    }

    /// For a service's own configuration.
    pub(crate) fn config(&self) -> &SdkConfig {
        &self.shared
    }

    /// Another endpoint of a service, under the names that all of AWS's tools know.
    pub(crate) fn endpoint(&self, service: &str) -> Option<String> {
        (self.variables)(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| (self.variables)("AWS_ENDPOINT_URL"))
    }
}

/// Why AWS cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAws {
    Region,
    Credentials,
}

impl fmt::Display for NoAws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoAws::Region => "AWS needs a region, and nothing names one; set AWS_REGION, for example to eu-west-1",
            NoAws::Credentials => {
                "AWS needs credentials, and there are none; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and \
                 AWS_SESSION_TOKEN where they are temporary"
            }
        })
    }
}

/// Why a service did not do what it was asked for. Its own text stays out: it may name people.
pub(crate) fn reason<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match (error.code(), error) {
        (Some(code), _) => format!("AWS answers {code}"),
        (None, SdkError::TimeoutError(_)) => format!("AWS does not answer within {LIMIT:?}"),
        (None, SdkError::DispatchFailure(failure)) if has_no_credentials(failure) => {
            "nothing gives credentials for AWS; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
                .to_owned()
        }
        (None, SdkError::DispatchFailure(_)) => "AWS cannot be reached".to_owned(),
        (None, SdkError::ConstructionFailure(_)) => "the request to AWS cannot be made".to_owned(),
        (None, _) => "AWS answers what cannot be read".to_owned(),
    }
}

/// The machine is asked for credentials when they are first needed.
fn has_no_credentials(failure: &DispatchFailure) -> bool {
    let first = failure.as_connector_error().and_then(Error::source);
    let mut causes = iter::successors(first, |&error| error.source());
    causes.any(|cause| cause.is::<CredentialsError>())
}

fn from_environment(variables: &Variables, region: Option<&str>) -> Result<SdkConfig, NoAws> {
    let (id, secret) = (variables("AWS_ACCESS_KEY_ID"), variables("AWS_SECRET_ACCESS_KEY"));
    let (Some(id), Some(secret)) = (id, secret) else {
        return Err(NoAws::Credentials);
    };
    let region = region
        .map(str::to_owned)
        .or_else(|| variables("AWS_REGION"))
        .or_else(|| variables("AWS_DEFAULT_REGION"))
        .ok_or(NoAws::Region)?;
    let credentials = Credentials::new(id, secret, variables("AWS_SESSION_TOKEN"), None, "environment");
    Ok(SdkConfig::builder()
        .behavior_version(behavior())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client())
        .build())
}

#[cfg(feature = "aws-config")]
async fn from_machine(region: Option<&str>, _missing: NoAws) -> Result<SdkConfig, NoAws> {
    let mut loader = aws_config::defaults(behavior()).http_client(http_client());
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    let shared = loader.load().await;
    if shared.region().is_none() {
        return Err(NoAws::Region);
    }
    Ok(shared)
}

#[cfg(not(feature = "aws-config"))]
async fn from_machine(_region: Option<&str>, missing: NoAws) -> Result<SdkConfig, NoAws> {
    Err(missing)
}

fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// TLS by ring: the other provider needs 40 ms for its first random number.
fn http_client() -> SharedHttpClient {
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    #[test]
    fn without_credentials_nobody_is_sent_to_look_at_the_network() {
        let reason = |error: ConnectorError| reason(&SdkError::<ErrorMetadata, ()>::dispatch_failure(error));
        let no_credentials = CredentialsError::not_loaded("no provider in the chain");
        let without = reason(ConnectorError::other(no_credentials.into(), None));
        assert!(without.contains("AWS_PROFILE"), "{without}");
        assert_eq!(reason(ConnectorError::io("refused".into())), "AWS cannot be reached");
    }
}
