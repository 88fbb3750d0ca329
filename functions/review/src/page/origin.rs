use http::{
    HeaderMap, HeaderName,
    header::{HOST, ORIGIN},
};

use crate::{http_io::only_header, refusal::Refusal};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a POST that another site's page made a browser send. `Sec-Fetch-Site` is the browser's own word and no page
/// can set it; every browser since 2023 says it over HTTPS. Older ones say `Origin`, which must then name the host that
/// was called. It cannot decide where there is the other: our pages send no referrer, so that their own forms say
/// `Origin: null`, and behind some hosts `Host` is not what the browser called. Programs send neither and have no
/// cookie to abuse.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Refusal> {
    let ours = match (headers.contains_key(SEC_FETCH_SITE), headers.contains_key(ORIGIN)) {
        (true, _) => matches!(only_header(headers, &SEC_FETCH_SITE), Some("same-origin" | "none")),
        (false, true) => names_host(headers),
        (false, false) => true,
    };
    ours.then_some(()).ok_or(Refusal::Forged)
}

fn names_host(headers: &HeaderMap) -> bool {
    let origin = only_header(headers, &ORIGIN).and_then(|origin| origin.split_once("://"));
    let host = only_header(headers, &HOST);
    matches!((origin, host), (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        check(&headers.collect()).is_ok()
    }

    #[test]
    fn only_our_own_pages_pass() {
        let host = ("host", "gate.example");
        assert!(passes(&[host]));
        assert!(passes(&[host, ("origin", "https://gate.example")]));
        assert!(passes(&[host, ("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(passes(&[
            ("host", "10.0.0.1:7071"),
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://gate.example")
        ]));
        for foreign in [
            ("origin", "https://evil.example"),
            ("origin", "https://gate.example.evil.example"),
            ("origin", "https://gate.example:8443"),
            ("origin", "null"),
            ("origin", ""),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", ""),
        ] {
            assert!(!passes(&[host, foreign]), "{foreign:?}");
        }
        let foreign = [
            host,
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://gate.example"),
        ];
        assert!(!passes(&foreign));
    }
}
