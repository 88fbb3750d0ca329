//! What the baselines with a store share: the same client, time limits and log as the product's, made by hand.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::{Builder, tls};
use lambda_http::{Error, Request, RequestExt, Response};
use std::env;
use std::time::Duration;

/// A client and the table that it works on.
#[derive(Clone, Debug)]
pub struct Table {
    /// The client, connected at its first use.
    pub client: Client,
    /// The table's name.
    pub name: String,
}

impl Table {
    /// Reads the environment that Lambda and the bench give to a function.
    pub fn from_env() -> Result<Self, Error> {
        let store = env::var("VESTIBULE_STORE")?;
        let name = store
            .strip_prefix("dynamodb:")
            .ok_or("VESTIBULE_STORE is no dynamodb:TABLE")?
            .to_owned();
        Ok(Self {
            client: client()?,
            name,
        })
    }

    /// Reads the one item that a call for this applicant would read; there is none.
    pub async fn read(&self, key: &str) -> Result<(), Error> {
        let get = self.client.get_item().table_name(&self.name).consistent_read(true);
        get.key("pk", text(key)).key("sk", text("request")).send().await?;
        Ok(())
    }
}

/// Starts the log and runs a future to its end.
pub fn run<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tracing_subscriber::fmt().json().with_writer(std::io::stdout).init();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(future)
}

/// A key that no other call has.
pub fn new_key(request: &Request) -> String {
    format!("bench#{}", request.lambda_context().request_id)
}

/// The constant answer.
pub fn answer() -> Result<Response<String>, Error> {
    let response = Response::builder().header("content-type", "application/json");
    Ok(response.body(r#"{"version":"1.0.0","action":"Continue"}"#.to_owned())?)
}

/// An attribute of text.
pub fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn client() -> Result<Client, Error> {
    let token = env::var("AWS_SESSION_TOKEN").ok();
    let (key, secret) = (env::var("AWS_ACCESS_KEY_ID")?, env::var("AWS_SECRET_ACCESS_KEY")?);
    let limits = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(400))
        .operation_attempt_timeout(Duration::from_millis(600));
    let http = Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(env::var("AWS_REGION")?))
        .credentials_provider(Credentials::new(key, secret, token, None, "environment"))
        .timeout_config(limits.build())
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .http_client(http);
    let config = match env::var("AWS_ENDPOINT_URL_DYNAMODB") {
        Ok(endpoint) => config.endpoint_url(endpoint),
        Err(_) => config,
    };
    Ok(Client::from_conf(config.build()))
}
