//! Calls of other systems, as the policy describes them.

use std::{sync::Arc, time::Duration};

use claims::{ClaimName, Value};

use crate::{
    outside::{Body, Call, Filled, Method, Piece},
    place::{Parts, Place, places_of},
    scene::Scene,
    template::{Part, length},
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
    /// The longest text in one of its places, in bytes.
    pub(crate) longest: usize,
}

/// The longest text in a place, in bytes, if the call says nothing else.
pub(crate) const LONGEST: usize = 2 * 1024;

/// The longest address, in bytes: servers take that much.
const LONGEST_URL: usize = 8 * 1024;

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

impl CallTemplate {
    /// The call for a sign-up; nothing if what somebody sent has no place in it: a claim in the path is absent or leads
    /// elsewhere, one is too long, or one in a header has a control character. That is no failure: everybody could cause it.
    pub(crate) fn fill(&self, scene: &Scene<'_>) -> Option<Call> {
        let fits = |place: &Place| place.value(scene).is_none_or(|value| length(&value) <= self.longest);
        if !self.places().into_iter().all(fits) {
            return None;
        }
        let headers = self.headers.iter().map(|(name, parts)| {
            let filled = pieces(parts, scene);
            (!filled.0.iter().any(has_control)).then(|| (name.clone(), filled))
        });
        Some(Call {
            name: Arc::clone(&self.name),
            method: self.method,
            url: self.address(scene)?,
            headers: headers.collect::<Option<_>>()?,
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
        self.places().into_iter().filter_map(Place::claim).collect()
    }

    fn places(&self) -> Vec<&Place> {
        let mut texts = vec![&self.url.path];
        texts.extend(&self.url.query);
        texts.extend(self.headers.iter().map(|(_, parts)| parts));
        let mut places = Vec::new();
        match &self.body {
            Some(BodyTemplate::Json(json)) => json.each_place(&mut |place| places.push(place)),
            Some(BodyTemplate::Form(fields)) => texts.extend(fields.iter().map(|(_, parts)| parts)),
            None => {}
        }
        places.extend(texts.into_iter().flat_map(places_of));
        places
    }

    fn address(&self, scene: &Scene<'_>) -> Option<String> {
        let mut url = self.url.origin.clone();
        let path: String = self
            .url
            .path
            .iter()
            .map(|part| encoded(part, scene))
            .collect::<Option<_>>()?;
        // What follows would be another place than the policy says.
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return None;
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
        (url.len() <= LONGEST_URL).then_some(url)
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

    fn each_place<'j>(&'j self, take: &mut impl FnMut(&'j Place)) {
        match self {
            Json::Fixed(_) => {}
            Json::Text(parts) => places_of(parts).for_each(take),
            Json::Value(place) => take(place),
            Json::List(elements) => elements.iter().for_each(|element| element.each_place(take)),
            Json::Object(members) => members.iter().for_each(|(_, value)| value.each_place(take)),
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
