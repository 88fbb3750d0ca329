//! The document of the API, held against every answer that a test gets.

use std::sync::LazyLock;

use http::Method;
use serde_json::{Value, json};

use crate::room::Answer;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("../../openapi.json")).unwrap());

/// What of a call the document has something to say about.
pub(crate) struct Asked {
    method: Method,
    path: String,
    body: String,
}

impl Asked {
    /// A call of the API; none for pages.
    pub(crate) fn new(method: &Method, path: &str, body: &str) -> Option<Asked> {
        let (_, path) = path.split_once("/review/api")?;
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        Some(Asked {
            method: method.clone(),
            path: path.trim_end_matches('/').to_owned(),
            body: body.to_owned(),
        })
    }

    /// Checks status, type and body of an answer, and that no call was taken whose body the document does not allow.
    pub(crate) fn check(&self, answer: &Answer) {
        let call = format!("{} {}", self.method, self.path);
        if answer.status == 404 && answer.header("content-type").starts_with("text/plain") {
            return; // There is no room.
        }
        assert_eq!(answer.header("content-type"), "application/json", "{call}: {answer:?}");
        let Some(operation) = self.operation() else {
            assert!(matches!(answer.status.as_u16(), 404 | 405), "{call}: {answer:?}");
            return hold(&call, &reference("Error"), &answer.body);
        };
        let response = resolve(&operation["responses"][answer.status.as_str()]);
        let schema = &response["content"]["application/json"]["schema"];
        assert!(
            schema.is_object(),
            "{call}: no answer {} in the document",
            answer.status
        );
        hold(&call, schema, &answer.body);
        if answer.status.is_success() && !self.body.is_empty() {
            let wanted = &operation["requestBody"]["content"]["application/json"]["schema"];
            hold(&call, wanted, &self.body);
        }
    }

    fn operation(&self) -> Option<&'static Value> {
        let paths = DOCUMENT["paths"].as_object().unwrap();
        let literal = paths.get(&self.path);
        let item = literal.or_else(|| {
            paths
                .iter()
                .find(|(path, _)| fits(path, &self.path))
                .map(|(_, item)| item)
        })?;
        item.get(self.method.as_str().to_lowercase())
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, found): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    let same = |(wanted, found): (&&str, &&str)| wanted.starts_with('{') || wanted == found;
    wanted.len() == found.len() && wanted.iter().zip(&found).all(same)
}

fn resolve(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Fails unless a text is JSON that a schema of the document allows.
fn hold(call: &str, schema: &Value, text: &str) {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|_| panic!("{call}: no JSON: {text}"));
    let whole = json!({"allOf": [schema], "components": DOCUMENT["components"]});
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&whole)
        .unwrap_or_else(|why| panic!("{call}: {why}"));
    let wrong: Vec<_> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{call}: {wrong:#?} in {text}");
}
