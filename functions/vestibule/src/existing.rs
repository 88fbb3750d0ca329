//! The store of a command that looks after what is there.

use std::sync::Arc;

use clap::Args;
use host::{Settings, StartError, StoreAddress};
use store::Rows;

/// Where the rows are that a command is about.
#[derive(Args, Default)]
pub(crate) struct Place {
    /// Where requests are kept: sqlite:PATH or dynamodb:TABLE [VESTIBULE_STORE]
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
}

impl Place {
    /// The settings, the flag first.
    ///
    /// # Errors
    /// [`StartError`].
    pub(crate) fn settings(&self) -> Result<Settings, StartError> {
        let flag = |name: &str| self.store.clone().filter(|_| name == "VESTIBULE_STORE");
        Settings::read(&|name| flag(name).or_else(|| host::environment(name)))
    }

    /// The store.
    ///
    /// # Errors
    /// As [`open_rows`].
    pub(crate) async fn open(&self) -> Result<Arc<dyn Rows>, StartError> {
        open_rows(&self.settings()?).await
    }
}

/// Says on standard error which policy counts where nobody said: in another folder it is another one.
#[expect(clippy::print_stderr, reason = "a command speaks to a person")]
pub(crate) fn tell_of_usual_policy(settings: &Settings) {
    if host::environment("VESTIBULE_POLICY").is_none() {
        let file = settings.policy.display();
        eprintln!("vestibule: the policy is {file}, since neither `--policy` nor VESTIBULE_POLICY names another");
    }
}

/// Opens the store that the settings name, if it is there: opening would make a file, in which nothing is, and a slip of
/// the keyboard must not look like good news.
///
/// # Errors
/// [`StartError`].
pub(crate) async fn open_rows(settings: &Settings) -> Result<Arc<dyn Rows>, StartError> {
    if let Some(StoreAddress::Sqlite(path)) = &settings.store
        && !path.exists()
    {
        let got = format!("sqlite:{}", path.display());
        return Err(StartError::setting("VESTIBULE_STORE", got, "a file that is there"));
    }
    assembly::open_rows(settings).await
}
