//! Texts with claims in them: `Dear {givenName}`.

use std::borrow::Cow;

use claims::{BadName, ClaimName, Claims, Value};

/// A text with places for claims. `{{` and `}}` stand for the braces themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part<ClaimName>>);

/// A part of a template with places for `P`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part<P> {
    Text(String),
    Place(P),
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BadTemplate<E = BadName> {
    /// A brace without its other half.
    Brace,
    /// What stands between braces names nothing that has a place here.
    Name(String, E),
}

/// The parts of a text. There is no empty one.
pub(crate) fn parts<P, E>(text: &str, place: impl Fn(&str) -> Result<P, E>) -> Result<Vec<Part<P>>, BadTemplate<E>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        add(&mut parts, &rest[..at]);
        let tail = &rest[at..];
        let doubled = ["{{", "}}"].into_iter().find(|braces| tail.starts_with(braces));
        rest = match doubled {
            Some(braces) => {
                add(&mut parts, &braces[..1]);
                &tail[2..]
            }
            None => {
                let inside = tail.strip_prefix('{').ok_or(BadTemplate::Brace)?;
                let (name, rest) = inside.split_once('}').ok_or(BadTemplate::Brace)?;
                let place = place(name).map_err(|error| BadTemplate::Name(name.to_owned(), error))?;
                parts.push(Part::Place(place));
                rest
            }
        };
    }
    add(&mut parts, rest);
    Ok(parts)
}

impl Template {
    pub(crate) fn parse(text: &str) -> Result<Template, BadTemplate> {
        parts(text, ClaimName::parse).map(Template)
    }

    /// The claims that it shows.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &ClaimName> {
        self.0.iter().filter_map(|part| match part {
            Part::Place(claim) => Some(claim),
            Part::Text(_) => None,
        })
    }

    /// The text with `show` in the place of each claim.
    pub(crate) fn fill<'t>(&'t self, show: impl Fn(&ClaimName) -> Cow<'t, str>) -> String {
        let text = |part: &'t Part<ClaimName>| match part {
            Part::Text(text) => Cow::Borrowed(text.as_str()),
            Part::Place(claim) => show(claim),
        };
        self.0.iter().map(text).collect()
    }

    /// The text with the claims in it, without the spaces that an absent one leaves.
    pub(crate) fn with<'t>(&'t self, claims: &'t Claims) -> String {
        tidy(&self.fill(|claim| shown(claims, claim)))
    }
}

/// A claim as text: several with commas between them, nothing for one that is absent.
pub(crate) fn shown<'c>(claims: &'c Claims, claim: &ClaimName) -> Cow<'c, str> {
    claims.get(claim).map_or(Cow::Borrowed(""), as_text)
}

/// A value as text: several with commas between them, nothing for what no rule can read.
pub(crate) fn as_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Texts(texts) => Cow::Owned(texts.join(", ")),
        value => Cow::Borrowed(value.scalar().unwrap_or_default()),
    }
}

/// How long a value is, in bytes, of its text or its JSON.
pub(crate) fn length(value: &Value) -> usize {
    match value {
        Value::Other(json) => json.len(),
        value => as_text(value).len(),
    }
}

/// One space between words, none at the ends.
pub(crate) fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !tidied.is_empty() {
            tidied.push(' ');
        }
        tidied.push_str(word);
    }
    tidied
}

fn add<P>(parts: &mut Vec<Part<P>>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(last)) => last.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}
