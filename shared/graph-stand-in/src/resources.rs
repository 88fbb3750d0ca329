//! What is read of the directory, and the members of groups.

use serde_json::{Map, Value as Json, json};

use crate::{
    directory::{Directory, User},
    error::Refusal,
    filter::Filter,
    schema,
};

/// Users' properties without a `$select`:
/// <https://learn.microsoft.com/graph/api/resources/users#common-properties>.
const BY_DEFAULT: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

/// By id, or by principal name, which lags like a filter.
pub(crate) fn read_user(directory: &mut Directory, id: &str, select: &str) -> Result<Json, Refusal> {
    if id.contains('@') {
        let same = |user: &User| {
            let name = user.properties.get("userPrincipalName").and_then(Json::as_str);
            name.is_some_and(|name| name.eq_ignore_ascii_case(id))
        };
        let found = directory.found(same);
        return selected(found.first().ok_or_else(|| Refusal::missing("(a name)"))?, select);
    }
    selected(directory.seen(id)?, select)
}

pub(crate) fn find_users(directory: &mut Directory, filter: &str, select: &str) -> Result<Json, Refusal> {
    let filter = Filter::parse(filter).ok_or_else(|| Refusal::bad("Invalid filter clause."))?;
    let matches = |user: &User| match &filter {
        Filter::Identity { issuer, id } => user.is_found_by(issuer, id),
        Filter::Mail(mail) => {
            let its = user.properties.get("mail").and_then(Json::as_str);
            its.is_some_and(|its| its.eq_ignore_ascii_case(mail))
        }
    };
    let found = directory.found(matches);
    let users: Result<Vec<_>, _> = found.into_iter().map(|user| selected(user, select)).collect();
    Ok(json!({"value": users?}))
}

fn selected(user: &User, select: &str) -> Result<Json, Refusal> {
    let names: Vec<_> = match select {
        "" => BY_DEFAULT.to_vec(),
        select => select.split(',').collect(),
    };
    if let Some(unknown) = names.iter().find(|name| !schema::is_user_property(name)) {
        return Err(Refusal::unknown(unknown, "user"));
    }
    let value = |name: &str| user.properties.get(name).cloned().unwrap_or(Json::Null);
    let with_values = names.into_iter().map(|name| (name.to_owned(), value(name)));
    // Lists are empty, never null.
    let fixed = with_values.map(|(name, value)| match (name.as_str(), value) {
        ("identities" | "businessPhones", Json::Null) => (name, json!([])),
        (_, value) => (name, value),
    });
    Ok(Json::Object(fixed.collect()))
}

pub(crate) fn read_group(directory: &Directory, id: &str) -> Result<Json, Refusal> {
    let group = directory.groups.get(id).ok_or_else(|| Refusal::missing(id))?;
    Ok(json!({"id": id, "isAssignableToRole": group.is_assignable_to_role}))
}

pub(crate) fn add_member(directory: &mut Directory, id: &str, body: &Map<String, Json>) -> Result<(), Refusal> {
    let reference = body.get("@odata.id").and_then(Json::as_str).unwrap_or_default();
    let (_, member) = reference
        .rsplit_once("/v1.0/directoryObjects/")
        .ok_or_else(|| Refusal::bad("Invalid URL."))?;
    directory.seen(member)?;
    let group = directory.groups.get_mut(id).ok_or_else(|| Refusal::missing(id))?;
    if group.is_assignable_to_role == Some(true) {
        return Err(Refusal::right("RoleManagement.ReadWrite.Directory"));
    }
    if group.members.insert(member.to_owned()) {
        return Ok(());
    }
    Err(Refusal::bad(
        "One or more added object references already exist for the following modified properties: 'members'.",
    ))
}

/// Two on a page.
pub(crate) fn attributes(directory: &Directory, skip: &str, host: Option<&str>) -> Json {
    let skip: usize = skip.parse().unwrap_or_default();
    let built_in = [("city", "string"), ("displayName", "string")];
    let custom = directory
        .attributes
        .iter()
        .map(|(name, kind)| (name.as_str(), kind.as_str()));
    let all: Vec<_> = built_in.into_iter().chain(custom).collect();
    let page = all.iter().skip(skip).take(2);
    let page: Vec<_> = page
        .map(|(id, kind)| json!({"id": id, "displayName": id, "dataType": kind}))
        .collect();
    let mut answer = json!({"value": page});
    if all.len() > skip + 2 {
        let host = host.unwrap_or_default();
        answer["@odata.nextLink"] = format!("http://{host}/v1.0/identity/userFlowAttributes?$skip={}", skip + 2).into();
    }
    answer
}
