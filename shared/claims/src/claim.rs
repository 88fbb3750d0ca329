use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::Error as _,
    ser::{Error as _, SerializeMap},
};
use serde_json::value::RawValue;

use crate::{address::is_ignorable, json, name::ClaimName};

/// One named value about the applicant. Never null: a claim that is null, `""` or `[]` is absent.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// A JSON string.
    Text(String),
    /// `true` or `false`.
    Boolean(bool),
    /// A JSON number as written: `1.10` stays `1.10`.
    Number(String),
    /// An array of strings.
    Texts(Vec<String>),
    /// Any other JSON, as written. No rule can use it; it is kept and shown to reviewers.
    Other(String),
}

impl Value {
    /// The value that takes a claim away in an answer.
    pub fn blank() -> Value {
        Value::Text(String::new())
    }

    /// The text of a JSON string; other types have none.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A string, number or boolean as text: the service sends `true` and `"true"` alike.
    pub fn scalar(&self) -> Option<&str> {
        match self {
            Value::Text(text) | Value::Number(text) => Some(text),
            Value::Boolean(true) => Some("true"),
            Value::Boolean(false) => Some("false"),
            Value::Texts(_) | Value::Other(_) => None,
        }
    }

    /// A scalar as one text, an array of strings as its texts; nothing for other JSON.
    pub fn scalars(&self) -> impl Iterator<Item = &str> {
        let texts = match self {
            Value::Texts(texts) => texts.as_slice(),
            _ => &[],
        };
        self.scalar().into_iter().chain(texts.iter().map(String::as_str))
    }

    /// Whether there is nothing in it to read: texts without a visible character, and JSON that no rule can use.
    pub fn is_blank(&self) -> bool {
        self.scalars().all(Value::shows_nothing)
    }

    /// The length of a text, in characters: without white space at its ends, and without characters that nobody sees
    /// and some send in the place of a name.
    pub fn visible_length(text: &str) -> usize {
        let visible = text.chars().filter(|c| !is_hidden(*c));
        let begun = visible.skip_while(|c| c.is_whitespace());
        // White space counts where something follows it.
        let ends = begun.zip(1..).filter(|(c, _)| !c.is_whitespace());
        ends.last().map_or(0, |(_, length)| length)
    }

    /// Whether a text has a visible length of 0.
    pub fn shows_nothing(text: &str) -> bool {
        text.chars().all(|c| is_hidden(c) || c.is_whitespace())
    }

    /// The same value with every text replaced by what `change` makes of it.
    pub fn map_text(&self, change: impl Fn(&str) -> String) -> Value {
        match self {
            Value::Text(text) => Value::Text(change(text)),
            Value::Texts(texts) => Value::Texts(texts.iter().map(|text| change(text)).collect()),
            other => other.clone(),
        }
    }

    /// The value as JSON text.
    pub fn to_json(&self) -> String {
        match self {
            Value::Text(text) => json::quoted(text),
            Value::Boolean(_) | Value::Number(_) => self.scalar().unwrap_or_default().to_owned(),
            Value::Texts(texts) => json::array(texts.iter().map(|text| json::quoted(text))),
            Value::Other(raw) => raw.clone(),
        }
    }

    fn canonical(&self) -> String {
        match self {
            Value::Other(raw) => json::canonical(raw),
            other => other.to_json(),
        }
    }

    /// The value that a JSON text holds; `None` if it stands for an absent claim.
    pub(crate) fn from_json(raw: &str) -> Option<Value> {
        match raw.as_bytes().first()? {
            b'n' => None,
            b't' => Some(Value::Boolean(true)),
            b'f' => Some(Value::Boolean(false)),
            b'"' => json::text(raw)
                .filter(|text| !text.is_empty())
                .map(|text| Value::Text(text.into_owned())),
            b'[' => match texts(raw) {
                Some(texts) => (!texts.is_empty()).then_some(Value::Texts(texts)),
                None => Some(Value::Other(raw.to_owned())),
            },
            b'{' => Some(Value::Other(raw.to_owned())),
            _ => Some(Value::Number(raw.to_owned())),
        }
    }
}

