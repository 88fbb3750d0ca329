//! Claims as properties of a user, each with the type that Graph wants.

use std::collections::BTreeSet;

use claims::{Claims, Value};
use serde_json::{Map, Value as Json};

use super::types::{ByName, DataType, Types};

/// What an account gets of the claims.
#[derive(Default)]
pub(super) struct Attributes {
    /// By their names in the directory.
    pub(super) properties: Map<String, Json>,
    /// Names of claims that have no property, or no value of its type.
    pub(super) left_out: BTreeSet<String>,
}

/// Part of the call or of the account itself, not attributes. The address has a place of its own.
const NO_ATTRIBUTES: [&str; 7] = [
    "client_id",
    "clientId",
    "email",
    "identities",
    "objectId",
    "step",
    "ui_locales",
];

/// The attributes that a sign-up can collect and a user has, by the metadata of Graph v1.0
/// (<https://graph.microsoft.com/v1.0/$metadata>), with the longest value each stores. Whatever else a claim may be
/// called, it must not become a property: `accountEnabled` is one too.
const BUILT_IN: [(&str, Kind); 13] = [
    ("city", Kind::Text(128)),
    ("companyName", Kind::Text(64)),
    ("country", Kind::Text(128)),
    ("department", Kind::Text(64)),
    ("givenName", Kind::Text(64)),
    ("jobTitle", Kind::Text(128)),
    ("mobilePhone", Kind::Text(64)),
    ("postalCode", Kind::Text(40)),
    ("preferredLanguage", Kind::Text(64)),
    ("state", Kind::Text(128)),
    ("streetAddress", Kind::Text(1024)),
    ("surname", Kind::Text(64)),
    ("displayName", Kind::Name(DISPLAY_NAME)),
];

/// The longest name to show.
const DISPLAY_NAME: usize = 256;
/// The longest text of an extension.
const EXTENSION: usize = 250;

/// What a property holds; lengths in UTF-16 units, as the directory counts.
#[derive(Clone, Copy)]
enum Kind {
    Text(usize),
    /// A text that is shown to others, without `<` and `>`.
    Name(usize),
    Texts(usize),
    Boolean,
    Integer,
    DateTime,
}

pub(super) fn convert(claims: &Claims, types: &ByName) -> Attributes {
    let mut attributes = Attributes::default();
    for (key, value) in claims.iter() {
        if !NO_ATTRIBUTES.contains(&key) && !is_blank(value) {
            attributes.take(key, value, types);
        }
    }
    attributes
}

impl Attributes {
    fn take(&mut self, key: &str, value: &Value, types: &ByName) {
        let converted = property(key, types).and_then(|(name, kind)| Some((name, json(value, kind)?)));
        match converted {
            // Where two claims are one property, the one with the property's own name counts.
            Some((name, json)) if name == key => drop(self.properties.insert(name, json)),
            Some((name, json)) => drop(self.properties.entry(name).or_insert(json)),
            None => drop(self.left_out.insert(shown(key))),
        }
    }

    /// The name that others see, which every user has: as claimed, else of the parts of the name, else the address.
    pub(super) fn display_name(&self, address: &str) -> String {
        let text = |name| self.properties.get(name).and_then(Json::as_str);
        let parts: Vec<_> = ["givenName", "surname"].into_iter().filter_map(text).collect();
        let whole = text("displayName").map(str::to_owned);
        let candidates = [whole.unwrap_or_default(), parts.join(" "), address.to_owned()];
        let names = candidates.iter().map(|name| as_display_name(name));
        names
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_else(|| "Guest".to_owned())
    }
}

/// What of a text can be a name to show.
fn as_display_name(text: &str) -> String {
    let mut room = DISPLAY_NAME;
    let fits = |c: &char| {
        room = room.saturating_sub(c.len_utf16());
        room > 0
    };
    let name: String = text
        .chars()
        .filter(|c| !['<', '>'].contains(c))
        .take_while(fits)
        .collect();
    name.trim().to_owned()
}

/// The property of a claim.
fn property(key: &str, types: &ByName) -> Option<(String, Kind)> {
    let name = if key == "lastName" { "surname" } else { key };
    if let Some((name, kind)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
        return Some(((*name).to_owned(), *kind));
    }
    let (id, data_type) = Types::resolve(types, key)?;
    Some((id.to_owned(), Kind::of(data_type)))
}

