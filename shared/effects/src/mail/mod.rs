//! Mail to applicants and reviewers, by SMTP or Amazon SES.
//!
//! A [`Letter`] says who gets which kind of letter with which values; [`Templates`] have the words in each language of
//! the policy; [`Mailer`] makes a message of both and hands it to a server, once for each call.

mod letter;
mod message;
mod reply;
mod ses;
mod settings;
mod smtp;
mod templates;
mod typed;

use std::{fmt, sync::Arc};

use secrets::Secrets;
use store::Clock;

pub use letter::{Applicant, BadLink, Letter, LetterKind, Link, Waiting};
pub use settings::{BadMailSetting, Loopback, MailServer, MailSettings, Security, SmtpServer, TIME_LIMIT};
pub use templates::{Mistake, Mistakes, Templates};

use crate::{Attempt, Why};
use message::Sender;
use ses::Ses;
use smtp::Smtp;

/// Sends letters.
pub struct Mailer {
    transport: Transport,
    templates: Templates,
    sender: Sender,
    clock: Arc<dyn Clock>,
}

enum Transport {
    Smtp(Smtp),
    Ses(Ses),
}

impl Mailer {
    /// Prepares to send. No server is asked before the first letter.
    ///
    /// # Errors
    /// [`BadMailSetting`] for a file of certificates that cannot be read, and where AWS has no credentials.
    pub async fn open(
        settings: MailSettings,
        templates: Templates,
        secrets: Arc<Secrets>,
        clock: Arc<dyn Clock>,
    ) -> Result<Mailer, BadMailSetting> {
        let sender = Sender::new(settings.from, settings.reply_to);
        let transport = match settings.server {
            MailServer::Smtp(server) => Transport::Smtp(Smtp::open(server, secrets, settings.limit)?),
            MailServer::Ses { region } => {
                Transport::Ses(Ses::open(&region, secrets.variables(), settings.limit).await?)
            }
        };
        Ok(Mailer {
            transport,
            templates,
            sender,
            clock,
        })
    }

    /// One attempt to send one letter to one person, within the time limit of the settings. After a lost answer the
    /// letter may be there twice, with the same `Message-ID`.
    pub async fn send(&self, letter: &Letter) -> Attempt<()> {
        let text = self.templates.write(letter, self.sender.name());
        let message = match self.sender.message(letter, text, self.clock.now()) {
            Ok(message) => message,
            Err(why) => return Attempt::Never { why: Why::new(why) },
        };
        match &self.transport {
            Transport::Smtp(smtp) => smtp.send(&message).await,
            Transport::Ses(ses) => ses.send(&message).await,
        }
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailer(..)")
    }
}