/// Whether nobody sees what a character does to a text: control characters, those that turn the direction or end the line,
/// and those that leave no ink and are no space. Whoever shows what somebody typed shows these as something else.
pub fn is_unseen(c: char) -> bool {
    is_hidden(c) || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FFF9}'..='\u{FFFB}')
}

/// Whether nobody sees a character, and it is no white space.
fn is_hidden(c: char) -> bool {
    c.is_control() || (!c.is_ascii() && (is_ignorable(c) || c == BRAILLE_BLANK))
}

/// The Braille pattern without dots: neither white space nor ignorable by its Unicode properties, and as empty.
const BRAILLE_BLANK: char = '\u{2800}';

/// Prints the type only: claims are personal data.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Value::Text(_) => "Text(..)",
            Value::Boolean(_) => "Boolean(..)",
            Value::Number(_) => "Number(..)",
            Value::Texts(_) => "Texts(..)",
            Value::Other(_) => "Other(..)",
        })
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Boolean(boolean) => serializer.serialize_bool(*boolean),
            Value::Texts(texts) => texts.serialize(serializer),
            Value::Number(raw) | Value::Other(raw) => RawValue::from_string(raw.clone())
                .map_err(S::Error::custom)?
                .serialize(serializer),
        }
    }
}

/// Claims in the order they came. A key that came without a value is remembered, because an answer uses the key
/// received, but it holds nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Claims(Vec<(String, Option<Value>)>);

impl Claims {
    /// The value of a claim under whichever key it came.
    pub fn get(&self, name: &ClaimName) -> Option<&Value> {
        self.place(name).and_then(|place| self.0[place].1.as_ref())
    }

    /// The text of a claim; absent also when the claim has another type.
    pub fn text(&self, name: &ClaimName) -> Option<&str> {
        self.get(name).and_then(Value::text)
    }

    /// The key under which a claim came, or else the key under which a new one goes out.
    pub fn key_of<'c>(&'c self, name: &'c ClaimName) -> &'c str {
        match self.place(name) {
            Some(place) => &self.0[place].0,
            None => name.new_key(),
        }
    }

    /// Sets a claim under the key it has, or else under the key of a new one.
    pub fn set(&mut self, name: &ClaimName, value: Option<Value>) {
        match self.place(name) {
            Some(place) => self.0[place].1 = value,
            None => self.0.push((name.new_key().to_owned(), value)),
        }
    }

    /// The value under exactly this key.
    pub fn at_key(&self, key: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(k, _)| k == key)
            .and_then(|(_, value)| value.as_ref())
    }

    /// The claims that have a value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0
            .iter()
            .filter_map(|(key, value)| Some((key.as_str(), value.as_ref()?)))
    }

    /// One text for claims that are the same, whatever the order of their keys: a JSON object sorted by key,
    /// without absent claims.
    pub fn canonical(&self) -> String {
        let mut claims: Vec<_> = self.iter().collect();
        claims.sort_unstable_by_key(|(key, _)| *key);
        let members: Vec<_> = claims
            .iter()
            .map(|(key, value)| format!("{}:{}", json::quoted(key), value.canonical()))
            .collect();
        format!("{{{}}}", members.join(","))
    }

    pub(crate) fn push_json(&mut self, key: String, raw: &str) {
        self.0.push((key, Value::from_json(raw)));
    }

    fn place(&self, name: &ClaimName) -> Option<usize> {
        let proper = |(key, value): &(String, Option<Value>)| value.is_some() && key == name.as_str();
        self.0.iter().position(proper).or_else(|| {
            let keys = (0..).zip(&self.0).filter(|(_, (key, _))| name.is_key(key));
            // An alias that has a value beats the proper key without one: `surname: ""` beside `lastName: "Roe"`.
            let best = keys.min_by_key(|(_, (key, value))| (value.is_none(), key != name.as_str()));
            best.map(|(place, _)| place)
        })
    }
}

