use std::{borrow::Cow, fmt};

/// The attributes that Entra and Azure AD B2C know without an extension.
const BUILT_IN: [&str; 16] = [
    "city",
    "companyName",
    "country",
    "department",
    "displayName",
    "email",
    "givenName",
    "jobTitle",
    "mobilePhone",
    "objectId",
    "phoneNumber",
    "postalCode",
    "preferredLanguage",
    "state",
    "streetAddress",
    "surname",
];

/// Keys that say something about the call, not about the applicant.
const CONTEXT: [&str; 5] = ["identities", "step", "client_id", "clientId", "ui_locales"];

/// Keys that no answer may carry: the service's own fields, and claims it must get as it sent them.
const UNSETTABLE: [&str; 11] = [
    "action",
    "client_id",
    "clientId",
    "email",
    "identities",
    "objectId",
    "status",
    "step",
    "ui_locales",
    "userMessage",
    "version",
];

/// The name of a claim in a policy.
///
/// A built-in attribute by its own name; a custom attribute as `extension_Name`, which also means the
/// `extension_<app id>_Name` that the service sends. A custom attribute with its app id means just that key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ClaimName(String);

impl ClaimName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`BadName`] for an empty or over-long name, one with characters no claim has, the name of a part of the call
    /// (`identities`, `step`, …), and for a bare name that is no built-in attribute: the service ignores those.
    pub fn parse(name: &str) -> Result<ClaimName, BadName> {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > 256 || !name.chars().all(legal) {
            return Err(BadName::Malformed);
        }
        if CONTEXT.contains(&name) {
            return Err(BadName::Context);
        }
        let custom = name.strip_prefix("extension_").is_some_and(|rest| !rest.is_empty());
        if !custom && !BUILT_IN.contains(&name) {
            return Err(BadName::Unknown {
                suggestion: suggestion(name),
            });
        }
        Ok(ClaimName(name.to_owned()))
    }

    /// The name as written in the policy.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a key of a request means this claim.
    pub(crate) fn is_key(&self, key: &str) -> bool {
        key == self.0
            || (key == "lastName" && self.0 == "surname")
            || (key.len() == self.0.len() + APP_ID.len()
                && matches!((custom_name(&self.0), custom_name(key)), (Some((None, a)), Some((_, b))) if a == b))
    }

    /// The key of this claim where the request had none.
    pub(crate) fn new_key(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClaimName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ClaimName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The claim that a key means, in one spelling: `lastName` as `surname`, `extension_<app id>_Name` as `extension_Name`.
/// The service need not use the same key twice.
pub fn meaning(key: &str) -> Cow<'_, str> {
    match custom_name(key) {
        Some((Some(_), name)) => Cow::Owned(format!("extension_{name}")),
        None if key == "lastName" => Cow::Borrowed("surname"),
        _ => Cow::Borrowed(key),
    }
}

/// A claim that an answer may carry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SettableName(ClaimName);

impl SettableName {
    /// Reads a name.
    ///
    /// # Errors
    /// As [`ClaimName::parse`], and [`BadName::Unsettable`] for `email`, `objectId` and whatever else the service
    /// must get back as it sent it.
    pub fn parse(name: &str) -> Result<SettableName, BadName> {
        if UNSETTABLE.contains(&name) {
            return Err(BadName::Unsettable);
        }
        ClaimName::parse(name).map(SettableName)
    }

    /// The claim.
    pub fn name(&self) -> &ClaimName {
        &self.0
    }

    /// Whether an answer may carry this key.
    pub fn allows_key(key: &str) -> bool {
        !UNSETTABLE.iter().any(|unsettable| unsettable.eq_ignore_ascii_case(key))
    }
}

/// Why a name is not that of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadName {
    /// Empty, longer than 256 bytes, or with other characters than letters, digits, `_` and `-`.
    Malformed,
    /// Part of the call, not a claim.
    Context,
    /// A bare name that is no built-in attribute.
    Unknown {
        /// What was probably meant.
        suggestion: String,
    },
    /// The service must get this one back as it sent it.
    Unsettable,
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadName::Malformed => f.write_str("a claim's name has 1 to 256 letters, digits, `_` or `-`"),
            BadName::Context => f.write_str("this is part of the call, not a claim about the applicant"),
            BadName::Unknown { suggestion } => {
                write!(
                    f,
                    "no built-in attribute has this name, and the service ignores it: write `{suggestion}`"
                )
            }
            BadName::Unsettable => f.write_str("the service does not let an answer set this claim"),
        }
    }
}

