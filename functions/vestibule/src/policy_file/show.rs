//! What is printed of an applicant's values.

use claims::{Address, Changes, ClaimName, Claims, Value, meaning};

pub(super) use crate::text::clean;

/// How values are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    /// As they are.
    Values,
    /// Their type and length, which identify nobody. Not even an address's domain, which may be a family's.
    Shapes,
}

impl Show {
    /// A value on a line.
    pub(super) fn value(self, value: &Value) -> String {
        match self {
            Show::Values => clean(&value.to_json()),
            Show::Shapes => shape(value),
        }
    }

    /// A text that is looked at as an address.
    pub(super) fn address(self, text: &str) -> String {
        let what = match Address::parse(text) {
            Ok(_) => "address",
            Err(_) => "no address",
        };
        match self {
            Show::Values => self.value(&Value::Text(text.to_owned())),
            Show::Shapes => format!("{what}, {}", characters(text)),
        }
    }

    /// Claims for the places of a message.
    pub(super) fn claims(self, claims: &Claims) -> Claims {
        let mut shown = claims.clone();
        for (key, value) in claims.iter().filter(|_| self == Show::Shapes) {
            if let Ok(name) = ClaimName::parse(&meaning(key)) {
                shown.set(&name, Some(stand_in(value)));
            }
        }
        shown
    }

    /// The claims of an answer.
    pub(super) fn changes(self, changes: &Changes) -> Changes {
        let mut shown = Changes::none();
        for (key, value) in changes.iter() {
            let value = match self {
                Show::Values => value.clone(),
                Show::Shapes => stand_in(value),
            };
            shown.set(key, value);
        }
        shown
    }
}

/// What an answer shows in the place of a value. What takes a claim away says nothing about anybody.
fn stand_in(value: &Value) -> Value {
    match *value == Value::blank() {
        true => Value::blank(),
        false => Value::Text(format!("({})", shape(value))),
    }
}

fn shape(value: &Value) -> String {
    match value {
        Value::Text(text) if text.is_empty() => "taken away".to_owned(),
        Value::Text(text) if value.is_blank() => format!("blank text, {}", characters(text)),
        Value::Text(text) => format!("text, {}", characters(text)),
        Value::Boolean(_) => "true or false".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::Texts(texts) => format!("list of texts, {}", texts.len()),
        Value::Other(_) => "JSON that no rule can read".to_owned(),
    }
}

fn characters(text: &str) -> String {
    match text.chars().count() {
        1 => "1 character".to_owned(),
        count => format!("{count} characters"),
    }
}
