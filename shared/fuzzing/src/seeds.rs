//! Where mutation begins: the policies of this project, the bodies of their cases, and the words of the language.

use std::iter;

use serde_json::Value as Json;
use toml::Table;

/// The policy that `make run` uses.
pub const POLICY: &str = include_str!("../../../policy.toml");

/// One that says everything that a policy can say.
pub const EVERYTHING: &str = include_str!("everything.toml");

const EXAMPLES: [&str; 3] = [
    include_str!("../../../examples/approval-one-country.toml"),
    include_str!("../../../examples/no-throwaway.toml"),
    include_str!("../../../examples/partners-only.toml"),
];

const CASES: [&str; 3] = [
    include_str!("../../../policy-tests/first-step.toml"),
    include_str!("../../../policy-tests/form.toml"),
    include_str!("../../../policy-tests/token.toml"),
];

const SCHEMA: &str = include_str!("../../../policy.schema.json");

/// Policies, and each of their rules alone.
pub fn policies() -> Vec<String> {
    let whole = [POLICY, EVERYTHING].into_iter().chain(EXAMPLES);
    whole
        .flat_map(|policy| iter::once(policy.to_owned()).chain(rules(policy)))
        .collect()
}

/// The policy with one of its rules, and with the next, …
fn rules(policy: &str) -> Vec<String> {
    const RULE: &str = "[[rules]]";
    let (head, rest) = policy.split_once(RULE).unwrap();
    let (rules, messages) = rest.split_once("[messages.").unwrap();
    let alone = |rule| format!("{head}{RULE}{rule}[messages.{messages}");
    rules.split(RULE).map(alone).collect()
}

/// The bodies of the cases, as JSON, and the others that calls may come with.
pub fn bodies() -> Vec<String> {
    let cases = CASES.map(|file| file.parse::<Table>().unwrap());
    let cases = cases.iter().flat_map(|file| file["cases"].as_array().unwrap());
    let bodies = cases.map(|case| match &case["body"] {
        toml::Value::String(text) => text.clone(),
        table => serde_json::to_string(table).unwrap(),
    });
    bodies.chain(crate::BODIES.map(str::to_owned)).collect()
}

/// The words that mean something in a policy, and the claims of the service.
pub fn words() -> Vec<String> {
    let mut words = vec![
        "identities".to_owned(),
        "issuerAssignedId".to_owned(),
        "ui_locales".to_owned(),
    ];
    collect(&serde_json::from_str(SCHEMA).unwrap(), &mut words);
    words.sort_unstable();
    words.dedup();
    words
}

/// The names of properties and the values to choose from, anywhere in a schema.
fn collect(schema: &Json, words: &mut Vec<String>) {
    match schema {
        Json::Array(schemas) => schemas.iter().for_each(|schema| collect(schema, words)),
        Json::Object(members) => {
            for (key, member) in members {
                match (key.as_str(), member) {
                    ("properties", Json::Object(properties)) => words.extend(properties.keys().cloned()),
                    ("enum", Json::Array(values)) => {
                        words.extend(values.iter().filter_map(Json::as_str).map(str::to_owned))
                    }
                    ("const", Json::String(value)) => words.push(value.clone()),
                    _ => {}
                }
                collect(member, words);
            }
        }
        _ => {}
    }
}
