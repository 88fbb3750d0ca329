//! Calls of other systems, as the policy describes them.

use std::{sync::Arc, time::Duration};

use claims::{ClaimName, Value};

use crate::{
    outside::{Body, Call, Filled, Method, Piece},
    place::{Parts, Place, claims_of},
    scene::Scene,
    template::Part,
};

/// A call with places for what differs from sign-up to sign-up.
#[derive(Debug)]
pub(crate) struct CallTemplate {
    pub(crate) name: Arc<str>,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, Parts)>,
    pub(crate) body: Option<BodyTemplate>,
    pub(crate) pointers: Vec<String>,
    pub(crate) deadline: Duration,
    pub(crate) retries: bool,
    pub(crate) most_bytes: usize,
    pub(crate) cache: Option<Duration>,
}

/// An address. Nothing has a place in its scheme, host and port.
#[derive(Debug)]
pub(crate) struct Url {
    /// Up to the path.
    pub(crate) origin: String,
    pub(crate) path: Parts,
    /// From behind the `?`.
    pub(crate) query: Option<Parts>,
}

#[derive(Debug)]
pub(crate) enum BodyTemplate {
    Json(Json),
    Form(Vec<(String, Parts)>),
}

/// JSON with places in it.
#[derive(Debug)]
pub(crate) enum Json {
    /// As it is sent.
    Fixed(String),
    /// A text with places.
    Text(Parts),
    /// A value of its own type; `null` if it is absent.
    Value(Place),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Why a call cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// What its path asks about is absent.
    Nothing,
    /// What somebody typed does not fit there, in words without a claim in them.
    Broken(String),
}

impl CallTemplate {
    /// The call for a sign-up.
    pub(crate) fn fill(&self, scene: &Scene<'_>) -> Result<Call, Unfit> {
        let headers = self.headers.iter().map(|(name, parts)| {
            let filled = pieces(parts, scene);
            match filled.0.iter().any(has_control) {
                true => Err(self.unfit(&format!(
                    "a claim with a control character in it for the header `{name}`"
                ))),
                false => Ok((name.clone(), filled)),
            }
        });
        Ok(Call {
            name: Arc::clone(&self.name),
            method: self.method,
            url: self.address(scene)?,
            headers: headers.collect::<Result<_, _>>()?,
            body: self.body.as_ref().map(|body| body.fill(scene)),
            pointers: self.pointers.clone(),
            deadline: self.deadline,
            retries: self.retries,
            most_bytes: self.most_bytes,
            cache: self.cache,
            idempotency_key: None,
        })
    }

    /// The claims that have a place in it.
    pub(crate) fn claims(&self) -> Vec<&ClaimName> {
        let mut texts = vec![&self.url.path];
        texts.extend(&self.url.query);
        texts.extend(self.headers.iter().map(|(_, parts)| parts));
        let mut claims = Vec::new();
        match &self.body {
            Some(BodyTemplate::Json(json)) => json.each_claim(&mut |claim| claims.push(claim)),
            Some(BodyTemplate::Form(fields)) => texts.extend(fields.iter().map(|(_, parts)| parts)),
            None => {}
        }
        claims.extend(texts.into_iter().flat_map(claims_of));
        claims
    }

    fn address(&self, scene: &Scene<'_>) -> Result<String, Unfit> {
        let mut url = self.url.origin.clone();
        let path: Option<String> = self.url.path.iter().map(|part| encoded(part, scene)).collect();
        let path = path.ok_or(Unfit::Nothing)?;
        // What follows would be another place than the policy says.
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(self.unfit("a claim that would lead to another path"));
        }
        url += &path;
        for part in self
            .url
            .query
            .iter()
            .flat_map(|query| std::iter::once(None).chain(query.iter().map(Some)))
        {
            match part {
                None => url.push('?'),
                Some(part) => url += &encoded(part, scene).unwrap_or_default(),
            }
        }
        Ok(url)
    }

    fn unfit(&self, what: &str) -> Unfit {
        Unfit::Broken(format!("`{}` is not asked: {what}", self.name))
    }
}

impl BodyTemplate {
    fn fill(&self, scene: &Scene<'_>) -> Body {
        match self {
            BodyTemplate::Json(json) => Body::Json(json.fill(scene)),
            BodyTemplate::Form(fields) => {
                let field = |(name, parts): &(String, Parts)| (name.clone(), pieces(parts, scene));
                Body::Form(fields.iter().map(field).collect())
            }
        }
    }
}

impl Json {
    fn fill(&self, scene: &Scene<'_>) -> String {
        match self {
            Json::Fixed(text) => text.clone(),
            Json::Text(parts) => quoted(&joined(parts, scene)),
            Json::Value(place) => place
                .value(scene)
                .map_or_else(|| "null".to_owned(), |value| value.to_json()),
            Json::List(elements) => {
                let elements: Vec<_> = elements.iter().map(|element| element.fill(scene)).collect();
                format!("[{}]", elements.join(","))
            }
            Json::Object(members) => {
                let member = |(name, value): &(String, Json)| format!("{}:{}", quoted(name), value.fill(scene));
                let members: Vec<_> = members.iter().map(member).collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    fn each_claim<'j>(&'j self, take: &mut impl FnMut(&'j ClaimName)) {
        match self {
            Json::Fixed(_) => {}
            Json::Text(parts) => claims_of(parts).for_each(take),
            Json::Value(Place::Claim(claim)) => take(claim),
            Json::Value(_) => {}
            Json::List(elements) => elements.iter().for_each(|element| element.each_claim(take)),
            Json::Object(members) => members.iter().for_each(|(_, value)| value.each_claim(take)),
        }
    }
}

/// A text as JSON.
pub(crate) fn quoted(text: &str) -> String {
    Value::Text(text.to_owned()).to_json()
}

/// What is absent leaves nothing.
fn joined(parts: &Parts, scene: &Scene<'_>) -> String {
    let text = |part: &Part<Place>| match part {
        Part::Text(text) => text.clone(),
        Part::Place(place) => place.text(scene).unwrap_or_default(),
    };
    parts.iter().map(text).collect()
}

fn pieces(parts: &Parts, scene: &Scene<'_>) -> Filled {
    let piece = |part: &Part<Place>| match part {
        Part::Text(text) => Piece::Text(text.clone()),
        Part::Place(Place::Secret(secret)) => Piece::Secret(Arc::clone(secret)),
        Part::Place(place) => Piece::Text(place.text(scene).unwrap_or_default()),
    };
    Filled(parts.iter().map(piece).collect())
}

/// A part of a path or a query; nothing for a place that is empty.
fn encoded(part: &Part<Place>, scene: &Scene<'_>) -> Option<String> {
    match part {
        Part::Text(text) => Some(text.clone()),
        Part::Place(place) => place.text(scene).map(|text| percent_encoded(&text)),
    }
}

/// Everything but RFC 3986's unreserved characters is encoded.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

fn has_control(piece: &Piece) -> bool {
    matches!(piece, Piece::Text(text) if text.chars().any(char::is_control))
}
