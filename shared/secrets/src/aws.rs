//! Where AWS is and who asks there.

use std::fmt;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::{SdkConfig, region::Region};

use crate::Variables;

/// Region and credentials: what the environment says and, with the feature `aws-config`, what the machine knows where
/// the environment says less than all.
///
/// # Errors
/// [`NoAws`] where region or credentials are missing.
pub async fn config(variables: &Variables, region: Option<&str>) -> Result<SdkConfig, NoAws> {
    match from_environment(variables, region) {
        Ok(config) => Ok(config),
        Err(missing) => from_machine(region, missing).await,
    }
}

/// Another endpoint of a service, under the names that all of AWS's tools know.
pub fn endpoint(variables: &Variables, service: &str) -> Option<String> {
    variables(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| variables("AWS_ENDPOINT_URL"))
}

/// Why AWS cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAws {
    /// Nothing names a region.
    Region,
    /// Nothing gives credentials.
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

impl std::error::Error for NoAws {}

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
        .build())
}

#[cfg(feature = "aws-config")]
async fn from_machine(region: Option<&str>, _missing: NoAws) -> Result<SdkConfig, NoAws> {
    use aws_smithy_http_client::{
        Builder,
        tls::{Provider, rustls_provider::CryptoMode},
    };
    // TLS by ring: the other provider needs 40 ms for its first random number.
    let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    let mut loader = aws_config::defaults(behavior()).http_client(client.build_https());
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    let config = loader.load().await;
    match config.region() {
        Some(_) => Ok(config),
        None => Err(NoAws::Region),
    }
}

#[cfg(not(feature = "aws-config"))]
async fn from_machine(_region: Option<&str>, missing: NoAws) -> Result<SdkConfig, NoAws> {
    Err(missing)
}

fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}
