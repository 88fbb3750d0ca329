//! What rules ask beyond the claims and the lists: calls of other systems, items, invitations, counts.

use std::{fmt, hash, sync::Arc, time::Duration};

use async_trait::async_trait;
use claims::{Hash, Value};
use store::{CheckOutcome, Invitation, InvitationUse, ListName, ListQuestion, Listed, Tally};

/// Something that the policy needs to know before it can say what is to happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// Whether a list in the store has an entry.
    Listed(ListQuestion),
    /// What another system says. It may be asked twice, and the answer kept for a while.
    LookUp(Arc<Call>),
    /// What stands in an item of the store.
    Item(ItemQuestion),
    /// What a check says that is made once for an applicant and an input.
    Check(Arc<Check>),
    /// What is known of an invitation.
    Invitation {
        /// The code, by its hash.
        code: Hash,
        /// Who wants to use it, by the hash of their key.
        applicant: Hash,
    },
    /// How often something happened.
    Tally(Tally),
}

/// The answer to a question, of the same kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To [`Question::Listed`].
    Listed(Listed),
    /// To [`Question::LookUp`] and [`Question::Item`].
    Found(Found),
    /// To [`Question::Check`].
    Checked(CheckOutcome),
    /// To [`Question::Invitation`]; nothing if there is no such code.
    Invitation(Option<(Invitation, Option<InvitationUse>)>),
    /// To [`Question::Tally`].
    Tally(u64),
}

/// What a look-up found.
#[derive(Clone, PartialEq, Eq)]
pub enum Found {
    /// The values at the pointers that were asked for, in their order; nothing where there is none.
    Values(Vec<Option<Value>>),
    /// There is no such thing: the item is not there, or the other system said so (404).
    Nothing,
}

/// Prints no values.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Values(values) => write!(f, "Values({})", values.len()),
            Found::Nothing => f.write_str("Nothing"),
        }
    }
}

/// An item of the store that is looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ItemQuestion {
    /// The name of the look-up in the policy.
    pub name: Arc<str>,
    /// The items among which it is.
    pub table: ListName,
    /// Its key, by hash.
    pub key: Hash,
    /// What is read of it: JSON pointers (RFC 6901).
    pub pointers: Vec<String>,
}

/// One call of another system, ready to be sent. Scheme, host and port are the policy's own; claims stand
/// percent-encoded in the path and the query, escaped in bodies, and in headers without control characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Call {
    /// The name of the look-up or check in the policy, for logs.
    pub name: Arc<str>,
    /// How it is sent.
    pub method: Method,
    /// Where. May hold claims: never for a log.
    pub url: String,
    /// The headers beside those of the body, by name.
    pub headers: Vec<(String, Filled)>,
    /// The body.
    pub body: Option<Body>,
    /// What is read of the reply: JSON pointers (RFC 6901).
    pub pointers: Vec<String>,
    /// How long it may take, retry and all.
    pub deadline: Duration,
    /// Whether it is sent a second time if the first failed and there is time.
    pub retries: bool,
    /// The longest reply, in bytes.
    pub most_bytes: usize,
    /// How long an answer is good for others who ask the same.
    pub cache: Option<Duration>,
    /// Which the other end is told, so that a call that comes twice counts once (`Idempotency-Key`).
    pub idempotency_key: Option<Hash>,
}

/// Prints no claims.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How a call is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Sends a body.
    Post,
    /// Sends a body.
    Put,
}

/// What a call sends.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Body {
    /// JSON text, without secrets.
    Json(String),
    /// The fields of a form, which are encoded when it is sent.
    Form(Vec<(String, Filled)>),
}

/// A text with secrets in it, by reference.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Filled(pub Vec<Piece>);

/// A piece of a text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Piece {
    /// As it is.
    Text(String),
    /// The secret that stands there: `env:NAME`, `secretsmanager:…` or `ssm:…`.
    Secret(Arc<str>),
}

/// A check that is made once for an applicant and an input.
#[derive(Clone)]
pub struct Check {
    /// The call that makes it.
    pub call: Call,
    /// Of which check, whom and what, by hash.
    pub key: Hash,
    /// Of which check and whom, by hash.
    pub whose: Hash,
    /// How long the result is good.
    pub keep: Duration,
    /// What the reply means.
    pub meaning: Arc<dyn Meaning>,
}

/// What the values of a reply mean.
pub trait Meaning: Send + Sync {
    /// The outcome; nothing if these values mean none.
    fn of(&self, values: &[Option<Value>]) -> Option<CheckOutcome>;
}

impl PartialEq for Check {
    fn eq(&self, other: &Check) -> bool {
        self.key == other.key
    }
}

impl Eq for Check {}

impl hash::Hash for Check {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

/// Prints no claims.
impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

/// Calls other systems.
#[async_trait]
pub trait Outside: Send + Sync {
    /// Makes a call, within its deadline.
    ///
    /// # Errors
    /// [`NoAnswer`], in words without a claim or a secret in them.
    async fn call(&self, call: &Call) -> Result<Found, NoAnswer>;
}

/// Why another system gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// It did not count: nothing was sent, or the other end refused it.
    NotSent(String),
    /// It may have been sent, and counted.
    PerhapsSent(String),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (NoAnswer::NotSent(why) | NoAnswer::PerhapsSent(why)) = self;
        f.write_str(why)
    }
}

impl std::error::Error for NoAnswer {}
