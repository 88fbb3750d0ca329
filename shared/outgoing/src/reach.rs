use std::{fmt, net::IpAddr};

use super::{
    address::{is_loopback, is_public},
    request::Url,
};

/// Where a client may connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses, by HTTPS.
    Internet,
    /// The same, and loopback with or without TLS: for tests and local runs. Never on AWS Lambda or Azure, whose own
    /// endpoints live there.
    InternetAndLoopback,
    /// Wherever a request goes: for clients that the administrator alone tells where.
    Anywhere,
    /// One origin that the platform itself names, at whatever address and with or without TLS.
    Only(Origin),
}

impl Reach {
    /// Whether a request may be sent there, as far as its URL alone can tell.
    pub(super) fn admits(&self, url: &Url) -> bool {
        match self {
            Reach::Internet | Reach::InternetAndLoopback | Reach::Anywhere => true,
            Reach::Only(origin) => *origin == url.origin(),
        }
    }

    /// Whether a connection to this address may be made.
    pub(super) fn allows(&self, is_https: bool, address: IpAddr) -> bool {
        match self {
            Reach::Internet => is_https && is_public(address),
            Reach::InternetAndLoopback => is_loopback(address) || (is_https && is_public(address)),
            Reach::Anywhere | Reach::Only(_) => true,
        }
    }
}

/// Scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub(super) is_https: bool,
    pub(super) host: String,
    pub(super) port: u16,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}