impl Kind {
    fn of(data_type: DataType) -> Kind {
        match data_type {
            DataType::Text => Kind::Text(EXTENSION),
            DataType::Boolean => Kind::Boolean,
            DataType::Integer => Kind::Integer,
            DataType::Texts => Kind::Texts(EXTENSION),
            DataType::DateTime => Kind::DateTime,
        }
    }
}

/// A value as a property holds it, if it can.
fn json(value: &Value, kind: Kind) -> Option<Json> {
    match kind {
        Kind::Text(most) => text(value.scalar()?, most),
        Kind::Name(most) => text(value.scalar()?, most).filter(|_| !value.scalars().any(|t| t.contains(['<', '>']))),
        Kind::Texts(most) => texts(value, most),
        Kind::Boolean => boolean(value.scalar()?).map(Json::Bool),
        Kind::Integer => value.scalar()?.trim().parse::<i64>().ok().map(Json::from),
        Kind::DateTime => date_time(value.text()?),
    }
}

fn text(text: &str, most: usize) -> Option<Json> {
    (text.encode_utf16().count() <= most).then(|| Json::from(text))
}

fn texts(value: &Value, most: usize) -> Option<Json> {
    // The directory stores no empty text.
    let filled = value.scalars().filter(|one| !one.is_empty());
    let texts: Option<Vec<_>> = filled.map(|one| text(one, most)).collect();
    texts.filter(|texts| !texts.is_empty()).map(Json::from)
}

