//! Puts functions together from their settings: the one place that names the store crates.

mod list_files;

use std::{path::Path, sync::Arc};

use claims::Step;
use gate::{Credentials, Gate, Parts, Paths};
use host::{Settings, StartError, StoreAddress};
use policy::{OpenList, Policy};
use store::{Clock, Rows, Store, SystemClock};
use store_dynamodb::DynamoStore;

pub use list_files::{PackedLists, packed_name};

/// A step's gate for a binary of its own, as its settings say.
///
/// # Errors
/// [`StartError`], saying which setting is wrong, or what is wrong with the policy.
pub async fn own_gate(step: Step, settings: &Settings) -> Result<Gate, StartError> {
    let policy = Arc::new(read_policy(settings)?);
    let store = match Gate::needs_store(step, &policy) {
        true => Some(open_store(settings).await?),
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
    store: Option<Arc<dyn Store>>,
) -> Result<Gate, StartError> {
    let credentials = Arc::new(credentials(settings)?);
    let (clock, deadline) = (clock(), settings.deadline);
    Gate::new(Parts {
        step,
        paths,
        policy,
        store,
        lists: None,
        credentials,
        clock,
        deadline,
    })
    .map_err(|error| StartError::new(format!("{}: {error}", settings.policy.display())))
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

/// The store that the settings name.
///
/// # Errors
/// As [`open_rows`].
pub async fn open_store(settings: &Settings) -> Result<Arc<dyn Store>, StartError> {
    let rows: Arc<dyn Store> = open_rows(settings).await?;
    Ok(rows)
}

/// The store that the settings name, with its outbox.
///
/// # Errors
/// [`StartError`] if none is named, it cannot be opened, or this binary was built without it.
pub async fn open_rows(settings: &Settings) -> Result<Arc<dyn Rows>, StartError> {
    match &settings.store {
        None => Err(StartError::setting(
            "VESTIBULE_STORE",
            "not set",
            "`sqlite:PATH` or `dynamodb:TABLE`",
        )),
        Some(StoreAddress::DynamoDb(table)) => match DynamoStore::open(table, settings.deadline).await {
            Ok(store) => Ok(Arc::new(store)),
            Err(error) => Err(StartError::new(format!("VESTIBULE_STORE dynamodb:{table}: {error}"))),
        },
        #[cfg(feature = "sqlite")]
        Some(StoreAddress::Sqlite(path)) => match store_sqlite::SqliteStore::open(path) {
            Ok(store) => Ok(Arc::new(store)),
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
