//! The API connector protocol: one flat JSON object in, one of three replies out.

use std::fmt;

use serde::Serialize;

use crate::{Changes, Claims, Decision, Identity, Locales, SignUp, Step, Value, json};

/// The largest body that is read, in bytes.
pub const MAX_BODY_BYTES: usize = 128 * 1024;

/// How deep a body may nest.
pub const MAX_DEPTH: usize = 32;

/// The version of our own API in every reply; nothing interprets it.
const VERSION: &str = "1.0.0";

/// Reads the body of a call.
///
/// # Errors
/// [`BadBody`] if it is not a JSON object in UTF-8 at most [`MAX_DEPTH`] deep. Nothing inside the object is an error.
pub fn parse(step: Step, body: &[u8]) -> Result<SignUp, BadBody> {
    let text = std::str::from_utf8(body).map_err(|_| BadBody::NotUtf8)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    match text.trim_ascii_start().as_bytes().first() {
        None => return Err(BadBody::Empty),
        Some(b'{') => {}
        Some(_) => return Err(BadBody::NotAnObject),
    }
    if json::depth(text) > MAX_DEPTH {
        return Err(BadBody::TooDeep);
    }
    let members: json::Members<'_> =
        serde_json::from_str(text).map_err(|error| BadBody::NotJson { at: error.column() })?;
    Ok(sign_up(step, members))
}

/// Writes the reply to a decision, as the step can express it. Policies are refused when they ask for more; should it
/// arise all the same, it is mapped here and nowhere else: the first step blocks where it cannot ask again, the token
/// step answers an error where it cannot turn away.
pub fn render(step: Step, decision: &Decision) -> Reply {
    match (step, decision) {
        (_, Decision::Continue(changes)) => Reply::ok(&Continue {
            version: VERSION,
            action: "Continue",
            changes,
        }),
        (Step::PreTokenIssuance, Decision::Block(_) | Decision::AskAgain(_)) => Reply::error(500),
        (Step::PostAttributeCollection, Decision::AskAgain(message)) => Reply::json(
            400,
            &ValidationError {
                version: VERSION,
                action: "ValidationError",
                status: 400,
                user_message: message.as_str(),
            },
        ),
        (_, Decision::Block(message) | Decision::AskAgain(message)) => Reply::ok(&ShowBlockPage {
            version: VERSION,
            action: "ShowBlockPage",
            user_message: message.as_str(),
        }),
    }
}

/// An HTTP reply of content type `application/json`.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    status: u16,
    body: String,
}

impl Reply {
    /// An answer without an `action`: the service shows a generic failure, and the person does not go on.
    pub fn error(status: u16) -> Reply {
        Reply::json(
            status,
            &Error {
                version: VERSION,
                status,
            },
        )
    }

    /// The HTTP status: 200 for a block too.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The JSON text.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The JSON text, to send.
    pub fn into_body(self) -> String {
        self.body
    }

    fn ok(body: &impl Serialize) -> Reply {
        Reply::json(200, body)
    }

    fn json(status: u16, body: &impl Serialize) -> Reply {
        match serde_json::to_string(body) {
            Ok(body) => Reply { status, body },
            // Only a claim whose raw JSON is none could fail here, and those are made by the parser alone. Without a
            // body the service lets nobody in.
            Err(_) => Reply {
                status: 500,
                body: String::new(),
            },
        }
    }
}

/// Prints the status only: the body holds claims.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Why a body is answered with 400 and no `action`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadBody {
    /// Nothing, or white space.
    Empty,
    /// Not UTF-8.
    NotUtf8,
    /// An array, a string, or no JSON at all.
    NotAnObject,
    /// An object that JSON does not allow.
    NotJson {
        /// The column where it goes wrong.
        at: usize,
    },
    /// More than [`MAX_DEPTH`] levels.
    TooDeep,
}

impl fmt::Display for BadBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadBody::Empty => f.write_str("the body is empty"),
            BadBody::NotUtf8 => f.write_str("the body is not UTF-8"),
            BadBody::NotAnObject => f.write_str("the body is not a JSON object"),
            BadBody::NotJson { at } => write!(f, "the body is not JSON, at column {at}"),
            BadBody::TooDeep => write!(f, "the body nests deeper than {MAX_DEPTH} levels"),
        }
    }
}

impl std::error::Error for BadBody {}

#[derive(Serialize)]
struct Continue<'a> {
    version: &'a str,
    action: &'a str,
    #[serde(flatten)]
    changes: &'a Changes,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShowBlockPage<'a> {
    version: &'a str,
    action: &'a str,
    user_message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ValidationError<'a> {
    version: &'a str,
    action: &'a str,
    status: u16,
    user_message: &'a str,
}

#[derive(Serialize)]
struct Error<'a> {
    version: &'a str,
    status: u16,
}

fn sign_up(step: Step, members: json::Members<'_>) -> SignUp {
    let mut sign_up = SignUp {
        step,
        claimed_step: None,
        claims: Claims::default(),
        identities: Vec::new(),
        locales: Locales::default(),
        client_id: None,
        canonical: String::new(),
    };
    let mut all = Claims::default();
    for (key, raw) in members.0 {
        match key.as_str() {
            "step" => sign_up.claimed_step = text(raw),
            "identities" => sign_up.identities = Identity::parse_all(raw),
            "ui_locales" => sign_up.locales = locales(raw),
            "client_id" => sign_up.client_id = text(raw).or(sign_up.client_id),
            "clientId" => sign_up.client_id = sign_up.client_id.or_else(|| text(raw)),
            _ => sign_up.claims.push_json(key.clone(), raw),
        }
        all.push_json(key, raw);
    }
    sign_up.canonical = all.canonical();
    sign_up
}

fn text(raw: &str) -> Option<String> {
    Value::from_json(raw)?.text().map(str::to_owned)
}

/// By OpenID Connect one text; a JSON array of tags is understood as well.
fn locales(raw: &str) -> Locales {
    let texts: Vec<_> = Value::from_json(raw)
        .iter()
        .flat_map(Value::scalars)
        .map(str::to_owned)
        .collect();
    Locales::parse(&texts.join(" "))
}
