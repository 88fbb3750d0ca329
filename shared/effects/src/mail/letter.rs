use std::fmt;

use claims::{Address, Locales};

/// One letter to one person.
#[derive(Clone)]
pub struct Letter {
    /// The same on every attempt, and another one for every other effect; the `Message-ID` is made of it.
    pub id: String,
    /// Who gets it.
    pub to: Address,
    /// The languages that this person asked for, best first.
    pub locales: Locales,
    /// What it says.
    pub kind: LetterKind,
}

/// Prints nothing personal.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// What a letter says, and the values that its words may use.
#[derive(Clone, PartialEq, Eq)]
pub enum LetterKind {
    /// To the applicant: the request is with the reviewers.
    Received(Applicant),
    /// To the applicant: the request was approved.
    Approved(Applicant),
    /// To the applicant: the request was approved, and this link opens the account.
    ApprovedRedeem(Applicant, Link),
    /// To the applicant: the request was denied.
    Denied(Applicant),
    /// To the applicant: nobody decided, or the approval was not used in time.
    Expired(Applicant),
    /// To a reviewer: a request came in.
    ReviewNew(Waiting),
    /// To a reviewer: a request still waits.
    ReviewReminder(Waiting),
    /// To a reviewer: a request was handed on, since others did not decide.
    ReviewEscalated(Waiting),
    /// To a reviewer: how many requests wait.
    ReviewDigest {
        /// How many.
        count: u32,
        /// Since how many whole days the oldest waits.
        days: u32,
        /// Where they are decided.
        link: Link,
    },
}

impl LetterKind {
    /// The name of its templates: `mail/<name>.<locale>.txt`.
    pub fn name(&self) -> &'static str {
        match self {
            LetterKind::Received(_) => "received",
            LetterKind::Approved(_) => "approved",
            LetterKind::ApprovedRedeem(..) => "approved-redeem",
            LetterKind::Denied(_) => "denied",
            LetterKind::Expired(_) => "expired",
            LetterKind::ReviewNew(_) => "review-new",
            LetterKind::ReviewReminder(_) => "review-reminder",
            LetterKind::ReviewEscalated(_) => "review-escalated",
            LetterKind::ReviewDigest { .. } => "review-digest",
        }
    }
}

/// The kind without its values.
impl fmt::Debug for LetterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(..)", self.name())
    }
}

/// What a letter may say of the applicant: both as they typed it.
#[derive(Clone, PartialEq, Eq)]
pub struct Applicant {
    /// The display name; empty where there is none.
    pub name: String,
    /// The e-mail address.
    pub address: Address,
}

impl fmt::Debug for Applicant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Applicant(..)")
    }
}

/// A request that waits for a reviewer.
#[derive(Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Who asks: the display name, as they typed it; empty where there is none.
    pub name: String,
    /// Their e-mail address, as they typed it: they may have given none that is one.
    pub address: Option<Address>,
    /// Since how many whole days.
    pub days: u32,
    /// Where it is decided.
    pub link: Link,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting(..)")
    }
}

/// An address that a letter asks to open. It may be a secret, as the link of an invitation is.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    /// Reads an `https:` address; `http:` only to the machine itself, where somebody tries things out.
    ///
    /// # Errors
    /// [`BadLink`] for any other scheme, and for what is no address: spaces, quotes, angle brackets, control characters.
    pub fn parse(text: &str) -> Result<Link, BadLink> {
        let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        let is_local = local.iter().any(|start| {
            let rest = text.strip_prefix(start);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        });
        let secure = text
            .strip_prefix("https://")
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
        let legal = |c: char| !(c.is_whitespace() || c.is_control() || "\"'<>`\\{}".contains(c));
        if (secure || is_local) && text.chars().all(legal) {
            Ok(Link(text.to_owned()))
        } else {
            Err(BadLink)
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(..)")
    }
}

/// The text is no link for a letter. Does not repeat it: it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLink;

impl fmt::Display for BadLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("something that is no link (not shown); wanted: an address that starts with `https://`")
    }
}

impl std::error::Error for BadLink {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_https_and_nothing_else() {
        for text in [
            "https://login.microsoftonline.com/redeem?rd=a%20b&x=1",
            "http://127.0.0.1:3000/review",
            "http://localhost",
        ] {
            assert!(Link::parse(text).is_ok(), "{text}");
        }
        for text in [
            "http://contoso.com/",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "javascript:alert(1)",
            "https://",
            "https:///x",
            "https://a.example/\r\nBcc: x",
            "https://a.example/\"onclick=",
            "https://a.example/<b>",
            "",
        ] {
            assert_eq!(Link::parse(text), Err(BadLink), "{text}");
        }
    }

    #[test]
    fn debug_shows_nothing_personal() {
        let link = Link::parse("https://redeem.example/hunter2").unwrap();
        let applicant = Applicant {
            name: "Jane".to_owned(),
            address: Address::parse("jane@roe.example").unwrap(),
        };
        let waiting = Waiting {
            name: applicant.name.clone(),
            address: Some(applicant.address.clone()),
            days: 3,
            link: link.clone(),
        };
        let letter = |kind| Letter {
            id: "e1".to_owned(),
            to: applicant.address.clone(),
            locales: Locales::parse("de"),
            kind,
        };
        let redeem = letter(LetterKind::ApprovedRedeem(applicant.clone(), link.clone()));
        let shown = format!(
            "{redeem:?} {:?} {applicant:?} {waiting:?} {link:?}",
            letter(LetterKind::ReviewNew(waiting.clone()))
        );
        for personal in ["Jane", "roe", "hunter2"] {
            assert!(!shown.contains(personal), "{shown}");
        }
        assert!(shown.contains("e1") && shown.contains("approved-redeem"));
    }
}
