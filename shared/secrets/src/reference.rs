use std::fmt;

/// Where a secret is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SecretRef(pub(super) Place);

#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// The setting itself.
    Here(String),
    /// An environment variable.
    Environment(String),
    /// AWS Secrets Manager: name or ARN, and the key where the secret is a JSON object.
    SecretsManager { id: String, key: Option<String> },
    /// AWS Systems Manager Parameter Store: name or ARN.
    Parameter(String),
}

/// Whether a setting may hold the secret itself: not where somebody's console shows settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainText {
    /// What is no reference is the secret.
    Allow,
    /// Only references.
    Refuse,
}

impl SecretRef {
    /// Reads `env:NAME`, `secretsmanager:ID`, `secretsmanager:ID#json-key` or `ssm:NAME`.
    ///
    /// # Errors
    /// [`BadReference`] for one of them without a name, and for anything else where plain text is refused.
    pub fn parse(text: &str, plain: PlainText) -> Result<SecretRef, BadReference> {
        let place = match text.split_once(':') {
            Some(("env", name)) => Place::Environment(named(name)?),
            Some(("secretsmanager", id)) => secrets_manager(id)?,
            Some(("ssm", name)) => Place::Parameter(named(name)?),
            _ if plain == PlainText::Refuse || text.is_empty() => return Err(BadReference(plain)),
            _ => Place::Here(text.to_owned()),
        };
        Ok(SecretRef(place))
    }
}

/// The reference; dots for a secret that stands in the setting itself.
impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Here(_) => f.write_str("(..)"),
            Place::Environment(name) => write!(f, "env:{name}"),
            Place::SecretsManager { id, key: None } => write!(f, "secretsmanager:{id}"),
            Place::SecretsManager { id, key: Some(key) } => write!(f, "secretsmanager:{id}#{key}"),
            Place::Parameter(name) => write!(f, "ssm:{name}"),
        }
    }
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretRef({self})")
    }
}

/// The text says of no place where a secret is. Does not repeat the text: it may be the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadReference(PlainText);

impl fmt::Display for BadReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "something that is no reference to a secret (not shown); wanted: `env:NAME`, `secretsmanager:ID`, ",
        )?;
        f.write_str("`secretsmanager:ID#json-key` or `ssm:NAME`")?;
        match self.0 {
            PlainText::Allow => f.write_str(", or the secret itself"),
            PlainText::Refuse => f.write_str("; the secret itself is not accepted here, where settings can be read"),
        }
    }
}

impl std::error::Error for BadReference {}

fn secrets_manager(text: &str) -> Result<Place, BadReference> {
    let (id, key) = match text.split_once('#') {
        Some((id, key)) => (id, Some(named(key)?)),
        None => (text, None),
    };
    Ok(Place::SecretsManager { id: named(id)?, key })
}

fn named(name: &str) -> Result<String, BadReference> {
    let legal = !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control());
    legal.then(|| name.to_owned()).ok_or(BadReference(PlainText::Refuse))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_says_where_the_secret_is() {
        for text in [
            "env:MAIL_PASSWORD",
            "secretsmanager:vestibule/mail",
            "secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-AbCdEf#password",
            "ssm:/vestibule/mail",
        ] {
            let reference = SecretRef::parse(text, PlainText::Refuse).unwrap();
            assert_eq!(reference.to_string(), text);
            assert!(!matches!(reference.0, Place::Here(_)));
        }
    }

    #[test]
    fn plain_text_is_a_secret_only_where_the_caller_says_so() {
        assert!(SecretRef::parse("hunter2", PlainText::Refuse).is_err());
        let here = SecretRef::parse("hunter2:x", PlainText::Allow).unwrap();
        assert!(here.0 == Place::Here("hunter2:x".to_owned()));
        for text in ["", "env:", "ssm:", "secretsmanager:", "secretsmanager:a#", "env:A B"] {
            for plain in [PlainText::Allow, PlainText::Refuse] {
                let error = SecretRef::parse(text, plain).unwrap_err().to_string();
                assert!(error.contains("`env:NAME`"), "{text}: {error}");
            }
        }
        let error = SecretRef::parse("hunter2", PlainText::Refuse).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
