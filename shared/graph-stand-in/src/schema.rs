//! What Graph's types hold: names and types of properties as in the metadata of v1.0
//! (<https://graph.microsoft.com/v1.0/$metadata>), and what is refused beyond that.

use serde_json::{Map, Value as Json};

use crate::error::Refusal;

/// `Edm.String` of `user`.
const STRINGS: &str = "
    aboutMe ageGroup city companyName consentProvidedForMinor country creationType department displayName
    employeeId employeeType externalUserState faxNumber givenName id identityParentId jobTitle
    legalAgeGroupClassification mail mailNickname mobilePhone mySite officeLocation onPremisesDistinguishedName
    onPremisesDomainName onPremisesImmutableId onPremisesSamAccountName onPremisesSecurityIdentifier
    onPremisesUserPrincipalName passwordPolicies postalCode preferredDataLocation preferredLanguage
    preferredName securityIdentifier state streetAddress surname usageLocation userPrincipalName userType";

/// `Edm.Boolean`.
const BOOLEANS: &str = "
    accountEnabled isManagementRestricted isResourceAccount onPremisesSyncEnabled showInAddressList";

/// `Edm.DateTimeOffset`.
const DATES: &str = "
    birthday createdDateTime deletedDateTime employeeHireDate employeeLeaveDateTime
    externalUserStateChangeDateTime hireDate lastPasswordChangeDateTime onPremisesLastSyncDateTime
    signInSessionsValidFromDateTime";

/// `Edm.Int32`.
const INTEGERS: &str = "
    deviceEnrollmentLimit";

/// `Collection(Edm.String)`.
const TEXTS: &str = "
    businessPhones imAddresses interests otherMails pastProjects proxyAddresses responsibilities schools skills";

/// Objects and lists of objects, which no account of ours has.
const OBJECTS: &str = "
    assignedLicenses assignedPlans authorizationInfo customSecurityAttributes employeeOrgData
    licenseAssignmentStates mailboxSettings onPremisesExtensionAttributes onPremisesProvisioningErrors
    passwordProfile print provisionedPlans serviceProvisioningErrors signInActivity";

/// What only the directory writes. A request that holds one of them is refused.
const READ_ONLY: &str = "
    assignedPlans authorizationInfo createdDateTime creationType deletedDateTime externalUserState
    externalUserStateChangeDateTime id isManagementRestricted isResourceAccount lastPasswordChangeDateTime
    legalAgeGroupClassification licenseAssignmentStates onPremisesDistinguishedName onPremisesDomainName
    onPremisesLastSyncDateTime onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled
    onPremisesUserPrincipalName provisionedPlans proxyAddresses securityIdentifier serviceProvisioningErrors
    signInActivity signInSessionsValidFromDateTime";

/// The longest texts that the directory stores.
const LONGEST: [(&str, usize); 10] = [
    ("city", 128),
    ("country", 128),
    ("displayName", 256),
    ("givenName", 64),
    ("jobTitle", 128),
    ("postalCode", 40),
    ("state", 128),
    ("streetAddress", 1024),
    ("surname", 64),
    ("userPrincipalName", 113),
];
const LONGEST_EXTENSION: usize = 250;

/// `invitation`: what may be sent.
const INVITATION: [(&str, Type); 8] = [
    ("inviteRedirectUrl", Type::Text),
    ("invitedUserDisplayName", Type::Text),
    ("invitedUserEmailAddress", Type::Text),
    ("invitedUserMessageInfo", Type::Object),
    ("invitedUserType", Type::Text),
    ("resetRedemption", Type::Boolean),
    ("sendInvitationMessage", Type::Boolean),
    ("status", Type::Text),
];

/// What a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Boolean,
    Integer,
    Texts,
    Object,
    Identities,
}

impl Type {
    /// That of a custom attribute.
    pub(crate) fn of_attribute(data_type: &str) -> Option<Type> {
        Some(match data_type {
            "string" | "dateTime" => Type::Text,
            "boolean" => Type::Boolean,
            "int64" => Type::Integer,
            "stringCollection" => Type::Texts,
            _ => return None,
        })
    }

    fn of_user(name: &str) -> Option<Type> {
        let lists = [
            (STRINGS, Type::Text),
            (DATES, Type::Text),
            (BOOLEANS, Type::Boolean),
            (INTEGERS, Type::Integer),
            (TEXTS, Type::Texts),
            (OBJECTS, Type::Object),
            ("identities", Type::Identities),
        ];
        let found = lists.into_iter().find(|(list, _)| lists_name(list, name));
        found.map(|(_, kind)| kind)
    }

    fn holds(self, value: &Json) -> bool {
        match self {
            Type::Text => value.is_string(),
            Type::Boolean => value.is_boolean(),
            Type::Integer => value.is_i64(),
            Type::Texts => is_list(value, Json::is_string),
            Type::Object => value.is_object() || value.is_array(),
            Type::Identities => is_list(value, is_identity),
        }
    }
}

