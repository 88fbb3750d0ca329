//! Accounts through Microsoft Graph v1.0, in workforce tenants (B2B).
//!
//! At most one account comes of a request, however often it is tried and by however many at once. Two things see to it:
//!
//! - `POST /users`: the user's principal name is a function of the request, and Graph keeps both that name and the pair
//!   of issuer and id unique. Whoever comes second is told of the conflict, and looks up who holds the name.
//! - `POST /invitations`: Graph makes an invited guest's principal name of the address, so an address has one guest,
//!   and inviting it again answers with that guest and a fresh link.
//!
//! Nothing is concluded from a look-up that finds nothing: look-ups lag behind.

mod answers;
mod assertion;
mod attributes;
mod created;
mod credential;
mod graph;
mod groups;
mod invitation;
mod settings;
mod source;
mod stop;
mod token;
mod types;
mod upn;
mod user;
mod way;

use std::{collections::BTreeSet, sync::Arc};

use claims::{Claims, Hash, Identity};
use outgoing::Outgoing;
use secrets::Secrets;
use store::{Clock, Timestamp};

use crate::Attempt;
use graph::Graph;
use groups::Groups;
use stop::Stop;
use types::Types;
use way::Way;

pub use created::{BadObjectId, Created, ObjectId, RedeemUrl};
pub use credential::Credential;
pub use settings::{AccountSettings, BadSetting, Cloud, Endpoints};
pub use types::DataType;

/// An account to be created.
#[derive(Clone, Copy)]
pub struct NewAccount<'a> {
    /// What the names of accounts that collide are told apart by: the hash of the applicant's key.
    pub key: Hash,
    /// How the applicant signed in.
    pub identities: &'a [Identity],
    /// The claims as the policy left them.
    pub claims: &'a Claims,
    /// When the effect was written: no account that is older was created by it.
    pub since: Timestamp,
    /// How often it was tried before.
    pub attempts_before: u32,
}

/// Creates accounts in one tenant.
pub struct Accounts {
    settings: AccountSettings,
    graph: Graph,
    types: Types,
    groups: Groups,
}

impl Accounts {
    /// Makes ready; sends nothing yet.
    ///
    /// # Errors
    /// [`BadSetting`] for a URL on loopback with a client that does not reach it, and for one that cannot be used.
    pub fn new(
        settings: AccountSettings,
        outgoing: Outgoing,
        secrets: Arc<Secrets>,
        clock: Arc<dyn Clock>,
    ) -> Result<Accounts, BadSetting> {
        let graph = Graph::new(&settings, outgoing, secrets, Arc::clone(&clock))?;
        Ok(Accounts {
            types: Types::new(settings.extensions.clone(), Arc::clone(&clock)),
            groups: Groups::new(settings.groups.clone(), clock),
            settings,
            graph,
        })
    }

    /// Sees to it that the applicant has an account with the claims. May be tried again after any outcome and by
    /// several at once.
    pub async fn create(&self, wanted: &NewAccount<'_>) -> Attempt<Created> {
        // Boxed: the futures below nest deeper than the compiler likes to look.
        match Box::pin(self.provide(wanted)).await {
            Ok(created) => Attempt::Done(created),
            Err(stop) => stop.into(),
        }
    }

    /// What may refuse comes before what creates.
    async fn provide(&self, wanted: &NewAccount<'_>) -> Result<Created, Stop> {
        let way = Way::of(wanted, self.settings.invite_other_issuers)?;
        self.groups.check(&self.graph).await?;
        let types = self.types.needed(wanted.claims, &self.graph).await?;
        let attributes = attributes::convert(wanted.claims, &types);
        let account = match &way {
            Way::User(guest) => user::provide(self, wanted, guest, &attributes).await?,
            Way::Invitation(address) => invitation::provide(self, wanted, address, &attributes).await?,
        };
        self.groups.join(&self.graph, &account.id).await?;
        Ok(Created {
            object_id: account.id,
            redeem_url: account.redeem_url,
            left_out: left_out(attributes, account.is_older),
        })
    }
}

/// An account that is there.
struct Account {
    id: ObjectId,
    redeem_url: Option<RedeemUrl>,
    /// It is older than the request, and holds what it held.
    is_older: bool,
}

fn left_out(attributes: attributes::Attributes, none_written: bool) -> Vec<String> {
    let mut names: BTreeSet<_> = attributes.left_out;
    if none_written {
        names.extend(attributes.properties.into_iter().map(|(name, _)| name));
    }
    names.into_iter().collect()
}
