use tokio::sync::OnceCell;

use super::{NoSecret, Secret, SecretRef, Variables, reference::Place};
use crate::aws::{Aws, reason};

/// The places where secrets are, each opened when it is first asked.
pub(super) struct Places {
    variables: Variables,
    secrets_manager: OnceCell<aws_sdk_secretsmanager::Client>,
    parameters: OnceCell<aws_sdk_ssm::Client>,
}

impl Places {
    pub(super) fn new(variables: Variables) -> Places {
        Places {
            variables,
            secrets_manager: OnceCell::new(),
            parameters: OnceCell::new(),
        }
    }

    pub(super) fn variables(&self) -> Variables {
        self.variables.clone()
    }

    /// What stands there now.
    pub(super) async fn read(&self, reference: &SecretRef) -> Result<Secret, NoSecret> {
        let text = match &reference.0 {
            Place::Here(text) => Ok(text.clone()),
            Place::Environment(name) => (self.variables)(name).ok_or_else(|| "the variable is not set".to_owned()),
            Place::SecretsManager { id, key } => self.secret(id, key.as_deref()).await,
            Place::Parameter(name) => self.parameter(name).await,
        };
        match text {
            Ok(text) if !text.is_empty() => Ok(Secret::new(text)),
            Ok(_) => Err(NoSecret::new(reference, "it is empty")),
            Err(why) => Err(NoSecret::new(reference, why)),
        }
    }

    async fn secret(&self, id: &str, key: Option<&str>) -> Result<String, String> {
        let client = self
            .secrets_manager
            .get_or_try_init(|| self.open_secrets_manager())
            .await?;
        let answer = client.get_secret_value().secret_id(id).send().await;
        let answer = answer.map_err(|error| reason(&error))?;
        let text = answer.secret_string.ok_or("it is binary; wanted: text")?;
        match key {
            None => Ok(text),
            Some(key) => json_key(&text, key),
        }
    }

    async fn parameter(&self, name: &str) -> Result<String, String> {
        let client = self.parameters.get_or_try_init(|| self.open_parameters()).await?;
        let answer = client.get_parameter().name(name).with_decryption(true).send().await;
        let answer = answer.map_err(|error| reason(&error))?;
        answer
            .parameter
            .and_then(|found| found.value)
            .ok_or_else(|| "it has no value".to_owned())
    }

    async fn open_secrets_manager(&self) -> Result<aws_sdk_secretsmanager::Client, String> {
        let aws = Aws::open(self.variables.clone(), None)
            .await
            .map_err(|error| error.to_string())?;
        let mut config = aws_sdk_secretsmanager::config::Builder::from(aws.config());
        if let Some(url) = aws.endpoint("SECRETS_MANAGER") {
            config.set_endpoint_url(Some(url));
        }
        Ok(aws_sdk_secretsmanager::Client::from_conf(config.build()))
    }

    async fn open_parameters(&self) -> Result<aws_sdk_ssm::Client, String> {
        let aws = Aws::open(self.variables.clone(), None)
            .await
            .map_err(|error| error.to_string())?;
        let mut config = aws_sdk_ssm::config::Builder::from(aws.config());
        if let Some(url) = aws.endpoint("SSM") {
            config.set_endpoint_url(Some(url));
        }
        Ok(aws_sdk_ssm::Client::from_conf(config.build()))
    }
}

fn json_key(text: &str, key: &str) -> Result<String, String> {
    let object: serde_json::Value = serde_json::from_str(text).map_err(|_| "it is no JSON object, as `#` wants one")?;
    let value = object.get(key).and_then(serde_json::Value::as_str);
    value
        .map(str::to_owned)
        .ok_or_else(|| "its JSON object has no such key with a text".to_owned())
}
