//! What every client of an AWS service here shares: region, credentials, TLS and time limits.

use std::{error::Error, iter, time::Duration};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::SharedHttpClient,
    result::{DispatchFailure, SdkError},
};
use aws_smithy_types::{error::metadata::ProvideErrorMetadata, retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::SdkConfig;
use secrets::{
    Variables,
    aws::{self, NoAws},
};

/// The time for one request, connecting included.
const LIMIT: Duration = Duration::from_secs(5);

/// Where AWS is and who asks there.
#[derive(Clone)]
pub(crate) struct Aws {
    shared: SdkConfig,
    variables: Variables,
}

impl Aws {
    /// Region and credentials as everything here has them.
    ///
    /// # Errors
    /// [`NoAws`] where region or credentials are missing.
    pub(crate) async fn open(variables: Variables, region: Option<&str>) -> Result<Aws, NoAws> {
        let shared = aws::config(&variables, region).await?;
        // Whoever delivers has a schedule of its own, and a request that got no answer may have done its work.
        let shared = shared
            .into_builder()
            .retry_config(RetryConfig::disabled())
            .http_client(http_client());
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
        aws::endpoint(&self.variables, service)
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
