//! The client: where the table is, who asks, and how long.

use std::{env, fmt, time::Duration};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::{
    Client,
    config::{
        BehaviorVersion, Builder, Config, Region, SharedHttpClient, StalledStreamProtectionConfig,
        retry::{RetryConfig, RetryMode},
        timeout::TimeoutConfig,
    },
};

use crate::trust::http_client;

/// How often a request is sent that gets no reply, or is throttled: once more.
pub(crate) const SDK_ATTEMPTS: u32 = 2;

/// The longest pause before the retry.
const BACKOFF: Duration = Duration::from_millis(50);

/// How long a store waits.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// For a connection, its TLS handshake included.
    pub(crate) connect: Duration,
    /// For one attempt, connecting included.
    pub(crate) attempt: Duration,
    /// For all that one call of the store does: two attempts and the pause between them.
    pub(crate) call: Duration,
}

impl Limits {
    /// Limits that fit inside a caller's deadline: of the usual 1500 ms, 400 to connect, 600 for an attempt, and room
    /// for a second one. Who gives more time gives it to every part.
    pub(crate) fn within(deadline: Duration) -> Limits {
        let part = |fifteenths: u32| deadline * fifteenths / 15;
        Limits {
            connect: part(4),
            attempt: part(6),
            call: part(13),
        }
    }
}

/// Refuses what cannot be a table's name, before DynamoDB does at the first call.
pub(crate) fn check_name(table: &str) -> Result<(), OpenError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let is_name = (3..=255).contains(&table.len()) && table.chars().all(legal);
    if is_name || table.starts_with("arn:") {
        Ok(())
    } else {
        Err(OpenError::TableName(table.to_owned()))
    }
}

/// A client as the environment says.
pub(crate) async fn client(limits: Limits) -> Result<Client, OpenError> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    Ok(Client::from_conf(config(variable, http_client(), limits).await?))
}

/// Why there can be no store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// No table can have this name.
    TableName(String),
    /// Nothing says in which region the table is.
    NoRegion,
    /// The environment holds no credentials, or half of them.
    NoCredentials,
    /// The address of another endpoint is not one.
    Endpoint(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::TableName(name) => write!(
                f,
                "a table's name has 3 to 255 letters, digits, `_`, `-` or `.`, or is an ARN, and got `{name}`; name a \
                 DynamoDB table"
            ),
            OpenError::NoRegion => f.write_str(
                "the store needs the AWS region of its table, and nothing names one; set AWS_REGION, for example to \
                 eu-west-1",
            ),
            OpenError::NoCredentials => f.write_str(
                "the store needs AWS credentials, and the environment holds none; set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN where they are temporary",
            ),
            OpenError::Endpoint(url) => write!(
                f,
                "another endpoint is an address like http://127.0.0.1:8000, and got `{url}`; correct or unset \
                 AWS_ENDPOINT_URL_DYNAMODB and AWS_ENDPOINT_URL"
            ),
        }
    }
}

impl std::error::Error for OpenError {}

/// What the client of a store is, whoever gives region and credentials.
pub(crate) fn configure(config: Builder, limits: Limits) -> Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(limits.connect)
        .operation_attempt_timeout(limits.attempt)
        .build();
    let retries = RetryConfig::standard()
        .with_retry_mode(RetryMode::Standard)
        .with_max_attempts(SDK_ATTEMPTS)
        .with_initial_backoff(BACKOFF)
        .with_max_backoff(BACKOFF);
    config
        .behavior_version(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts)
        .retry_config(retries)
        // It watches bodies that trickle; ours are small, and the attempt's time bounds them.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

/// On Lambda the environment holds everything, and asking the whole chain costs milliseconds of every cold start.
#[cfg(feature = "aws-config")]
async fn config(
    variable: impl Fn(&str) -> Option<String>,
    http_client: SharedHttpClient,
    limits: Limits,
) -> Result<Config, OpenError> {
    if variable("AWS_LAMBDA_FUNCTION_NAME").is_some()
        && let Ok(config) = from_environment(&variable, http_client.clone(), limits)
    {
        return Ok(config);
    }
    let shared = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client)
        .load()
        .await;
    if shared.region().is_none() {
        return Err(OpenError::NoRegion);
    }
    Ok(configure(aws_sdk_dynamodb::config::Builder::from(&shared), limits).build())
}

