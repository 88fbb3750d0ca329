//! What both sides of the room need of HTTP.

use bytes::Bytes;
use host::Body;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{self, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY},
};
use http_body::Body as _;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use tokio::time::Instant;

use crate::refusal::Refusal;

/// The largest body, in KiB: a reason of 1000 characters, percent-encoded, is well below.
const MOST_KIB: usize = 16;

/// Nothing but our own stylesheet is loaded, nothing runs, forms go home, and no other site shows our pages.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// One request, with its path inside the room.
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) method: Method,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    /// When an answer has to be there.
    pub(crate) until: Instant,
    body: Body,
}

impl Call {
    pub(crate) fn new(path: String, request: Request<Body>, until: Instant) -> Call {
        let (head, body) = request.into_parts();
        Call {
            path,
            query: head.uri.query().unwrap_or_default().to_owned(),
            // What a HEAD is answered is the host's business; it asks for what a GET asks for.
            method: if head.method == Method::HEAD {
                Method::GET
            } else {
                head.method
            },
            headers: head.headers,
            until,
            body,
        }
    }

    /// Refuses any other method.
    pub(crate) fn only(&self, method: &Method) -> Result<(), Refusal> {
        match self.method == *method {
            true => Ok(()),
            false if *method == Method::GET => Err(Refusal::Method("GET, HEAD".to_owned())),
            false => Err(Refusal::Method(method.to_string())),
        }
    }

    /// The body, if it has the type that is wanted; nothing if it is empty, whatever its type.
    pub(crate) async fn body(self, wanted: &'static str) -> Result<Bytes, Refusal> {
        self.body_up_to(MOST_KIB, wanted).await
    }

    /// The same for a body that may have so many KiB.
    pub(crate) async fn body_up_to(self, most: usize, wanted: &'static str) -> Result<Bytes, Refusal> {
        let is_wanted = media_type(&self.headers).is_some_and(|found| found.eq_ignore_ascii_case(wanted));
        if !is_wanted && self.body.size_hint().lower() > 0 {
            return Err(Refusal::ContentType(wanted));
        }
        let bytes = match Limited::new(self.body, most * 1024).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(Refusal::TooLarge(most)),
            Err(_) => return Err(Refusal::Unreadable),
        };
        if !is_wanted && !bytes.is_empty() {
            return Err(Refusal::ContentType(wanted));
        }
        Ok(bytes)
    }
}

/// The headers that every answer carries; one that has its own `Cache-Control` keeps it.
pub(crate) fn seal(response: &mut Response<Full<Bytes>>) {
    let fixed = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

/// An answer of one type.
pub(crate) fn respond(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body.into()));
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, content_type);
    response
}

/// To another page of the room, with GET.
pub(crate) fn see_other(location: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SEE_OTHER;
    set(&mut response, header::LOCATION, location);
    response
}

/// Sets a header to a text of ours, all of which are legal.
pub(crate) fn set(response: &mut Response<Full<Bytes>>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// A header's text, if there is exactly one such header and it is ASCII.
pub(crate) fn only_header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok()
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = only_header(headers, &CONTENT_TYPE)?;
    value.split(';').next().map(str::trim)
}
