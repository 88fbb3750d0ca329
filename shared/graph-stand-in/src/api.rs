//! The calls.

use std::{collections::BTreeMap, sync::Mutex};

use bytes::Bytes;
use http::Request;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json, json};

use crate::{
    Fault, State,
    directory::{Directory, User},
    error::Refusal,
    filter::Filter,
    lock, schema,
};

/// What goes back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Option<Json>,
    pub(crate) retry_after: Option<u64>,
}

type Reply = Result<(u16, Option<Json>), Refusal>;

/// Users' properties without a `$select`:
/// <https://learn.microsoft.com/graph/api/resources/users#common-properties>.
const BY_DEFAULT: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

/// Answers one request; nothing where the connection is to be closed.
pub(crate) fn answer(state: &Mutex<State>, request: &Request<Bytes>) -> Option<Answer> {
    let mut state = lock(state);
    if request.uri().path() == "/directory" {
        return Some(Answer::of(Ok((200, Some(state.overview())))));
    }
    let path = decoded(request.uri().path());
    let segments: Vec<_> = path.split('/').skip(1).collect();
    let call = Call::of(request, &segments);
    let name = call.name();
    state.calls.push(name.clone());
    let fault = state.faults.get_mut(&name).and_then(|faults| faults.pop_front());
    match fault {
        Some(Fault::LoseRequest) => return None,
        Some(Fault::Refuse(status, retry_after)) => {
            let refusal = Refusal::new(status, "TooManyRequests", "Scripted.");
            let mut answer = Answer::of(Err(refusal));
            answer.retry_after = retry_after;
            return Some(answer);
        }
        Some(Fault::Pretend) => {
            let id = state.directory.next_id();
            return Some(Answer::of(Ok((201, Some(json!({"id": id}))))));
        }
        Some(Fault::LoseReply) | None => {}
    }
    let answer = Answer::of(state.carry_out(call, request));
    (fault != Some(Fault::LoseReply)).then_some(answer)
}

impl Answer {
    fn of(reply: Reply) -> Answer {
        let (status, body) = reply.unwrap_or_else(|refusal| (refusal.status, Some(refusal.body)));
        Answer {
            status,
            body,
            retry_after: None,
        }
    }
}

