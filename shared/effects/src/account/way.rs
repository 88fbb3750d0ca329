use claims::{Address, Identity, Value};

use super::{NewAccount, stop::Stop};

/// How an applicant gets an account.
#[derive(Debug)]
pub(super) enum Way {
    /// As a user with the identity they signed in with: Google, Facebook, one-time passcode.
    User(Guest),
    /// By an invitation to their address: Entra and Microsoft accounts, which come without an identity.
    Invitation(GuestAddress),
}

/// Somebody for whom an identity provider vouches.
pub(super) struct Guest {
    pub(super) issuer: String,
    pub(super) id: String,
    pub(super) address: GuestAddress,
}

/// An address as the applicant wrote it, and in normal form.
pub(super) struct GuestAddress {
    pub(super) written: String,
    pub(super) normal: Address,
}

/// The issuers whose identities Graph takes for a guest.
const ISSUERS: [&str; 3] = ["google.com", "facebook.com", "mail"];

impl Way {
    pub(super) fn of(wanted: &NewAccount<'_>, invite_other_issuers: bool) -> Result<Way, Stop> {
        let email = wanted.claims.at_key("email").and_then(Value::text);
        let Some((issuer, identity)) = wanted.identities.iter().find_map(whole) else {
            return Ok(Way::Invitation(GuestAddress::parse(email)?));
        };
        if ISSUERS.contains(&issuer.as_str()) {
            // What a mailbox proved goes before what somebody typed.
            let address = GuestAddress::parse(identity.address().or(email))?;
            let id = identity.issuer_assigned_id.clone().unwrap_or_default();
            return Ok(Way::User(Guest { issuer, id, address }));
        }
        if invite_other_issuers {
            return Ok(Way::Invitation(GuestAddress::parse(email)?));
        }
        Err(Stop::never(
            "the applicant's identity provider is none whose accounts Graph creates: create the account by hand, or \
             let the policy allow an invitation",
        ))
    }
}

/// An identity that names both issuer and id, as the one that the applicant is known by does.
fn whole(identity: &Identity) -> Option<(String, &Identity)> {
    let has_id = identity.issuer_assigned_id.as_ref().is_some_and(|id| !id.is_empty());
    identity.issuer().filter(|_| has_id).map(|issuer| (issuer, identity))
}

impl GuestAddress {
    fn parse(text: Option<&str>) -> Result<GuestAddress, Stop> {
        let text = text
            .ok_or_else(|| Stop::never("the request has no e-mail address"))?
            .trim();
        let normal = Address::parse(text).map_err(|_| Stop::never("the request's e-mail address is none"))?;
        Ok(GuestAddress {
            written: text.to_owned(),
            normal,
        })
    }
}

/// Print nothing: who somebody is, is personal data.
impl std::fmt::Debug for Guest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guest(..)")
    }
}

impl std::fmt::Debug for GuestAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GuestAddress(..)")
    }
}
