//! A user with the identity they signed in with.

use http::{Method, StatusCode};
use serde_json::{Map, Value as Json, json};
use store::Timestamp;

use super::{
    Account, Accounts, NewAccount,
    answers::{Answer, Reference, User, Users},
    attributes::Attributes,
    created::ObjectId,
    graph::{Graph, Right, encoded, quoted},
    stop::Stop,
    upn,
    way::Guest,
};

/// By how much Graph's clock may be behind ours. A guest whom somebody invited by hand so shortly before the request is
/// taken for its own.
const SKEW_MILLIS: i64 = 5 * 60 * 1000;

/// Creates the user, or finds the one that has the identity. The second name is tried only where somebody else was
/// seen to have the first. Who has the identity but is older than the request is the applicant all the same.
pub(super) async fn provide(
    accounts: &Accounts,
    wanted: &NewAccount<'_>,
    guest: &Guest,
    attributes: &Attributes,
) -> Result<Account, Stop> {
    let graph = &accounts.graph;
    for name in upn::names(&guest.address.normal, &wanted.key, &accounts.settings.domain) {
        let body = body(guest, &name, attributes);
        let answer = graph.send(Method::POST, "/users", &body, Right::WriteUsers).await?;
        if answer.status == StatusCode::CREATED {
            let new: Reference = answer.read()?;
            return account(graph, &new.id()?, wanted.since).await;
        }
        check_conflict(&answer, &body)?;
        match holder(graph, guest, &name).await? {
            Holder::Applicant(id) => return account(graph, &id, wanted.since).await,
            Holder::SomebodyElse => {}
            Holder::Unseen if answer.is_about_address() && is_taken(graph, guest).await? => {
                return Err(Stop::never(
                    "another account in the directory has the address: a person has to look",
                ));
            }
            Holder::Unseen => {
                return Err(Stop::later(
                    "the directory has an object with the same name, identity or address, which is not to be seen yet",
                ));
            }
        }
    }
    Err(Stop::never(
        "others have both principal names that the account could get: create it by hand",
    ))
}

fn body(guest: &Guest, name: &str, attributes: &Attributes) -> Map<String, Json> {
    let mut body = attributes.properties.clone();
    let display_name = attributes.display_name(&guest.address.written);
    body.insert("accountEnabled".into(), true.into());
    body.insert("displayName".into(), display_name.into());
    body.insert(
        "identities".into(),
        json!([{"signInType": "federated", "issuer": guest.issuer, "issuerAssignedId": guest.id}]),
    );
    body.insert("mail".into(), guest.address.written.clone().into());
    body.insert("userPrincipalName".into(), name.into());
    body.insert("userType".into(), "Guest".into());
    body
}

fn check_conflict(answer: &Answer, sent: &Map<String, Json>) -> Result<(), Stop> {
    if answer.is_known_elsewhere() {
        return Err(Stop::never(
            "the address belongs to an account that the directory already has: a person has to look",
        ));
    }
    match answer.status {
        _ if answer.is_conflict() => Ok(()),
        StatusCode::BAD_REQUEST => Err(answer.refusal("Graph refused the user", sent)),
        status => Err(Stop::later(format!(
            "Graph did not create the user ({})",
            status.as_u16()
        ))),
    }
}

/// Who is in the way of a new user.
enum Holder {
    Applicant(ObjectId),
    SomebodyElse,
    /// Look-ups lag: that nobody is found proves nothing.
    Unseen,
}

async fn holder(graph: &Graph, guest: &Guest, name: &str) -> Result<Holder, Stop> {
    if let Some(user) = by_identity(graph, guest).await? {
        return Ok(Holder::Applicant(user.id()?));
    }
    match by_path(graph, &encoded(name)).await? {
        Some(user) if user.has_identity(&guest.issuer, &guest.id) => Ok(Holder::Applicant(user.id()?)),
        Some(user) if user.has_identities() => Ok(Holder::SomebodyElse),
        _ => Ok(Holder::Unseen),
    }
}

async fn by_identity(graph: &Graph, guest: &Guest) -> Result<Option<User>, Stop> {
    let (id, issuer) = (quoted(&guest.id), quoted(&guest.issuer));
    let filter = format!("identities/any(i:i/issuerAssignedId eq {id} and i/issuer eq {issuer})");
    let path = format!("/users?$filter={}&{}", encoded(&filter), User::FIELDS);
    let found: Users = graph.get(&path, Right::WriteUsers).await?.read()?;
    let mut found = found.value.into_iter();
    Ok(found.find(|user| user.has_identity(&guest.issuer, &guest.id)))
}

/// Whether somebody else is seen to have the address.
async fn is_taken(graph: &Graph, guest: &Guest) -> Result<bool, Stop> {
    let path = User::by_mail(&guest.address.written);
    let found: Users = graph.get(&path, Right::WriteUsers).await?.read()?;
    let is_other = |user: &User| user.has_identities() && !user.has_identity(&guest.issuer, &guest.id);
    Ok(!found.value.is_empty() && found.value.iter().all(is_other))
}

/// A user by id or principal name.
pub(super) async fn by_path(graph: &Graph, name: &str) -> Result<Option<User>, Stop> {
    let path = format!("/users/{name}?{}", User::FIELDS);
    let answer = graph.get(&path, Right::WriteUsers).await?;
    if answer.status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    answer.read().map(Some)
}

/// A 201 without a user has been met: what cannot be read is not there.
async fn account(graph: &Graph, id: &ObjectId, since: Timestamp) -> Result<Account, Stop> {
    let user = by_path(graph, id.as_str()).await?;
    let user = user.ok_or_else(|| Stop::later("the user is not to be seen yet"))?;
    Ok(Account {
        id: user.id()?,
        redeem_url: None,
        is_older: !is_of(&user, since),
    })
}

/// Whether a user can be one that a request created: it is no older.
pub(super) fn is_of(user: &User, since: Timestamp) -> bool {
    user.is_since(Timestamp::from_millis(since.as_millis().saturating_sub(SKEW_MILLIS)))
}