enum Call<'r> {
    Token,
    Identity,
    CreateUser,
    FindUsers,
    ReadUser(&'r str),
    WriteUser(&'r str),
    Invite,
    ReadGroup(&'r str),
    AddMember(&'r str),
    ReadAttributes,
    Unknown,
}

impl<'r> Call<'r> {
    fn of(request: &Request<Bytes>, segments: &[&'r str]) -> Call<'r> {
        match (request.method().as_str(), segments) {
            ("POST", [_, "oauth2", "v2.0", "token"]) => Call::Token,
            ("GET", ["msi", "token"]) => Call::Identity,
            ("POST", ["v1.0", "users"]) => Call::CreateUser,
            ("GET", ["v1.0", "users"]) => Call::FindUsers,
            ("GET", ["v1.0", "users", id]) => Call::ReadUser(id),
            ("PATCH", ["v1.0", "users", id]) => Call::WriteUser(id),
            ("POST", ["v1.0", "invitations"]) => Call::Invite,
            ("GET", ["v1.0", "groups", id]) => Call::ReadGroup(id),
            ("POST", ["v1.0", "groups", id, "members", "$ref"]) => Call::AddMember(id),
            ("GET", ["v1.0", "identity", "userFlowAttributes"]) => Call::ReadAttributes,
            _ => Call::Unknown,
        }
    }

    fn name(&self) -> String {
        match self {
            Call::Token => "POST /token",
            Call::Identity => "GET /msi/token",
            Call::CreateUser => "POST /users",
            Call::FindUsers => "GET /users",
            Call::ReadUser(_) => "GET /users/{id}",
            Call::WriteUser(_) => "PATCH /users/{id}",
            Call::Invite => "POST /invitations",
            Call::ReadGroup(_) => "GET /groups/{id}",
            Call::AddMember(_) => "POST /groups/{id}/members",
            Call::ReadAttributes => "GET /identity/userFlowAttributes",
            Call::Unknown => "unknown",
        }
        .to_owned()
    }

    fn right(&self) -> &'static str {
        match self {
            Call::Invite => "User.Invite.All",
            Call::ReadGroup(_) | Call::AddMember(_) => "GroupMember.ReadWrite.All",
            Call::ReadAttributes => "IdentityUserFlow.Read.All",
            _ => "User.ReadWrite.All",
        }
    }
}

impl State {
    fn carry_out(&mut self, call: Call<'_>, request: &Request<Bytes>) -> Reply {
        let now = self.clock.now();
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let query = pairs(request.uri().query().unwrap_or_default());
        let parameter = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        match call {
            Call::Token => {
                let form = form_urlencoded::parse(request.body()).into_owned().collect();
                let host = header("host").unwrap_or_default();
                let audience = format!("http://{host}{}", request.uri().path());
                return self.tokens.grant(&audience, &form, now).map(ok);
            }
            Call::Identity => {
                let (resource, version) = (parameter("resource"), parameter("api-version"));
                return self
                    .tokens
                    .managed(resource, version, header("x-identity-header"), now)
                    .map(ok);
            }
            Call::Unknown => return Err(Refusal::bad("Resource not found for the segment.")),
            _ => self.tokens.check(header("authorization"), call.right(), now)?,
        }
        let directory = &mut self.directory;
        let body = || object(request);
        match call {
            Call::CreateUser => Ok((201, Some(directory.create(body()?, &now.to_string())?))),
            Call::Invite => Ok((201, Some(directory.invite(&body()?, &now.to_string())?))),
            Call::WriteUser(id) => directory.write(id, body()?).map(|()| (204, None)),
            Call::ReadUser(id) => read_user(directory, id, parameter("$select")).map(ok),
            Call::FindUsers => find_users(directory, parameter("$filter"), parameter("$select")).map(ok),
            Call::ReadGroup(id) => read_group(directory, id).map(ok),
            Call::AddMember(id) => add_member(directory, id, &body()?).map(|()| (204, None)),
            Call::ReadAttributes => Ok(ok(attributes(directory, parameter("$skip"), header("host")))),
            Call::Token | Call::Identity | Call::Unknown => unreachable!("answered above"),
        }
    }
}

fn ok(body: Json) -> (u16, Option<Json>) {
    (200, Some(body))
}

fn object(request: &Request<Bytes>) -> Result<Map<String, Json>, Refusal> {
    let kind = request
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok());
    if kind.is_none_or(|kind| !kind.starts_with("application/json")) {
        return Err(Refusal::new(
            415,
            "Request_BadRequest",
            "The content type is not application/json.",
        ));
    }
    let unreadable = |_| Refusal::bad("Unable to read JSON request payload.");
    serde_json::from_slice(request.body()).map_err(unreadable)
}

/// By id, or by principal name, which lags like a filter.
fn read_user(directory: &mut Directory, id: &str, select: &str) -> Result<Json, Refusal> {
    if id.contains('@') {
        let same = |user: &User| {
            let name = user.properties.get("userPrincipalName").and_then(Json::as_str);
            name.is_some_and(|name| name.eq_ignore_ascii_case(id))
        };
        let found = directory.found(same);
        return selected(found.first().ok_or_else(|| Refusal::missing("(a name)"))?, select);
    }
    selected(directory.seen(id)?, select)
}

fn find_users(directory: &mut Directory, filter: &str, select: &str) -> Result<Json, Refusal> {
    let filter = Filter::parse(filter).ok_or_else(|| Refusal::bad("Invalid filter clause."))?;
    let matches = |user: &User| match &filter {
        Filter::Identity { issuer, id } => user.is_found_by(issuer, id),
        Filter::Mail(mail) => {
            let its = user.properties.get("mail").and_then(Json::as_str);
            its.is_some_and(|its| its.eq_ignore_ascii_case(mail))
        }
    };
    let found = directory.found(matches);
    let users: Result<Vec<_>, _> = found.into_iter().map(|user| selected(user, select)).collect();
    Ok(json!({"value": users?}))
}

fn selected(user: &User, select: &str) -> Result<Json, Refusal> {
    let names: Vec<_> = match select {
        "" => BY_DEFAULT.to_vec(),
        select => select.split(',').collect(),
    };
    if let Some(unknown) = names.iter().find(|name| !schema::is_user_property(name)) {
        return Err(Refusal::unknown(unknown, "user"));
    }
    let value = |name: &str| user.properties.get(name).cloned().unwrap_or(Json::Null);
    let with_values = names.into_iter().map(|name| (name.to_owned(), value(name)));
    // Lists are empty, never null.
    let fixed = with_values.map(|(name, value)| match (name.as_str(), value) {
        ("identities" | "businessPhones", Json::Null) => (name, json!([])),
        (_, value) => (name, value),
    });
    Ok(Json::Object(fixed.collect()))
}

fn read_group(directory: &Directory, id: &str) -> Result<Json, Refusal> {
    let group = directory.groups.get(id).ok_or_else(|| Refusal::missing(id))?;
    Ok(json!({"id": id, "isAssignableToRole": group.is_assignable_to_role}))
}

fn add_member(directory: &mut Directory, id: &str, body: &Map<String, Json>) -> Result<(), Refusal> {
    let reference = body.get("@odata.id").and_then(Json::as_str).unwrap_or_default();
    let (_, member) = reference
        .rsplit_once("/v1.0/directoryObjects/")
        .ok_or_else(|| Refusal::bad("Invalid URL."))?;
    directory.seen(member)?;
    let group = directory.groups.get_mut(id).ok_or_else(|| Refusal::missing(id))?;
    if group.is_assignable_to_role == Some(true) {
        return Err(Refusal::right("RoleManagement.ReadWrite.Directory"));
    }
    if group.members.insert(member.to_owned()) {
        return Ok(());
    }
    Err(Refusal::bad(
        "One or more added object references already exist for the following modified properties: 'members'.",
    ))
}

/// Two on a page.
fn attributes(directory: &Directory, skip: &str, host: Option<&str>) -> Json {
    let skip: usize = skip.parse().unwrap_or_default();
    let built_in = [("city", "string"), ("displayName", "string")];
    let custom = directory
        .attributes
        .iter()
        .map(|(name, kind)| (name.as_str(), kind.as_str()));
    let all: Vec<_> = built_in.into_iter().chain(custom).collect();
    let page = all.iter().skip(skip).take(2);
    let page: Vec<_> = page
        .map(|(id, kind)| json!({"id": id, "displayName": id, "dataType": kind}))
        .collect();
    let mut answer = json!({"value": page});
    if all.len() > skip + 2 {
        let host = host.unwrap_or_default();
        answer["@odata.nextLink"] = format!("http://{host}/v1.0/identity/userFlowAttributes?$skip={}", skip + 2).into();
    }
    answer
}

/// In a query of Graph, `+` is a plus.
fn pairs(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
