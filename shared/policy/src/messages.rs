use std::{
    borrow::{Borrow, Cow},
    collections::BTreeMap,
    fmt,
};

use claims::{Claims, Locale, Locales, MAX_MESSAGE_CHARS, UserMessage};

use crate::template::{self, BadTemplate, Template, shown};

/// The name of a text in the policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageName(Cow<'static, str>);

impl MessageName {
    /// A rule turned the applicant away.
    pub const BLOCKED: MessageName = MessageName::built_in("blocked");
    /// A rule asks for something else in the form.
    pub const CHECK_INPUT: MessageName = MessageName::built_in("check-input");
    /// The request was handed to the reviewers just now.
    pub const WAITING: MessageName = MessageName::built_in("waiting");
    /// The request is still with the reviewers.
    pub const PENDING: MessageName = MessageName::built_in("pending");
    /// The request was denied.
    pub const DENIED: MessageName = MessageName::built_in("denied");
    /// The request was approved, but only an unproven address says who the applicant is.
    pub const UNPROVEN: MessageName = MessageName::built_in("unproven");
    /// The request was approved for another address than the one that came now.
    pub const OTHER_ADDRESS: MessageName = MessageName::built_in("other-address");
    /// The request was approved, and the account is being created.
    pub const ON_ITS_WAY: MessageName = MessageName::built_in("on-its-way");
    /// The account is there.
    pub const READY: MessageName = MessageName::built_in("ready");
    /// A check of the applicant failed.
    pub const NOT_VERIFIED: MessageName = MessageName::built_in("not-verified");
    /// Nothing shows that the applicant is no robot.
    pub const NOT_A_ROBOT: MessageName = MessageName::built_in("not-a-robot");
    /// The applicant has no invitation that is good.
    pub const INVITATION: MessageName = MessageName::built_in("invitation-needed");
    /// Too many signed up before.
    pub const LATER: MessageName = MessageName::built_in("later");
    /// Something went wrong on our side.
    pub const FAILED: MessageName = MessageName::built_in("failed");

    /// What an applicant is told when there is no policy to ask, in English.
    pub fn without_policy() -> UserMessage {
        last_resort()
    }

    pub(crate) fn new(name: &str) -> MessageName {
        MessageName(name.to_owned().into())
    }

    const fn built_in(name: &'static str) -> MessageName {
        MessageName(std::borrow::Cow::Borrowed(name))
    }
}

impl Borrow<str> for MessageName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The texts that need not be written: every policy can show them, and a policy's own text of the same name wins.
pub(crate) const BUILT_IN: [(MessageName, [(&str, &str); 2]); 14] = [
    (
        MessageName::BLOCKED,
        [
            ("en", "You cannot sign up here."),
            ("de", "Eine Registrierung ist hier für Sie nicht möglich."),
        ],
    ),
    (
        MessageName::CHECK_INPUT,
        [
            ("en", "Please check what you entered."),
            ("de", "Bitte überprüfen Sie Ihre Eingaben."),
        ],
    ),
    (
        MessageName::WAITING,
        [
            (
                "en",
                "Thank you. Your request is waiting for approval. Please come back later.",
            ),
            (
                "de",
                "Vielen Dank. Ihre Anfrage wartet auf Freigabe. Bitte kommen Sie später wieder.",
            ),
        ],
    ),
    (
        MessageName::PENDING,
        [
            ("en", "Your request is being processed. Please come back later."),
            ("de", "Ihre Anfrage wird bearbeitet. Bitte kommen Sie später wieder."),
        ],
    ),
    (
        MessageName::DENIED,
        [
            ("en", "Your request was denied."),
            ("de", "Ihre Anfrage wurde abgelehnt."),
        ],
    ),
    (
        MessageName::UNPROVEN,
        [
            (
                "en",
                "Your request was approved, but your e-mail address is not confirmed. Please contact us.",
            ),
            (
                "de",
                "Ihre Anfrage ist freigegeben, aber Ihre E-Mail-Adresse ist nicht bestätigt. Bitte melden Sie sich bei uns.",
            ),
        ],
    ),
    (
        MessageName::OTHER_ADDRESS,
        [
            (
                "en",
                "Your request was approved for another e-mail address. Please sign up with that one.",
            ),
            (
                "de",
                "Ihre Anfrage wurde für eine andere E-Mail-Adresse freigegeben. Bitte registrieren Sie sich mit jener.",
            ),
        ],
    ),
    (
        MessageName::ON_ITS_WAY,
        [
            (
                "en",
                "Your request was approved, and your account is on its way. Please come back in a few minutes.",
            ),
            (
                "de",
                "Ihre Anfrage ist freigegeben, und Ihr Konto wird angelegt. Bitte kommen Sie in einigen Minuten wieder.",
            ),
        ],
    ),
    (
        MessageName::READY,
        [
            (
                "en",
                "Your account is ready. Please sign in, or follow the link in the e-mail that we sent you.",
            ),
            (
                "de",
                "Ihr Konto ist bereit. Bitte melden Sie sich an oder folgen Sie dem Link in unserer E-Mail an Sie.",
            ),
        ],
    ),
    (
        MessageName::NOT_VERIFIED,
        [
            ("en", "We could not verify who you are."),
            ("de", "Wir konnten nicht feststellen, wer Sie sind."),
        ],
    ),
    (
        MessageName::NOT_A_ROBOT,
        [
            ("en", "Please confirm that you are not a robot."),
            ("de", "Bitte bestätigen Sie, dass Sie kein Roboter sind."),
        ],
    ),
    (
        MessageName::INVITATION,
        [
            (
                "en",
                "Please enter the code of your invitation. If it is not accepted, please ask whoever invited you.",
            ),
            (
                "de",
                "Bitte geben Sie den Code Ihrer Einladung ein. Wird er nicht angenommen, fragen Sie bitte dort nach, von wo Sie ihn \
                 haben.",
            ),
        ],
    ),
    (
        MessageName::LATER,
        [
            (
                "en",
                "Too many people are signing up at the moment. Please try again later.",
            ),
            (
                "de",
                "Im Moment registrieren sich zu viele. Bitte versuchen Sie es später noch einmal.",
            ),
        ],
    ),
    (
        MessageName::FAILED,
        [
            (
                "en",
                "We cannot process your sign-up at the moment. Please try again later.",
            ),
            (
                "de",
                "Ihre Registrierung kann im Moment nicht bearbeitet werden. Bitte versuchen Sie es später noch einmal.",
            ),
        ],
    ),
];

