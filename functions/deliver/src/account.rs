//! Accounts in the directory.

use std::{sync::Arc, time::Duration};

use approvals::Account;
use async_trait::async_trait;
use effects::{
    Attempt, Why,
    account::{Accounts, Created, NewAccount},
    seal::Sealer,
};
use store::{Effect, OutboxEntry, Receiver, Request};

use crate::{Delivered, Receive};

/// The time for one account: several calls, each with its own limit, and a directory that is slow.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Creates the accounts of those who were approved.
pub(crate) struct AccountReceiver {
    pub(crate) accounts: Accounts,
    pub(crate) sealer: Option<Arc<Sealer>>,
}

#[async_trait]
impl Receive for AccountReceiver {
    fn receiver(&self) -> Receiver {
        Receiver::Account
    }

    fn time_limit(&self) -> Duration {
        TIME_LIMIT
    }

    async fn deliver(&self, entry: &OutboxEntry, request: &Request) -> Attempt<Delivered> {
        if entry.effect != Effect::CreateAccount {
            return never("this effect is none for the directory");
        }
        let wanted = NewAccount {
            key: request.id.applicant,
            identities: &request.identities,
            claims: &request.reviewed,
            since: entry.written_at,
            attempts_before: entry.attempts.saturating_sub(1),
        };
        match self.accounts.create(&wanted).await {
            Attempt::Done(created) => self.created(entry, created).await,
            Attempt::Later { why, after } => Attempt::Later { why, after },
            Attempt::Never { why } => Attempt::Never { why },
        }
    }
}

impl AccountReceiver {
    async fn created(&self, entry: &OutboxEntry, created: Created) -> Attempt<Delivered> {
        if !created.left_out.is_empty() {
            let (id, claims) = (tracing::field::display(&entry.id), created.left_out.join(", "));
            tracing::warn!(target: "vestibule", id, claims, "effect create-account: claims that the account does not hold");
        }
        let redeem_url = match (&created.redeem_url, &self.sealer) {
            (None, _) => None,
            (Some(url), Some(sealer)) => match sealer.seal(url.expose(), &owner(entry)).await {
                Ok(sealed) => Some(sealed),
                Err(error) => return later(error),
            },
            (Some(_), None) => return never("there is no VESTIBULE_SEAL_KEY to keep the invitation with"),
        };
        Attempt::Done(Delivered::Account(Account {
            object_id: created.object_id.as_str().to_owned(),
            redeem_url,
        }))
    }
}

/// For whom an invitation is sealed.
pub(crate) fn owner(entry: &OutboxEntry) -> String {
    entry.request.to_string()
}

pub(crate) fn never(why: impl ToString) -> Attempt<Delivered> {
    Attempt::Never {
        why: Why::new(why.to_string()),
    }
}

pub(crate) fn later(why: impl ToString) -> Attempt<Delivered> {
    Attempt::Later {
        why: Why::new(why.to_string()),
        after: None,
    }
}
