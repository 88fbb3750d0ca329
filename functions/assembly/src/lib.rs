//! Puts functions together from their settings: the one place that names the store crates.

mod list_files;

use std::{path::Path, sync::Arc};

use approvals::AuditKey;
use claims::Step;
use gate::{Credentials, Gate, Parts, Paths};
use host::{Settings, StartError, StoreAddress};
use look_ups::LookUps;
use outgoing::{Outgoing, Reach};
use policy::{OpenList, Policy, outside::Outside};
use secrets::Secrets;
use store::{Clock, Controls, Lists, Rows, Store, SystemClock};
use store_dynamodb::DynamoStore;

pub use list_files::{PackedLists, packed_name};

/// A step's gate for a binary of its own, as its settings say.
///
/// # Errors
/// [`StartError`], saying which setting is wrong, or what is wrong with the policy.
pub async fn own_gate(step: Step, settings: &Settings) -> Result<Gate, StartError> {
    let policy = Arc::new(read_policy(settings)?);
    let store = match Gate::needs_store(step, &policy) {
        true => Some(open_gate_store(settings).await?),
        false => None,
    };
    gate(step, Paths::Own(step), settings, policy, store)
}

/// A step's gate.
///
/// # Errors
/// As [`own_gate`].
pub fn gate(
    step: Step,
    paths: Paths,
    settings: &Settings,
    policy: Arc<Policy>,
    store: Option<GateStore>,
) -> Result<Gate, StartError> {
    let credentials = Arc::new(credentials(settings)?);
    let (clock, deadline) = (clock(), settings.deadline);
    let audit = match Gate::needs_audit_key(step, &policy) {
        true => Some(audit_key(settings)?),
        false => None,
    };
    let lists = store.as_ref().map(|store| store.lists.clone());
    let controls = store.as_ref().map(|store| store.controls.clone());
    let store = store.map(|store| store.requests);
    let outside = match policy.asks_outside(step) {
        true => Some(outside(settings, &clock)?),
        false => None,
    };
    Gate::new(Parts {
        step,
        paths,
        policy,
        store,
        lists,
        controls,
        outside,
        audit,
        credentials,
        clock,
        deadline,
    })
    .map_err(|error| StartError::new(format!("{}: {error}", settings.policy.display())))
}

/// Who calls other systems.
fn outside(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Outside>, StartError> {
    let reach = match settings.allow_loopback {
        true => Reach::InternetAndLoopback,
        false => Reach::Internet,
    };
    let outgoing = Outgoing::new(reach, look_ups::LIMITS, clock.clone())
        .map_err(|error| StartError::new(format!("cannot prepare the calls of other systems: {error}")))?;
    let secrets = Secrets::sharing(Arc::new(host::environment), clock.clone(), &outgoing);
    Ok(Arc::new(LookUps::new(outgoing, Arc::new(secrets), clock.clone())))
}

/// The key that proves the histories of requests.
///
/// # Errors
/// [`StartError`] if there is none, or it is none.
pub fn audit_key(settings: &Settings) -> Result<AuditKey, StartError> {
    let wants = "64 hex digits that nobody else knows and that stay the same, as of `openssl rand -hex 32`";
    let bad = |what| StartError::setting("VESTIBULE_AUDIT_KEY", what, wants);
    let text = settings.audit_key.as_deref().ok_or(bad("not set"))?;
    AuditKey::parse(text).ok_or(bad("no such digits"))
}

/// The policy that the settings name, with lists that were packed ahead.
///
/// # Errors
/// [`StartError`] with every mistake in it.
pub fn read_policy(settings: &Settings) -> Result<Policy, StartError> {
    let folder = settings.lists.clone().unwrap_or_else(|| "lists".into());
    parse_policy(&settings.policy, &settings.read_policy()?, &PackedLists(folder))
}

/// The policy in the text of a file.
///
/// # Errors
/// As [`read_policy`].
pub fn parse_policy(file: &Path, text: &str, lists: &dyn OpenList) -> Result<Policy, StartError> {
    Policy::parse_with(text, lists).map_err(|mistakes| {
        let file = file.display();
        // The form that editors and terminals make a link of: file:line:column.
        let places: Vec<_> = mistakes.iter().map(|mistake| format!("{file}:{mistake}")).collect();
        StartError::new(format!("the policy {file} cannot be used:\n{}", places.join("\n")))
    })
}

/// The parts of a store that gates use.
#[derive(Clone)]
pub struct GateStore {
    /// Requests and the answers of calls.
    requests: Arc<dyn Store>,
    /// Lists, to be asked.
    lists: Arc<dyn Lists>,
    /// Invitations, counts, results of checks and items.
    controls: Arc<dyn Controls>,
}

/// Not by way of [`Rows`]: what gates never do, such as editing lists, is then not linked into their binaries.
impl<S: Store + Lists + Controls + 'static> From<Arc<S>> for GateStore {
    fn from(store: Arc<S>) -> GateStore {
        GateStore {
            requests: store.clone(),
            lists: store.clone(),
            controls: store,
        }
    }
}

