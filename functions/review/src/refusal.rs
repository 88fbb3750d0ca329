use std::borrow::Cow;

use http::StatusCode;
use store::{StoreError, parking::NotDone};

/// Why a call is not answered as it wished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is nothing at this path.
    Path,
    /// There is no request with this id.
    Request,
    /// There is no effect with this id.
    Effect,
    /// The policy keeps no list of this name in the store.
    List,
    /// The list is fetched, and nobody has yet.
    NeverFetched,
    /// The list is fetched: nobody edits it here.
    Fetched,
    /// The path takes these methods.
    Method(&'static str),
    /// The call shows no reviewer's token. Programs only: people get a form.
    Token,
    /// The body has to be of this type.
    ContentType(&'static str),
    /// The body is too large.
    TooLarge,
    /// The body ended early.
    Unreadable,
    /// Something in the call is wrong; the text says what, and quotes nothing.
    Input(Cow<'static, str>),
    /// The call does not come from a page of the room.
    Forged,
    /// The request went on to others after the reviewer looked at it.
    Moved,
    /// Somebody voted to turn the applicant away.
    Opposed,
    /// The stage that the request is in asks others.
    NotAsked,
    /// It is the reviewer's own request.
    OnThemselves,
    /// The applicant changed the request after the reviewer looked at it.
    Changed,
    /// The effect is still tried.
    NotParked,
    /// Somebody else changed the effect at the same time.
    Overtaken,
    /// The store failed.
    Store(StoreError),
    /// No answer in time.
    OutOfTime,
    /// The system has no random numbers.
    NoRandom,
}

impl Refusal {
    pub(crate) fn input(what: &'static str) -> Refusal {
        Refusal::Input(Cow::Borrowed(what))
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Refusal::Path | Refusal::Request | Refusal::Effect | Refusal::List | Refusal::NeverFetched => {
                StatusCode::NOT_FOUND
            }
            Refusal::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Refusal::Token => StatusCode::UNAUTHORIZED,
            Refusal::ContentType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Unreadable | Refusal::Input(_) => StatusCode::BAD_REQUEST,
            Refusal::Forged | Refusal::NotAsked | Refusal::OnThemselves => StatusCode::FORBIDDEN,
            Refusal::Moved | Refusal::Opposed => StatusCode::CONFLICT,
            Refusal::Changed | Refusal::NotParked | Refusal::Overtaken | Refusal::Fetched => StatusCode::CONFLICT,
            Refusal::Store(_) | Refusal::OutOfTime | Refusal::NoRandom => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// For programs: one word that does not change.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Refusal::Path | Refusal::Request | Refusal::Effect | Refusal::List | Refusal::NeverFetched => "not-found",
            Refusal::Method(_) => "method-not-allowed",
            Refusal::Token => "unauthorized",
            Refusal::ContentType(_) => "unsupported-media-type",
            Refusal::TooLarge => "too-large",
            Refusal::Unreadable | Refusal::Input(_) => "bad-request",
            Refusal::Forged => "forbidden",
            Refusal::NotAsked => "not-asked",
            Refusal::OnThemselves => "own-request",
            Refusal::Moved => "moved",
            Refusal::Opposed => "opposed",
            Refusal::Changed | Refusal::Overtaken => "changed",
            Refusal::NotParked => "not-parked",
            Refusal::Fetched => "fetched",
            Refusal::Store(_) | Refusal::OutOfTime | Refusal::NoRandom => "unavailable",
        }
    }

    /// For people: one sentence or two, with nothing of what came and nothing of the inside.
    pub(crate) fn message(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Refusal::Path => "There is nothing at this address.",
            Refusal::Request => "There is no such request.",
            Refusal::Effect => "There is no such effect: it was delivered or dropped, or never was.",
            Refusal::List => "The policy keeps no list of this name in the store.",
            Refusal::NeverFetched => "This list was never fetched.",
            Refusal::Fetched => "This list is fetched from its address: change it there.",
            Refusal::Method(_) => "This address does not take this method.",
            Refusal::Token => "Show a reviewer's token: `Authorization: Bearer TOKEN`.",
            Refusal::ContentType(wanted) => return Cow::Owned(format!("The body has to be {wanted}.")),
            Refusal::TooLarge => "The body is larger than 16 KiB.",
            Refusal::Unreadable => "The body ended early.",
            Refusal::Input(what) => return what.clone(),
            Refusal::Forged => "This did not come from a page of the review room. Open the page again and repeat it.",
            Refusal::Moved => "The request went on to other reviewers after you saw it. Look at it again, then decide.",
            Refusal::Opposed => {
                "Somebody voted to deny this request: it cannot be withdrawn any more. Vote to approve or to deny."
            }
            Refusal::NotAsked => "This request asks other reviewers at this stage.",
            Refusal::OnThemselves => "Nobody decides on their own request.",
            Refusal::Changed => "The applicant changed the request after you saw it. Look at it again, then decide.",
            Refusal::NotParked => "The effect is not parked: it is still tried, and nothing has to be done.",
            Refusal::Overtaken => "Somebody else was first. Look at the effect again.",
            Refusal::Store(_) | Refusal::OutOfTime | Refusal::NoRandom => {
                "The review room does not answer at the moment. If you decided on something, look whether it was \
                 recorded before you try again."
            }
        })
    }

    /// One line for what is our failure, and for who came without a token.
    pub(crate) fn log(&self) {
        let reason = match self {
            Refusal::Store(error) => error.to_string(),
            Refusal::OutOfTime => "no answer within the deadline".to_owned(),
            Refusal::NoRandom => "the system has no random numbers".to_owned(),
            Refusal::Token => {
                return tracing::warn!(target: "vestibule", "review: a call without a reviewer's token");
            }
            _ => return,
        };
        tracing::error!(target: "vestibule", reason, "review: failed, {reason}");
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        Refusal::Store(error)
    }
}

impl From<NotDone> for Refusal {
    fn from(why: NotDone) -> Refusal {
        match why {
            NotDone::Unknown => Refusal::Effect,
            NotDone::NotParked => Refusal::NotParked,
            NotDone::Overtaken => Refusal::Overtaken,
            NotDone::Store(error) => Refusal::Store(error),
        }
    }
}
