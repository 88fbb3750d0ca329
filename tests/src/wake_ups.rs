//! What wakes a job on Lambda. Shapes are those that AWS documents.

use crate::random;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const TABLE: &str = "arn:aws:dynamodb:eu-west-1:123456789012:table/vestibule";

/// What becomes of an item that a table's stream tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Insert,
    /// There was one with its key.
    Modify,
    /// It is gone.
    Remove,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Insert, Self::Modify, Self::Remove];

    fn name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Modify => "MODIFY",
            Self::Remove => "REMOVE",
        }
    }
}

/// The record of a change, of a stream that tells keys only.
pub fn record(change: Change, (pk, sk): (&str, &str), sequence_number: &str) -> Value {
    json!({
        "eventID": random::uuid(),
        "eventName": change.name(),
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": OffsetDateTime::now_utc().unix_timestamp(),
            "Keys": { "pk": { "S": pk }, "sk": { "S": sk } },
            "SequenceNumber": sequence_number,
            "SizeBytes": 26,
            "StreamViewType": "KEYS_ONLY",
        },
        "eventSourceARN": format!("{TABLE}/stream/2026-01-01T00:00:00.000"),
    })
}

/// The event for records.
pub fn stream(records: Vec<Value>) -> Value {
    json!({ "Records": records })
}

/// The event of a schedule.
pub fn schedule() -> Value {
    json!({
        "version": "0",
        "id": random::uuid(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": OffsetDateTime::now_utc().format(&Rfc3339).expect("a time that RFC 3339 can write"),
        "region": "eu-west-1",
        "resources": ["arn:aws:events:eu-west-1:123456789012:rule/deliver"],
        "detail": {},
    })
}

/// Whether an event filter's pattern lets a record pass. Knows what the template uses: texts to equal, and `prefix`.
pub fn passes(pattern: &Value, record: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, pattern)| passes(pattern, &record[name])),
        Value::Array(choices) => choices.iter().any(|choice| is_met(choice, record)),
        other => panic!("no event filter: {other}"),
    }
}

fn is_met(choice: &Value, value: &Value) -> bool {
    match choice {
        Value::String(text) => value == text,
        Value::Object(rule) if rule.len() == 1 && rule.contains_key("prefix") => {
            let prefix = rule["prefix"].as_str().expect("a prefix is a text");
            value.as_str().is_some_and(|text| text.starts_with(prefix))
        }
        other => panic!("the harness does not know this rule of an event filter: {other}"),
    }
}
