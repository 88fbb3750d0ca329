//! What Graph answers, as far as it is used.

use http::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json};
use store::Timestamp;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    created::ObjectId,
    graph::{encoded, quoted},
    stop::Stop,
};

/// An answer that says something about the request: a success, or 400, 404 or 409.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The body of a success.
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<T, Stop> {
        if !self.status.is_success() {
            return Err(self.refusal("Graph refused a look-up", &Map::new()));
        }
        serde_json::from_slice(&self.body).map_err(|_| Stop::later("Graph answered what cannot be read"))
    }

    /// Whether something with the same principal name, identity or address is in the directory.
    pub(super) fn is_conflict(&self) -> bool {
        let error = self.error();
        let conflict = |detail: &Detail| detail.code == "ObjectConflict";
        let message = error.message.to_ascii_lowercase();
        error.details.iter().any(conflict)
            || message.contains("already exist")
            || message.contains("conflicting object")
    }

    /// Whether a conflict is about the address alone.
    pub(super) fn is_about_address(&self) -> bool {
        let details = self.error().details;
        let address = |detail: &Detail| ["mail", "proxyAddresses"].contains(&detail.target.as_str());
        !details.is_empty() && details.iter().all(address)
    }

    /// Whether the address belongs to an account of the directory's own:
    /// "The user already exists in the directory as objectID: …".
    pub(super) fn is_known_elsewhere(&self) -> bool {
        let message = self.error().message.to_ascii_lowercase();
        message.contains("already exists in the directory as objectid")
    }

    /// A refusal that nothing heals. Graph's message may repeat what was sent, so only its code and the names of
    /// properties come out.
    pub(super) fn refusal(&self, what: &str, sent: &Map<String, Json>) -> Stop {
        let error = self.error();
        let code = printable(&error.code);
        let named = |name: &&String| error.message.contains(name.as_str());
        let names: Vec<_> = sent.keys().filter(named).map(String::as_str).collect();
        let about = if names.is_empty() {
            String::new()
        } else {
            format!(", about {}", names.join(", "))
        };
        Stop::never(format!("{what}: {} {code}{about}", self.status.as_u16()))
    }

    fn error(&self) -> GraphError {
        let envelope: Envelope = serde_json::from_slice(&self.body).unwrap_or_default();
        envelope.error
    }
}

/// An error code, if it is one.
pub(super) fn printable(code: &str) -> &str {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
    if code.len() <= 64 && code.bytes().all(legal) {
        code
    } else {
        "(no error code)"
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    error: GraphError,
}

/// <https://learn.microsoft.com/graph/errors>
#[derive(Default, Deserialize)]
#[serde(default)]
struct GraphError {
    code: String,
    message: String,
    details: Vec<Detail>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    code: String,
    target: String,
}

/// A list of users.
#[derive(Deserialize)]
pub(super) struct Users {
    pub(super) value: Vec<User>,
}

/// A user, as asked for with [`User::FIELDS`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    id: String,
    #[serde(default)]
    created_date_time: Option<String>,
    #[serde(default)]
    user_type: Option<String>,
    #[serde(default)]
    external_user_state: Option<String>,
    #[serde(default)]
    identities: Option<Vec<UserIdentity>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserIdentity {
    #[serde(default)]
    issuer: Option<String>,
    #[serde(default)]
    issuer_assigned_id: Option<String>,
}

impl User {
    pub(super) const FIELDS: &str = "$select=id,createdDateTime,userType,externalUserState,identities";

    pub(super) fn id(&self) -> Result<ObjectId, Stop> {
        object_id(&self.id)
    }

    /// Whether it was created at this time or later.
    pub(super) fn is_since(&self, time: Timestamp) -> bool {
        let created = self.created_date_time.as_deref();
        let created = created.and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        created.is_some_and(|at| at.unix_timestamp_nanos() / 1_000_000 >= i128::from(time.as_millis()))
    }

    pub(super) fn is_guest(&self) -> bool {
        self.user_type.as_deref() == Some("Guest")
    }

    /// The path of a look-up by address.
    pub(super) fn by_mail(address: &str) -> String {
        let filter = format!("mail eq {}", quoted(address));
        format!("/users?$filter={}&{}", encoded(&filter), User::FIELDS)
    }

    /// Whether nobody came in by the invitation so far.
    pub(super) fn is_pending(&self) -> bool {
        self.external_user_state.as_deref() == Some("PendingAcceptance")
    }

    /// Whether it is known how the user signs in.
    pub(super) fn has_identities(&self) -> bool {
        self.identities.as_ref().is_some_and(|all| !all.is_empty())
    }

    /// Whether it is the user with this identity. Filters may ignore the issuer.
    pub(super) fn has_identity(&self, issuer: &str, id: &str) -> bool {
        let same = |identity: &UserIdentity| {
            identity.issuer.as_deref().and_then(claims::issuer_name).as_deref() == Some(issuer)
                && identity.issuer_assigned_id.as_deref() == Some(id)
        };
        self.identities.iter().flatten().any(same)
    }
}

/// <https://learn.microsoft.com/graph/api/resources/invitation>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invitation {
    pub(super) invite_redeem_url: Option<String>,
    pub(super) invited_user: Reference,
}

/// Something that has an id.
#[derive(Deserialize)]
pub(super) struct Reference {
    id: String,
}

impl Reference {
    pub(super) fn id(&self) -> Result<ObjectId, Stop> {
        object_id(&self.id)
    }
}

fn object_id(text: &str) -> Result<ObjectId, Stop> {
    text.parse()
        .map_err(|_| Stop::later("Graph answered with an id that is none"))
}
