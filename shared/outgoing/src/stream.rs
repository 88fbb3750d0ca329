//! Replies that are too long to be held.

use std::error::Error;

use bytes::Bytes;
use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_LENGTH, ETAG, TRANSFER_ENCODING},
};
use http_body_util::{BodyExt, Limited, combinators::UnsyncBoxBody};
use tokio::time::{Instant, timeout_at};

use super::{Cause, Failure, Outgoing, Request};

/// A reply whose body comes piece by piece, within the client's limits of time and size.
pub struct Streamed {
    /// The status, a redirect's too.
    pub status: StatusCode,
    /// How the other end calls this version of what it serves, quotation marks included (RFC 9110, 8.8.3).
    pub tag: Option<String>,
    body: UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>,
    until: Instant,
}

impl Outgoing {
    /// Sends a request once and reads the beginning of the reply, whatever its status.
    ///
    /// # Errors
    /// [`Failure`] when no reply came. A successful one that ends only with its connection fails too: nobody could see
    /// that it was cut short.
    pub async fn stream(&self, request: Request) -> Result<Streamed, Failure> {
        if !self.reach.admits(request.url()) {
            return Err(Failure::NotSent(Cause::Forbidden));
        }
        let until = Instant::now() + self.limits.total;
        let reply = timeout_at(until, self.client.request(request.into_http())).await;
        let (head, body) = reply.map_err(|_| Failure::PerhapsSent(Cause::Slow))??.into_parts();
        if head.status.is_success() && !says_where_it_ends(&head.headers) {
            return Err(Failure::PerhapsSent(Cause::Endless));
        }
        let tag = head.headers.get(ETAG).and_then(|tag| tag.to_str().ok());
        Ok(Streamed {
            status: head.status,
            tag: tag.map(str::to_owned),
            body: Limited::new(body, self.limits.reply_bytes).boxed_unsync(),
            until,
        })
    }
}

impl Streamed {
    /// The next piece of the body; nothing at its end.
    ///
    /// # Errors
    /// [`Failure`] when the rest does not come, not in time, or is too large.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let frame = timeout_at(self.until, self.body.frame()).await;
            match frame.map_err(|_| Failure::PerhapsSent(Cause::Slow))? {
                None => return Ok(None),
                Some(Err(error)) => return Err(Failure::of_body(error)),
                Some(Ok(frame)) => {
                    // What follows the body says nothing of it.
                    if let Ok(piece) = frame.into_data() {
                        return Ok(Some(piece));
                    }
                }
            }
        }
    }
}

/// RFC 9112, 6.3: the two ways.
fn says_where_it_ends(headers: &HeaderMap) -> bool {
    headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING)
}
