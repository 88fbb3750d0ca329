//! What is measured: one row of the table each.

use end_to_end::http::Request;
use serde_json::json;

/// Name and secret of the connector that the bench calls as.
pub(crate) const CONNECTOR: (&str, &str) = ("bench", "a-connector-secret-of-the-bench");
/// The same as a deployed function holds it.
pub(crate) const CREDENTIALS: &str = "bench:sha256:d2ba5cd4bde8a8e15934bc15e8d77f1f316a6142dcee255497968abe0cb52d7d";
/// Name and token of its reviewer.
pub(crate) const REVIEWER: (&str, &str) = ("bench", "5f1c0e9d8b7a6543210fedcba9876543");

/// A function, how it is set up and called, and what it is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The binary.
    pub(crate) function: &'static str,
    /// What tells the row from others of the same function.
    pub(crate) note: &'static str,
    /// A file in `policies/`; none for a baseline.
    pub(crate) policy: Option<&'static str>,
    /// Whether it has a store.
    pub(crate) store: bool,
    /// The binary to compare with.
    pub(crate) baseline: &'static str,
    /// How near it has to come.
    pub(crate) target: Target,
    /// The call, of a new applicant for each number.
    pub(crate) request: fn(u64) -> Request,
    /// What its answers hold.
    pub(crate) answer: &'static str,
}

impl Row {
    /// Function and note.
    pub(crate) fn name(&self) -> String {
        format!("{} ({})", self.function, self.note)
    }
}

/// How near a function has to come to its baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// At most 1.3 times, or one millisecond more, whichever is larger.
    RatioOrMillisecond,
    /// At most 1.3 times.
    Ratio,
    /// For information.
    Open,
}

/// All rows, in the table's order.
pub(crate) const ROWS: &[Row] = &[
    Row {
        function: "post-federation-signup",
        note: "without a store",
        policy: Some("without-store.toml"),
        store: false,
        baseline: "empty",
        target: Target::RatioOrMillisecond,
        request: check,
        answer: "\"Continue\"",
    },
    Row {
        function: "pre-token-issuance",
        note: "without a store",
        policy: Some("without-store.toml"),
        store: false,
        baseline: "empty",
        target: Target::RatioOrMillisecond,
        request: token,
        answer: "\"Continue\"",
    },
    Row {
        function: "post-federation-signup",
        note: "a check",
        policy: Some("with-approval.toml"),
        store: true,
        baseline: "get-item",
        target: Target::Ratio,
        request: check,
        answer: "\"Continue\"",
    },
    Row {
        function: "post-attribute-collection",
        note: "a submit",
        policy: Some("with-approval.toml"),
        store: true,
        baseline: "get-and-transact",
        target: Target::Ratio,
        request: submit,
        answer: "\"ShowBlockPage\"",
    },
    Row {
        function: "review",
        note: "the page",
        policy: Some("with-approval.toml"),
        store: true,
        baseline: "empty",
        target: Target::Open,
        request: review,
        answer: "<",
    },
    // The error of the measurement: whatever differs here is noise.
    baseline_itself("empty", false),
    baseline_itself("get-item", true),
    baseline_itself("get-and-transact", true),
];

const fn baseline_itself(function: &'static str, store: bool) -> Row {
    Row {
        function,
        note: "noise",
        policy: None,
        store,
        baseline: function,
        target: Target::Open,
        request: check,
        answer: "\"Continue\"",
    }
}

/// What B2B sends after federating.
pub(crate) fn check(applicant: u64) -> Request {
    let body = json!({
        "email": format!("jane.doe.{applicant}@fabrikam.example"),
        "identities": [identity(applicant)],
        "displayName": "Jane Doe",
        "givenName": "Jane",
        "lastName": "Doe",
        "ui_locales": "en-US",
    });
    call("/post-federation-signup").json(&body)
}

/// What B2B sends before it creates the user.
pub(crate) fn submit(applicant: u64) -> Request {
    let body = json!({
        "email": format!("jane.doe.{applicant}@fabrikam.example"),
        "identities": [identity(applicant)],
        "displayName": "Jane Doe",
        "givenName": "Jane",
        "surname": "Doe",
        "jobTitle": "Supply chain manager",
        "streetAddress": "1 Example Street, Building 2, Floor 3",
        "city": "Seattle",
        "postalCode": "98052",
        "state": "Washington",
        "country": "United States",
        "extension_0123456789abcdef0123456789abcdef_Company": "Fabrikam, Incorporated",
        "extension_0123456789abcdef0123456789abcdef_Reason": "Orders, invoices and returns for the northern region",
        "extension_0123456789abcdef0123456789abcdef_Newsletter": "true",
        "ui_locales": "en-US",
    });
    call("/post-attribute-collection").json(&body)
}

/// What B2C sends before it sends the token.
fn token(applicant: u64) -> Request {
    let body = json!({
        "step": "PreTokenIssuance",
        "client_id": "93fd07aa-333c-409d-955d-96008fd08dd9",
        "objectId": format!("4d2f8a1c-0000-4000-8000-{applicant:012x}"),
        "email": format!("jane.doe.{applicant}@fabrikam.example"),
        "identities": [identity(applicant)],
        "displayName": "Jane Doe",
        "givenName": "Jane",
        "surname": "Doe",
        "ui_locales": "en-US",
    });
    call("/pre-token-issuance").json(&body)
}

fn review(_: u64) -> Request {
    Request::get("/review").header("Accept", "text/html")
}

pub(crate) fn identity(applicant: u64) -> serde_json::Value {
    json!({ "signInType": "federated", "issuer": "google.com", "issuerAssignedId": format!("1{applicant:020}") })
}

pub(crate) fn call(path: &str) -> Request {
    Request::post(path).basic(CONNECTOR.0, CONNECTOR.1)
}