impl FromIterator<(String, Value)> for Claims {
    fn from_iter<T: IntoIterator<Item = (String, Value)>>(claims: T) -> Self {
        Claims(claims.into_iter().map(|(key, value)| (key, Some(value))).collect())
    }
}

/// Prints the keys only: claims are personal data.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(key, _)| key)).finish()
    }
}

/// A JSON object of the claims that have a value, in order, types as they came.
impl Serialize for Claims {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let members: json::Members<'_> = serde_json::from_str(raw.get()).map_err(D::Error::custom)?;
        let mut claims = Claims::default();
        members
            .0
            .into_iter()
            .for_each(|(key, value)| claims.push_json(key, value));
        Ok(claims)
    }
}

fn texts(raw: &str) -> Option<Vec<String>> {
    let elements: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    elements
        .into_iter()
        .map(|element| json::text(element.get()).map(Cow::into_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: &str) -> Claims {
        serde_json::from_str(json).unwrap()
    }

    fn name(name: &str) -> ClaimName {
        ClaimName::parse(name).unwrap()
    }

    #[test]
    fn null_and_empty_are_absent_but_keep_their_key() {
        let claims =
            claims(r#"{"city":null,"state":"","roles":[],"extension_0123456789abcdef0123456789abcdef_Tier":""}"#);
        assert_eq!(claims.iter().count(), 0);
        assert_eq!(
            claims.key_of(&name("extension_Tier")),
            "extension_0123456789abcdef0123456789abcdef_Tier"
        );
        assert_eq!(claims.canonical(), "{}");
    }

    #[test]
    fn values_keep_their_type_and_spelling() {
        let text = r#"{"n":1.10,"b":true,"t":"true","a":["x","y"],"o":{"k": 1},"m":["x",2]}"#;
        assert_eq!(serde_json::to_string(&claims(text)).unwrap(), text);
        assert_eq!(
            claims(text).get(&name("extension_n")),
            None,
            "a bare key is not an extension"
        );
        assert_eq!(claims(text).at_key("n"), Some(&Value::Number("1.10".into())));
    }

    #[test]
    fn what_nobody_can_read_is_blank() {
        let blank = |json: &str| {
            claims(&format!(r#"{{"city":{json}}}"#))
                .get(&name("city"))
                .map(Value::is_blank)
        };
        for json in [
            r#"" ""#,
            "\"\u{3164}\"",
            "\"\u{115f}\u{1160}\u{ffa0} \u{200b}\"",
            "\"\u{2800}\"",
            r#""\u0000\u0007""#,
            r#"[""," "]"#,
            r#"{"a":1}"#,
            r#"["x",2]"#,
        ] {
            assert_eq!(blank(json), Some(true), "{json}");
        }
        for json in ["\"\u{3164}x\"", r#"["","x"]"#, "0", "false", "\"李\""] {
            assert_eq!(blank(json), Some(false), "{json}");
        }
    }

    #[test]
    fn only_what_can_be_seen_has_a_length() {
        for (text, length) in [
            (" St. Gallen ", 10),
            ("\u{200b} a \u{3164}", 1),
            ("a\u{3164}\u{ad}b", 2),
            ("", 0),
            ("\u{202e}\u{e0041}\u{feff}", 0),
        ] {
            assert_eq!(Value::visible_length(text), length, "{text:?}");
        }
    }

    #[test]
    fn surname_is_preferred_to_last_name_unless_it_is_empty() {
        let surname = name("surname");
        assert_eq!(claims(r#"{"lastName":"A","surname":"B"}"#).text(&surname), Some("B"));
        assert_eq!(claims(r#"{"lastName":"A","surname":""}"#).text(&surname), Some("A"));
        assert_eq!(claims(r#"{"lastName":"A"}"#).key_of(&surname), "lastName");
    }

    #[test]
    fn debug_shows_no_value() {
        let shown = format!("{:?}", claims(r#"{"displayName":"Jane Roe"}"#));
        assert!(!shown.contains("Jane"), "{shown}");
    }
}
