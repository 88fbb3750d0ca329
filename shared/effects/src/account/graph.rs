//! Calls of Graph: with a token, and with what no call can heal sorted out.

use std::{fmt, sync::Arc};

use http::{Method, StatusCode};
use outgoing::{Outgoing, Request, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrets::Secrets;
use serde_json::{Map, Value as Json};
use store::Clock;

use super::{
    AccountSettings, BadSetting,
    answers::Answer,
    stop::Stop,
    token::{Token, Tokens},
};

/// A right of the app that a call needs: <https://learn.microsoft.com/graph/permissions-reference>.
#[derive(Clone, Copy, Debug)]
pub(super) enum Right {
    WriteUsers,
    Invite,
    WriteMembers,
    ReadAttributes,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Right::WriteUsers => "User.ReadWrite.All",
            Right::Invite => "User.Invite.All, or the tenant lets only administrators invite",
            Right::WriteMembers => "GroupMember.ReadWrite.All",
            Right::ReadAttributes => "IdentityUserFlow.Read.All",
        })
    }
}

pub(super) struct Graph {
    /// `https://graph.microsoft.com/v1.0`
    base: String,
    outgoing: Outgoing,
    tokens: Tokens,
}

impl Graph {
    pub(super) fn new(
        settings: &AccountSettings,
        outgoing: Outgoing,
        secrets: Arc<Secrets>,
        clock: Arc<dyn Clock>,
    ) -> Result<Graph, BadSetting> {
        settings.endpoints.check(&outgoing)?;
        Ok(Graph {
            base: format!("{}/v1.0", settings.endpoints.graph()),
            tokens: Tokens::new(settings, outgoing.clone(), secrets, clock)?,
            outgoing,
        })
    }

    pub(super) async fn get(&self, path: &str, right: Right) -> Result<Answer, Stop> {
        self.call(Method::GET, path, None, right).await
    }

    /// A call with a body, a JSON object.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Map<String, Json>,
        right: Right,
    ) -> Result<Answer, Stop> {
        // Writing JSON into memory cannot fail.
        let body = serde_json::to_vec(body).unwrap_or_default();
        self.call(method, path, Some(body), right).await
    }

    /// The path of a URL that Graph gave.
    pub(super) fn path_of(&self, url: &str) -> Result<String, Stop> {
        let path = path_below(&self.base, url);
        path.ok_or_else(|| Stop::later("Graph continues a list elsewhere"))
    }

    /// The URL of an object, as references want it.
    pub(super) fn url_of(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A token that is refused is dropped, and the call made once more with a new one.
    async fn call(&self, method: Method, path: &str, body: Option<Vec<u8>>, right: Right) -> Result<Answer, Stop> {
        let token = self.tokens.current().await?;
        let mut reply = self.call_with(&token, &method, path, body.clone()).await?;
        if reply.status == StatusCode::UNAUTHORIZED {
            self.tokens.forget(&token).await;
            let token = self.tokens.current().await?;
            reply = self.call_with(&token, &method, path, body).await?;
        }
        judged(reply, right)
    }

    async fn call_with(
        &self,
        token: &Token,
        method: &Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Response, Stop> {
        let url = self.url_of(path).parse();
        let url = url.map_err(|_| Stop::never("what is to be asked of Graph makes no URL"))?;
        let request = match body {
            Some(body) => Request::with_body(method.clone(), url, "application/json", body),
            None => Request::get(url),
        };
        let request = request.bearer(token.expose());
        let request = request.map_err(|_| Stop::later("the token is none that can be sent"))?;
        let sent = self.outgoing.send(request).await;
        // Each call of ours may be made again, so that it does not matter whether this one arrived.
        sent.map_err(|failure| Stop::later(format!("Graph did not answer: {failure}")))
    }
}

/// The token goes nowhere else.
fn path_below(base: &str, url: &str) -> Option<String> {
    let path = url.strip_prefix(base).filter(|path| path.starts_with('/'));
    path.map(str::to_owned)
}

/// What nothing in the request can change, and what time can, is none of the caller's business.
fn judged(reply: Response, right: Right) -> Result<Answer, Stop> {
    let status = reply.status;
    match status.as_u16() {
        200..=299 | 400 | 404 | 409 => Ok(Answer {
            status,
            body: reply.body.into(),
        }),
        401 => Err(Stop::later("Graph refuses a fresh token (401)")),
        403 => Err(Stop::never(format!(
            "Graph refuses (403): the app has no right {right}"
        ))),
        408 | 423 | 425 | 429 | 500..=599 => Err(Stop::Later {
            why: crate::Why::new(format!("Graph asks to come later ({})", status.as_u16())),
            after: reply.retry_after,
        }),
        other => Err(Stop::never(format!("Graph refuses ({other})"))),
    }
}

/// What needs no encoding in a path or a query.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text for a path or a query.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// A text as a literal of a filter: in quotes, each `'` doubled.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_continue_only_where_they_began() {
        let base = "https://graph.microsoft.com/v1.0";
        let next = path_below(base, "https://graph.microsoft.com/v1.0/users?$skiptoken=a");
        assert_eq!(next.as_deref(), Some("/users?$skiptoken=a"));
        for elsewhere in [
            "https://graph.microsoft.com/v1.0.evil.example/users",
            "https://evil.example/v1.0/users",
            "http://graph.microsoft.com/v1.0/users",
            "/users",
        ] {
            assert_eq!(path_below(base, elsewhere), None, "{elsewhere}");
        }
    }
}
