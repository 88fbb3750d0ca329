//! What a process answers that could not start behind a host which wants one that runs.

use bytes::Bytes;
use claims::{Changes, Decision, Step, render};
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use policy::MessageName;

use crate::router::not_found;

/// A block at the sign-up steps. The token step runs at every sign-in and continues without added claims, as it does
/// whenever something fails.
pub(crate) fn answer(path: &str) -> Response<Full<Bytes>> {
    let Some(step) = path.rsplit('/').next().and_then(Step::from_name) else {
        return unavailable(path);
    };
    let decision = match step.is_sign_up() {
        true => Decision::Block(MessageName::without_policy()),
        false => Decision::Continue(Changes::none()),
    };
    let mut response = Response::new(Full::from(render(step, &decision).into_body()));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The health check fails, so that somebody looks into the log.
fn unavailable(path: &str) -> Response<Full<Bytes>> {
    let mut response = not_found();
    if path.ends_with("/healthz") {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}
