//! A letter as a message of RFC 5322.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use sha2::{Digest, Sha256};
use store::Timestamp;

use super::{Letter, templates::Written};

/// What is the same in every message.
pub(super) struct Sender {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    name: String,
}

/// A message and whom it goes to.
pub(super) struct Ready {
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
}

impl Sender {
    pub(super) fn new(from: Mailbox, reply_to: Option<Mailbox>) -> Sender {
        let name = from.name.clone().unwrap_or_else(|| from.email.to_string());
        Sender { from, reply_to, name }
    }

    /// What the letters call the sender.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The whole message. Refuses an address that no mail can be sent to.
    pub(super) fn message(&self, letter: &Letter, text: Written, now: Timestamp) -> Result<Ready, &'static str> {
        let to: Address = letter.to.as_str().parse().map_err(
            |_| "the address is none that mail can be sent to; the applicant has to sign up with another one",
        )?;
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(text.subject)
            .message_id(Some(self.message_id(letter)))
            .date(system_time(now))
            // No machine shall answer (RFC 3834); the second one is what Exchange listens to.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("X-Auto-Response-Suppress", "All"));
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        let message = message.multipart(MultiPart::alternative_plain_html(text.text, text.html));
        let message = message.map_err(|_| "the message cannot be put together")?;
        Ok(Ready {
            envelope: message.envelope().clone(),
            bytes: message.formatted(),
        })
    }

    /// The same on every attempt, another one for every reader of the same effect.
    fn message_id(&self, letter: &Letter) -> String {
        let legal = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let id = match letter.id.chars().all(legal) && (1..=64).contains(&letter.id.len()) {
            true => letter.id.clone(),
            false => short_hash(&letter.id),
        };
        format!("<{id}.{}@{}>", short_hash(letter.to.as_str()), self.from.email.domain())
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// 64 bits in hexadecimal digits.
fn short_hash(text: &str) -> String {
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

/// Before 1970 no letter was sent.
fn system_time(time: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(0))
}
