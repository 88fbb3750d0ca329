//! JSON Schema 2020-12, as far as the schema of policy files uses it. A keyword that is not known here panics, so that
//! none is passed over.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;
use serde_json::{Map, Value};

/// Whether a document is as the schema says.
///
/// # Errors
/// The first thing that is not, with its place.
pub(crate) fn validate(schema: &Value, document: &Value) -> Result<(), String> {
    check(schema, schema, document, "")
}

fn check(root: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    for (keyword, wanted) in object(schema) {
        let refused = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "examples" => continue,
            "$ref" => {
                check(root, target(root, wanted), value, place)?;
                continue;
            }
            "anyOf" => !array(wanted)
                .iter()
                .any(|schema| check(root, schema, value, place).is_ok()),
            "type" => !is_of_type(wanted.as_str().unwrap(), value),
            "enum" => !array(wanted).contains(value),
            "const" => wanted != value,
            "properties" | "additionalProperties" | "propertyNames" | "items" => {
                check_below(root, object(schema), keyword, value, place)?;
                continue;
            }
            "required" => value.is_object() && array(wanted).iter().any(|key| !has(value, key)),
            "dependentRequired" => object(wanted).iter().any(|(key, needed)| {
                object_of(value).contains_key(key) && array(needed).iter().any(|key| !has(value, key))
            }),
            "minProperties" => value.is_object() && object_of(value).len() < size(wanted),
            "maxProperties" => object_of(value).len() > size(wanted),
            "minItems" => value.is_array() && array_of(value).len() < size(wanted),
            "maxItems" => array_of(value).len() > size(wanted),
            "uniqueItems" => {
                array_of(value)
                    .iter()
                    .map(Value::to_string)
                    .collect::<BTreeSet<_>>()
                    .len()
                    < array_of(value).len()
            }
            "minLength" => value.as_str().is_some_and(|text| text.chars().count() < size(wanted)),
            "maxLength" => value.as_str().is_some_and(|text| text.chars().count() > size(wanted)),
            "pattern" => value
                .as_str()
                .is_some_and(|text| !Regex::new(wanted.as_str().unwrap()).unwrap().is_match(text)),
            "minimum" => value.as_f64().is_some_and(|number| number < wanted.as_f64().unwrap()),
            "maximum" => value.as_f64().is_some_and(|number| number > wanted.as_f64().unwrap()),
            "exclusiveMinimum" => value.as_f64().is_some_and(|number| number <= wanted.as_f64().unwrap()),
            other => panic!("the validator of these tests does not know `{other}`"),
        };
        if refused {
            return Err(format!("{place}: {value} is not as `{keyword}` says: {wanted}"));
        }
    }
    Ok(())
}

fn check_below(
    root: &Value,
    schema: &Map<String, Value>,
    keyword: &str,
    value: &Value,
    place: &str,
) -> Result<(), String> {
    let wanted = &schema[keyword];
    let known = schema.get("properties").and_then(Value::as_object);
    let is_known = |key: &str| known.is_some_and(|known| known.contains_key(key));
    for (key, below) in object_of(value) {
        let place = format!("{place}/{key}");
        match keyword {
            "properties" if is_known(key) => check(root, &wanted[key], below, &place)?,
            "propertyNames" => check(root, wanted, &Value::from(key.as_str()), &place)?,
            "additionalProperties" if !is_known(key) && *wanted == Value::Bool(false) => {
                return Err(format!("{place}: nothing here has this name"));
            }
            "additionalProperties" if !is_known(key) => check(root, wanted, below, &place)?,
            _ => {}
        }
    }
    for (at, item) in array_of(value).iter().enumerate().filter(|_| keyword == "items") {
        check(root, wanted, item, &format!("{place}/{at}"))?;
    }
    Ok(())
}

/// What a `$ref` names.
pub(crate) fn target<'s>(root: &'s Value, reference: &Value) -> &'s Value {
    root.pointer(reference.as_str().unwrap().strip_prefix('#').unwrap())
        .unwrap()
}

fn is_of_type(wanted: &str, value: &Value) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("the validator of these tests does not know the type `{other}`"),
    }
}

fn has(value: &Value, key: &Value) -> bool {
    object_of(value).contains_key(key.as_str().unwrap())
}

fn size(wanted: &Value) -> usize {
    wanted.as_u64().unwrap().try_into().unwrap()
}

fn object(schema: &Value) -> &Map<String, Value> {
    schema.as_object().unwrap()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// The members of an object; of anything else none.
fn object_of(value: &Value) -> &Map<String, Value> {
    static NONE: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
    value.as_object().unwrap_or(&NONE)
}

fn array_of(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