/// The built-in texts that only rules of their own kind show.
pub(crate) const OF_RULES: [MessageName; 4] = [
    MessageName::NOT_VERIFIED,
    MessageName::NOT_A_ROBOT,
    MessageName::INVITATION,
    MessageName::LATER,
];

/// Every text in every language of the policy.
#[derive(Debug)]
pub(crate) struct Messages {
    /// By name, then in the order of the policy's languages.
    pub(crate) texts: BTreeMap<MessageName, Vec<(Locale, Text)>>,
}

impl Messages {
    /// The text in the first language asked for that the policy has (`de-AT`, then `de`), else in its first one.
    pub(crate) fn text(&self, name: &MessageName, locales: &Locales, claims: &Claims) -> UserMessage {
        let texts = self.texts.get(name).map(Vec::as_slice).unwrap_or_default();
        let spoken = |tag: &str| texts.iter().find(|(locale, _)| locale.as_str() == tag);
        let best = locales.iter().find_map(|asked| asked.fallbacks().find_map(spoken));
        best.or(texts.first())
            .and_then(|(_, text)| text.with(claims))
            .unwrap_or_else(last_resort)
    }
}

/// A text that applicants read.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    Plain(UserMessage),
    /// With claims in it, and how many characters each may have there, so that all of it can be shown.
    Filled(Template, usize),
}

impl Text {
    /// Reads a text of the file.
    ///
    /// # Errors
    /// What is wrong with it: its length, its characters, or a placeholder.
    pub(crate) fn parse(text: &str) -> Result<Text, String> {
        let template = Template::parse(text).map_err(|bad| match bad {
            BadTemplate::Brace => {
                "a `{` or `}` stands alone; a placeholder is a claim in braces, such as `{displayName}`, and a brace is \
                 written twice"
                    .to_owned()
            }
            BadTemplate::Name(name, error) => format!("`{{{name}}}` is no placeholder: {error}"),
        })?;
        let places = template.claims().count();
        let fixed = template.fill(|_| Cow::Borrowed(""));
        if places > 0 && fixed.trim().is_empty() {
            return Err("a text is more than its placeholders: an applicant may have left them empty".to_owned());
        }
        let message = UserMessage::parse(&fixed).map_err(|error| error.to_string())?;
        let room = MAX_MESSAGE_CHARS - message.as_str().chars().count();
        match room.checked_div(places) {
            None => Ok(Text::Plain(message)),
            Some(each) if each < LEAST_ROOM => Err(format!(
                "the text leaves {each} characters for each placeholder; at most {MAX_MESSAGE_CHARS} are shown in all, and \
                 a claim needs {LEAST_ROOM}"
            )),
            Some(each) => Ok(Text::Filled(template, each)),
        }
    }

    fn with(&self, claims: &Claims) -> Option<UserMessage> {
        match self {
            Text::Plain(message) => Some(message.clone()),
            Text::Filled(template, room) => {
                let text = template.fill(|claim| Cow::Owned(plain(&shown(claims, claim), *room)));
                // Behind an absent claim there may be a full stop or a comma.
                let text = template::tidy(&text).replace(" .", ".").replace(" ,", ",");
                UserMessage::parse(&text).ok()
            }
        }
    }
}

/// The least room for a claim, in characters.
const LEAST_ROOM: usize = 20;

/// What somebody typed, as far as a message may show it.
fn plain(text: &str, room: usize) -> String {
    let shown = |c: &char| !c.is_control() && !matches!(c, '<' | '>');
    let mut plain: String = text.chars().filter(shown).take(room + 1).collect();
    if plain.chars().count() > room {
        plain = plain.chars().take(room - 1).chain(['…']).collect();
    }
    plain
}

/// The text where a policy has none: it could not be read, or no name is missing after [`crate::Policy::parse`].
fn last_resort() -> UserMessage {
    let [(_, text), _] = &BUILT_IN[BUILT_IN.len() - 1].1;
    match UserMessage::parse(text) {
        Ok(message) => message,
        Err(_) => unreachable!("the built-in texts are tested"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_typed_fits_into_a_message() {
        assert_eq!(plain("Jane <b>Roe\u{202e}\n", 30), "Jane bRoe\u{202e}");
        assert_eq!(plain(&"x".repeat(21), 20).chars().count(), 20);
        assert_eq!(plain(&"x".repeat(20), 20), "x".repeat(20));
    }

    #[test]
    fn every_built_in_text_can_be_shown() {
        for (name, texts) in &BUILT_IN {
            for (locale, text) in texts {
                assert!(
                    UserMessage::parse(text).is_ok() && Locale::parse(locale).is_some(),
                    "{name} in {locale}"
                );
            }
        }
        assert_eq!(BUILT_IN[BUILT_IN.len() - 1].0, MessageName::FAILED);
        assert!(last_resort().as_str().contains("at the moment"));
    }
}
