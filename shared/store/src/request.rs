use std::{fmt, str::FromStr};

use claims::{Address, Changes, Claims, Hash, Identity, Locales};
use serde::{Deserialize, Serialize};

use crate::{Actor, Asked, HeldInvitation, Review, Timestamp, listing::domain_key};

/// An application that waits for, or was decided by, reviewers, or that was let in automatically.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Whose and which.
    pub id: RequestId,
    /// Goes up by one with every change, through all requests of an applicant.
    pub version: u64,
    /// Where it stands.
    pub state: State,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// The rule of the policy that held it.
    pub rule: String,
    /// The route by which it is decided, where the policy names one.
    pub route: Option<RouteName>,
    /// Whether an identity provider vouches for the applicant; false where only an e-mail address tells who it is.
    pub proven: bool,
    /// The claims as the applicant sent them last.
    pub received: Claims,
    /// The keys of the claims that the policy dropped from them: nobody can ask about these later.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub dropped: Vec<String>,
    /// The same claims as the policy left them: what is reviewed, and what the account gets.
    pub reviewed: Claims,
    /// What the answer that let the applicant in set, or will set, beyond confirming the reviewed claims.
    pub changes: Changes,
    /// How the applicant signed in.
    pub identities: Vec<Identity>,
    /// The app signed in to, where the call named it.
    pub app: Option<String>,
    /// The languages that the applicant's browser asks for.
    pub locales: Locales,
    /// Every address that the applicant has given, by hash: a denial turns all of them away.
    pub addresses: Vec<Hash>,
    /// The invitation that the applicant holds while this is open, or used up.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub invitation: Option<HeldInvitation>,
    /// How often the applicant has changed their claims.
    pub updates: u32,
    /// Proof of its history: that of the last entry.
    pub head: Option<Hash>,
    /// Proof of the whole row but for this.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proof: Option<Hash>,
    /// Claims sent lately, by hash: late retries of the service bring old ones again.
    pub recent: Vec<Seen>,
}

/// Claims that a request had lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Their canonical form, hashed.
    pub claims: Hash,
    /// When they came.
    pub at: Timestamp,
}

/// Whose request, and the how manieth: written as 64 hex digits of the applicant key's hash, `-`, and the round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId {
    /// The hash of the applicant's key.
    pub applicant: Hash,
    /// 1 for the applicant's first request.
    pub round: u32,
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.applicant, self.round)
    }
}

impl FromStr for RequestId {
    type Err = BadRequestId;

    fn from_str(text: &str) -> Result<Self, BadRequestId> {
        let (applicant, round) = text.split_once('-').ok_or(BadRequestId)?;
        let id = RequestId {
            applicant: Hash::from_hex(applicant).ok_or(BadRequestId)?,
            round: round.parse().map_err(|_| BadRequestId)?,
        };
        // One spelling for each: `+1`, `01` and capital letters are none.
        if id.round == 0 || id.to_string() != text {
            Err(BadRequestId)
        } else {
            Ok(id)
        }
    }
}

impl From<RequestId> for String {
    fn from(id: RequestId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for RequestId {
    type Error = BadRequestId;

    fn try_from(text: String) -> Result<Self, BadRequestId> {
        text.parse()
    }
}

/// The text is no request's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRequestId;

impl fmt::Display for BadRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request's id is 64 hex digits, `-`, and a number from 1")
    }
}

impl std::error::Error for BadRequestId {}

/// The name of a route in the policy: 1 to 64 ASCII letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RouteName(String);

