//! What the sign-up service sends and accepts. Types and codecs; no I/O.
//!
//! A body is parsed once, leniently, into a [`SignUp`]; a [`Decision`] is rendered once, strictly, into a [`Reply`].
//! Protocol facts are those of Microsoft's API connectors: <https://learn.microsoft.com/entra/external-id/self-service-sign-up-add-api-connector>
//! and <https://learn.microsoft.com/azure/active-directory-b2c/add-api-connector>.

mod address;
mod applicant;
mod claim;
mod connector;
mod decision;
mod json;
mod locale;
mod name;
mod pointer;
mod sign_up;
mod step;

pub use address::{Address, Domain, DomainPattern, NotADomain, NotAnAddress, fold, normal_form};
pub use applicant::{ApplicantKey, CallKey, Hash};
pub use claim::{Claims, Value, is_unseen};
pub use connector::{BadBody, MAX_BODY_BYTES, MAX_DEPTH, Reply, parse, render};
pub use decision::{BadMessage, Changes, Decision, MAX_MESSAGE_CHARS, UserMessage};
pub use locale::{Locale, Locales};
pub use name::{BadName, ClaimName, SettableName, meaning};
pub use pointer::{at_pointers, is_pointer};
pub use sign_up::{Identity, SignUp, issuer_name};
pub use step::Step;