impl From<Arc<dyn Rows>> for GateStore {
    fn from(rows: Arc<dyn Rows>) -> GateStore {
        GateStore {
            requests: rows.clone(),
            lists: rows.clone(),
            controls: rows,
        }
    }
}

/// The store that the settings name, with its outbox and its lists.
///
/// # Errors
/// [`StartError`] if none is named, it cannot be opened, or this binary was built without it.
pub async fn open_rows(settings: &Settings) -> Result<Arc<dyn Rows>, StartError> {
    Ok(match open_store(settings).await? {
        Opened::DynamoDb(store) => store,
        #[cfg(feature = "sqlite")]
        Opened::Sqlite(store) => store,
    })
}

async fn open_gate_store(settings: &Settings) -> Result<GateStore, StartError> {
    Ok(match open_store(settings).await? {
        Opened::DynamoDb(store) => store.into(),
        #[cfg(feature = "sqlite")]
        Opened::Sqlite(store) => store.into(),
    })
}

enum Opened {
    DynamoDb(Arc<DynamoStore>),
    #[cfg(feature = "sqlite")]
    Sqlite(Arc<store_sqlite::SqliteStore>),
}

async fn open_store(settings: &Settings) -> Result<Opened, StartError> {
    match &settings.store {
        None => Err(StartError::setting(
            "VESTIBULE_STORE",
            "not set",
            "`sqlite:PATH` or `dynamodb:TABLE`",
        )),
        Some(StoreAddress::DynamoDb(table)) => match DynamoStore::open(table, settings.deadline).await {
            Ok(store) => Ok(Opened::DynamoDb(Arc::new(store))),
            Err(error) => Err(StartError::new(format!("VESTIBULE_STORE dynamodb:{table}: {error}"))),
        },
        #[cfg(feature = "sqlite")]
        Some(StoreAddress::Sqlite(path)) => match store_sqlite::SqliteStore::open(path) {
            Ok(store) => Ok(Opened::Sqlite(Arc::new(store))),
            Err(error) => Err(StartError::new(format!("VESTIBULE_STORE: {error}"))),
        },
        #[cfg(not(feature = "sqlite"))]
        Some(StoreAddress::Sqlite(path)) => Err(StartError::setting(
            "VESTIBULE_STORE",
            format!("sqlite:{}", path.display()),
            "`dynamodb:TABLE`: this binary is built without SQLite",
        )),
    }
}

/// The system's clock.
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn credentials(settings: &Settings) -> Result<Credentials, StartError> {
    const NAME: &str = "VESTIBULE_BASIC_CREDENTIALS";
    const WANTS: &str = "1 to 8 lines of `name:secret` or `name:sha256:HEX`";
    let Some(lines) = &settings.basic_credentials else {
        return Err(StartError::setting(NAME, "not set", WANTS));
    };
    let credentials = Credentials::parse(lines).map_err(|error| StartError::setting(NAME, error, WANTS))?;
    if settings.platform.is_cloud() && credentials.any_plain() {
        let wants = "`name:sha256:HEX` in every line: settings can be read in the console, so they hold digests only";
        return Err(StartError::setting(NAME, "a secret in plain text (not shown)", wants));
    }
    Ok(credentials)
}
