mod server;
#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

use lettre::message::Mailbox;
use secrets::PlainText;

pub use server::{Loopback, MailServer, Security, SmtpServer};

/// The time for one letter, connecting included: whoever leases an effect leases it for longer.
pub const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Where letters go and from whom they come.
#[derive(Clone)]
pub struct MailSettings {
    /// `VESTIBULE_MAIL`.
    pub server: MailServer,
    /// `VESTIBULE_MAIL_FROM`.
    pub from: Mailbox,
    /// `VESTIBULE_MAIL_REPLY_TO`.
    pub reply_to: Option<Mailbox>,
    /// The time for one letter: [`TIME_LIMIT`] unless the program says otherwise.
    pub limit: Duration,
}

impl MailSettings {
    /// Reads the settings from the environment or anywhere else; `None` where `VESTIBULE_MAIL` is unset: no mail.
    ///
    /// # Errors
    /// [`BadMailSetting`], naming the setting and what it wants.
    pub fn read(
        variables: &dyn Fn(&str) -> Option<String>,
        plain: PlainText,
        loopback: Loopback,
    ) -> Result<Option<MailSettings>, BadMailSetting> {
        let Some(server) = MailServer::read(variables, plain, loopback)? else {
            return Ok(None);
        };
        let from = mailbox("VESTIBULE_MAIL_FROM", variables)?;
        Ok(Some(MailSettings {
            server,
            from: from.ok_or_else(|| wanted("VESTIBULE_MAIL_FROM", "is not set", MAILBOX_WANTED))?,
            reply_to: mailbox("VESTIBULE_MAIL_REPLY_TO", variables)?,
            limit: TIME_LIMIT,
        }))
    }
}

/// Prints neither user names nor addresses.
impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = match &self.server {
            MailServer::Smtp(server) => format!("{}:{} {:?}", server.host, server.port, server.security),
            MailServer::Ses { region } => format!("ses:{region}"),
        };
        f.debug_struct("MailSettings")
            .field("server", &server)
            .finish_non_exhaustive()
    }
}

/// A setting of mail that is wrong. Repeats no value: it may hold a name or a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadMailSetting(String);

impl BadMailSetting {
    pub(super) fn new(what: impl Into<String>) -> BadMailSetting {
        BadMailSetting(what.into())
    }
}

impl fmt::Display for BadMailSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadMailSetting {}

const MAILBOX_WANTED: &str = "an address, `no-reply@contoso.com` or `Contoso <no-reply@contoso.com>`";

fn mailbox(name: &str, variables: &dyn Fn(&str) -> Option<String>) -> Result<Option<Mailbox>, BadMailSetting> {
    let Some(text) = variables(name) else {
        return Ok(None);
    };
    let mailbox = text.parse::<Mailbox>().ok();
    // Every server must take it: the domain in its ASCII form (`xn--…`), the part before it in ASCII as well.
    let mailbox = mailbox.filter(|mailbox| !text.chars().any(char::is_control) && mailbox.email.to_string().is_ascii());
    mailbox
        .map(Some)
        .ok_or_else(|| wanted(name, "is no address", MAILBOX_WANTED))
}

fn wanted(name: &str, got: &str, wants: &str) -> BadMailSetting {
    BadMailSetting(format!("{name} {got}; wanted: {wants}"))
}
