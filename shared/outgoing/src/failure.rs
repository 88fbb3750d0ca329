use std::{error::Error, fmt, iter};

use http_body_util::LengthLimitError;
use hyper_util::client::legacy;

/// Why there is no reply. It names no address and holds nothing that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The request did not leave: sending it again does nothing twice.
    NotSent(Cause),
    /// The request may have arrived and been carried out.
    PerhapsSent(Cause),
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The address is none that may be connected to, or not without TLS.
    Forbidden,
    /// The name has no address.
    Unknown,
    /// Nobody answered there.
    Unreachable,
    /// TLS failed, for this reason.
    Tls(String),
    /// It took too long.
    Slow,
    /// The connection ended, or what came was no HTTP.
    Broken,
    /// The reply was longer than allowed.
    TooLarge,
    /// The reply did not say where it ends.
    Endless,
}

impl Failure {
    pub(super) fn of_body(error: Box<dyn Error + Send + Sync>) -> Failure {
        Failure::PerhapsSent(match error.downcast_ref::<LengthLimitError>() {
            Some(_) => Cause::TooLarge,
            None => Cause::Broken,
        })
    }
}

impl From<legacy::Error> for Failure {
    fn from(error: legacy::Error) -> Failure {
        if !error.is_connect() {
            return Failure::PerhapsSent(Cause::Broken);
        }
        let mut causes = iter::successors(error.source(), |&error| error.source());
        let ours = causes.find_map(|cause| cause.downcast_ref::<Cause>());
        Failure::NotSent(ours.cloned().unwrap_or(Cause::Broken))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotSent(cause) => write!(f, "not sent: {cause}"),
            Failure::PerhapsSent(cause) => write!(f, "sent perhaps: {cause}"),
        }
    }
}

impl Error for Failure {}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::Forbidden => "the address is not one of the internet, or is not reached by HTTPS",
            Cause::Unknown => "the name has no address",
            Cause::Unreachable => "nobody answered at the address",
            Cause::Tls(why) => return write!(f, "TLS failed: {why}"),
            Cause::Slow => "it took too long",
            Cause::Broken => "the connection ended or spoke no HTTP",
            Cause::TooLarge => "the reply is too large",
            Cause::Endless => "the reply does not say where it ends, and could be cut short unseen",
        })
    }
}

impl Error for Cause {}
