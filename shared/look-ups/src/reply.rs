//! What a reply says.

use std::str;

use http::StatusCode;
use outgoing::Response;
use policy::outside::{Call, Found, NoAnswer};

use crate::send::{Failed, PAUSE};

/// The values that were asked for. Whatever else came but a refusal, the call was made: it may have counted at the other end.
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
    let why = match status {
        _ if status.is_redirection() => because(
            call,
            &format!("answered with a redirect (status {number}), which is not followed"),
        ),
        _ if is_refusal(status) => NoAnswer::NotSent(format!("`{}` answered with status {number}", call.name)),
        _ => because(call, &format!("answered with status {number}")),
    };
    let heals = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
    let again = heals.then(|| reply.retry_after.unwrap_or(PAUSE));
    Err(Failed { why, again })
}

/// Whether the other end says that it did not do what it was asked for (RFC 9110, 15.5). Not where it may have begun: 408
/// comes in the middle, and 409 and 425 of what is under way.
fn is_refusal(status: StatusCode) -> bool {
    const MAY_HAVE_BEGUN: [StatusCode; 3] = [StatusCode::REQUEST_TIMEOUT, StatusCode::CONFLICT, StatusCode::TOO_EARLY];
    status.is_client_error() && !MAY_HAVE_BEGUN.contains(&status)
}

fn because(call: &Call, what: &str) -> NoAnswer {
    NoAnswer::PerhapsSent(format!("`{}` {what}", call.name))
}