impl RouteName {
    /// Nothing for a text that is none.
    pub fn parse(text: &str) -> Option<RouteName> {
        is_word(text).then(|| RouteName(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RouteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<RouteName> for String {
    fn from(name: RouteName) -> String {
        name.0
    }
}

impl TryFrom<String> for RouteName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        RouteName::parse(&text).ok_or("a route's name has 1 to 64 letters, digits, `-` and `_`")
    }
}

/// Whether a text can be a name that keys of a store hold: 1 to 64 ASCII letters, digits, `-` and `_`.
pub(crate) fn is_word(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(legal)
}

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum State {
    /// It waits for reviewers.
    Pending(Box<Review>),
    /// The applicant may come in: the next submit or we see to it, whoever creates the account.
    Approved {
        /// When.
        at: Timestamp,
        /// Who decided.
        by: Actor,
        /// Why; never shown to the applicant.
        reason: Option<String>,
        /// When the approval runs out if it is not used.
        until: Timestamp,
        /// Who creates the account, as the policy said then: what was promised outlives a change of the policy.
        account: AccountBy,
    },
    /// The applicant is turned away.
    Denied {
        /// When.
        at: Timestamp,
        /// Who decided.
        by: Actor,
        /// Why; never shown to the applicant.
        reason: Option<String>,
        /// When the applicant may ask again.
        until: Timestamp,
    },
    /// The applicant gave up.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
    /// Nobody decided in time, or the approval was not used in time.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// The applicant was told to go on: admitted, which is not to say that the account exists.
    Admitted {
        /// When.
        at: Timestamp,
    },
    /// The account of an approved applicant was created.
    Provisioned {
        /// When.
        at: Timestamp,
        /// The account's id in the directory.
        object_id: String,
    },
}

impl State {
    /// The state without its particulars.
    pub fn name(&self) -> StateName {
        match self {
            State::Pending(_) => StateName::Pending,
            State::Approved { .. } => StateName::Approved,
            State::Denied { .. } => StateName::Denied,
            State::Withdrawn { .. } => StateName::Withdrawn,
            State::Expired { .. } => StateName::Expired,
            State::Admitted { .. } => StateName::Admitted,
            State::Provisioned { .. } => StateName::Provisioned,
        }
    }
}

/// Who creates the account of somebody who was approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountBy {
    /// The user flow, when they come again and are told to go on.
    Flow,
    /// We do, in the directory; in B2B only, as B2C never sends the password.
    Graph,
}

/// A state's name, in lists and addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateName {
    /// See [`State::Pending`].
    Pending,
    /// See [`State::Approved`].
    Approved,
    /// See [`State::Denied`].
    Denied,
    /// See [`State::Withdrawn`].
    Withdrawn,
    /// See [`State::Expired`].
    Expired,
    /// See [`State::Admitted`].
    Admitted,
    /// See [`State::Provisioned`].
    Provisioned,
}

impl StateName {
    /// Every state.
    pub const ALL: [StateName; 7] = [
        StateName::Pending,
        StateName::Approved,
        StateName::Denied,
        StateName::Withdrawn,
        StateName::Expired,
        StateName::Admitted,
        StateName::Provisioned,
    ];

    /// The name in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            StateName::Pending => "pending",
            StateName::Approved => "approved",
            StateName::Denied => "denied",
            StateName::Withdrawn => "withdrawn",
            StateName::Expired => "expired",
            StateName::Admitted => "admitted",
            StateName::Provisioned => "provisioned",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<StateName> {
        StateName::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Request {
    /// How far its review is, while it is pending.
    pub fn review(&self) -> Option<&Review> {
        match &self.state {
            State::Pending(review) => Some(review),
            _ => None,
        }
    }

    /// Who is asked to decide, while it is pending.
    pub fn asked(&self) -> Option<&Asked> {
        self.review().map(|review| &review.stage().asked)
    }

    /// Whether it waits, or can still be used.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Pending(_) | State::Approved { .. })
    }

    /// When time changes something next: a review reminds, escalates or ends, an approval runs out.
    pub fn due(&self) -> Option<Timestamp> {
        match &self.state {
            State::Pending(review) => Some(review.due()),
            State::Approved { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// The address of the applicant, where a one-time passcode proved it.
    pub fn proven_address(&self) -> Option<&str> {
        let by_passcode = |identity: &&Identity| identity.issuer().as_deref() == Some("mail");
        self.identities.iter().find(by_passcode).and_then(Identity::address)
    }

    /// The address the applicant gave, as they wrote it.
    pub fn email(&self) -> Option<&str> {
        self.received.at_key("email").and_then(claims::Value::text)
    }

    /// The address under which it is found, by its hash: the one the applicant gave, else the one that was proven.
    pub fn address(&self) -> Option<Hash> {
        self.any_address().map(Hash::of_address)
    }

    /// The domain of that address, by its hash; none if it is no address.
    pub fn domain(&self) -> Option<Hash> {
        let address = Address::parse(self.any_address()?).ok()?;
        Some(domain_key(&address.domain()))
    }

    fn any_address(&self) -> Option<&str> {
        let given = self.email().filter(|email| !email.trim().is_empty());
        given.or_else(|| self.proven_address())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id = RequestId {
            applicant: Hash::of(&["a"]),
            round: 12,
        };
        assert_eq!(id.to_string().parse(), Ok(id));
        let hex = id.applicant.to_string();
        for text in [
            format!("{hex}-0"),
            format!("{hex}-01"),
            format!("{hex}-+1"),
            format!("{}-1", hex.to_uppercase()),
            hex,
        ] {
            assert_eq!(text.parse::<RequestId>(), Err(BadRequestId), "{text}");
        }
    }
}
