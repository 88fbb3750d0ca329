use std::{fmt, str::FromStr};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Uri,
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE},
    uri::Scheme,
};
use http_body_util::Full;

use crate::reach::Origin;

/// An absolute `https` or `http` URL without a user's name in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(Uri);

impl Url {
    /// Scheme, host and port, the default one where the URL names none.
    pub fn origin(&self) -> Origin {
        let is_https = self.is_https();
        Origin {
            is_https,
            host: self.0.host().unwrap_or_default().to_ascii_lowercase(),
            port: self.0.port_u16().unwrap_or(if is_https { 443 } else { 80 }),
        }
    }

    pub(super) fn from_uri(uri: Uri) -> Option<Url> {
        let (scheme, authority) = (uri.scheme()?, uri.authority()?);
        let known = *scheme == Scheme::HTTPS || *scheme == Scheme::HTTP;
        (known && !authority.host().is_empty() && !authority.as_str().contains('@')).then_some(Url(uri))
    }

    pub(super) fn is_https(&self) -> bool {
        self.0.scheme() == Some(&Scheme::HTTPS)
    }
}

impl FromStr for Url {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Url, BadUrl> {
        Url::from_uri(text.parse().map_err(|_| BadUrl)?).ok_or(BadUrl)
    }
}

/// Prints the origin only: path and query may hold personal data or secrets.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({}/..)", self.origin())
    }
}

/// The text is no URL that a request could go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadUrl;

impl fmt::Display for BadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wanted an absolute URL, https://host/path, percent-encoded and without a user's name")
    }
}

impl std::error::Error for BadUrl {}

/// One request.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
}

impl Request {
    /// A `GET`.
    pub fn get(url: Url) -> Request {
        Request::without_body(Method::GET, url)
    }

    /// A request without a body. One that might have one says that it has none, as RFC 9110, 8.6, wants it.
    pub fn without_body(method: Method, url: Url) -> Request {
        let length = (method != Method::GET).then_some((CONTENT_LENGTH, HeaderValue::from_static("0")));
        Request {
            method,
            url,
            headers: HeaderMap::from_iter(length),
            body: Bytes::new(),
        }
    }

    /// A request with a body of a content type, such as `application/json`.
    pub fn with_body(method: Method, url: Url, content_type: &'static str, body: impl Into<Bytes>) -> Request {
        Request {
            method,
            url,
            headers: HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]),
            body: body.into(),
        }
    }

    /// The same request with one more header.
    ///
    /// # Errors
    /// [`BadHeader`] for a value with control characters.
    pub fn header(mut self, name: HeaderName, value: &str) -> Result<Request, BadHeader> {
        let mut value = HeaderValue::from_str(value).map_err(|_| BadHeader)?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// The same request with a bearer token.
    ///
    /// # Errors
    /// As [`header`](Self::header).
    pub fn bearer(self, token: &str) -> Result<Request, BadHeader> {
        self.header(AUTHORIZATION, &format!("Bearer {token}"))
    }

    /// Where it goes.
    pub fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn into_http(self) -> http::Request<Full<Bytes>> {
        let mut request = http::Request::new(Full::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.url.0;
        *request.headers_mut() = self.headers;
        request
    }
}

impl TryFrom<http::Request<Bytes>> for Request {
    type Error = BadUrl;

    fn try_from(request: http::Request<Bytes>) -> Result<Request, BadUrl> {
        let (head, body) = request.into_parts();
        Ok(Request {
            method: head.method,
            url: Url::from_uri(head.uri).ok_or(BadUrl)?,
            headers: head.headers,
            body,
        })
    }
}

/// Prints the method and the origin only.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// The text cannot be the value of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadHeader;

impl fmt::Display for BadHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wanted a header's value without control characters")
    }
}

impl std::error::Error for BadHeader {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_web_addresses_are_urls() {
        for text in [
            "",
            "/path",
            "host",
            "host:80",
            "ftp://host/",
            "https://",
            "https:///path",
            "https://user@host/",
            "https://user:secret@host/",
            "https://host/a b",
            "file:///etc/passwd",
        ] {
            assert_eq!(Url::from_str(text), Err(BadUrl), "{text}");
        }
        let url: Url = "https://Graph.example:8443/v1.0/users?$filter=a".parse().unwrap();
        assert_eq!(url.origin().to_string(), "https://graph.example:8443");
        let url: Url = "http://[::1]/".parse().unwrap();
        assert_eq!(url.origin().to_string(), "http://[::1]:80");
    }

    #[test]
    fn nothing_of_a_request_is_shown() {
        let url = "https://graph.example/users/jane?code=hidden".parse().unwrap();
        let request = Request::with_body(Method::POST, url, "application/json", "jane");
        let request = request.bearer("hidden").unwrap();
        assert_eq!(
            format!("{request:?}"),
            "Request { method: POST, url: Url(https://graph.example:443/..), .. }"
        );
    }

    #[test]
    fn control_characters_are_refused_in_headers() {
        for text in ["a\r\nb", "a\nb", "a\0b", "\u{7f}"] {
            let request = Request::get("https://a.example/".parse().unwrap());
            assert_eq!(request.bearer(text).err(), Some(BadHeader), "{text:?}");
        }
    }
}
