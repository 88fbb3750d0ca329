//! Where letters go: what `VESTIBULE_MAIL` says.

use std::{net::IpAddr, path::PathBuf};

use claims::Domain;
use secrets::{PlainText, SecretRef};

use super::{BadMailSetting, wanted};

/// Who takes letters.
#[derive(Clone)]
pub enum MailServer {
    /// `smtp://[user@]host[:port]` or `smtps://[user@]host[:port]`.
    Smtp(SmtpServer),
    /// `ses:REGION`: Amazon SES, version 2 of its API.
    Ses {
        /// The region, such as `eu-west-1`.
        region: String,
    },
}

/// An SMTP server.
#[derive(Clone)]
pub struct SmtpServer {
    /// Name or IP address.
    pub host: String,
    /// 465 for TLS from the start and 587 for STARTTLS by default.
    pub port: u16,
    /// How the way there is protected.
    pub security: Security,
    /// User name and password, where the server wants a log-in.
    pub login: Option<(String, SecretRef)>,
    /// `VESTIBULE_MAIL_CA_FILE`: certificates in PEM form that vouch for the server, instead of the system's.
    pub authorities: Option<PathBuf>,
}

/// How the way to an SMTP server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// STARTTLS, and nothing is sent without it.
    StartTls,
    /// Nothing: to this machine only.
    None,
}

/// Whether a server on this machine may be spoken to without TLS. Never on Lambda or Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loopback {
    /// `smtp://127.0.0.1:1025?tls=none` is accepted.
    Allow,
    /// Nothing goes without TLS.
    Refuse,
}

const SERVER: &str = "VESTIBULE_MAIL";
const SERVER_WANTED: &str =
    "`smtps://user@host` (TLS), `smtp://user@host` (STARTTLS), each with `:port` if need be, or `ses:REGION`";

impl MailServer {
    /// Reads `VESTIBULE_MAIL` and what belongs to it; `None` where it is unset.
    pub(super) fn read(
        variables: &dyn Fn(&str) -> Option<String>,
        plain: PlainText,
        loopback: Loopback,
    ) -> Result<Option<MailServer>, BadMailSetting> {
        let Some(server) = variables(SERVER) else {
            return Ok(None);
        };
        match server.strip_prefix("ses:") {
            Some(region) => ses(region).map(Some),
            None => smtp(&server, variables, plain, loopback).map(|server| Some(MailServer::Smtp(server))),
        }
    }
}

fn ses(region: &str) -> Result<MailServer, BadMailSetting> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if region.is_empty() || !region.chars().all(legal) {
        return Err(wanted(
            SERVER,
            "names no AWS region",
            "one after `ses:`, such as `ses:eu-west-1`",
        ));
    }
    Ok(MailServer::Ses {
        region: region.to_owned(),
    })
}

fn smtp(
    text: &str,
    variables: &dyn Fn(&str) -> Option<String>,
    plain: PlainText,
    loopback: Loopback,
) -> Result<SmtpServer, BadMailSetting> {
    let (security, rest) = match text.split_once("://") {
        Some(("smtps", rest)) => (Security::Tls, rest),
        Some(("smtp", rest)) => match rest.strip_suffix("?tls=none") {
            Some(rest) => (Security::None, rest),
            None => (Security::StartTls, rest),
        },
        _ => return Err(wanted(SERVER, "is no mail server", SERVER_WANTED)),
    };
    let (user, host) = rest
        .rsplit_once('@')
        .map_or((None, rest), |(user, host)| (Some(user), host));
    let (host, port) = host_and_port(host.trim_end_matches('/'), security)?;
    if security == Security::None && (loopback == Loopback::Refuse || !is_this_machine(&host)) {
        let wants = "a server with TLS; one without may only be on this machine, where the program was told so";
        return Err(wanted(SERVER, "asks for no TLS", wants));
    }
    Ok(SmtpServer {
        host,
        port,
        security,
        login: login(user, variables("VESTIBULE_MAIL_PASSWORD"), plain)?,
        authorities: variables("VESTIBULE_MAIL_CA_FILE").map(PathBuf::from),
    })
}

fn login(
    user: Option<&str>,
    password: Option<String>,
    plain: PlainText,
) -> Result<Option<(String, SecretRef)>, BadMailSetting> {
    const PASSWORD: &str = "VESTIBULE_MAIL_PASSWORD";
    let (user, password) = match (user, password) {
        (None, None) => return Ok(None),
        (Some(user), Some(password)) => (user, password),
        (Some(_), None) => {
            return Err(wanted(
                PASSWORD,
                "is not set",
                "the password of the user that VESTIBULE_MAIL names",
            ));
        }
        (None, Some(_)) => {
            return Err(wanted(
                SERVER,
                "names no user for the password that is set",
                SERVER_WANTED,
            ));
        }
    };
    if user.is_empty() || user.contains(':') {
        return Err(wanted(
            SERVER,
            "holds a password or an empty user",
            "the user alone; the password is VESTIBULE_MAIL_PASSWORD",
        ));
    }
    let user = decode(user).ok_or_else(|| {
        wanted(
            SERVER,
            "has a broken `%` in its user",
            "`%40` for `@` and so on, or the character itself",
        )
    })?;
    let password =
        SecretRef::parse(&password, plain).map_err(|error| BadMailSetting(format!("{PASSWORD} is {error}")))?;
    Ok(Some((user, password)))
}

fn host_and_port(text: &str, security: Security) -> Result<(String, u16), BadMailSetting> {
    let default = match security {
        Security::Tls => 465,
        Security::StartTls => 587,
        Security::None => 25,
    };
    let bad = || wanted(SERVER, "names no host", SERVER_WANTED);
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((ip, rest)) => (ip, rest.strip_prefix(':')),
        None => text
            .split_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = port
        .map_or(Ok(default), str::parse)
        .map_err(|_| wanted(SERVER, "has a port that is none", SERVER_WANTED))?;
    match host.parse::<IpAddr>() {
        Ok(ip) => Ok((ip.to_string(), port)),
        Err(_) => Ok((Domain::parse(host).map_err(|_| bad())?.as_str().to_owned(), port)),
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Percent-decoding.
fn decode(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                *hex::decode(digits).ok()?.first()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}
