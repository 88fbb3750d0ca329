//! The calls.

use std::{collections::BTreeMap, sync::Mutex};

use bytes::Bytes;
use http::Request;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json, json};

use crate::{
    Fault, State,
    error::Refusal,
    lock,
    resources::{add_member, attributes, find_users, read_group, read_user},
};

/// What goes back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Option<Json>,
    pub(crate) retry_after: Option<u64>,
}

type Reply = Result<(u16, Option<Json>), Refusal>;

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

/// In a query of Graph, `+` is a plus.
fn pairs(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
