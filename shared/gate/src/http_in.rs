use std::{borrow::Cow, fmt};

use bytes::Bytes;
use claims::{BadBody, MAX_BODY_BYTES, Step};
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// Which paths a gate answers at.
#[derive(Clone, Debug)]
pub enum Paths {
    /// The step's own binary: any path that is empty or ends in the step's name. Stages, custom domains, function
    /// URLs and `/api` all occur before it.
    Own(Step),
    /// Beside other steps in one process: exactly this one.
    Exact(Cow<'static, str>),
}

impl Paths {
    pub(crate) fn include(&self, path: &str) -> bool {
        match self {
            Paths::Own(step) => matches!(path, "" | "/") || path.rsplit('/').next() == Some(step.name()),
            Paths::Exact(exact) => path == exact,
        }
    }
}

/// Why a request gets no reply of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Path,
    Method,
    NoProof,
    WrongProof,
    ContentType,
    TooLarge,
    Unreadable,
    Body(BadBody),
}

impl Refusal {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Refusal::Path => 404,
            Refusal::Method => 405,
            Refusal::NoProof | Refusal::WrongProof => 401,
            Refusal::ContentType => 415,
            Refusal::TooLarge => 413,
            Refusal::Unreadable | Refusal::Body(_) => 400,
        }
    }
}

/// For the log: says what was wrong without a word of what came.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Path => f.write_str("the path is not this step's"),
            Refusal::Method => f.write_str("the method is not POST"),
            Refusal::NoProof => f.write_str("the call has no credentials"),
            Refusal::WrongProof => f.write_str("the credentials are wrong"),
            Refusal::ContentType => f.write_str("the content type is not application/json"),
            Refusal::TooLarge => write!(f, "the body is larger than {MAX_BODY_BYTES} bytes"),
            Refusal::Unreadable => f.write_str("the body ended early"),
            Refusal::Body(bad) => bad.fmt(f),
        }
    }
}

/// Content type and announced size.
pub(crate) fn check_head(headers: &HeaderMap, announced: u64) -> Result<(), Refusal> {
    if let Some(content_type) = headers.get(header::CONTENT_TYPE) {
        let essence = content_type
            .to_str()
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default();
        if !essence.trim().eq_ignore_ascii_case("application/json") {
            return Err(Refusal::ContentType);
        }
    }
    if announced > MAX_BODY_BYTES as u64 {
        return Err(Refusal::TooLarge);
    }
    Ok(())
}

/// The whole body, never more than [`MAX_BODY_BYTES`] of it.
pub(crate) async fn read_body<B>(body: B) -> Result<Bytes, Refusal>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: fmt::Display,
{
    // `Limited` wants errors it can box; ours need only tell "too large" from the rest.
    let body = body.map_err(|error| error.to_string());
    match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge),
        Err(_) => Err(Refusal::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_binary_answers_behind_any_prefix() {
        let own = Paths::Own(Step::PostFederationSignup);
        for path in [
            "",
            "/",
            "/post-federation-signup",
            "/prod/post-federation-signup",
            "/api/post-federation-signup",
        ] {
            assert!(own.include(path), "{path}");
        }
        for path in [
            "/post-attribute-collection",
            "/xpost-federation-signup",
            "/post-federation-signup/",
            "/prod",
        ] {
            assert!(!own.include(path), "{path}");
        }
        let exact = Paths::Exact("/post-federation-signup".into());
        assert!(exact.include("/post-federation-signup") && !exact.include("/prod/post-federation-signup"));
    }
}
