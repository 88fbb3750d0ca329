//! JSON that calls send, written as TOML.

use toml::de::DeValue;

use super::{
    Node, Reader,
    addresses::is_fixed,
    places::{Secrets, Spot},
};
use crate::{
    call::{Json, quoted},
    place::Place,
    template::Part,
};

impl Reader<'_> {
    pub(super) fn json(&mut self, node: &Node<'_>, secrets: &mut Secrets) -> Option<Json> {
        match node.get_ref() {
            DeValue::String(_) => self.json_text(node, secrets),
            DeValue::Array(nodes) => {
                let elements: Vec<_> = nodes.iter().map(|node| self.json(node, secrets)).collect();
                elements.into_iter().collect::<Option<_>>().map(Json::List)
            }
            DeValue::Table(table) => {
                let members = table.iter().map(|(name, node)| {
                    let value = self.json(node, secrets);
                    Some((name.get_ref().to_string(), value?))
                });
                let members: Vec<_> = members.collect();
                members.into_iter().collect::<Option<_>>().map(Json::Object)
            }
            _ => self
                .expect(node, "a text, a number, `true`, `false`, a list or a table", fixed)
                .map(Json::Fixed),
        }
    }

    /// A text that is one place keeps the type of what stands there.
    fn json_text(&mut self, node: &Node<'_>, secrets: &mut Secrets) -> Option<Json> {
        let mut parts = self.parts(node, secrets, Spot::Open)?;
        if let [Part::Place(_)] = parts.as_slice() {
            let place = parts.pop();
            return place.and_then(only_place).map(Json::Value);
        }
        Some(match is_fixed(&parts) {
            true => Json::Fixed(quoted(&parts.iter().map(text).collect::<String>())),
            false => Json::Text(parts),
        })
    }
}

fn only_place(part: Part<Place>) -> Option<Place> {
    match part {
        Part::Place(place) => Some(place),
        Part::Text(_) => None,
    }
}

fn text(part: &Part<Place>) -> &str {
    match part {
        Part::Text(text) => text,
        Part::Place(_) => "",
    }
}

/// What is the same in every call, as JSON.
fn fixed(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::Boolean(boolean) => Some(boolean.to_string()),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
            Some(number.to_string())
        }
        DeValue::Float(number) => {
            let number: f64 = number.as_str().parse().ok()?;
            number.is_finite().then(|| number.to_string())
        }
        _ => None,
    }
}