/// Whether a user has a property of this name.
pub(crate) fn is_user_property(name: &str) -> bool {
    Type::of_user(name).is_some()
}

/// Checks what a request would write to a user; custom attributes are those that the tenant has.
pub(crate) fn check_user(body: &Map<String, Json>, custom: impl Fn(&str) -> Option<Type>) -> Result<(), Refusal> {
    for (name, value) in body {
        let extension = custom(name);
        let kind = extension
            .or_else(|| Type::of_user(name))
            .ok_or_else(|| Refusal::unknown(name, "user"))?;
        if lists_name(READ_ONLY, name) {
            return Err(Refusal::bad(&format!(
                "Property '{name}' is read-only and cannot be set."
            )));
        }
        let known = LONGEST.iter().find(|(known, _)| known == name).map(|(_, most)| *most);
        let most = extension.map(|_| LONGEST_EXTENSION).or(known).unwrap_or(usize::MAX);
        check_value(name, value, kind, most)?;
    }
    let display_name = body.get("displayName").and_then(Json::as_str).unwrap_or_default();
    if display_name.contains(['<', '>']) {
        return Err(Refusal::value("displayName"));
    }
    match body.get("userType").and_then(Json::as_str) {
        None | Some("Guest" | "Member") => Ok(()),
        Some(_) => Err(Refusal::value("userType")),
    }
}

/// Checks what a request would write as an invitation.
pub(crate) fn check_invitation(body: &Map<String, Json>) -> Result<(), Refusal> {
    for (name, value) in body {
        let known = INVITATION.iter().find(|(known, _)| known == name);
        let (_, kind) = known.ok_or_else(|| Refusal::unknown(name, "invitation"))?;
        check_value(name, value, *kind, usize::MAX)?;
    }
    required(body, &["invitedUserEmailAddress", "inviteRedirectUrl"])?;
    let redirect = body["inviteRedirectUrl"].as_str().unwrap_or_default();
    if !redirect.starts_with("https://") && !redirect.starts_with("http://") {
        return Err(Refusal::value("inviteRedirectUrl"));
    }
    match body["invitedUserEmailAddress"]
        .as_str()
        .unwrap_or_default()
        .split('@')
        .collect::<Vec<_>>()[..]
    {
        [local, domain] if !local.is_empty() && domain.contains('.') => Ok(()),
        _ => Err(Refusal::value("invitedUserEmailAddress")),
    }
}

/// Checks that properties are there.
pub(crate) fn required(body: &Map<String, Json>, names: &[&str]) -> Result<(), Refusal> {
    match names.iter().find(|name| !body.contains_key(**name)) {
        None => Ok(()),
        Some(name) => Err(Refusal::bad(&format!(
            "A value is required for property '{name}' of resource."
        ))),
    }
}

/// Checks a principal name: at most 64 characters before the last `@` and 113 in all, of its alphabet, in a domain of
/// the tenant.
pub(crate) fn check_principal_name(name: &str, domain: &str) -> Result<(), Refusal> {
    let refused = || Refusal::value("userPrincipalName");
    let (before, after) = name.rsplit_once('@').ok_or_else(refused)?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "'.-_!#^~".contains(c);
    let fits = (1..=64).contains(&before.len()) && name.len() <= 113;
    let right = fits && before.chars().all(legal) && !before.starts_with('.') && !before.ends_with('.');
    if right && after == domain {
        Ok(())
    } else {
        Err(refused())
    }
}

/// The directory stores no empty text.
fn check_value(name: &str, value: &Json, kind: Type, most: usize) -> Result<(), Refusal> {
    if !kind.holds(value) {
        return Err(Refusal::bad(&format!(
            "A value of the wrong type was found for property '{name}'."
        )));
    }
    let fits = |text: &str| (1..=most).contains(&text.encode_utf16().count());
    let texts = value
        .as_array()
        .into_iter()
        .flatten()
        .chain([value])
        .filter_map(Json::as_str);
    if texts.into_iter().all(fits) {
        Ok(())
    } else {
        Err(Refusal::value(name))
    }
}

fn is_list(value: &Json, is_element: impl Fn(&Json) -> bool) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(is_element))
}

/// An identity by which a guest signs in.
fn is_identity(value: &Json) -> bool {
    let Some(identity) = value.as_object() else {
        return false;
    };
    let text = |name| identity.get(name).and_then(Json::as_str).unwrap_or_default();
    identity.len() == 3
        && text("signInType") == "federated"
        && ["google.com", "facebook.com", "mail"].contains(&text("issuer"))
        && !text("issuerAssignedId").is_empty()
}

fn lists_name(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|listed| listed == name)
}
