use std::sync::Arc;

use outgoing::Outgoing;
use serde::Deserialize;
use serde_json::json;
use store::Clock;

use crate::{
    NoSecret, Secret, SecretRef, Variables,
    ask::{Aws, Service},
    reference::Place,
};

const SECRETS_MANAGER: Service = Service {
    name: "secretsmanager",
    variable: "SECRETS_MANAGER",
};
const PARAMETERS: Service = Service {
    name: "ssm",
    variable: "SSM",
};

/// The places where secrets are, each asked when a secret is needed that is there.
pub(super) struct Places {
    aws: Aws,
}

impl Places {
    pub(super) fn new(variables: Variables, clock: Arc<dyn Clock>, client: Option<Outgoing>) -> Places {
        Places {
            aws: Aws::new(variables, clock, client),
        }
    }

    pub(super) fn variables(&self) -> Variables {
        self.aws.variables().clone()
    }

    /// What stands there now.
    pub(super) async fn read(&self, reference: &SecretRef) -> Result<Secret, NoSecret> {
        let text = match &reference.0 {
            Place::Here(text) => Ok(text.clone()),
            Place::Environment(name) => {
                (self.aws.variables())(name).ok_or_else(|| "the variable is not set".to_owned())
            }
            Place::SecretsManager { id, key } => self.secret(id, key.as_deref()).await,
            Place::Parameter(name) => self.parameter(name).await,
        };
        match text {
            Ok(text) if !text.is_empty() => Ok(Secret::new(text)),
            Ok(_) => Err(NoSecret::new(reference, "it is empty")),
            Err(why) => Err(NoSecret::new(reference, why)),
        }
    }

    /// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>.
    async fn secret(&self, id: &str, key: Option<&str>) -> Result<String, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            secret_string: Option<String>,
        }
        let body = json!({ "SecretId": id }).to_string();
        let target = "secretsmanager.GetSecretValue";
        let answer: Answer = self.aws.ask(SECRETS_MANAGER, target, body).await?;
        let text = answer.secret_string.ok_or("it is binary; wanted: text")?;
        match key {
            None => Ok(text),
            Some(key) => json_key(&text, key),
        }
    }

    /// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>.
    async fn parameter(&self, name: &str) -> Result<String, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            parameter: Parameter,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Parameter {
            value: String,
        }
        let body = json!({ "Name": name, "WithDecryption": true }).to_string();
        let answer: Answer = self.aws.ask(PARAMETERS, "AmazonSSM.GetParameter", body).await?;
        Ok(answer.parameter.value)
    }
}

fn json_key(text: &str, key: &str) -> Result<String, String> {
    let object: serde_json::Value = serde_json::from_str(text).map_err(|_| "it is no JSON object, as `#` wants one")?;
    let value = object.get(key).and_then(serde_json::Value::as_str);
    value
        .map(str::to_owned)
        .ok_or_else(|| "its JSON object has no such key with a text".to_owned())
}
