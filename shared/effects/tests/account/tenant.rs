//! A tenant, somebody who creates accounts there, and people who want one.

#![allow(clippy::unwrap_used, clippy::panic)] // Test support: a set-up that fails must end the test.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use claims::{ApplicantKey, Claims, Hash, Identity, Step};
use effects::{
    Attempt,
    account::{AccountSettings, Accounts, Created, NewAccount},
};
use graph_stand_in::{CLIENT_ID, DOMAIN, GraphStandIn, SECRET};
use outgoing::{Limits, Outgoing, Reach};
use secrets::{PlainText, Secrets};
use serde_json::{Value as Json, json};
use store::{Clock, Timestamp};

pub(crate) const APP: &str = "extension_0123456789abcdef0123456789abcdef";

/// A clock in the test's hand.
pub(crate) struct Hand(AtomicI64);

impl Hand {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as i64, Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) struct Tenant {
    pub(crate) graph: GraphStandIn,
    pub(crate) clock: Arc<Hand>,
}

impl Tenant {
    pub(crate) fn new() -> Tenant {
        let clock = Arc::new(Hand(AtomicI64::new(1_795_380_781_500)));
        Tenant {
            graph: GraphStandIn::start_at(0, Arc::clone(&clock) as _),
            clock,
        }
    }

    /// Variables as somebody sets them who tries things out.
    pub(crate) fn variables(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("VESTIBULE_GRAPH_URL", self.graph.url()),
            ("VESTIBULE_GRAPH_TENANT", DOMAIN.to_owned()),
            ("VESTIBULE_GRAPH_DOMAIN", DOMAIN.to_owned()),
            ("VESTIBULE_GRAPH_CLIENT_ID", CLIENT_ID.to_owned()),
            ("VESTIBULE_GRAPH_CREDENTIAL", format!("secret:{SECRET}")),
            (
                "VESTIBULE_INVITE_REDIRECT_URL",
                "https://app.contoso.example/".to_owned(),
            ),
        ])
    }

    pub(crate) fn settings(&self) -> AccountSettings {
        read(&self.variables()).unwrap()
    }

    pub(crate) fn accounts(&self) -> Accounts {
        self.accounts_with(self.settings())
    }

    pub(crate) fn accounts_with(&self, settings: AccountSettings) -> Accounts {
        Accounts::new(
            settings,
            self.outgoing(Reach::InternetAndLoopback),
            self.secrets(),
            Arc::clone(&self.clock) as _,
        )
        .unwrap()
    }

    pub(crate) fn secrets(&self) -> Arc<Secrets> {
        let variables = self.variables();
        let read = move |name: &str| variables.get(name).cloned();
        Arc::new(Secrets::new(Arc::new(read), Arc::clone(&self.clock) as _))
    }

    pub(crate) fn outgoing(&self, reach: Reach) -> Outgoing {
        Outgoing::new(reach, Limits::default(), Arc::clone(&self.clock) as _).unwrap()
    }

    /// The only user, without what tells one run from another.
    pub(crate) fn only_user(&self) -> Json {
        let users = self.graph.users();
        assert_eq!(users.len(), 1, "{users:?}");
        users.into_iter().next().unwrap()
    }
}

pub(crate) fn read(
    variables: &BTreeMap<&'static str, String>,
) -> Result<AccountSettings, effects::account::BadSetting> {
    AccountSettings::read(&|name| variables.get(name).cloned(), PlainText::Allow)
}

/// Somebody who wants an account.
#[derive(Clone)]
pub(crate) struct Person {
    key: Hash,
    identities: Vec<Identity>,
    pub(crate) claims: Claims,
    since: Timestamp,
    pub(crate) attempts_before: u32,
}

impl Person {
    /// As the sign-up service describes them.
    pub(crate) fn of(body: &Json, tenant: &Tenant) -> Person {
        let sign_up = claims::parse(Step::PostAttributeCollection, body.to_string().as_bytes()).unwrap();
        Person {
            key: ApplicantKey::of(&sign_up).map_or(Hash::of(&["nobody"]), |key| key.hash()),
            identities: sign_up.identities,
            claims: sign_up.claims,
            since: tenant.clock.now(),
            attempts_before: 0,
        }
    }

    /// Jane, by an identity provider.
    pub(crate) fn jane(issuer: &str, id: &str, tenant: &Tenant) -> Person {
        Person::of(
            &json!({
                "email": "Jane.Roe@fabrikam.example", "displayName": "Jane Roe", "givenName": "Jane", "lastName": "Roe",
                "identities": [{"signInType": "federated", "issuer": issuer, "issuerAssignedId": id}],
                "ui_locales": "en-US", "step": "PostAttributeCollection", "client_id": "app",
            }),
            tenant,
        )
    }

    /// John, who has an Entra account.
    pub(crate) fn john(tenant: &Tenant) -> Person {
        Person::of(
            &json!({"email": "john@fabrikam.example", "displayName": "John Doe", "city": "Ghent"}),
            tenant,
        )
    }

    pub(crate) fn wanted(&self) -> NewAccount<'_> {
        NewAccount {
            key: self.key,
            identities: &self.identities,
            claims: &self.claims,
            since: self.since,
            attempts_before: self.attempts_before,
        }
    }

    /// Tries until something else than `Later` comes; what came, and how often `Later` came before.
    pub(crate) async fn create(&mut self, accounts: &Accounts) -> (Attempt<Created>, u32) {
        for later in 0..20 {
            match accounts.create(&self.wanted()).await {
                Attempt::Later { .. } => self.attempts_before += 1,
                other => return (other, later),
            }
        }
        panic!("it never ends");
    }

    pub(crate) async fn created(&mut self, accounts: &Accounts) -> Created {
        done(self.create(accounts).await.0)
    }

    pub(crate) fn hash(&self) -> String {
        self.key.to_string()[..8].to_owned()
    }
}

pub(crate) fn done(attempt: Attempt<Created>) -> Created {
    match attempt {
        Attempt::Done(created) => created,
        other => panic!("{other:?}"),
    }
}

/// Why it will never work.
pub(crate) fn never(attempt: Attempt<Created>) -> String {
    match attempt {
        Attempt::Never { why } => why.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Why it may work later, and after which time.
pub(crate) fn later(attempt: Attempt<Created>) -> (String, Option<Duration>) {
    match attempt {
        Attempt::Later { why, after } => (why.to_string(), after),
        other => panic!("{other:?}"),
    }
}
