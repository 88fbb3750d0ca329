//! Where calls go.

use std::{net::IpAddr, ops::Range};

use super::{
    Node, Reader,
    places::{Secrets, Spot},
};
use crate::{
    call::Url,
    place::{Parts, Place},
    template::Part,
};

impl Reader<'_> {
    /// An address with places in its path and its query.
    pub(super) fn call_url(&mut self, node: &Node<'_>, secrets: &mut Secrets) -> Option<Url> {
        let text = self.text(node)?;
        self.url_of(&text, node.span(), secrets)
    }

    /// One that the program knows.
    pub(super) fn fixed_url(&mut self, url: &str, span: Range<usize>) -> Option<Url> {
        self.url_of(url, span, &mut Secrets::default())
    }

    fn url_of(&mut self, text: &str, span: Range<usize>, secrets: &mut Secrets) -> Option<Url> {
        let (origin, rest) = match split(text) {
            Ok(halves) => halves,
            Err(what) => {
                self.mistakes.add(span, what);
                return None;
            }
        };
        let (path, query) = rest
            .split_once('?')
            .map_or((rest, None), |(path, query)| (path, Some(query)));
        let path = if path.is_empty() { "/" } else { path };
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            self.mistakes.add(span.clone(), "write the path without `.` and `..`");
        }
        let path = self.parts_of(path, span.clone(), secrets, Spot::Open)?;
        let query = match query {
            Some(query) => Some(self.parts_of(query, span.clone(), secrets, Spot::Open)?),
            None => None,
        };
        if !path.iter().chain(query.iter().flatten()).all(is_plain) {
            let what = "the address has characters that none has; write them as `%20` and the like, and no `#`";
            self.mistakes.add(span, what);
        }
        Some(Url {
            origin: origin.to_owned(),
            path,
            query,
        })
    }
}

/// Scheme, host and port, and what follows.
fn split(text: &str) -> Result<(&str, &str), &'static str> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = &rest[..end];
    if scheme.contains(['{', '}']) || host.contains(['{', '}']) || text.starts_with('{') {
        return Err(PLACE_IN_HOST);
    }
    let named = host_of(host).filter(|host| !host.is_empty()).ok_or(NO_ADDRESS)?;
    match scheme {
        "https" => {}
        "http" if is_loopback(named) => {}
        "http" => return Err(NOT_ENCRYPTED),
        _ => return Err(NO_ADDRESS),
    }
    Ok(text.split_at(scheme.len() + "://".len() + end))
}

/// The host without the port.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    let is_host = match authority.starts_with('[') {
        true => host.parse::<IpAddr>().is_ok(),
        false => host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')),
    };
    (is_port && is_host).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_plain(part: &Part<Place>) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "-._~:/?[]@!$&'()*+,;=%".contains(c);
    match part {
        Part::Text(text) => text.chars().all(legal),
        Part::Place(_) => true,
    }
}

const PLACE_IN_HOST: &str =
    "what somebody typed never stands in scheme, host or port: write them out, and put what is in braces behind them";

const NO_ADDRESS: &str = "this is no address; write one such as `https://crm.example.com/people/{email}`";

const NOT_ENCRYPTED: &str =
    "`http` sends everything in the open and is for this machine only, to try things out; write `https`";

/// Whether a text has nothing in its places.
pub(super) fn is_fixed(parts: &Parts) -> bool {
    parts.iter().all(|part| matches!(part, Part::Text(_)))
}
