//! What Graph says when it refuses: <https://learn.microsoft.com/graph/errors>.

use serde_json::{Value as Json, json};

/// A refusal: the status, the code and the message.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) body: Json,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: &str) -> Refusal {
        Refusal {
            status,
            body: json!({"error": {"code": code, "message": message, "innerError": {"request-id": "stand-in"}}}),
        }
    }

    pub(crate) fn bad(message: &str) -> Refusal {
        Refusal::new(400, "Request_BadRequest", message)
    }

    pub(crate) fn unknown(name: &str, resource: &str) -> Refusal {
        Refusal::bad(&format!(
            "The property '{name}' does not exist on type 'microsoft.graph.{resource}'."
        ))
    }

    pub(crate) fn value(name: &str) -> Refusal {
        Refusal::bad(&format!(
            "Invalid value specified for property '{name}' of resource 'User'."
        ))
    }

    pub(crate) fn missing(id: &str) -> Refusal {
        let message =
            format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
        Refusal::new(404, "Request_ResourceNotFound", &message)
    }

    pub(crate) fn conflict(target: &str) -> Refusal {
        let message = format!("Another object with the same value for property {target} already exists.");
        let mut refusal = Refusal::bad(&message);
        refusal.body["error"]["details"] = json!([{"code": "ObjectConflict", "message": message, "target": target}]);
        refusal
    }

    pub(crate) fn right(name: &str) -> Refusal {
        let message = format!("Insufficient privileges to complete the operation. ({name})");
        Refusal::new(403, "Authorization_RequestDenied", &message)
    }
}