impl std::error::Error for BadName {}

/// By so much the key of a custom attribute is longer than its name.
const APP_ID: &str = "0123456789abcdef0123456789abcdef_";

/// The parts of `extension_<32 hex>_Name` or `extension_Name`.
fn custom_name(key: &str) -> Option<(Option<&str>, &str)> {
    let rest = key.strip_prefix("extension_")?;
    match rest.split_at_checked(32) {
        Some((app, name)) if app.bytes().all(|b| b.is_ascii_hexdigit()) => name
            .strip_prefix('_')
            .map(|name| (Some(app), name))
            .or(Some((None, rest))),
        _ => Some((None, rest)),
    }
}

fn suggestion(name: &str) -> String {
    const CUSTOM: &str = "extension_";
    let same = |known: &&&str| known.eq_ignore_ascii_case(name);
    let prefixed = name.split_at_checked(CUSTOM.len());
    let custom = prefixed.filter(|(prefix, rest)| prefix.eq_ignore_ascii_case(CUSTOM) && !rest.is_empty());
    match (BUILT_IN.iter().find(same), custom) {
        (Some(known), _) => (*known).to_owned(),
        (None, Some((_, rest))) => format!("{CUSTOM}{rest}"),
        (None, None) if name == "lastName" => "surname".to_owned(),
        (None, None) => format!("{CUSTOM}{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "extension_0123456789abcdef0123456789ABCDEF_Tier";

    #[test]
    fn an_extension_means_the_key_with_any_app_id() {
        let name = ClaimName::parse("extension_Tier").unwrap();
        assert!(name.is_key(APP) && name.is_key("extension_Tier"));
        assert!(!name.is_key("Tier") && !name.is_key("extension_Tiers"));
        let exact = ClaimName::parse(APP).unwrap();
        assert!(exact.is_key(APP) && !exact.is_key("extension_Tier"));
    }

    #[test]
    fn a_key_means_the_same_with_and_without_an_app_id() {
        assert_eq!(meaning(APP), "extension_Tier");
        assert_eq!(meaning("extension_Tier"), "extension_Tier");
        assert_eq!(meaning("lastName"), meaning("surname"));
        assert_ne!(meaning("givenName"), meaning("surname"));
    }

    #[test]
    fn no_answer_carries_the_services_own_fields_in_any_case() {
        assert!(!SettableName::allows_key("Email") && !SettableName::allows_key("USERMESSAGE"));
        assert!(SettableName::allows_key("displayName") && SettableName::allows_key("extension_status"));
    }

    #[test]
    fn names_nobody_can_use_are_refused_with_a_suggestion() {
        assert_eq!(
            ClaimName::parse("Tier"),
            Err(BadName::Unknown {
                suggestion: "extension_Tier".into()
            })
        );
        assert_eq!(
            ClaimName::parse("displayname"),
            Err(BadName::Unknown {
                suggestion: "displayName".into()
            })
        );
        assert_eq!(
            ClaimName::parse("lastName"),
            Err(BadName::Unknown {
                suggestion: "surname".into()
            })
        );
        assert_eq!(ClaimName::parse("ui_locales"), Err(BadName::Context));
        assert_eq!(ClaimName::parse("a b"), Err(BadName::Malformed));
        for name in [
            "email",
            "identities",
            "objectId",
            "step",
            "client_id",
            "ui_locales",
            "action",
        ] {
            assert_eq!(SettableName::parse(name), Err(BadName::Unsettable), "{name}");
        }
    }

    #[test]
    fn no_spelling_of_an_unsettable_key_is_allowed() {
        for key in [
            "email",
            "EMAIL",
            "objectid",
            "Client_ID",
            "clientid",
            "Action",
            "userMESSAGE",
        ] {
            assert!(!SettableName::allows_key(key), "{key}");
        }
        assert!(SettableName::allows_key("displayName") && SettableName::allows_key("extension_Email"));
    }
}
