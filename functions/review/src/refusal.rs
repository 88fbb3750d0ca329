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
    /// The path takes these methods, as a header names them.
    Method(String),
    /// The call shows no reviewer's token. Programs only: people get a form.
    Token,
    /// The body has to be of this type.
    ContentType(&'static str),
    /// The body is larger than so many KiB.
    TooLarge(usize),
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
    /// The route wants a reason.
    NoReason,
    /// There is nothing to block, or no list to block it with.
    NothingToBlock,
    /// The policy knows no such group.
    NoSuchGroup,
    /// Nobody of this name can log in.
    NoSuchReviewer,
    /// Those who would be asked cannot end the stage.
    TooFew,
    /// The request was handed on very often already.
    TooOften,
    /// Somebody changed the request in the store.
    NotAsWritten,
    /// There was no time left to begin with it: one of many.
    NotTried,
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
            Refusal::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Unreadable | Refusal::Input(_) => StatusCode::BAD_REQUEST,
            // Nothing is wrong with such a call but that it cannot be done with this request, or under this policy.
            Refusal::NoReason | Refusal::NothingToBlock | Refusal::NoSuchGroup | Refusal::NoSuchReviewer => {
                StatusCode::CONFLICT
            }
            Refusal::Forged | Refusal::NotAsked | Refusal::OnThemselves => StatusCode::FORBIDDEN,
            Refusal::Moved | Refusal::Opposed | Refusal::TooFew => StatusCode::CONFLICT,
            Refusal::TooOften | Refusal::NotAsWritten => StatusCode::CONFLICT,
            Refusal::Changed | Refusal::NotParked | Refusal::Overtaken | Refusal::Fetched => StatusCode::CONFLICT,
            Refusal::Store(_) | Refusal::OutOfTime | Refusal::NoRandom | Refusal::NotTried => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// For programs: one word that does not change.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Refusal::Path | Refusal::Request | Refusal::Effect | Refusal::List | Refusal::NeverFetched => "not-found",
            Refusal::Method(_) => "method-not-allowed",
            Refusal::Token => "unauthorized",
            Refusal::ContentType(_) => "unsupported-media-type",
            Refusal::TooLarge(_) => "too-large",
            Refusal::Unreadable | Refusal::Input(_) => "bad-request",
            Refusal::Forged => "forbidden",
            Refusal::NotAsked => "not-asked",
            Refusal::OnThemselves => "own-request",
            Refusal::Moved => "moved",
            Refusal::Opposed => "opposed",
            Refusal::NoReason => "no-reason",
            Refusal::NothingToBlock => "nothing-to-block",
            Refusal::NoSuchGroup => "no-such-group",
            Refusal::NoSuchReviewer => "no-such-reviewer",
            Refusal::TooFew => "too-few",
            Refusal::TooOften => "too-often",
            Refusal::NotAsWritten => "not-as-written",
            Refusal::NotTried => "not-tried",
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
            Refusal::TooLarge(most) => return Cow::Owned(format!("The body is larger than {most} KiB.")),
            Refusal::Unreadable => "The body ended early.",
            Refusal::Input(what) => return what.clone(),
            Refusal::Forged => "This did not come from a page of the review room. Open the page again and repeat it.",
            Refusal::Moved => "The request went on to other reviewers after you saw it. Look at it again, then decide.",
            Refusal::Opposed => {
                "Somebody voted to deny this request: it cannot be withdrawn any more. Vote to approve or to deny."
            }
            Refusal::NoReason => "This route wants a reason.",
            Refusal::NothingToBlock => {
                "`block` goes with a denial of a request that has an address, where the policy names a list for it."
            }
            Refusal::NoSuchGroup => "The policy knows no such group of reviewers.",
            Refusal::NoSuchReviewer => "No reviewer of this name can log in here.",
            Refusal::TooOften => "This request was handed on many times already. Whoever is asked now has to decide.",
            Refusal::NotAsWritten => {
                "Somebody changed this request in the store: it is not as it was written, and nobody can decide on it. Tell \
                 whoever runs this room."
            }
            Refusal::TooFew => {
                "Too few of those who would be asked may vote: one has voted, or is the applicant, or the stage wants \
                 more people."
            }
            Refusal::NotTried => "There was no time left for this one. Nothing was changed: send it again.",
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

    /// Whether whoever filled in a form can mend it, or look again and decide anew.
    pub(crate) fn is_about_the_form(&self) -> bool {
        matches!(
            self,
            Refusal::Input(_)
                | Refusal::NoReason
                | Refusal::NothingToBlock
                | Refusal::Changed
                | Refusal::Moved
                | Refusal::Opposed
                | Refusal::NotAsked
                | Refusal::OnThemselves
        )
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// The refusal after another one: whoever adds one has to give it a place here.
    fn after(refusal: &Refusal) -> Option<Refusal> {
        Some(match refusal {
            Refusal::Path => Refusal::Request,
            Refusal::Request => Refusal::Effect,
            Refusal::Effect => Refusal::List,
            Refusal::List => Refusal::NeverFetched,
            Refusal::NeverFetched => Refusal::Fetched,
            Refusal::Fetched => Refusal::Method(String::new()),
            Refusal::Method(_) => Refusal::Token,
            Refusal::Token => Refusal::ContentType(""),
            Refusal::ContentType(_) => Refusal::TooLarge(1),
            Refusal::TooLarge(_) => Refusal::Unreadable,
            Refusal::Unreadable => Refusal::input(""),
            Refusal::Input(_) => Refusal::Moved,
            Refusal::Moved => Refusal::Opposed,
            Refusal::Opposed => Refusal::NotAsked,
            Refusal::NotAsked => Refusal::OnThemselves,
            Refusal::OnThemselves => Refusal::Changed,
            Refusal::Changed => Refusal::NoReason,
            Refusal::NoReason => Refusal::NothingToBlock,
            Refusal::NothingToBlock => Refusal::NoSuchGroup,
            Refusal::NoSuchGroup => Refusal::NoSuchReviewer,
            Refusal::NoSuchReviewer => Refusal::TooFew,
            Refusal::TooFew => Refusal::TooOften,
            Refusal::TooOften => Refusal::NotAsWritten,
            Refusal::NotAsWritten => Refusal::NotTried,
            Refusal::NotTried => Refusal::NotParked,
            Refusal::NotParked => Refusal::Overtaken,
            Refusal::Overtaken => Refusal::Store(StoreError::Busy(String::new())),
            Refusal::Store(_) => Refusal::OutOfTime,
            Refusal::OutOfTime => Refusal::NoRandom,
            // Pages alone are asked for their secret.
            Refusal::NoRandom | Refusal::Forged => return None,
        })
    }

    #[test]
    fn the_document_lists_every_code() {
        let document: Value = serde_json::from_str(crate::api::DOCUMENT).unwrap();
        let written = &document["components"]["schemas"]["Code"]["enum"];
        let written: BTreeSet<_> = written
            .as_array()
            .unwrap()
            .iter()
            .map(|code| code.as_str().unwrap())
            .collect();
        let all = std::iter::successors(Some(Refusal::Path), after);
        assert_eq!(written, all.map(|refusal| refusal.code()).collect());
    }
}
