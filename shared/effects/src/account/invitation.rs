//! An invitation to an address, and the attributes on the guest that comes of it.

use http::{Method, StatusCode};
use serde_json::{Map, Value as Json};

use super::{
    Account, Accounts, NewAccount,
    answers::{Answer, Invitation, User, Users},
    attributes::Attributes,
    created::{ObjectId, RedeemUrl},
    graph::{Graph, Right},
    stop::Stop,
    user::{by_path, is_of},
    way::GuestAddress,
};

/// Invites, and writes the attributes once the guest is to be seen.
///
/// A lost reply is no harm: inviting an address again answers with the guest that it has, and with a fresh link. So
/// there is nothing to look up, but where Graph mails the invitations itself: then a guest that is seen is not invited
/// again, to spare them the second mail.
pub(super) async fn provide(
    accounts: &Accounts,
    wanted: &NewAccount<'_>,
    address: &GuestAddress,
    attributes: &Attributes,
) -> Result<Account, Stop> {
    let graph = &accounts.graph;
    let by_graph = accounts.settings.invitation_mail_by_graph;
    let known = match wanted.attempts_before {
        1.. if by_graph => invited_before(graph, wanted, address).await?,
        _ => None,
    };
    let (id, redeem_url) = match known {
        Some(id) => (id, None),
        None => invite(accounts, address).await?,
    };
    let user = by_path(graph, id.as_str()).await?;
    let user = user.ok_or_else(|| Stop::later("the invited user is not to be seen yet"))?;
    check_own(&user, wanted, by_graph)?;
    write(graph, &id, &attributes.properties).await?;
    Ok(Account {
        id,
        redeem_url,
        is_older: false,
    })
}

async fn invite(accounts: &Accounts, address: &GuestAddress) -> Result<(ObjectId, Option<RedeemUrl>), Stop> {
    let by_graph = accounts.settings.invitation_mail_by_graph;
    let body = Map::from_iter([
        ("invitedUserEmailAddress".to_owned(), address.written.clone().into()),
        (
            "inviteRedirectUrl".to_owned(),
            accounts.settings.redirect_url.clone().into(),
        ),
        ("sendInvitationMessage".to_owned(), by_graph.into()),
    ]);
    let answer = accounts
        .graph
        .send(Method::POST, "/invitations", &body, Right::Invite)
        .await?;
    if !answer.status.is_success() {
        return Err(refusal(&answer, &body));
    }
    let invitation: Invitation = answer.read()?;
    let id = invitation.invited_user.id()?;
    if by_graph {
        return Ok((id, None));
    }
    let url = invitation.invite_redeem_url.filter(|url| !url.is_empty());
    let url = url.ok_or_else(|| Stop::later("Graph invited without a link"))?;
    Ok((id, Some(RedeemUrl::new(url))))
}

fn refusal(answer: &Answer, sent: &Map<String, Json>) -> Stop {
    if answer.is_known_elsewhere() {
        return Stop::never("the address belongs to an account that the directory already has: a person has to look");
    }
    match answer.status {
        StatusCode::BAD_REQUEST => answer.refusal("Graph refused the invitation", sent),
        status => Stop::later(format!("Graph did not invite ({})", status.as_u16())),
    }
}

/// The guest of an earlier attempt. Invited users have no identity of their own before they redeem, but the address.
async fn invited_before(
    graph: &Graph,
    wanted: &NewAccount<'_>,
    address: &GuestAddress,
) -> Result<Option<ObjectId>, Stop> {
    let found: Users = graph
        .get(&User::by_mail(&address.written), Right::WriteUsers)
        .await?
        .read()?;
    let own = found.value.iter().find(|user| check_own(user, wanted, true).is_ok());
    own.map(User::id).transpose()
}

/// An address proves nothing: only a guest that this request created may be touched. That it did is concluded from
/// three things: the guest is no older than the request, is a guest, and waits for the invitation to be redeemed, for
/// which the link is needed that nobody has before this is done, unless Graph mailed it.
fn check_own(user: &User, wanted: &NewAccount<'_>, mailed: bool) -> Result<(), Stop> {
    if is_of(user, wanted.since) && user.is_guest() && (user.is_pending() || mailed) {
        return Ok(());
    }
    Err(Stop::never(
        "the directory already has an account with this address, which this request did not create: a person has to look",
    ))
}

/// Right after the invitation, the guest may not be everywhere yet.
async fn write(graph: &Graph, id: &ObjectId, properties: &Map<String, Json>) -> Result<(), Stop> {
    if properties.is_empty() {
        return Ok(());
    }
    let path = format!("/users/{id}");
    let answer = graph.send(Method::PATCH, &path, properties, Right::WriteUsers).await?;
    match answer.status {
        status if status.is_success() => Ok(()),
        StatusCode::BAD_REQUEST => Err(answer.refusal("Graph refused the attributes", properties)),
        status => Err(Stop::later(format!(
            "the invited user cannot be written yet ({})",
            status.as_u16()
        ))),
    }
}
