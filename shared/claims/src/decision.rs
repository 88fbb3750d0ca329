use std::{collections::HashMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{SettableName, Value};

/// The longest text an applicant is shown, in characters. The service documents no limit.
pub const MAX_MESSAGE_CHARS: usize = 250;

/// What a call comes to. There is no fourth answer, and no text can become one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// The person goes on, with these claims set.
    Continue(Changes),
    /// The person is turned away with a message.
    Block(UserMessage),
    /// The person stays on the form with a message; second step only.
    AskAgain(UserMessage),
}

/// Claims that an answer sets, by the key that goes out, in order. Never null; `""` takes a claim away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(Vec<(String, Value)>);

impl Changes {
    /// No claims.
    pub fn none() -> Changes {
        Changes::default()
    }

    /// Sets a claim; a key that the service refuses in answers is passed over.
    pub fn set(&mut self, key: &str, value: Value) {
        if !SettableName::allows_key(key) {
            return;
        }
        match self.0.iter_mut().find(|(k, _)| k == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    /// Sets many claims, in time that grows with their number alone: a body may hold thousands.
    pub fn set_all<'c>(&mut self, claims: impl IntoIterator<Item = (&'c str, Value)>) {
        let mut places: HashMap<String, usize> = self.0.iter().map(|(key, _)| key.clone()).zip(0..).collect();
        for (key, value) in claims.into_iter().filter(|(key, _)| SettableName::allows_key(key)) {
            match places.get(key) {
                Some(&place) => self.0[place].1 = value,
                None => {
                    places.insert(key.to_owned(), self.0.len());
                    self.0.push((key.to_owned(), value));
                }
            }
        }
    }

    /// The value that the answer sets under a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, value)| value)
    }

    /// The claims, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Whether the answer sets nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Changes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Changes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<serde_json::value::RawValue>::deserialize(deserializer)?;
        let members: crate::json::Members<'_> = serde_json::from_str(raw.get()).map_err(serde::de::Error::custom)?;
        let mut changes = Changes::none();
        // What reads as absent was written as blank: an answer holds no null.
        let value = |raw: &str| Value::from_json(raw).unwrap_or_else(Value::blank);
        changes.set_all(members.0.iter().map(|(key, raw)| (key.as_str(), value(raw))));
        Ok(changes)
    }
}

/// What the applicant reads: plain text, 1 to [`MAX_MESSAGE_CHARS`] characters, no control characters, no `<` or `>`
/// (whether the service shows HTML is unknown).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserMessage(String);

impl UserMessage {
    /// Checks a text.
    ///
    /// # Errors
    /// [`BadMessage`], saying what is wrong.
    pub fn parse(text: &str) -> Result<UserMessage, BadMessage> {
        let text = text.trim();
        match text.chars().count() {
            0 => Err(BadMessage::Empty),
            chars if chars > MAX_MESSAGE_CHARS => Err(BadMessage::TooLong { chars }),
            _ if text.chars().any(|c| c.is_control() || c == '<' || c == '>') => Err(BadMessage::NotPlain),
            _ => Ok(UserMessage(text.to_owned())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UserMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl From<UserMessage> for String {
    fn from(message: UserMessage) -> String {
        message.0
    }
}

impl TryFrom<String> for UserMessage {
    type Error = BadMessage;

    fn try_from(text: String) -> Result<Self, BadMessage> {
        UserMessage::parse(&text)
    }
}

/// Why a text cannot be shown to an applicant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadMessage {
    /// Nothing to read.
    Empty,
    /// Longer than [`MAX_MESSAGE_CHARS`].
    TooLong {
        /// How many characters it has.
        chars: usize,
    },
    /// A control character, a line break, `<` or `>`.
    NotPlain,
}

impl fmt::Display for BadMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadMessage::Empty => f.write_str("the text is empty"),
            BadMessage::TooLong { chars } => write!(
                f,
                "the text has {chars} characters, at most {MAX_MESSAGE_CHARS} are shown"
            ),
            BadMessage::NotPlain => f.write_str("a text is one line without control characters, `<` or `>`"),
        }
    }
}

impl std::error::Error for BadMessage {}
