//! What can stand in braces in a call of another system, or in the key of an item.

use std::{borrow::Cow, sync::Arc};

use claims::{ApplicantKey, BadName, ClaimName, Value};

use crate::{
    scene::Scene,
    template::{Part, as_text},
};

/// A text with places in it.
pub(crate) type Parts = Vec<Part<Place>>;

/// Something of the call, or a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Claim(ClaimName),
    /// The issuer of the identity that makes the applicant's key.
    Issuer,
    /// The applicant's id there.
    Id,
    App,
    Locales,
    /// By reference: `env:NAME` and the like.
    Secret(Arc<str>),
}

/// Why what stands in braces names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BadPlace {
    Claim(BadName),
    /// There is no such secret; known are these.
    Secret,
}

impl Place {
    pub(crate) fn parse(name: &str, secret: impl Fn(&str) -> Option<Arc<str>>) -> Result<Place, BadPlace> {
        Ok(match (name, name.strip_prefix("secret.")) {
            ("identity.issuer", _) => Place::Issuer,
            ("identity.id", _) => Place::Id,
            ("client_id", _) => Place::App,
            ("ui_locales", _) => Place::Locales,
            (_, Some(secret_name)) => Place::Secret(secret(secret_name).ok_or(BadPlace::Secret)?),
            (claim, None) => Place::Claim(ClaimName::parse(claim).map_err(BadPlace::Claim)?),
        })
    }

    /// The claim that stands there.
    pub(crate) fn claim(&self) -> Option<&ClaimName> {
        match self {
            Place::Claim(claim) => Some(claim),
            Place::Issuer | Place::Id | Place::App | Place::Locales | Place::Secret(_) => None,
        }
    }

    /// What stands there in a call; nothing for what is absent, and for a secret.
    pub(crate) fn value<'s>(&self, scene: &Scene<'s>) -> Option<Cow<'s, Value>> {
        let text = |text: String| Some(Cow::Owned(Value::Text(text)));
        match self {
            Place::Claim(claim) => asked_about(claim, scene),
            Place::Issuer => identity(scene).and_then(|(issuer, _)| text(issuer)),
            Place::Id => identity(scene).and_then(|(_, id)| text(id)),
            Place::App => scene.sign_up.client_id.clone().and_then(text),
            Place::Locales => {
                let tags: Vec<_> = scene.sign_up.locales.iter().map(claims::Locale::as_str).collect();
                if tags.is_empty() { None } else { text(tags.join(", ")) }
            }
            Place::Secret(_) => None,
        }
    }

    /// The same as text: nothing also for what no rule can read.
    pub(crate) fn text(&self, scene: &Scene<'_>) -> Option<String> {
        let text = as_text(&*self.value(scene)?).into_owned();
        (!text.is_empty()).then_some(text)
    }
}

/// A claim as others are asked about it. `email` is the address that an issuer vouches for, if the applicant's key has one:
/// anybody can write another one into the claim.
pub(crate) fn asked_about<'s>(claim: &ClaimName, scene: &Scene<'s>) -> Option<Cow<'s, Value>> {
    let proven = scene.proven_address().filter(|_| claim.as_str() == "email");
    match proven {
        Some(address) => Some(Cow::Owned(Value::Text(address.to_owned()))),
        None => scene.claims.get(claim).map(Cow::Borrowed),
    }
}

/// The text with what stands in its places; nothing if one of them is empty.
pub(crate) fn filled(parts: &Parts, scene: &Scene<'_>) -> Option<String> {
    let text = |part: &Part<Place>| match part {
        Part::Text(text) => Some(text.clone()),
        Part::Place(place) => place.text(scene),
    };
    parts.iter().map(text).collect()
}

/// The places in a text.
pub(crate) fn places_of(parts: &Parts) -> impl Iterator<Item = &Place> {
    parts.iter().filter_map(|part| match part {
        Part::Place(place) => Some(place),
        Part::Text(_) => None,
    })
}

fn identity(scene: &Scene<'_>) -> Option<(String, String)> {
    match ApplicantKey::of(scene.sign_up)? {
        ApplicantKey::Identity { issuer, id } => Some((issuer, id)),
        ApplicantKey::Mail(_) => None,
    }
}