/// The service sends `true` and `"true"` alike.
fn boolean(text: &str) -> Option<bool> {
    match text.trim() {
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn date_time(text: &str) -> Option<Json> {
    let known = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339);
    known.ok().map(|_| Json::from(text))
}

/// A dropped claim is `""`.
fn is_blank(value: &Value) -> bool {
    value.text() == Some("")
}

/// The name of a claim, if it looks like one: a key of the body can be anything.
fn shown(key: &str) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if key.len() <= 128 && key.chars().all(legal) {
        key.to_owned()
    } else {
        "(a claim with a name that is none)".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const APP: &str = "extension_0123456789abcdef0123456789abcdef";

    fn types() -> ByName {
        [
            ("Text", DataType::Text),
            ("Flag", DataType::Boolean),
            ("Count", DataType::Integer),
            ("Many", DataType::Texts),
            ("When", DataType::DateTime),
        ]
        .map(|(name, data_type)| (format!("{APP}_{name}"), data_type))
        .into()
    }

    fn converted(json: &str) -> (Json, Vec<String>) {
        let claims = serde_json::from_str(&json.replace("APP", APP)).unwrap();
        let attributes = convert(&claims, &types());
        let left_out = attributes.left_out.into_iter();
        (
            Json::Object(attributes.properties),
            left_out.map(|name| name.replace(APP, "APP")).collect(),
        )
    }

    fn json(text: &str) -> Json {
        serde_json::from_str(&text.replace("APP", APP)).unwrap()
    }

    #[test]
    fn each_property_has_its_type() {
        let (properties, left_out) = converted(
            r#"{"city":12,"jobTitle":true,"APP_Text":1.10,"APP_Flag":"True","APP_Count":"-7",
                "APP_Many":["a","","b"],"APP_When":"2026-11-22T00:00:00Z"}"#,
        );
        let wanted = r#"{"city":"12","jobTitle":"true","APP_Text":"1.10","APP_Flag":true,"APP_Count":-7,
            "APP_Many":["a","b"],"APP_When":"2026-11-22T00:00:00Z"}"#;
        assert_eq!((properties, left_out), (json(wanted), vec![]));
        assert_eq!(
            converted(r#"{"APP_Flag":false,"APP_Count":7,"APP_Many":"a"}"#).0,
            json(r#"{"APP_Flag":false,"APP_Count":7,"APP_Many":["a"]}"#)
        );
    }

    #[test]
    fn what_cannot_be_converted_is_left_out_by_name() {
        let (properties, left_out) = converted(
            r#"{"city":["a"],"givenName":{"a":1},"APP_Text":["a"],"APP_Flag":"yes","APP_Count":"1.5","APP_Many":{"a":1},
                "APP_When":"yesterday","APP_Other":"x","extension_Nowhere":"x","phoneNumber":"1","displayName":"<b>"}"#,
        );
        assert_eq!(properties, json("{}"));
        let names = "city displayName APP_Count APP_Flag APP_Many APP_Other APP_Text APP_When extension_Nowhere givenName \
            phoneNumber";
        assert_eq!(left_out, names.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn nothing_but_attributes_passes() {
        let (properties, left_out) = converted(
            r#"{"accountEnabled":false,"userType":"Member","creationType":"x","userPrincipalName":"a@b","id":"1",
                "passwordProfile":{"password":"x"},"onPremisesImmutableId":"1","otherMails":["a@b.example"],"mail":"a@b.example",
                "email":"a@b.example","ui_locales":"en","step":"x","client_id":"x","clientId":"x","objectId":"x","identities":"x"}"#,
        );
        assert_eq!(properties, json("{}"));
        let names = "accountEnabled creationType id mail onPremisesImmutableId otherMails passwordProfile userPrincipalName \
            userType";
        assert_eq!(left_out, names.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn last_name_is_the_surname_unless_there_is_one() {
        for claims in [
            r#"{"lastName":"Doe"}"#,
            r#"{"lastName":"X","surname":"Doe"}"#,
            r#"{"surname":"Doe","lastName":"X"}"#,
        ] {
            assert_eq!(converted(claims), (json(r#"{"surname":"Doe"}"#), vec![]));
        }
    }

    #[test]
    fn an_extension_without_its_app_is_found_and_its_full_name_counts() {
        assert_eq!(
            converted(r#"{"extension_Flag":"true"}"#).0,
            json(r#"{"APP_Flag":true}"#)
        );
        for claims in [
            r#"{"extension_Flag":"true","APP_Flag":false}"#,
            r#"{"APP_Flag":false,"extension_Flag":"true"}"#,
        ] {
            assert_eq!(converted(claims).0, json(r#"{"APP_Flag":false}"#));
        }
    }

    #[test]
    fn too_long_is_left_out_and_blank_is_absent() {
        let claims = |length| {
            format!(
                r#"{{"givenName":"{0}","APP_Text":"{1}"}}"#,
                "é".repeat(length),
                "y".repeat(length + 186)
            )
        };
        assert_eq!(converted(&claims(64)).1, Vec::<String>::new());
        assert_eq!(converted(&claims(65)).1, ["APP_Text", "givenName"]);
        let blanked = Claims::from_iter([("city".to_owned(), Value::blank())]);
        let attributes = convert(&blanked, &types());
        assert!(attributes.properties.is_empty() && attributes.left_out.is_empty());
    }

    #[test]
    fn there_is_always_a_name_to_show() {
        for (claims, wanted) in [
            (r#"{"displayName":"J","givenName":"Jane"}"#, "J"),
            (
                r#"{"displayName":"<J>","givenName":"Jane","surname":"Roe"}"#,
                "Jane Roe",
            ),
            (r#"{"givenName":"<J>"}"#, "J"),
            (r#"{"givenName":"<>"}"#, "a@b.example"),
            ("{}", "a@b.example"),
        ] {
            let attributes = convert(&serde_json::from_str(claims).unwrap(), &types());
            assert_eq!(attributes.display_name("a@b.example"), wanted, "{claims}");
        }
        let long = Attributes::default().display_name(&format!("<{}@b.example", "𝒶".repeat(200)));
        assert!(long.starts_with('𝒶') && long.encode_utf16().count() <= 256, "{long}");
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<String>().prop_map(Json::from),
            "[0-9]{1,40}".prop_map(Json::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::hash_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_claims_become_properties_of_the_right_types_or_names(
            values in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 0..12), odd in any::<String>(),
        ) {
            let app = types().into_keys().collect::<Vec<_>>();
            let mut keys: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).chain(NO_ATTRIBUTES).collect();
            keys.extend(app.iter().map(String::as_str));
            keys.extend(["lastName", "extension_Flag", "accountEnabled", &odd]);
            let object: Map<_, _> = values.into_iter().map(|(at, value)| (at.get(&keys).to_string(), value)).collect();
            let claims: Claims = serde_json::from_value(Json::Object(object)).unwrap();
            let attributes = convert(&claims, &types());
            for (name, value) in &attributes.properties {
                let right = match (property(name, &types()).unwrap().1, value) {
                    (Kind::Text(_) | Kind::Name(_) | Kind::DateTime, Json::String(_)) | (Kind::Boolean, Json::Bool(_)) => true,
                    (Kind::Integer, number) => number.is_i64(),
                    (Kind::Texts(_), Json::Array(texts)) => texts.iter().all(Json::is_string),
                    _ => false,
                };
                prop_assert!(right, "{name}");
            }
            prop_assert!(attributes.left_out.iter().all(|name| name.len() <= 128));
            prop_assert!(!attributes.display_name("a@b.example").is_empty());
        }
    }
}