#[cfg(not(feature = "aws-config"))]
async fn config(
    variable: impl Fn(&str) -> Option<String>,
    http_client: SharedHttpClient,
    limits: Limits,
) -> Result<Config, OpenError> {
    from_environment(variable, http_client, limits)
}

/// Region, credentials and endpoint from the environment alone, under the names that all of AWS's tools know.
fn from_environment(
    variable: impl Fn(&str) -> Option<String>,
    http_client: SharedHttpClient,
    limits: Limits,
) -> Result<Config, OpenError> {
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    let (id, secret) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"));
    let (Some(id), Some(secret)) = (id, secret) else {
        return Err(OpenError::NoCredentials);
    };
    let credentials = Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "environment");
    let mut config = configure(Config::builder(), limits)
        .region(Region::new(region.ok_or(OpenError::NoRegion)?))
        .credentials_provider(credentials)
        .http_client(http_client);
    let endpoint = variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| variable("AWS_ENDPOINT_URL"));
    if let Some(url) = endpoint {
        check_endpoint(&url)?;
        config.set_endpoint_url(Some(url));
    }
    Ok(config.build())
}

fn check_endpoint(url: &str) -> Result<(), OpenError> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(char::is_whitespace) => Ok(()),
        _ => Err(OpenError::Endpoint(url.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [(&str, &str); 3] = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];

    fn opened(variables: &[(&str, &str)]) -> Result<Config, OpenError> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        from_environment(variable, http_client(), Limits::within(Duration::from_millis(1500)))
    }

    #[test]
    fn the_environment_says_everything() {
        let config = opened(&WHOLE).unwrap();
        assert_eq!(config.region().map(Region::as_ref), Some("eu-west-1"));
        let region = ("AWS_DEFAULT_REGION", "eu-north-1");
        let config = opened(&[region, WHOLE[1], WHOLE[2]]).unwrap();
        assert_eq!(config.region().map(Region::as_ref), Some("eu-north-1"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let text = |variables: &[(&str, &str)]| opened(variables).unwrap_err().to_string();
        assert!(text(&WHOLE[1..]).contains("set AWS_REGION"));
        assert!(text(&WHOLE[..2]).contains("AWS_SECRET_ACCESS_KEY"));
        assert!(text(&[WHOLE[0], WHOLE[2]]).contains("AWS_ACCESS_KEY_ID"));
        for name in ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"] {
            for url in ["127.0.0.1:8000", "http://", "http://a b"] {
                let variables = [WHOLE.as_slice(), &[(name, url)]].concat();
                assert!(text(&variables).contains(&format!("got `{url}`")));
            }
        }
    }

    #[test]
    fn a_name_is_a_tables() {
        for name in [
            "vestibule",
            "a.b",
            "A-1_x",
            "arn:aws:dynamodb:eu-west-1:123456789012:table/vestibule",
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        let long = "a".repeat(256);
        for name in ["", "ab", "a b c", "a/b/c", "tablé", &long] {
            assert_eq!(check_name(name), Err(OpenError::TableName(name.to_owned())), "{name}");
        }
    }

    /// Two attempts and the pause between them fit into a call, and a call into what its callers have.
    #[test]
    fn the_limits_fit_into_each_other() {
        for deadline in [800, 1500, 5000].map(Duration::from_millis) {
            let limits = Limits::within(deadline);
            assert!(limits.connect < limits.attempt);
            assert!(limits.attempt * SDK_ATTEMPTS + BACKOFF < limits.call);
            assert!(limits.call + Duration::from_millis(100) < deadline);
        }
        let usual = Limits::within(Duration::from_millis(1500));
        let millis = [usual.connect, usual.attempt, usual.call].map(|limit| limit.as_millis());
        assert_eq!(millis, [400, 600, 1300]);
    }
}
