use claims::{Claims, Hash, Step};
use serde::{Deserialize, Serialize};

use crate::{Becomes, Counter, HeldInvitation};

/// What follows a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Create the account of somebody whose request was approved.
    CreateAccount,
    /// Tell the applicant what became of their request.
    TellApplicant {
        /// What.
        news: News,
        /// The encrypted address at which an invitation is redeemed, where the news has one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        redeem_url: Option<String>,
    },
    /// Tell those who are asked that somebody waits: each of them, by an effect of their own.
    TellReviewers {
        /// Why now.
        why: Occasion,
    },
    /// Tell one reviewer that somebody waits.
    TellReviewer {
        /// At which address, by its hash.
        address: Hash,
        /// Why now.
        why: Occasion,
    },
    /// Publish what a rule of the policy says, in the words that it chose.
    Publish {
        /// The event's name.
        event: String,
        /// What the applicant was answered: `continue`, `block`, `ask-again`, `hold` or `error`.
        outcome: String,
        /// At which step.
        step: Step,
        /// The claims that the rule chose, as the policy left them.
        claims: Claims,
    },
    /// Count a request under its new state and route, and no longer under those before.
    Count {
        /// Under which it was counted until then; nothing for one that was opened.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        from: Option<Counter>,
        /// Under which it is counted from then on.
        to: Counter,
    },
    /// Say what becomes of the use of an invitation that a request held.
    Invitation {
        /// Which, and since when it was held.
        held: HeldInvitation,
        /// What becomes of it.
        becomes: Becomes,
    },
}

impl Effect {
    /// Who carries it out.
    pub fn receiver(&self) -> Receiver {
        match self {
            Effect::CreateAccount => Receiver::Account,
            Effect::TellApplicant { .. } => Receiver::Mail,
            Effect::TellReviewers { .. } | Effect::TellReviewer { .. } => Receiver::Reviewers,
            Effect::Publish { .. } => Receiver::Events,
            Effect::Count { .. } | Effect::Invitation { .. } => Receiver::Counts,
        }
    }

    /// Its name in logs and lists.
    pub fn name(&self) -> &'static str {
        match self {
            Effect::CreateAccount => "create-account",
            Effect::TellApplicant { news, .. } => news.name(),
            Effect::TellReviewers { .. } => "tell-reviewers",
            Effect::TellReviewer { .. } => "tell-reviewer",
            Effect::Publish { .. } => "publish",
            Effect::Count { .. } => "count",
            Effect::Invitation {
                becomes: Becomes::Returned,
                ..
            } => "return-invitation",
            Effect::Invitation {
                becomes: Becomes::Spent,
                ..
            } => "spend-invitation",
        }
    }

    /// Whether it holds a value that only its receiver may read. Lists say `sealed` in its place.
    pub fn is_sealed(&self) -> bool {
        matches!(
            self,
            Effect::TellApplicant {
                redeem_url: Some(_),
                ..
            }
        )
    }
}

/// Why reviewers are told that somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// They are asked: for the first time, or once more since the claims changed.
    Asked,
    /// They are reminded.
    Reminded,
    /// Others did not decide in time.
    Escalated,
}

/// What an applicant is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum News {
    /// Their request was received, and waits.
    Received,
    /// They may come in.
    Approved,
    /// They may not.
    Denied,
    /// Nobody decided in time, or they did not use their approval in time: they may ask again.
    Expired,
}

impl News {
    /// All there are.
    pub const ALL: [News; 4] = [News::Received, News::Approved, News::Denied, News::Expired];

    /// The name of the news in policies, logs and lists.
    pub fn name(self) -> &'static str {
        match self {
            News::Received => "received",
            News::Approved => "approved",
            News::Denied => "denied",
            News::Expired => "expired",
        }
    }
}

/// Who carries effects out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Receiver {
    /// The directory, where accounts are created.
    Account,
    /// Mail to applicants.
    Mail,
    /// Mail to reviewers: a mailbox of theirs that is full holds up no applicant.
    Reviewers,
    /// Whoever listens to business events.
    Events,
    /// The store itself: its counters, and the uses of invitations.
    Counts,
}

impl Receiver {
    /// All there are.
    pub const ALL: [Receiver; 5] = [
        Receiver::Account,
        Receiver::Mail,
        Receiver::Reviewers,
        Receiver::Events,
        Receiver::Counts,
    ];

    /// The receiver in ids, logs and lists.
    pub fn name(self) -> &'static str {
        match self {
            Receiver::Account => "account",
            Receiver::Mail => "mail",
            Receiver::Reviewers => "reviewers",
            Receiver::Events => "events",
            Receiver::Counts => "counts",
        }
    }

    /// The receiver with this name.
    pub fn from_name(name: &str) -> Option<Receiver> {
        Receiver::ALL.into_iter().find(|receiver| receiver.name() == name)
    }
}
