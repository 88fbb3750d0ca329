//! What a reply says.

use std::str;

use http::StatusCode;
use outgoing::Response;
use policy::outside::{Call, Found, NoAnswer};

use crate::send::{Failed, PAUSE};

/// The values that were asked for. Whatever else came, the call was made: it may have counted at the other end.
pub(crate) fn read(call: &Call, reply: &Response) -> Result<Found, Failed> {
    let status = reply.status;
    if status == StatusCode::NOT_FOUND {
        return Ok(Found::Nothing);
    }
    if status.is_success() {
        let text = str::from_utf8(&reply.body).ok();
        let values = text.and_then(|text| claims::at_pointers(text, &call.pointers));
        return values.map(Found::Values).ok_or_else(|| Failed {
            why: because(call, "answered what is no JSON"),
            again: None,
        });
    }
    let number = status.as_u16();
    let why = match status.is_redirection() {
        true => because(
            call,
            &format!("answered with a redirect (status {number}), which is not followed"),
        ),
        false => because(call, &format!("answered with status {number}")),
    };
    let heals = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
    let again = heals.then(|| reply.retry_after.unwrap_or(PAUSE));
    Err(Failed { why, again })
}

fn because(call: &Call, what: &str) -> NoAnswer {
    NoAnswer::PerhapsSent(format!("`{}` {what}", call.name))
}
